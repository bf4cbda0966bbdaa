#include "sched/hold.h"

#include <gtest/gtest.h>

namespace mayfly::sched {
namespace {

RunSnapshot WithMachines(RunState state, std::vector<MachineState> machines) {
  RunSnapshot s;
  s.run.id = RunId{7};
  s.run.state = state;
  s.run.deadline_in = hours(2);
  s.run.published = true;
  s.server_up = hours(1);
  StageView stage{.id = StageId{1}, .name = "load", .kind = "load", .state = StageState::kOpen};
  stage.tasks.ready = 1;
  s.stages.push_back(stage);
  for (MachineState machine : machines) {
    MachineView m;
    m.id = MachineId{static_cast<std::int64_t>(s.machines.size() + 1)};
    m.state = machine;
    m.external_id = "pid:1";
    m.heartbeat_age = seconds(1);
    m.deadline_in = hours(1);
    m.age = seconds(30);
    if (machine == MachineState::kHeld) m.countdown = Countdown{{}, minutes(10)};
    s.machines.push_back(m);
  }
  return s;
}

RunSnapshot Working(RunState state = RunState::kRunning) {
  return WithMachines(state, {MachineState::kWorking});
}

void Wish(RunSnapshot& s, Duration length, HoldState state = HoldState::kPromised) {
  s.hold = HoldView{.id = HoldId{3}, .state = state, .wish = {std::nullopt, length, "ann"}};
}

template <typename T>
const T* Find(const std::vector<Action>& actions) {
  for (const Action& action : actions) {
    if (const T* found = std::get_if<T>(&action)) return found;
  }
  return nullptr;
}

template <typename T>
std::size_t IndexOf(const std::vector<Action>& actions) {
  for (std::size_t i = 0; i < actions.size(); ++i) {
    if (std::holds_alternative<T>(actions[i])) return i;
  }
  return actions.size();
}

TEST(DecideHold, AWishIsPromisedAtItsPriceWhileTheMachineWorks) {
  RunSnapshot s = Working();
  Wish(s, minutes(30), HoldState::kAsked);
  Known known;
  known.money.holds[MachineId{1}] = {Rate{510'000}, hours(1)};
  auto actions = Decide(s, known, {});
  ASSERT_NE(Find<AnswerHold>(actions), nullptr);
  EXPECT_EQ(Find<AnswerHold>(actions)->to, HoldState::kPromised);
  EXPECT_NE(Find<AnswerHold>(actions)->reason.find("at most 0.26 USD"), std::string::npos);
  EXPECT_EQ(Find<Hold>(actions), nullptr);
  s.hold->state = HoldState::kPromised;
  EXPECT_TRUE(Decide(s, known, {}).empty());
}

TEST(DecideHold, WhatTheCapDoesNotPayForIsRefusedWithTheLongestItDoes) {
  RunSnapshot s = Working();
  Wish(s, minutes(30), HoldState::kAsked);
  Known known;
  known.money.holds[MachineId{1}] = {Rate{510'000}, minutes(12)};
  auto actions = Decide(s, known, {});
  ASSERT_NE(Find<AnswerHold>(actions), nullptr);
  EXPECT_EQ(Find<AnswerHold>(actions)->to, HoldState::kRefused);
  EXPECT_NE(Find<AnswerHold>(actions)->reason.find("the cap pays for no more than 12 min"),
            std::string::npos)
      << Find<AnswerHold>(actions)->reason;
}

TEST(DecideHold, NoHoldOutlivesItsMachine) {
  RunSnapshot s = Working();
  s.machines[0].deadline_in = minutes(20);
  s.run.deadline_in = minutes(20);
  Wish(s, minutes(30), HoldState::kAsked);
  EXPECT_EQ(Find<AnswerHold>(Decide(s, {}, {}))->to, HoldState::kRefused);
  s.run.state = RunState::kFailed;
  s.hold->state = HoldState::kPromised;  // when there was more time: what is left of it is kept
  ASSERT_NE(Find<Hold>(Decide(s, {}, {})), nullptr);
  EXPECT_EQ(Find<Hold>(Decide(s, {}, {}))->length, Duration(minutes(20)));
}

// The machine would hear that its run is over, and leave, if the run moved first.
TEST(DecideHold, AFailureHoldsTheMachineBeforeTheRunFails) {
  RunSnapshot s = Working();
  s.stages[0].tasks = {.quarantined = 1};
  s.stages[0].state = StageState::kFailed;
  EXPECT_EQ(Find<Hold>(Decide(s, {}, {})), nullptr);
  Wish(s, minutes(30));
  auto actions = Decide(s, {}, {});
  ASSERT_NE(Find<Hold>(actions), nullptr);
  EXPECT_EQ(Find<MoveRun>(actions)->to, RunState::kFailed);
  EXPECT_LT(IndexOf<Hold>(actions), IndexOf<MoveRun>(actions));
}

struct WorkIsOver {
  const char* name;
  RunState state;
  StopWish stop = StopWish::kNone;
};

class HeldInsteadOfEnded : public ::testing::TestWithParam<WorkIsOver> {};

TEST_P(HeldInsteadOfEnded, OneMachineAndNoOther) {
  RunSnapshot s = WithMachines(GetParam().state, {MachineState::kWorking, MachineState::kWorking});
  s.run.stop_wish = GetParam().stop;
  Wish(s, minutes(30));
  auto actions = Decide(s, {}, {});
  ASSERT_NE(Find<Hold>(actions), nullptr);
  EXPECT_EQ(Find<Hold>(actions)->machine, MachineId{2});
  for (const Action& action : actions) {
    const auto* end = std::get_if<End>(&action);
    const auto* drain = std::get_if<Drain>(&action);
    EXPECT_FALSE(end != nullptr && end->machine != MachineId{1});
    EXPECT_FALSE(drain != nullptr && drain->machine != MachineId{1});
  }
  s.hold->wish.machine = MachineId{1};
  EXPECT_EQ(Find<Hold>(Decide(s, {}, {}))->machine, MachineId{1});
}

INSTANTIATE_TEST_SUITE_P(When, HeldInsteadOfEnded,
                         ::testing::Values(WorkIsOver{"ItPassed", RunState::kFinishing},
                                           WorkIsOver{"ItFailed", RunState::kFailed},
                                           WorkIsOver{"ItIsPaused", RunState::kPaused},
                                           WorkIsOver{"APauseIsAskedFor", RunState::kRunning,
                                                      StopWish::kPause}),
                         [](const auto& test) { return test.param.name; });

TEST(DecideHold, ACancelledRunKeepsNothing) {
  RunSnapshot s = WithMachines(RunState::kRunning, {MachineState::kHeld, MachineState::kWorking});
  s.run.stop_wish = StopWish::kCancel;
  Wish(s, minutes(30));
  auto actions = Decide(s, {}, {});
  EXPECT_EQ(Find<Hold>(actions), nullptr);
  ASSERT_NE(Find<End>(actions), nullptr);
  EXPECT_EQ(Find<End>(actions)->machine, MachineId{1});
}

TEST(DecideHold, WhatIsHeldIsKeptUntilItsCountdownIsOver) {
  RunSnapshot s = WithMachines(RunState::kFailed, {MachineState::kHeld});
  EXPECT_TRUE(Decide(s, {}, {}).empty());
  EXPECT_FALSE(IsSettled(s, {.residue_proved_empty = true}));
  s.machines[0].countdown->left = Duration(0);
  ASSERT_NE(Find<End>(Decide(s, {}, {})), nullptr);
  EXPECT_EQ(Find<End>(Decide(s, {}, {}))->reason, "its hold is over");
}

TEST(DecideHold, AHeldMachineThatIsSilentEnds) {
  RunSnapshot s = WithMachines(RunState::kFailed, {MachineState::kHeld});
  s.machines[0].heartbeat_age = minutes(1);
  EXPECT_NE(Find<End>(Decide(s, {}, {})), nullptr);
}

TEST(DecideHold, AnOperatorInAHurryKeepsNothing) {
  RunSnapshot s = WithMachines(RunState::kFailed, {MachineState::kHeld});
  EXPECT_NE(Find<End>(Decide(s, {}, {.keeps_machines = false})), nullptr);
}

TEST(DecideHold, AHeldMachineDoesNotDelayThePauseAndDoesNoWork) {
  RunSnapshot s = WithMachines(RunState::kRunning, {MachineState::kHeld});
  EXPECT_NE(Find<Launch>(Decide(s, {}, {})), nullptr);
  s.run.stop_wish = StopWish::kPause;
  ASSERT_NE(Find<MoveRun>(Decide(s, {}, {})), nullptr);
  EXPECT_EQ(Find<MoveRun>(Decide(s, {}, {}))->to, RunState::kPaused);
}

TEST(DecideHold, ANewWishChangesTheCountdownOfWhatIsHeld) {
  RunSnapshot s = WithMachines(RunState::kFailed, {MachineState::kHeld});
  Wish(s, minutes(50), HoldState::kAsked);
  ASSERT_NE(Find<Hold>(Decide(s, {}, {})), nullptr);
  EXPECT_EQ(Find<Hold>(Decide(s, {}, {}))->length, Duration(minutes(50)));
}

TEST(DecideHold, AWishThatCanNotComeTrueIsRefused) {
  RunSnapshot s = WithMachines(RunState::kFailed, {MachineState::kGone});
  Wish(s, minutes(5), HoldState::kAsked);
  EXPECT_EQ(Find<AnswerHold>(Decide(s, {}, {}))->to, HoldState::kRefused);
  s.run.state = RunState::kRunning;  // another machine will come, but not this one again
  EXPECT_EQ(Find<AnswerHold>(Decide(s, {}, {}))->to, HoldState::kPromised);
  s.hold->wish.machine = MachineId{1};
  EXPECT_EQ(Find<AnswerHold>(Decide(s, {}, {}))->to, HoldState::kRefused);
}

TEST(DecideHold, AMachineThatWillBeTakenAwayIsNotHeld) {
  RunSnapshot s = Working(RunState::kFailed);
  s.machines[0].noticed = true;
  Wish(s, minutes(5));
  EXPECT_EQ(Find<Hold>(Decide(s, {}, {})), nullptr);
  EXPECT_NE(Find<End>(Decide(s, {}, {})), nullptr);
}

}  // namespace
}  // namespace mayfly::sched
