#include "stages/discover.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "model/phase_spec.h"

namespace mayfly::stages {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class FolderFiles final : public FileSystem {
 public:
  Result<std::vector<FileEntry>> List(const std::string& folder) override {
    std::vector<FileEntry> entries;
    for (const auto& [path, text] : texts) {
      if (!path.starts_with(folder + "/")) continue;
      entries.push_back({path.substr(folder.size() + 1), static_cast<std::int64_t>(text.size())});
    }
    return entries;
  }
  Result<std::string> Read(const std::string& path) override { return texts.at(path); }
  Status Write(const std::string&, std::string_view) override { return {}; }
  Status RemoveTree(const std::string&) override { return {}; }
  std::map<std::string, std::string> texts;
};

constexpr const char* kTwoLoads = R"(
[phase]
name = "p"
[grid]
pair = {}
period = "from-data"
[[stage]]
name = "short"
kind = "load"
dir = "short"
[[stage]]
name = "long"
kind = "load"
dir = "long"
table = "long_bars"
)";

PhaseSpec Spec(const std::string& pairs = "\"from-data\"") {
  auto parsed = ParsePhase(fmt::format(kTwoLoads, pairs), {.file = "p.toml", .folder = "/f"});
  EXPECT_TRUE(parsed.ok()) << parsed.error().message();
  return parsed->spec;
}

// One bar at noon of each of these days.
std::string Closes(std::initializer_list<const char*> days) {
  std::string text = "time,close\n";
  for (const char* day : days) text += fmt::format("{} 12:00,1.5\n", day);
  return text;
}

FolderFiles TwoFolders() {
  FolderFiles files;
  files.texts = {{"/f/short/eurusd.csv", Closes({"2024-07-01", "2024-07-02", "2024-08-01"})},
                 {"/f/long/eurusd.csv",
                  "time,open,close\n2024-05-01 12:00,1.4,1.5\n"
                  "2024-10-31 12:00,1.4,1.5\n"},
                 {"/f/long/gbpusd.csv", Closes({"2024-06-03"})}};
  return files;
}

Result<Findings> Find(const PhaseSpec& spec, FolderFiles files) {
  return Discover(spec, files, {}, [](auto, auto, auto&) {});
}

TEST(Discover, TheGridTakesItsSpanAndPairsFromEveryLoadStage) {
  Result<Findings> found = Find(Spec(), TwoFolders());
  ASSERT_TRUE(found.ok()) << found.error().message();
  EXPECT_THAT(found->pairs, ElementsAre("eurusd", "gbpusd"));
  EXPECT_EQ(found->first, MakeInstant(2024, 5, 1, hours(12)));
  EXPECT_EQ(found->last, MakeInstant(2024, 10, 31, hours(12)));
  EXPECT_EQ(found->rows, 6);
}

TEST(Discover, WhatEachLoadStageHasIsKnownByPairAndMonth) {
  Result<Findings> found = Find(Spec(), TwoFolders());
  ASSERT_TRUE(found.ok()) << found.error().message();
  ASSERT_EQ(found->loads.size(), 2U);
  const PairBars& bars = *found->FindLoad("short")->Find("eurusd");
  EXPECT_THAT(bars.by_month, ElementsAre(2, 1));
  EXPECT_EQ(bars.first, MakeInstant(2024, 7, 1, hours(12)));
  EXPECT_EQ(bars.last_close, MakeInstant(2024, 8, 1, hours(12)));
  EXPECT_THAT(found->FindLoad("long")->Find("eurusd")->by_month, ElementsAre(1, 0, 0, 0, 0, 1));
  EXPECT_EQ(found->FindLoad("short")->Find("gbpusd"), nullptr);
}

TEST(Discover, AnInputThatOneLoadStageHasIsAbsentInTheOtherOnly) {
  Result<Findings> found = Find(Spec(), TwoFolders());
  ASSERT_TRUE(found.ok()) << found.error().message();
  EXPECT_THAT(found->FindLoad("short")->absent_inputs, Contains("open"));
  EXPECT_THAT(found->FindLoad("long")->absent_inputs, Not(Contains("open")));
  EXPECT_THAT(found->absent_inputs, Not(Contains("open")));
  EXPECT_THAT(found->absent_inputs, Contains("high"));
}

TEST(Discover, AListedPairIsMissingWhereNoLoadStageHasIt) {
  Result<Findings> found = Find(Spec(R"(["gbpusd", "usdcad"])"), [] {
    FolderFiles files = TwoFolders();
    files.texts["/f/short/gbpusd.csv"] = Closes({});
    return files;
  }());
  ASSERT_TRUE(found.ok()) << found.error().message();
  EXPECT_THAT(found->pairs, ElementsAre("gbpusd"));
  EXPECT_THAT(found->missing_pairs, ElementsAre("usdcad"));
  EXPECT_EQ(found->FindLoad("short")->Find("gbpusd")->first, std::nullopt);
}

TEST(Discover, ALoadStageWithoutAnyPairIsNamedByItsFolder) {
  FolderFiles files = TwoFolders();
  files.texts.erase("/f/short/eurusd.csv");
  EXPECT_THAT(Find(Spec(), files).error().message(), HasSubstr("/f/short has no bars"));
}

}  // namespace
}  // namespace mayfly::stages
