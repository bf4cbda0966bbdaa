#include "sched/forecast.h"

#include <gtest/gtest.h>

#include "sched/decide.h"

namespace mayfly::sched {
namespace {

RunSnapshot TwoStages() {
  RunSnapshot s;
  s.run.state = RunState::kRunning;
  s.run.deadline_in = hours(1);
  s.server_up = hours(1);
  s.stages = {{.id = StageId{1},
               .name = "load",
               .state = StageState::kOpen,
               .tasks = {.ready = 9, .done = 1},
               .canary_seconds = 60},
              {.id = StageId{2}, .name = "sums", .tasks = {.blocked = 100}}};
  s.machines = {{.id = MachineId{1},
                 .state = MachineState::kWorking,
                 .external_id = "pid:1",
                 .slots = 2,
                 .heartbeat_age = seconds(1),
                 .deadline_in = hours(1)}};
  return s;
}

template <typename T>
const T* Find(const std::vector<Action>& actions) {
  for (const Action& action : actions) {
    if (const T* found = std::get_if<T>(&action)) return found;
  }
  return nullptr;
}

TEST(Forecast, IsTheCanarysTimeForEachTaskThatIsLeftOverTheSlots) {
  RunSnapshot s = TwoStages();
  EXPECT_EQ(ForecastRest(s), Duration(seconds(270)));
  s.stages[1].canary_seconds = 3.6;
  EXPECT_EQ(ForecastRest(s), Duration(seconds(540 + 360) / 2));
}

TEST(Forecast, NothingIsSaidBeforeACanaryIsDoneOrWhileNobodyWorks) {
  RunSnapshot s = TwoStages();
  s.stages[0].canary_seconds.reset();
  EXPECT_EQ(ForecastRest(s), std::nullopt);
  s = TwoStages();
  s.machines.clear();
  EXPECT_EQ(ForecastRest(s), std::nullopt);
}

TEST(Forecast, ACanaryBeyondTheDeadlinePausesTheRunAndNamesTheStage) {
  RunSnapshot s = TwoStages();
  EXPECT_EQ(Find<MoveRun>(Decide(s, {}, {})), nullptr);
  s.stages[1].canary_seconds = 100;
  const auto actions = Decide(s, {}, {});
  const auto* move = Find<MoveRun>(actions);
  ASSERT_NE(move, nullptr);
  EXPECT_EQ(move->to, RunState::kPaused);
  EXPECT_NE(move->reason.find("stage sums"), std::string::npos) << move->reason;
}

TEST(Forecast, WhoeverContinuesItAllTheSameIsNotAskedAgain) {
  RunSnapshot s = TwoStages();
  s.stages[1].canary_seconds = 100;
  EXPECT_EQ(Find<MoveRun>(Decide(s, {}, {.pauses_on_overrun = false})), nullptr);
}

// A stage of the first project in another cloud, told as 28.6 h on 72 cores: 10.3 M statements that
// wait 10 ms each, and 336 partitions that take 44 h of one core, of which one was usable.
RunSnapshot FarFromItsDatabase(int slots) {
  RunSnapshot s = TwoStages();
  s.stages[0] = {.name = "statements",
                 .state = StageState::kOpen,
                 .tasks = {.ready = 10'300'000},
                 .canary_seconds = 0.010};
  s.stages[1] = {
      .name = "partitions", .tasks = {.blocked = 336}, .canary_seconds = 44.0 * 3600 / 336};
  s.machines[0].slots = slots;
  s.run.deadline_in = hours(28) + minutes(36);
  return s;
}

TEST(Forecast, OneCanaryOfTheFirstProjectWouldHaveToldItsLength) {
  RunSnapshot latency = FarFromItsDatabase(/*slots=*/1);
  latency.stages.pop_back();
  EXPECT_EQ(ForecastRest(latency), hours(28) + minutes(36) + seconds(40));
  RunSnapshot s = FarFromItsDatabase(/*slots=*/1);
  EXPECT_EQ(ForecastRest(s), hours(72) + minutes(36) + seconds(40));
  auto overrun = FindOverrun(s);
  ASSERT_TRUE(overrun.has_value());
  EXPECT_NE(overrun->find("at least 3 d 00 h on 1 slots and the deadline is in 1 d 04 h"),
            std::string::npos)
      << *overrun;
  EXPECT_FALSE(FindOverrun(FarFromItsDatabase(/*slots=*/72)).has_value());
}

}  // namespace
}  // namespace mayfly::sched
