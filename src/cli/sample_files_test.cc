#include "cli/sample_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace mayfly::cli {
namespace {

using testing::HasSubstr;

// Files in memory, with room for so many.
class FewFiles : public FileSystem {
 public:
  explicit FewFiles(std::size_t room) : room_(room) {}
  Result<std::vector<FileEntry>> List(const std::string& folder) override {
    std::vector<FileEntry> entries;
    for (const auto& [path, bytes] : written) {
      entries.push_back({path.substr(folder.size() + 1), static_cast<std::int64_t>(bytes.size())});
    }
    if (entries.empty()) return NotFound(folder);
    return entries;
  }
  Result<std::string> Read(const std::string& path) override { return written.at(path); }
  Status Write(const std::string& path, std::string_view bytes) override {
    if (written.size() >= room_) return Exhausted("no space left for " + path);
    written[path] = std::string(bytes);
    return {};
  }
  Status RemoveTree(const std::string&) override { return {}; }

  std::map<std::string, std::string> written;

 private:
  std::size_t room_;
};

bars::SampleSpec TwoPairs() {
  auto spec = bars::MakeSampleSpec({.pairs = 2, .to = "2024-07", .every = "4h"});
  EXPECT_TRUE(spec.ok());
  return *spec;
}

Status GoOn(std::size_t, std::size_t, std::string_view) { return {}; }

TEST(WriteSample, CountsWhatItWrote) {
  FewFiles files(9);
  auto totals = WriteSample(files, TwoPairs(), "out", /*gzip=*/false, GoOn);
  ASSERT_TRUE(totals.ok());
  EXPECT_EQ(totals->files, 2);
  const std::string& text = files.written.at("out/eurusd.csv");
  EXPECT_EQ(totals->bytes, text.size() + files.written.at("out/gbpusd.csv").size());
  EXPECT_GT(totals->rows, 200);
  EXPECT_LT(totals->rows, 300);
}

TEST(WriteSample, AFullDiskIsExhaustedAndLeavesWholeFiles) {
  FewFiles files(1);
  auto totals = WriteSample(files, TwoPairs(), "out", /*gzip=*/false, GoOn);
  ASSERT_FALSE(totals.ok());
  EXPECT_EQ(totals.error().kind(), ErrorKind::kExhausted);
  EXPECT_EQ(files.written.size(), 1);
}

TEST(WriteSample, BarsOfThePairUnderAnotherNameAreAConflict) {
  FewFiles files(9);
  files.written["out/GBPUSD.csv"] = "";
  auto totals = WriteSample(files, TwoPairs(), "out", /*gzip=*/true, GoOn);
  ASSERT_FALSE(totals.ok());
  EXPECT_EQ(totals.error().kind(), ErrorKind::kConflict);
  EXPECT_THAT(totals.error().message(), HasSubstr("out/GBPUSD.csv"));
  EXPECT_EQ(files.written.size(), 1);
}

TEST(WriteSample, ReplacesItsOwnFiles) {
  FewFiles files(9);
  ASSERT_TRUE(WriteSample(files, TwoPairs(), "out", /*gzip=*/false, GoOn).ok());
  auto first = files.written;
  ASSERT_TRUE(WriteSample(files, TwoPairs(), "out", /*gzip=*/false, GoOn).ok());
  EXPECT_EQ(files.written, first);
}

TEST(Gzip, IsAGzipFileWithoutATimeStamp) {
  auto packed = Gzip(std::string(10'000, 'x'));
  ASSERT_TRUE(packed.ok());
  EXPECT_LT(packed->size(), 200);
  EXPECT_EQ(packed->substr(0, 3), "\x1f\x8b\x08");
  EXPECT_EQ(packed->substr(4, 4), std::string(4, '\0'));
}

}  // namespace
}  // namespace mayfly::cli
