#include "controller/controller.h"

#include <gtest/gtest.h>

namespace mayfly {
namespace {

class FixedClock : public Clock {
 public:
  Instant Wall() override { return Instant(mono); }
  Duration Mono() override { return mono; }
  Duration mono{0};
};

// Answers with one snapshot and remembers what it was told, in order.
class ScriptedStore : public RunStore {
 public:
  Result<std::optional<Existing>> FindNewest(const std::string&) override {
    return std::optional<Existing>{};
  }
  Result<RunId> Create(const PhasePlan&) override { return RunId{1}; }
  Result<Fence> TakeControl(RunId, const std::string&) override {
    if (control_refused) return Conflict("run 1 is driven by pid 9");
    return Fence{5};
  }
  Result<RunSnapshot> Load(RunId) override {
    if (loads_that_fail > 0) {
      --loads_that_fail;
      return Unavailable("no database");
    }
    return snapshot;
  }
  Status Apply(RunId, Fence, const Change& change) override {
    if (conflicts > 0) {
      --conflicts;
      return Conflict("machine 1: there is no step from gone to ending");
    }
    told.push_back("apply " + std::to_string(change.index()));
    return {};
  }
  Result<IntendedMachine> RecordIntent(RunId, Fence, const MachineIntent& intent) override {
    told.push_back("intent " + intent.token);
    return IntendedMachine{MachineId{1}, "conninfo", snapshot.now + snapshot.run.deadline_in};
  }
  Status RequestStop(RunId, StopWish) override { return {}; }
  Result<int> ReapMachine(RunId, Fence, MachineId, const std::string&) override {
    told.push_back("reap");
    return 1;
  }
  Status Publish(RunId, Fence) override { return {}; }
  Status CleanUp(RunId, Fence) override {
    told.push_back("clean up");
    return {};
  }

  RunSnapshot snapshot;
  bool control_refused = false;
  int loads_that_fail = 0;
  int conflicts = 0;
  std::vector<std::string> told;
};

class ScriptedProvider : public MachineProvider {
 public:
  explicit ScriptedProvider(std::vector<std::string>& told) : told_(told) {}
  Status Preflight() override { return {}; }
  Result<LaunchAnswer> Launch(const LaunchIntent& intent) override {
    told_.push_back("launch " + intent.token);
    if (launch_fails) return Unavailable("no answer");
    return LaunchAnswer{.external_id = "pid:1"};
  }
  Result<std::vector<MachineSighting>> List(RunId) override {
    return std::vector<MachineSighting>{};
  }
  Status Terminate(MachineId, const std::string&) override {
    told_.push_back("terminate");
    return {};
  }
  Result<std::vector<Residue>> FindResidue(RunId) override { return residue; }

  bool launch_fails = false;
  std::vector<Residue> residue;

