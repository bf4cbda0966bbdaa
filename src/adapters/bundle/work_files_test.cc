#include "adapters/bundle/work_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "base/testing/temp_folder.h"

namespace mayfly::bundle {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class WorkFilesTest : public testing::Test {
 protected:
  WorkFilesTest() {
    request.phase_folder = home.path();
    request.folders = {{.path = home.path(), .at = "phase", .stage = "c", .whole = true}};
  }

  std::vector<std::string> Names() {
    Result<WorkFiles> work = ListWorkFiles(request);
    EXPECT_TRUE(work.ok()) << work.error().message();
    std::vector<std::string> names;
    for (const ArchiveEntry& entry : work->entries) names.push_back(entry.name);
    return names;
  }

  TempFolder home;
  BundleRequest request;
};

TEST_F(WorkFilesTest, AreEverythingBelowButWhatIsOurs) {
  home.Put("run.sh", "#!/bin/sh\n");
  home.Put("lib/a.py", "");
  home.Put(".mayfly/pg/secret", "x");
  home.Put(".git/config", "x");
  home.Put("lib/__pycache__/a.pyc", "x");
  ASSERT_EQ(mkfifo((home / "pipe").c_str(), 0600), 0);
  EXPECT_THAT(Names(), testing::UnorderedElementsAre("work", "work/phase", "work/phase/run.sh",
                                                     "work/phase/lib", "work/phase/lib/a.py",
                                                     "work/MANIFEST.json"));
}

TEST_F(WorkFilesTest, PlacesOfSecretsAreLeftOutAndNamed) {
  home.Put(".pgpass", "hunter2");
  home.Put("a.txt", "");
  EXPECT_THAT(Names(), Not(Contains("work/phase/.pgpass")));
  Result<WorkFiles> work = ListWorkFiles(request);
  EXPECT_THAT(work->notes, ElementsAre(HasSubstr(".pgpass, a usual place of secrets")));
}

TEST_F(WorkFilesTest, ALinkIsPackedAsALinkAndOneThatLeadsOutIsNamed) {
  home.Put("a.txt", "");
  fs::create_symlink("a.txt", home / "near");
  fs::create_symlink("../../far", home / "away");
  Result<WorkFiles> work = ListWorkFiles(request);
  ASSERT_TRUE(work.ok());
  EXPECT_THAT(work->notes, ElementsAre(HasSubstr("away leads to ../../far")));
  EXPECT_THAT(Names(), Contains("work/phase/near"));
}

TEST_F(WorkFilesTest, OfAFolderOfBarsOnlyItsOwnFilesGo) {
  request.folders.front().whole = false;
  home.Put("eurusd.csv", "x");
  home.Put("old/eurusd.csv", "x");
  EXPECT_THAT(Names(), Contains("work/phase/eurusd.csv"));
  EXPECT_THAT(Names(), Not(Contains("work/phase/old")));
}

struct LimitCase {
  const char* name;
  BundleLimits limits;
  bool whole;
  const char* says;
};

class TooLarge : public WorkFilesTest, public testing::WithParamInterface<LimitCase> {};

TEST_P(TooLarge, IsRefusedWithTheNextStep) {
  home.Put("a.csv", std::string(3000, 'x'));
  home.Put("b.csv", std::string(3000, 'x'));
  request.limits = GetParam().limits;
  request.folders.front().whole = GetParam().whole;
  Result<WorkFiles> work = ListWorkFiles(request);
  ASSERT_FALSE(work.ok());
  EXPECT_EQ(work.error().kind(), ErrorKind::kInvalid);
  EXPECT_THAT(work.error().message(), HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    Limits, TooLarge,
    testing::Values(LimitCase{"file", {.file_bytes = 2048}, true, "may have 2.0 KiB; move it out"},
                    LimitCase{
                        "bars", {.file_bytes = 2048}, false, "say source = { table = \"…\" }"},
                    LimitCase{"together", {.work_bytes = 4096}, true, "more than 4.0 KiB"},
                    LimitCase{"files", {.files = 1}, true, "or 1 files"}),
    [](const auto& about) { return about.param.name; });

TEST_F(WorkFilesTest, AFolderThatIsNotThereIsNamed) {
  request.folders.front().path = home / "nowhere";
  Result<WorkFiles> work = ListWorkFiles(request);
  ASSERT_FALSE(work.ok());
  EXPECT_EQ(work.error().kind(), ErrorKind::kNotFound);
  EXPECT_THAT(work.error().message(), HasSubstr("/nowhere"));
}

}  // namespace
}  // namespace mayfly::bundle
