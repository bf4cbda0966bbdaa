#include "sched/decide.h"

#include <gtest/gtest.h>

namespace mayfly::sched {
namespace {

RunSnapshot Running(std::int64_t ready) {
  RunSnapshot s;
  s.run.id = RunId{7};
  s.run.state = RunState::kRunning;
  s.run.deadline_in = hours(1);
  s.server_up = hours(1);
  StageView stage{.id = StageId{1}, .name = "load", .kind = "load", .state = StageState::kOpen};
  stage.tasks.ready = ready;
  s.stages.push_back(stage);
  return s;
}

MachineView Working(std::int64_t id) {
  MachineView m;
  m.id = MachineId{id};
  m.state = MachineState::kWorking;
  m.external_id = "pid:1";
  m.heartbeat_age = seconds(1);
  m.deadline_in = hours(1);
  m.age = seconds(30);
  return m;
}

template <typename T>
const T* Find(const std::vector<Action>& actions) {
  for (const Action& action : actions) {
    if (const T* found = std::get_if<T>(&action)) return found;
  }
  return nullptr;
}

TEST(Decide, LaunchesWhenTasksAreReadyAndNobodyWorks) {
  auto actions = Decide(Running(3), {}, {});
  ASSERT_NE(Find<Launch>(actions), nullptr);
  EXPECT_NE(Find<Launch>(actions)->reason.find("3 tasks"), std::string::npos);
}

TEST(Decide, LaunchesNothingWhileAMachineWorks) {
  RunSnapshot s = Running(3);
  s.machines.push_back(Working(1));
  EXPECT_EQ(Find<Launch>(Decide(s, {}, {})), nullptr);
}

TEST(Decide, AsksThePoolsThatTheLadderChose) {
  Known known{.next = AskPools{{2, 0}, "t spot in b"}};
  auto actions = Decide(Running(3), known, {});
  ASSERT_NE(Find<Launch>(actions), nullptr);
  EXPECT_EQ(Find<Launch>(actions)->rungs, (std::vector<std::size_t>{2, 0}));
  EXPECT_NE(Find<Launch>(actions)->reason.find("t spot in b"), std::string::npos);
}

TEST(Decide, SaysOnceWhatItWaitsFor) {
  RunSnapshot s = Running(3);
  Known known{.next = WaitForPools{s.now + minutes(5), "all are dry"}};
  auto actions = Decide(s, known, {});
  EXPECT_EQ(Find<Launch>(actions), nullptr);
  ASSERT_NE(Find<Await>(actions), nullptr);
  s.run.waiting = Waiting{"all are dry", s.now + minutes(5)};
  EXPECT_TRUE(Decide(s, known, {}).empty());
  s.now += minutes(5);  // the time that was said has come, and it goes on
  EXPECT_NE(Find<Await>(Decide(s, known, {})), nullptr);
}

TEST(Decide, WhereNoPoolWillEverDoTheRunPausesOnceNobodyWorks) {
  RunSnapshot s = Running(3);
  Known known{.next = NoPool{"no such image"}};
  s.machines.push_back(Working(1));
  s.machines[0].noticed = true;  // a replacement is missing, and it still works
  EXPECT_EQ(Find<MoveRun>(Decide(s, known, {})), nullptr);
  s.machines[0].state = MachineState::kGone;
  ASSERT_NE(Find<MoveRun>(Decide(s, known, {})), nullptr);
  EXPECT_EQ(Find<MoveRun>(Decide(s, known, {}))->to, RunState::kPaused);
  EXPECT_EQ(Find<MoveRun>(Decide(s, known, {}))->reason, "no such image");
}

TEST(Decide, WhatNoPoolGaveWasNotLost) {
  RunSnapshot s = Running(3);
  const Policy strict{.machines = 1, .replacements = 0};
  s.machines.push_back(Working(1));
  s.machines[0].state = MachineState::kGone;
  EXPECT_EQ(Find<MoveRun>(Decide(s, {}, strict))->to, RunState::kFailed);
  s.machines[0].was_refused = true;
  EXPECT_NE(Find<Launch>(Decide(s, {}, strict)), nullptr);
}

// I10: what every machine says at once, each further one would be paid for to say again.
TEST(Decide, ASetupThatFailsTwiceBeforeAnyTaskWasDonePausesTheRunWithItsReason) {
  RunSnapshot s = Running(3);
  s.machines = {Working(1)};
  s.machines[0].state = MachineState::kGone;
  s.machines[0].reason = "setup command 1 failed: exited with 100";
  EXPECT_NE(Find<Launch>(Decide(s, {}, {})), nullptr);
  s.machines.push_back(s.machines[0]);
  auto actions = Decide(s, {}, {});
  EXPECT_EQ(Find<Launch>(actions), nullptr);
  ASSERT_NE(Find<MoveRun>(actions), nullptr);
  EXPECT_EQ(Find<MoveRun>(actions)->to, RunState::kPaused);
  EXPECT_NE(Find<MoveRun>(actions)->reason.find("exited with 100"), std::string::npos);
}

TEST(Decide, NoFurtherMachineIsAskedForWhileOneThatFailedInItsSetupIsAboutToEnd) {
  RunSnapshot s = Running(3);
  s.machines = {Working(1), Working(2)};
  for (MachineView& machine : s.machines)
    machine.reason = "setup command 1 failed: exited with 100";
  s.machines[0].state = MachineState::kGone;
  s.machines[1].state = MachineState::kEnding;
  auto actions = Decide(s, {}, {});
  EXPECT_EQ(Find<Launch>(actions), nullptr);
  EXPECT_EQ(Find<MoveRun>(actions), nullptr);
}

TEST(Decide, AFailedSetupIsBadLuckWhereATaskWasDoneOrItWasMendedOrAnotherWentWell) {
  RunSnapshot failed = Running(3);
  failed.machines = {Working(1), Working(2)};
  for (MachineView& machine : failed.machines) {
    machine.state = MachineState::kGone;
    machine.reason = "setup of swap failed: exited with 1";
  }
  RunSnapshot done = failed;
  done.stages[0].tasks.done = 1;
  EXPECT_NE(Find<Launch>(Decide(done, {}, {})), nullptr);
  EXPECT_NE(Find<Launch>(Decide(failed, {}, {.forgiven = 1})), nullptr);
  RunSnapshot between = failed;
  between.machines[1].reason = "the provider says that it is gone";
  EXPECT_NE(Find<Launch>(Decide(between, {}, {})), nullptr);
  RunSnapshot living = failed;  // its own setup goes on, and may go well
  living.machines.push_back(Working(3));
  auto actions = Decide(living, {}, {.machines = 2});
  EXPECT_EQ(Find<Launch>(actions), nullptr);
  EXPECT_EQ(Find<MoveRun>(actions), nullptr);
}

TEST(Decide, ATryPausesWhenItsTasksAreDoneAndIsNeverJudged) {
  RunSnapshot s = Running(0);
  s.stages[0].tasks.done = 1;
  s.stages[0].state = StageState::kComplete;
  const Policy tries{.only_tries = true};
  EXPECT_EQ(Find<MoveRun>(Decide(s, {}, {}))->to, RunState::kVerifying);
  EXPECT_EQ(Find<MoveRun>(Decide(s, {}, tries))->to, RunState::kPaused);
}

TEST(Decide, LeavesAreVacuumedWhenNoMachineIsLeftAndBeforeTheRunCloses) {
  RunSnapshot s = Running(0);
  s.run.state = RunState::kFinishing;
  s.run.published = true;
  s.leaves_to_vacuum = 3;
  s.machines.push_back(Working(1));
  EXPECT_EQ(Find<Vacuum>(Decide(s, {}, {})), nullptr);
  s.machines[0].state = MachineState::kGone;
  Known proved{.residue_proved_empty = true};
  EXPECT_NE(Find<Vacuum>(Decide(s, proved, {})), nullptr);
  EXPECT_EQ(Find<MoveRun>(Decide(s, proved, {})), nullptr);
  s.leaves_to_vacuum = 0;
  EXPECT_EQ(Find<Vacuum>(Decide(s, proved, {})), nullptr);
  EXPECT_EQ(Find<MoveRun>(Decide(s, proved, {}))->to, RunState::kClosed);
}

TEST(Decide, ANoticedMachineIsReplacedAtOnce) {
  RunSnapshot s = Running(3);
  s.machines.push_back(Working(1));
  s.machines[0].noticed = true;
  EXPECT_NE(Find<Launch>(Decide(s, {}, {})), nullptr);
}

TEST(Decide, ASilentMachineEndsOnlyIfTheServerWasUpForALease) {
  RunSnapshot s = Running(3);
  s.machines.push_back(Working(1));
  s.machines[0].heartbeat_age = seconds(11);
  EXPECT_NE(Find<End>(Decide(s, {}, {})), nullptr);
  s.server_up = seconds(5);
  EXPECT_EQ(Find<End>(Decide(s, {}, {})), nullptr);
}

TEST(Decide, AnOpenIntentIsReplayedOrAdoptedNeverForgotten) {
  RunSnapshot s = Running(3);
  MachineView m = Working(1);
  m.state = MachineState::kIntended;
  m.external_id.clear();
  m.heartbeat_age.reset();
  s.machines.push_back(m);
  EXPECT_NE(Find<Relaunch>(Decide(s, {}, {})), nullptr);
  Known known{.sightings = {{MachineId{1}, "pid:9", true}}};
  EXPECT_NE(Find<AdoptSighting>(Decide(s, known, {})), nullptr);
}

TEST(Decide, TheBoundOnReplacementsFailsTheRun) {
  RunSnapshot s = Running(3);
  Policy policy{.machines = 1, .replacements = 2};
  for (int i = 1; i <= 3; ++i) {
    s.machines.push_back(Working(i));
    s.machines.back().state = MachineState::kGone;
  }
  const auto actions = Decide(s, {}, policy);
  ASSERT_NE(Find<MoveRun>(actions), nullptr);
  EXPECT_EQ(Find<MoveRun>(actions)->to, RunState::kFailed);
}

TEST(Decide, QuarantineFailsTheRunOnlyWhenNothingElseCanRun) {
  RunSnapshot s = Running(1);
  s.stages[0].tasks.quarantined = 1;
  s.machines.push_back(Working(1));
  EXPECT_EQ(Find<MoveRun>(Decide(s, {}, {})), nullptr);
  s.stages[0].tasks.ready = 0;
  const auto actions = Decide(s, {}, {});
  ASSERT_NE(Find<MoveRun>(actions), nullptr);
  EXPECT_EQ(Find<MoveRun>(actions)->verdict, Verdict::kFail);
}

TEST(Decide, NoCheckEvaluatedIsAFailedRun) {
  RunSnapshot s = Running(0);
  s.run.state = RunState::kVerifying;
  const auto actions = Decide(s, {}, {});
  EXPECT_EQ(Find<MoveRun>(actions)->to, RunState::kFailed);
  s.findings_total = 4;
  EXPECT_EQ(Find<MoveRun>(Decide(s, {}, {}))->to, RunState::kFinishing);
  s.findings_failed = 1;
  EXPECT_EQ(Find<MoveRun>(Decide(s, {}, {}))->verdict, Verdict::kFail);
}

TEST(Decide, ARunClosesOnlyPublishedAndProvedGone) {
  RunSnapshot s = Running(0);
  s.run.state = RunState::kFinishing;
  EXPECT_NE(Find<Publish>(Decide(s, {}, {})), nullptr);
  EXPECT_NE(Find<ProveGone>(Decide(s, {}, {})), nullptr);
  s.run.published = true;
  EXPECT_EQ(Find<MoveRun>(Decide(s, {}, {})), nullptr);
  EXPECT_EQ(Find<MoveRun>(Decide(s, {.residue_proved_empty = true}, {}))->to, RunState::kClosed);
}

TEST(Decide, AFailedRunStillEndsItsMachines) {
  RunSnapshot s = Running(2);
  s.run.state = RunState::kFailed;
  s.machines.push_back(Working(1));
  EXPECT_NE(Find<End>(Decide(s, {}, {})), nullptr);
  EXPECT_FALSE(IsSettled(s, {.residue_proved_empty = true}));
}

TEST(Decide, AWishToPauseDrainsFirst) {
  RunSnapshot s = Running(2);
  s.run.stop_wish = StopWish::kPause;
  s.machines.push_back(Working(1));
  EXPECT_NE(Find<Drain>(Decide(s, {}, {})), nullptr);
  EXPECT_EQ(Find<Launch>(Decide(s, {}, {})), nullptr);
  s.machines[0].state = MachineState::kGone;
  EXPECT_EQ(Find<MoveRun>(Decide(s, {}, {}))->to, RunState::kPaused);
}

TEST(Decide, WhatATaskMayNotDoDrainsFirstAndPausesThen) {
  RunSnapshot s = Running(2);
  s.stages[0].tasks.quarantined = 1;
  s.stages[0].denied = "permission denied for table mine";
  s.machines.push_back(Working(1));
  EXPECT_NE(Find<Drain>(Decide(s, {}, {})), nullptr);
  EXPECT_EQ(Find<MoveRun>(Decide(s, {}, {})), nullptr);
  s.machines[0].state = MachineState::kGone;
  auto actions = Decide(s, {}, {});
  EXPECT_EQ(Find<Launch>(actions), nullptr);
  ASSERT_NE(Find<MoveRun>(actions), nullptr);
  EXPECT_EQ(Find<MoveRun>(actions)->to, RunState::kPaused);
  EXPECT_EQ(Find<MoveRun>(actions)->verdict, std::nullopt);
  EXPECT_NE(Find<MoveRun>(actions)->reason.find("permission denied for table mine"),
            std::string::npos);
}

TEST(Decide, AMachineEndsAtItsDeadline) {
  RunSnapshot s = Running(2);
  s.machines.push_back(Working(1));
  s.machines[0].deadline_in = seconds(-1);
  EXPECT_NE(Find<End>(Decide(s, {}, {})), nullptr);
}

TEST(Decide, LeasesOfTheDeadAreTakenBackOnEveryPass) {
  RunSnapshot s = Running(2);
  s.machines.push_back(Working(1));
  s.machines[0].state = MachineState::kGone;
  s.leases_of_dead = 1;
  EXPECT_NE(Find<Reap>(Decide(s, {}, {})), nullptr);
}

TEST(Decide, NoMachineIsAskedForBeyondTheCap) {
  Known known{.money = {.no_launch = "the cap"}};
  auto actions = Decide(Running(3), known, {});
  EXPECT_EQ(Find<Launch>(actions), nullptr);
  ASSERT_NE(Find<MoveRun>(actions), nullptr);
  EXPECT_EQ(Find<MoveRun>(actions)->to, RunState::kPaused);
  EXPECT_EQ(Find<MoveRun>(actions)->reason, "the cap");
}

TEST(Decide, WhatLivesWorksOnWhenTheCapPaysForNoOther) {
  RunSnapshot s = Running(3);
  s.machines.push_back(Working(1));
  Known known{.money = {.no_launch = "the cap"}};
  EXPECT_TRUE(Decide(s, known, {.machines = 2}).empty());
}

TEST(Decide, AForecastBeyondTheCapDrainsFirstAndPausesThen) {
  RunSnapshot s = Running(3);
  s.machines.push_back(Working(1));
  Known known{.money = {.crossing = "too dear"}};
  ASSERT_NE(Find<Drain>(Decide(s, known, {})), nullptr);
  EXPECT_EQ(Find<MoveRun>(Decide(s, known, {})), nullptr);
  s.machines[0].state = MachineState::kGone;
  ASSERT_NE(Find<MoveRun>(Decide(s, known, {})), nullptr);
  EXPECT_EQ(Find<MoveRun>(Decide(s, known, {}))->to, RunState::kPaused);
  EXPECT_NE(Find<Launch>(Decide(s, known, {.pauses_on_overrun = false})), nullptr);
}

TEST(Decide, TheCapWaitsForAnAccountThatIsOpen) {
  Known known{.money = {.no_launch = "the cap", .account_is_open = true}};
  EXPECT_TRUE(Decide(Running(3), known, {}).empty());
}

TEST(Decide, ARunIsSettledOnlyWithItsAccount) {
  RunSnapshot s = Running(0);
  s.run.state = RunState::kClosed;
  EXPECT_FALSE(IsSettled(s, {.residue_proved_empty = true, .money = {.account_is_open = true}}));
  EXPECT_TRUE(IsSettled(s, {.residue_proved_empty = true}));
}

}  // namespace
}  // namespace mayfly::sched