 private:
  std::vector<std::string>& told_;
};

struct Bench {
  Bench() {
    store.snapshot.run.id = RunId{1};
    store.snapshot.run.control = Fence{5};
    store.snapshot.run.state = RunState::kRunning;
    store.snapshot.run.deadline_in = hours(1);
    store.snapshot.server_up = hours(1);
    StageView stage{.id = StageId{1}, .state = StageState::kOpen};
    stage.tasks.ready = 2;
    store.snapshot.stages.push_back(stage);
  }
  FixedClock clock;
  ScriptedStore store;
  ScriptedProvider provider{store.told};
  Controller controller{{.run = RunId{1}, .who = "test"}, clock, store, provider, nullptr};
};

TEST(Controller, ContinuingForgivesTheMachinesThatWereLost) {
  Bench bench;
  Controller controller{
      {.run = RunId{1}, .policy = {.machines = 1, .replacements = 0}, .resume = true},
      bench.clock,
      bench.store,
      bench.provider,
      nullptr};
  RunSnapshot& s = bench.store.snapshot;
  s.run.state = RunState::kFailed;
  s.run.deadline_in = hours(1);
  s.machines = {{.id = MachineId{1}, .state = MachineState::kGone}};
  s.stages = {{.id = StageId{1}, .state = StageState::kOpen, .tasks = {.ready = 1}}};
  controller.Step();
  s.run.state = RunState::kRunning;
  controller.Step();
  EXPECT_EQ(bench.store.told.back(), "apply 2");
  EXPECT_EQ(bench.store.told[bench.store.told.size() - 3], "intent run-1-machine-2");
}

TEST(Controller, RecordsTheIntentBeforeItActsAndTheFactAfter) {
  Bench bench;
  bench.controller.Step();
  EXPECT_EQ(bench.store.told, (std::vector<std::string>{"intent run-1-machine-1",
                                                        "launch run-1-machine-1", "apply 2"}));
}

TEST(Controller, TakesLeasesBackBeforeItTerminates) {
  Bench bench;
  MachineView machine{.id = MachineId{1}, .state = MachineState::kWorking, .external_id = "pid:1"};
  machine.deadline_in = seconds(-1);
  bench.store.snapshot.machines.push_back(machine);
  bench.controller.Step();
  ASSERT_GE(bench.store.told.size(), 4U);
  EXPECT_EQ(bench.store.told[1], "reap");
  EXPECT_EQ(bench.store.told[2], "terminate");
}

TEST(Controller, StopsWhenAnotherControllerIsAlive) {
  Bench bench;
  bench.store.control_refused = true;
  bench.controller.Step();
  ASSERT_TRUE(bench.controller.done());
  EXPECT_EQ(bench.controller.outcome().error().kind(), ErrorKind::kConflict);
}

// It slept between Load and Apply: what it decided on is not so any more.
TEST(Controller, AStaleDecisionIsDroppedAndTheLedgerReadAgain) {
  Bench bench;
  bench.store.conflicts = 1;
  EXPECT_GT(bench.controller.Step(), bench.clock.mono);
  EXPECT_FALSE(bench.controller.done());
  bench.controller.Step();
  EXPECT_FALSE(bench.controller.done());
  EXPECT_EQ(bench.store.told.back(), "apply 2");
}

TEST(Controller, EndsWhenAnotherTookItsRunOver) {
  Bench bench;
  bench.controller.Step();
  bench.store.told.clear();
  bench.store.snapshot.run.control = Fence{6};
  bench.controller.Step();
  ASSERT_TRUE(bench.controller.done());
  EXPECT_EQ(bench.controller.outcome().error().kind(), ErrorKind::kConflict);
  EXPECT_TRUE(bench.store.told.empty());
}

TEST(Controller, BacksOffWhileTheLedgerIsAwayAndGivesUpAfterItsPatience) {
  Bench bench;
  bench.store.loads_that_fail = 1000;
  Duration first = bench.controller.Step();
  EXPECT_GT(first, bench.clock.mono);
  EXPECT_FALSE(bench.controller.done());
  bench.clock.mono += minutes(11);
  bench.controller.Step();
  ASSERT_TRUE(bench.controller.done());
  EXPECT_EQ(bench.controller.outcome().error().kind(), ErrorKind::kUnavailable);
}

TEST(Controller, SettlesOnlyAfterTwoEmptyLooksForResidue) {
  Bench bench;
  bench.store.snapshot.run.state = RunState::kFailed;
  bench.controller.Step();
  bench.controller.Step();
  EXPECT_FALSE(bench.controller.done());
  bench.controller.Step();
  ASSERT_TRUE(bench.controller.done());
  EXPECT_EQ(bench.store.told.back(), "clean up");
}

TEST(Controller, ResidueKeepsItFromSettling) {
  Bench bench;
  bench.store.snapshot.run.state = RunState::kFailed;
  bench.provider.residue.push_back({"process", "4711"});
  for (int i = 0; i < 5; ++i) bench.controller.Step();
  EXPECT_FALSE(bench.controller.done());
}

}  // namespace
}  // namespace mayfly
