#include "adapters/bundle/bundle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/time.h>

#include <algorithm>

#include <filesystem>

#include "adapters/bundle/archive_writer.h"
#include "adapters/posix/disk.h"
#include "base/testing/temp_folder.h"

namespace mayfly::bundle {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class ArchiveTest : public testing::Test {
 protected:
  std::string Put(const std::string& name, const std::string& bytes, time_t modified) {
    const std::string path = home.Put(name, bytes);
    timeval times[2]{{modified, 0}, {modified, 0}};
    EXPECT_EQ(utimes(path.c_str(), times), 0);
    return path;
  }

  std::vector<ArchiveEntry> Entries(time_t modified) {
    return {{.name = "b", .source = Put("b", "two", modified), .bytes = 3},
            {.name = "a", .kind = ArchiveEntry::Kind::kText, .source = "one"},
            {.name = "l", .kind = ArchiveEntry::Kind::kLink, .source = "a"},
            {.name = std::string(120, 'n') + "ä", .source = home / "b", .bytes = 3}};
  }

  TempFolder home;
};

TEST_F(ArchiveTest, TheSameEntriesGiveTheSameBytesInWhateverOrderAndWheneverTheyWereWritten) {
  Result<WrittenFile> one = WriteArchive(Entries(1'000'000), home / "1.tar.gz");
  std::vector<ArchiveEntry> turned = Entries(2'000'000);
  std::reverse(turned.begin(), turned.end());
  Result<WrittenFile> two = WriteArchive(turned, home / "2.tar.gz");
  ASSERT_TRUE(one.ok() && two.ok());
  EXPECT_EQ(one->sha256, two->sha256);
  EXPECT_EQ(*posix::Disk().Read(home / "1.tar.gz"), *posix::Disk().Read(home / "2.tar.gz"));
  EXPECT_EQ(static_cast<std::uintmax_t>(one->bytes), fs::file_size(home / "1.tar.gz"));
}

TEST_F(ArchiveTest, OtherContentsOrRightsAreAnotherArchive) {
  Result<WrittenFile> one = WriteArchive(Entries(1), home / "1");
  std::vector<ArchiveEntry> changed = Entries(1);
  changed[0].is_executable = true;
  Result<WrittenFile> two = WriteArchive(changed, home / "2");
  ASSERT_TRUE(one.ok() && two.ok());
  EXPECT_NE(one->sha256, two->sha256);
}

TEST_F(ArchiveTest, AFileThatChangedItsSizeIsAConflictAndLeavesNothing) {
  for (std::int64_t listed : {2, 4}) {
    std::vector<ArchiveEntry> entries = Entries(1);
    entries[0].bytes = listed;
    Result<WrittenFile> written = WriteArchive(entries, home / "out");
    ASSERT_FALSE(written.ok());
    EXPECT_EQ(written.error().kind(), ErrorKind::kConflict);
    EXPECT_FALSE(fs::exists(home / "out"));
  }
}

TEST_F(ArchiveTest, AFullDiskIsExhausted) {
  fs::create_symlink("/dev/full", home / "full");  // what fails is removed: the link
  Result<WrittenFile> written = WriteArchive(Entries(1), home / "full");
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().kind(), ErrorKind::kExhausted);
}

TEST_F(ArchiveTest, ABundleIsNamedByItsDigest) {
  Result<Bundle> made = MakeBundle({.out = home.path()});
  ASSERT_TRUE(made.ok()) << made.error().message();
  EXPECT_EQ(made->path, home / "mayfly-" + made->sha256 + ".tar.gz");
  EXPECT_EQ(fs::file_size(made->path), static_cast<std::uintmax_t>(made->bytes));
  EXPECT_EQ(made->sha256.size(), 64U);
}

TEST_F(ArchiveTest, AFolderThatIsNotThereIsNamed) {
  Result<Bundle> made = MakeBundle({.out = home / "none/b.tar.gz"});
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().kind(), ErrorKind::kNotFound);
  EXPECT_THAT(made.error().message(), HasSubstr("/none/"));
}

}  // namespace
}  // namespace mayfly::bundle
