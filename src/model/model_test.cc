#include <gtest/gtest.h>

#include "model/grid.h"
#include "model/hold.h"
#include "model/plan.h"
#include "model/run.h"
#include "model/shape.h"
#include "model/states.h"

namespace mayfly {
namespace {

TEST(States, TerminalStatesHaveNoWayOut) {
  for (const auto& [from, to] : RunSteps()) EXPECT_FALSE(IsOver(from)) << Name(to);
  for (const auto& [from, to] : TaskSteps()) EXPECT_NE(from, TaskState::kDone) << Name(to);
  for (const auto& [from, to] : MachineSteps()) EXPECT_NE(from, MachineState::kGone) << Name(to);
}

TEST(States, NamesRoundTrip) {
  EXPECT_EQ(*ParseRunState(Name(RunState::kVerifying)), RunState::kVerifying);
  EXPECT_EQ(*ParseMachineState(Name(MachineState::kEnding)), MachineState::kEnding);
  EXPECT_FALSE(ParseTaskState("finished").ok());
}

TEST(Grid, PeriodsAreWholeAndTouch) {
  auto periods =
      PeriodsBetween(PeriodUnit::kQuarter, *ParseMonth("2024-02"), *ParseMonth("2024-10"));
  ASSERT_EQ(periods.size(), 4U);
  EXPECT_EQ(periods.front().label, "2024-Q1");
  EXPECT_EQ(periods.back().label, "2024-Q4");
  EXPECT_EQ(periods[0].end, periods[1].begin);
}

TEST(Grid, MonthThirteenIsRefused) {
  EXPECT_FALSE(ParseMonth("2024-13").ok());
  EXPECT_TRUE(ParseMonth("2024-12").ok());
}

TEST(Grid, PointsRunThroughTheLastDimensionFastest) {
  Grid grid{{{"pair", {"a", "b"}, {}}, {"period", {"1", "2"}, {}}}};
  auto points = PointsOver(grid, {"pair", "period"});
  ASSERT_EQ(points.size(), 4U);
  EXPECT_EQ(points[1].Key(), "a/2");
  EXPECT_EQ(PointsOver(grid, {}).size(), 1U);
}

using Parts = std::vector<std::pair<std::string, std::string>>;

TEST(Point, MeetsWhereSharedLabelsAgree) {
  Point pair_only(Parts{{"pair", "a"}});
  Point both(Parts{{"pair", "a"}, {"period", "1"}});
  Point other(Parts{{"pair", "b"}, {"period", "1"}});
  EXPECT_TRUE(pair_only.Meets(both));
  EXPECT_TRUE(both.Meets(pair_only));
  EXPECT_FALSE(other.Meets(pair_only));
  EXPECT_TRUE(Point().Meets(other));
}

TEST(LeafName, StaysUniqueAndFits) {
  EXPECT_EQ(LeafName("bars", "eurusd/2024-07"), "bars_eurusd_2024_07");
  EXPECT_NE(LeafName("t", "a.b"), LeafName("t", "a b"));
  EXPECT_LE(LeafName(std::string(60, 't'), std::string(60, 'x')).size(), 63U);
}

TEST(Batches, FeaturesGoByPointSqlByStageAndTheRestAlone) {
  auto at = [](const std::string& pair) { return Point({{"pair", pair}}); };
  PhasePlan plan;
  for (const char* name : {"load", "one", "two", "sql", "run"}) {
    plan.stages.push_back({.spec = {.name = name}});
  }
  plan.stages[1].spec.kind = plan.stages[2].spec.kind = FeaturesSpec{};
  plan.stages[3].spec.kind = SqlSpec{};
  plan.stages[4].spec.kind = CommandSpec{};
  for (std::size_t stage = 0; stage < plan.stages.size(); ++stage) {
    for (const char* pair : {"a", "b"}) plan.tasks.push_back({.point = at(pair), .stage = stage});
  }
  EXPECT_EQ(BatchesOf(plan), (std::vector<std::int64_t>{0, 1, 2, 3, 2, 3, 4, 4, 5, 6}));
}

TEST(Verdict, NothingFoundIsNotAPass) {
  EXPECT_EQ(Conclude({}), Verdict::kCannotTell);
  EXPECT_EQ(Conclude({{.stage = "a", .check = "rows", .verdict = Verdict::kCannotTell}}),
            Verdict::kFail);
  EXPECT_EQ(Conclude({{.stage = "a", .check = "rows", .verdict = Verdict::kPass}}), Verdict::kPass);
}

TEST(Hold, CommandsAreQuotedSoThatAShellReadsTheSameWords) {
  EXPECT_EQ(QuoteArgv({"ls", "-l", "/tmp/a_b.c"}), "ls -l /tmp/a_b.c");
  EXPECT_EQ(QuoteArgv({"sh", "-c", "echo 'x' $HOME"}), "sh -c 'echo '\\''x'\\'' $HOME'");
  EXPECT_EQ(QuoteArgv({"printf", ""}), "printf ''");
}

TEST(Hold, EndsAreToldInAWord) {
  EXPECT_EQ(Describe(ExecExit{ExecEnd::kExited, 3, ""}), "exited with 3");
  EXPECT_EQ(Describe(ExecExit{ExecEnd::kSignalled, 9, ""}), "was ended by signal 9");
  EXPECT_EQ(Describe(ExecExit{ExecEnd::kNotStarted, 127, "no program x"}),
            "could not be started: no program x");
  for (ExecEnd how : {ExecEnd::kExited, ExecEnd::kTimedOut, ExecEnd::kMachineEnded}) {
    EXPECT_EQ(*ParseExecEnd(Name(how)), how);
  }
}

}  // namespace
}  // namespace mayfly
