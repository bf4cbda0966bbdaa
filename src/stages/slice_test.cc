#include "stages/slice.h"

#include <gmock/gmock.h>

#include "stages/compile.h"
#include "stages/verify.h"

namespace mayfly {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kPhase = R"(
[phase]
name = "p"
[grid]
pair = ["eurusd", "gbpusd"]
period = { every = "month", from = "2024-07", to = "2024-09" }
[[stage]]
name = "load"
kind = "load"
dir = "bars"
[[stage]]
name = "index"
kind = "features"
family = "rate_index"
[[stage]]
name = "other"
kind = "features"
family = "bqx"
[[stage]]
name = "daily"
kind = "sql"
after = ["index"]
lookback = 1
query = "select 1"
columns = { ts = "timestamptz", n = "int8" }
[[stage]]
name = "all"
kind = "sql"
after = ["daily"]
grid = []
query = "select 1"
columns = { n = "int8" }
[[stage]]
name = "ready"
kind = "optimise"
)";

PhasePlan Plan() {
  auto parsed = ParsePhase(kPhase, {.file = "p.toml", .folder = "/f"});
  EXPECT_TRUE(parsed.ok()) << parsed.error().message();
  Findings findings{.pairs = {"eurusd", "gbpusd"}, .rows = 1000};
  findings.first = MakeInstant(2024, 7, 1);
  findings.last = MakeInstant(2024, 9, 30);
  return CompilePhase(*parsed, findings).value();
}

std::vector<std::string> Names(const PhasePlan& plan) {
  std::vector<std::string> names;
  for (const PlannedTask& task : plan.tasks) {
    names.push_back(plan.stages[task.stage].spec.name + "@" + task.point.Key());
  }
  return names;
}

TEST(Slice, HoldsATaskAndWhatItNeedsAtItsPointAndLookBackAndNothingElse) {
  PhasePlan plan = Plan();
  Result<PhasePlan> slice = SliceOf(plan, "daily@gbpusd/2024-09");
  ASSERT_TRUE(slice.ok()) << slice.error().message();
  EXPECT_THAT(Names(*slice), ElementsAre("load@gbpusd", "index@gbpusd/2024-08",
                                         "index@gbpusd/2024-09", "daily@gbpusd/2024-09"));
  EXPECT_THAT(slice->tasks[3].needs, ElementsAre(1, 2));
  EXPECT_THAT(slice->tasks[1].needs, ElementsAre(0));
  EXPECT_EQ(slice->stages.size(), 3U);
  EXPECT_EQ(slice->stages[1].task_count, 2U);
  EXPECT_EQ(slice->stages[2].spec.retries, 0);
  EXPECT_NE(slice->spec.name, plan.spec.name);
}

TEST(Slice, OfAStageWithoutAGridIsNamedByTheStageAlone) {
  Result<PhasePlan> slice = SliceOf(Plan(), "all");
  ASSERT_TRUE(slice.ok()) << slice.error().message();
  EXPECT_EQ(slice->tasks.back().needs.size(), 6U);
  EXPECT_EQ(slice->FindStage("other"), nullptr);
}

TEST(Slice, NeedsNoCanary) {
  Result<PhasePlan> slice = SliceOf(Plan(), "load@gbpusd");
  ASSERT_TRUE(slice.ok());
  EXPECT_THAT(Names(*slice), ElementsAre("load@gbpusd"));
  EXPECT_TRUE(slice->tasks[0].needs.empty());
}

struct BadName {
  const char* name;
  ErrorKind kind;
  const char* says;
};

TEST(Slice, WhatCannotBeTriedIsRefusedWithTheNextStep) {
  const BadName cases[] = {
      {"dayly@gbpusd/2024-09", ErrorKind::kNotFound, "did you mean daily@gbpusd/2024-09?"},
      {"load@nzdusd", ErrorKind::kNotFound, "load@"},
      {"load", ErrorKind::kNotFound, "load@"},
      {"", ErrorKind::kNotFound, "STAGE@POINT"},
      {"ready", ErrorKind::kInvalid, "about the whole run"},
      {"verify@eurusd", ErrorKind::kInvalid, "about the whole run"},
  };
  for (const BadName& bad : cases) {
    Result<PhasePlan> slice = SliceOf(Plan(), bad.name);
    ASSERT_FALSE(slice.ok()) << bad.name;
    EXPECT_EQ(slice.error().kind(), bad.kind) << bad.name;
    EXPECT_THAT(slice.error().message(), HasSubstr(bad.says)) << bad.name;
  }
}

TEST(Slice, IsJudgedAtThePairsThatItTouches) {
  PhasePlan judged = WithVerify(*SliceOf(Plan(), "index@gbpusd/2024-08"));
  std::vector<Point> points = stages::VerifyPoints(judged);
  ASSERT_EQ(points.size(), 1U);
  EXPECT_EQ(points[0].Key(), "gbpusd");
}

}  // namespace
}  // namespace mayfly
