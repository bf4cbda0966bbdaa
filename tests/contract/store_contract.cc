#include "store_contract.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

namespace mayfly::contract_test {
namespace {

using ::testing::HasSubstr;

const std::vector<std::string> kPairs{"a", "b"};
const std::vector<Period> kMonths =
    PeriodsBetween(PeriodUnit::kMonth, *ParseMonth("2024-01"), *ParseMonth("2024-02"));

TableShape ShapeNamed(const std::string& table) {
  return {.name = table,
          .dimensions = {"pair", "period"},
          .columns = {{"pair", ColumnType::kText},
                      {"ts", ColumnType::kTimestamptz},
                      {"v", ColumnType::kFloat8}},
          .key = {"pair", "ts"},
          .time_column = "ts"};
}

Point PointAt(const std::string& pair, const Period& month) {
  return Point({{"pair", pair}, {"period", month.label}});
}

Leaf LeafAt(const std::string& table, const std::string& pair, const Period& month) {
  Point point = PointAt(pair, month);
  return {LeafName(table, point.Key()), point, month.begin, month.end};
}

void AddStage(PhasePlan& plan, const std::string& name, StageSpec spec,
              std::optional<TableShape> shape, std::optional<std::string> skipped = {}) {
  spec.name = name;
  spec.retries = 1;
  spec.setbacks = 2;
  plan.spec.stages.push_back(spec);
  plan.stages.push_back({.spec = spec, .shape = std::move(shape), .skipped = std::move(skipped)});
}

void AddTask(PhasePlan& plan, PlannedTask task) {
  ++plan.stages[task.stage].task_count;
  plan.tasks.push_back(std::move(task));
}

}  // namespace

PhasePlan MakePlan(const std::string& phase) {
  PhasePlan plan;
  plan.spec.name = phase;
  plan.spec.database.schema = phase;
  plan.hash = "0123456789ab";
  plan.canonical_toml = "[phase]\nname = \"" + phase + "\"\n";
  plan.findings.pairs = kPairs;
  AddStage(plan, "load", {.kind = SqlSpec{}}, ShapeNamed("bars"));
  AddStage(plan, "first", {.kind = FeaturesSpec{.family = "first"}}, ShapeNamed("first"));
  AddStage(plan, "second", {.kind = FeaturesSpec{.family = "second"}}, ShapeNamed("second"));
  AddStage(plan, "absent", {.kind = FeaturesSpec{.family = "absent"}}, ShapeNamed("absent"),
           "input absent: open");
  TableShape whole{.name = "whole", .columns = {{"v", ColumnType::kFloat8}}, .key = {"v"}};
  AddStage(plan, "whole", {.kind = SqlSpec{}}, whole);

  for (const std::string& pair : kPairs) {
    PlannedTask load{.point = Point({{"pair", pair}}), .stage = 0};
    for (const Period& month : kMonths) load.leaves.push_back(LeafAt("bars", pair, month));
    AddTask(plan, std::move(load));
  }
  std::vector<std::size_t> all;
  for (std::size_t pair = 0; pair < kPairs.size(); ++pair) {
    for (const Period& month : kMonths) {
      for (std::size_t stage : {1U, 2U, 3U}) {
        const std::string& table = plan.stages[stage].shape->name;
        all.push_back(plan.tasks.size());
        AddTask(plan, {.point = PointAt(kPairs[pair], month),
                       .leaves = {LeafAt(table, kPairs[pair], month)},
                       .needs = {pair},
                       .stage = stage});
      }
    }
  }
  AddTask(plan, {.leaves = {{.name = "whole"}}, .needs = all, .stage = 4});
  return plan;
}

void StoreContract::SetUp() { world_ = GetParam()(); }

void StoreContract::StartRun() {
  Result<RunId> created = world_->store().Create(MakePlan(world_->phase()));
  ASSERT_TRUE(created.ok()) << created.error().message();
  run_ = *created;
  Result<Fence> control = world_->store().TakeControl(run_, "the first controller");
  ASSERT_TRUE(control.ok()) << control.error().message();
  control_ = *control;
  Move(RunState::kRunning);
}

IntendedMachine StoreContract::StartMachine(const std::string& token) {
  auto intended = world_->store().RecordIntent(
      run_, control_, {.token = token, .provider = "test", .slots = 2, .reason = "work waits"});
  EXPECT_TRUE(intended.ok()) << intended.error().message();
  EXPECT_TRUE(world_->store()
                  .Apply(run_, control_, RecordLaunched{intended->machine, "external-" + token})
                  .ok());
  auto brief = world_->OpenRegistry(*intended)->Register(run_, intended->machine);
  EXPECT_TRUE(brief.ok()) << brief.error().message();
  return *intended;
}

std::unique_ptr<SlotWorld> StoreContract::Slot(const IntendedMachine& machine, int slot) {
  return world_->OpenSlot(machine, run_, slot);
}

ClaimRequest StoreContract::Request(const IntendedMachine& machine, int slot, int max_tasks) const {
  return {{run_, machine.machine, slot}, max_tasks};
}

std::vector<LeasedTask> StoreContract::MustClaim(SlotWorld& slot, const IntendedMachine& machine,
                                                 int slot_number, int max_tasks) {
  auto claimed = slot.queue().Claim(Request(machine, slot_number, max_tasks));
  EXPECT_TRUE(claimed.ok()) << claimed.error().message();
  return claimed.ok() ? *claimed : std::vector<LeasedTask>{};
}

Result<std::vector<LeasedTask>> StoreContract::Finish(SlotWorld& slot,
                                                      const std::vector<LeasedTask>& tasks,
                                                      std::uint64_t content,
                                                      const std::optional<ClaimRequest>& next) {
  TRY(slot.Begin());
  std::vector<Completion> done;
  for (const LeasedTask& task : tasks) {
    for (std::size_t i = 0; i < task.leaves.size(); ++i) TRY(slot.WriteLeaf(task, i, 3, content));
    done.push_back({task.id, task.fence, 3, 0.5, "{}"});
  }
  return slot.queue().Complete(done, next);
}

void StoreContract::FinishLoads(SlotWorld& slot, const IntendedMachine& machine) {
  std::vector<LeasedTask> loads = MustClaim(slot, machine, 0, 2);
  ASSERT_EQ(loads.size(), 2U);
  auto done = Finish(slot, loads, 1);
  ASSERT_TRUE(done.ok()) << done.error().message();
}

RunSnapshot StoreContract::Load() {
  auto snapshot = world_->store().Load(run_);
  EXPECT_TRUE(snapshot.ok()) << snapshot.error().message();
  return *snapshot;
}

TaskCounts StoreContract::Counts(const std::string& stage) {
  for (const StageView& view : Load().stages) {
    if (view.name == stage) return view.tasks;
  }
  ADD_FAILURE() << "no stage " << stage;
  return {};
}

void StoreContract::Move(RunState to, std::optional<Verdict> verdict) {
  Status moved = world_->store().Apply(run_, control_, SetRunState{to, "test", verdict});
  ASSERT_TRUE(moved.ok()) << moved.error().message();
}

namespace {

TEST_P(StoreContract, ANewRunIsApprovedAndItsFirstTasksAreReady) {
  StartRun();
  EXPECT_EQ(Counts("load").ready, 2);
  EXPECT_EQ(Counts("first").blocked, 4);
  EXPECT_EQ(Counts("absent").skipped, 4);
  EXPECT_EQ(Counts("whole").blocked, 1);
  EXPECT_EQ(Load().run.state, RunState::kRunning);
}

TEST_P(StoreContract, TwoCreatorsOfOnePhaseConflict) {
  StartRun();
  auto second = world_->OpenStore();
  auto created = second->Create(MakePlan(world_->phase()));
  ASSERT_FALSE(created.ok());
  EXPECT_EQ(created.error().kind(), ErrorKind::kConflict);
  EXPECT_THAT(created.error().message(), HasSubstr("run " + std::to_string(run_.value)));
  EXPECT_TRUE(second->Create(MakePlan(world_->phase() + "_too")).ok());
  EXPECT_EQ((*second->FindNewest(world_->phase()))->run, run_);
  EXPECT_FALSE(second->FindNewest("never")->has_value());
}

TEST_P(StoreContract, ALivingControllerIsNamed) {
  StartRun();
  auto control = world_->OpenStore()->TakeControl(run_, "the second controller");
  ASSERT_FALSE(control.ok());
  EXPECT_EQ(control.error().kind(), ErrorKind::kConflict);
  EXPECT_THAT(control.error().message(), HasSubstr("the first controller"));
}

TEST_P(StoreContract, AnOlderControllerIsRefused) {
  StartRun();
  world_->KillStore();
  auto second = world_->OpenStore();
  auto control = second->TakeControl(run_, "the second controller");
  ASSERT_TRUE(control.ok()) << control.error().message();
  EXPECT_GT(*control, control_);
  Status stale = second->Apply(run_, control_, SetRunState{RunState::kPaused, "stale", {}});
  ASSERT_FALSE(stale.ok());
  EXPECT_EQ(stale.error().kind(), ErrorKind::kConflict);
  EXPECT_THAT(stale.error().message(), HasSubstr("the second controller"));
  EXPECT_EQ(second->RecordIntent(run_, control_, {.token = "t", .provider = "p"}).error().kind(),
            ErrorKind::kConflict);
  EXPECT_EQ(second->Load(run_)->run.state, RunState::kRunning);
  EXPECT_TRUE(second->Load(run_)->machines.empty());
}

TEST_P(StoreContract, IllegalStepsAreRefused) {
  StartRun();
  auto apply = [&](const Change& change) { return world_->store().Apply(run_, control_, change); };
  for (RunState to : {RunState::kPlanned, RunState::kClosed, RunState::kFinishing}) {
    Status moved = apply(SetRunState{to, "", {}});
    ASSERT_FALSE(moved.ok()) << Name(to);
    EXPECT_EQ(moved.error().kind(), ErrorKind::kConflict) << Name(to);
  }
  StageId load = Load().stages[0].id;
  EXPECT_EQ(apply(SetStageState{load, StageState::kComplete, ""}).error().kind(),
            ErrorKind::kConflict);
  IntendedMachine machine = StartMachine();
  EXPECT_EQ(apply(RecordGone{machine.machine}).error().kind(), ErrorKind::kConflict);
  EXPECT_TRUE(apply(RecordEnding{machine.machine, "x"}).ok());
  EXPECT_EQ(apply(OrderDrain{machine.machine, "x"}).error().kind(), ErrorKind::kConflict);
  EXPECT_TRUE(apply(RecordGone{machine.machine}).ok());
  EXPECT_EQ(Load().machines.at(0).state, MachineState::kGone);
}

TEST_P(StoreContract, ChangesMayBeRepeated) {
  StartRun();
  IntendedMachine machine = StartMachine();
  auto apply = [&](const Change& change) { return world_->store().Apply(run_, control_, change); };
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(apply(SetRunState{RunState::kRunning, "again", {}}).ok());
    EXPECT_TRUE(apply(RecordLaunched{machine.machine, "x"}).ok());
    EXPECT_TRUE(apply(OrderDrain{machine.machine, "x"}).ok());
  }
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(apply(RecordEnding{machine.machine, "x"}).ok());
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(apply(RecordGone{machine.machine}).ok());
}

TEST_P(StoreContract, LooksForResidueAreKeptAsTheyWereOnceEach) {
  StartRun();
  const Instant now = Load().now;
  const ProofPass full{.began = now - seconds(5),
                       .look = {.found = {{"volume", "vol-1"}, {"Spot request", "sir-\"1\""}},
                                .kinds = {"volume", "Spot request"},
                                .shown_within = seconds(60)},
                       .seen_ended = 1,
                       .not_shown = 2};
  const ProofPass empty{.began = now, .look = {.kinds = {"volume"}}};
  for (const ProofPass& pass : {full, empty, empty}) {
    EXPECT_TRUE(world_->store().Apply(run_, control_, RecordProof{pass}).ok());
  }
  EXPECT_EQ(Load().passes, (std::vector<ProofPass>{full, empty}));
  auto read = world_->reader().Load(run_);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->passes.size(), 2U);
  EXPECT_EQ(
      world_->store().Apply(run_, Fence{control_.value - 1}, RecordProof{empty}).error().kind(),
      ErrorKind::kConflict);
}

TEST_P(StoreContract, TheTrailOfARunIsReadForItsAccount) {
  StartRun();
  IntendedMachine machine = StartMachine();
  auto slot = Slot(machine);
  std::vector<LeasedTask> tasks = MustClaim(*slot, machine, 0, 1);
  ASSERT_TRUE(slot->queue().Fail(tasks[0].id, tasks[0].fence, Corrupt("bad"), "").ok());
  ASSERT_TRUE(Finish(*slot, MustClaim(*slot, machine, 0, 1), 7).ok());
  auto registry = world_->OpenRegistry(machine);
  ASSERT_TRUE(registry->Log(run_, machine.machine, "the last line").ok());
  auto facts = world_->closings().ReadClosing(run_);
  ASSERT_TRUE(facts.ok()) << facts.error().message();
  ASSERT_EQ(facts->stages.size(), 1U);
  EXPECT_EQ(facts->stages[0].stage, "load");
  EXPECT_EQ(facts->stages[0].attempts, 2);
  EXPECT_EQ(facts->stages[0].lost, 1);
  EXPECT_LE(*facts->stages[0].began, *facts->stages[0].ended);
  ASSERT_EQ(facts->machines.size(), 1U);
  EXPECT_EQ(facts->machines[0].lines, 1);
  EXPECT_TRUE(facts->machines[0].last_line && facts->machines[0].heard);
  EXPECT_FALSE(facts->machines[0].left || facts->published || facts->verified);
  ASSERT_TRUE(registry->Leave(machine.machine, "bye").ok());
  EXPECT_TRUE(world_->closings().ReadClosing(run_)->machines[0].left);
  EXPECT_EQ(world_->closings().ReadClosing(RunId{4711}).error().kind(), ErrorKind::kNotFound);
}

TEST_P(StoreContract, RepeatingATokenGivesItsMachine) {
  StartRun();
  MachineIntent intent{.token = "one", .provider = "test", .slots = 2, .reason = "r"};
  auto first = world_->store().RecordIntent(run_, control_, intent);
  auto again = world_->store().RecordIntent(run_, control_, intent);
  ASSERT_TRUE(first.ok() && again.ok());
  EXPECT_EQ(first->machine, again->machine);
  EXPECT_EQ(Load().machines.size(), 1U);
  EXPECT_EQ(Load().machines[0].state, MachineState::kIntended);
}

TEST_P(StoreContract, LeasesAreDisjointAndFencesGrow) {
  StartRun();
  IntendedMachine machine = StartMachine();
  auto one = Slot(machine, 0);
  auto two = Slot(machine, 1);
  std::vector<LeasedTask> a = MustClaim(*one, machine, 0, 1);
  std::vector<LeasedTask> b = MustClaim(*two, machine, 1, 1);
  ASSERT_EQ(a.size(), 1U);
  ASSERT_EQ(b.size(), 1U);
  EXPECT_NE(a[0].id, b[0].id);
  EXPECT_GT(b[0].fence, a[0].fence);
  EXPECT_GT(a[0].fence, control_);
  EXPECT_TRUE(MustClaim(*one, machine, 0, 5).empty());
  EXPECT_EQ(a[0].attempt, 1);
  EXPECT_EQ(a[0].leaves.size(), 2U);
  EXPECT_EQ(a[0].leaves[0].begin, kMonths[0].begin);
}

TEST_P(StoreContract, ABatchIsOfOneStageAndAGroupOfOnePoint) {
  StartRun();
  IntendedMachine machine = StartMachine();
  auto slot = Slot(machine);
  std::vector<LeasedTask> loads = MustClaim(*slot, machine, 0, 10);
  ASSERT_EQ(loads.size(), 2U);
  auto next = Finish(*slot, loads, 7, Request(machine, 0, 10));
  ASSERT_TRUE(next.ok()) << next.error().message();
  ASSERT_EQ(next->size(), 2U);
  std::set<std::string> stages{(*next)[0].stage, (*next)[1].stage};
  EXPECT_EQ(stages, (std::set<std::string>{"first", "second"}));
  EXPECT_EQ((*next)[0].point, (*next)[1].point);
  EXPECT_EQ((*next)[0].point, PointAt("a", kMonths[0]));
}

TEST_P(StoreContract, TheTimeOfAStagesFirstTaskIsTold) {
  StartRun();
  IntendedMachine machine = StartMachine();
  auto slot = Slot(machine);
  EXPECT_EQ(Load().stages[0].canary_seconds, std::nullopt);
  for (double seconds : {1.5, 7.0}) {
    LeasedTask task = MustClaim(*slot, machine, 0, 1).at(0);
    Completion done{.id = task.id, .fence = task.fence, .seconds = seconds, .figures = "{}"};
    ASSERT_TRUE(slot->queue().Complete(std::vector{done}, std::nullopt).ok());
  }
  EXPECT_EQ(Load().stages[0].canary_seconds, 1.5);
  EXPECT_EQ(Load().stages[1].canary_seconds, std::nullopt);
}

TEST_P(StoreContract, ReadinessIsPerPoint) {
  StartRun();
  IntendedMachine machine = StartMachine();
  auto slot = Slot(machine);
  std::vector<LeasedTask> one = MustClaim(*slot, machine, 0, 1);
  ASSERT_EQ(one.size(), 1U);
  ASSERT_TRUE(Finish(*slot, one, 1).ok());
  EXPECT_EQ(Counts("first").ready, 2);  // this pair's months, and no other's
  EXPECT_EQ(Counts("first").blocked, 2);
  EXPECT_EQ(Counts("load").done, 1);
  EXPECT_EQ(Load().stages[0].rows, 3);
}

TEST_P(StoreContract, AWholeStageIsWaitedForAndSkippedTasksAreNot) {
  StartRun();
  IntendedMachine machine = StartMachine();
  auto slot = Slot(machine);
  std::vector<LeasedTask> tasks = MustClaim(*slot, machine, 0, 10);
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(Counts("whole").blocked, 1);
    auto next = Finish(*slot, tasks, 1, Request(machine, 0, 10));
    ASSERT_TRUE(next.ok()) << next.error().message();
    tasks = *next;
  }
  ASSERT_TRUE(Finish(*slot, tasks, 1).ok());
  EXPECT_EQ(Counts("whole").ready, 1);
}

TEST_P(StoreContract, AStaleFenceCannotComplete) {
  StartRun();
  IntendedMachine machine = StartMachine();
  auto one = Slot(machine, 0);
  std::vector<LeasedTask> stale = MustClaim(*one, machine, 0, 1);
  ASSERT_EQ(*world_->OpenRegistry(machine)->ReleaseSlot({run_, machine.machine, 0}, "it died",
                                                        std::nullopt),
            1);
  auto two = Slot(machine, 1);
  std::vector<LeasedTask> fresh = MustClaim(*two, machine, 1, 1);
  ASSERT_EQ(fresh[0].id, stale[0].id);
  EXPECT_EQ(fresh[0].attempt, 2);
  auto late = Slot(machine, 0);
  auto refused = Finish(*late, stale, 66);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind(), ErrorKind::kConflict);
  EXPECT_EQ(late->queue().Fail(stale[0].id, stale[0].fence, Corrupt("x"), "").error().kind(),
            ErrorKind::kConflict);
  ASSERT_TRUE(Finish(*two, fresh, 77).ok());
  EXPECT_EQ(world_->ReadLeaf(run_, fresh[0].leaves[0].name).content, 77U);
}

TEST_P(StoreContract, AGroupIsAcceptedWholeOrNotAtAll) {
  StartRun();
  IntendedMachine machine = StartMachine();
  auto slot = Slot(machine);
  std::vector<LeasedTask> tasks = MustClaim(*slot, machine, 0, 2);
  ASSERT_EQ(tasks.size(), 2U);
  std::vector<LeasedTask> wrong = tasks;
  wrong[1].fence.value += 1000;
  auto refused = Finish(*slot, wrong, 5);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind(), ErrorKind::kConflict);
  EXPECT_EQ(Counts("load").done, 0);
  EXPECT_EQ(world_->ReadLeaf(run_, tasks[0].leaves[0].name).rows, 0);
  EXPECT_TRUE(Finish(*slot, tasks, 6).ok());
  EXPECT_EQ(Counts("load").done, 2);
}

TEST_P(StoreContract, BudgetsAreSpentApart) {
  StartRun();
  IntendedMachine machine = StartMachine();
  auto slot = Slot(machine);
  auto fail = [&](const Error& error) {
    LeasedTask task = MustClaim(*slot, machine, 0, 1).at(0);
    ASSERT_TRUE(slot->queue().Fail(task.id, task.fence, error, "said this").ok());
  };
  fail(Unavailable("the network"));  // 1 setback
  fail(Corrupt("bad rows"));         // 1 failure of 1 retry
  fail(Conflict("a race"));          // 2 setbacks of 2
  EXPECT_EQ(Counts("load").ready, 2);
  fail(Invalid("bad rows again"));  // the retry is spent
  EXPECT_EQ(Counts("load").quarantined, 1);
  EXPECT_EQ(Counts("load").ready, 1);
}

TEST_P(StoreContract, TooManySetbacksQuarantineToo) {
  StartRun();
  IntendedMachine machine = StartMachine();
  auto slot = Slot(machine);
  for (int i = 0; i < 3; ++i) {
    LeasedTask task = MustClaim(*slot, machine, 0, 1).at(0);
    ASSERT_TRUE(slot->queue().Fail(task.id, task.fence, Unavailable("away"), "").ok());
  }
  EXPECT_EQ(Counts("load").quarantined, 1);
}

TEST_P(StoreContract, WhatIsNotAllowedWaitsAtOnceAndIsToldUntilItIsRetried) {
  StartRun();
  IntendedMachine machine = StartMachine();
  auto slot = Slot(machine);
  auto denied = [&] { return world_->store().Load(run_)->stages.at(0).denied; };
  LeasedTask bad = MustClaim(*slot, machine, 0, 1).at(0);
  ASSERT_TRUE(slot->queue().Fail(bad.id, bad.fence, Unavailable("away"), "").ok());
  EXPECT_EQ(denied(), std::nullopt);
  LeasedTask task = MustClaim(*slot, machine, 0, 1).at(0);
  ASSERT_TRUE(slot->queue().Fail(task.id, task.fence, Denied("no right to mine"), "").ok());
  EXPECT_EQ(Counts("load").quarantined, 1);
  EXPECT_THAT(denied().value_or(""), HasSubstr("no right to mine"));
  ASSERT_TRUE(world_->store().Apply(run_, control_, RetryQuarantined{}).ok());
  EXPECT_EQ(Counts("load").ready, 2);
  EXPECT_EQ(denied(), std::nullopt);
}

TEST_P(StoreContract, QuarantineKeepsTheLastOutputAndMayBeRetried) {
  StartRun();
  IntendedMachine machine = StartMachine();
  auto slot = Slot(machine);
  for (int i = 0; i < 2; ++i) {
    LeasedTask task = MustClaim(*slot, machine, 0, 1).at(0);
    ASSERT_TRUE(
        slot->queue().Fail(task.id, task.fence, Corrupt("why"), "line " + std::to_string(i)).ok());
  }
  auto story = world_->reader().Explain(run_, "load@a");
  ASSERT_TRUE(story.ok()) << story.error().message();
  EXPECT_EQ(story->task.state, TaskState::kQuarantined);
  ASSERT_EQ(story->attempts.size(), 2U);
  EXPECT_EQ(story->attempts[1].output, "line 1");
  EXPECT_EQ(story->attempts[1].outcome, "failed");
  EXPECT_THAT(story->task.last_error, HasSubstr("why"));
  ASSERT_TRUE(world_->store().Apply(run_, control_, RetryQuarantined{}).ok());
  EXPECT_EQ(Counts("load").ready, 2);
  EXPECT_EQ(MustClaim(*slot, machine, 0, 1).at(0).attempt, 3);
}

TEST_P(StoreContract, ReleasingCostsNothing) {
  StartRun();
  IntendedMachine machine = StartMachine();
  auto slot = Slot(machine);
  for (int i = 0; i < 10; ++i) {
    std::vector<LeasedTask> tasks = MustClaim(*slot, machine, 0, 2);
    ASSERT_EQ(tasks.size(), 2U);
    ASSERT_TRUE(slot->queue().Release(tasks, "draining").ok());
  }
  EXPECT_EQ(Counts("load").ready, 2);
}

TEST_P(StoreContract, ADrainingMachineClaimsNothingAndMayFinish) {
  StartRun();
  IntendedMachine machine = StartMachine();
  auto slot = Slot(machine);
  std::vector<LeasedTask> tasks = MustClaim(*slot, machine, 0, 1);
  ASSERT_TRUE(world_->store().Apply(run_, control_, OrderDrain{machine.machine, "enough"}).ok());
  auto orders = world_->OpenRegistry(machine)->Renew(machine.machine);
  ASSERT_TRUE(orders.ok()) << orders.error().message();
  EXPECT_TRUE(orders->drain);
  EXPECT_FALSE(orders->stop);
  EXPECT_TRUE(Finish(*slot, tasks, 1, Request(machine, 0, 1))->empty());
  EXPECT_EQ(slot->queue().Claim(Request(machine, 0, 1)).error().kind(), ErrorKind::kConflict);
  EXPECT_EQ(Counts("load").done, 1);
}

TEST_P(StoreContract, AMachineLeavesOnlyEmptyHanded) {
  StartRun();
  IntendedMachine machine = StartMachine();
  auto slot = Slot(machine);
  auto registry = world_->OpenRegistry(machine);
  std::vector<LeasedTask> tasks = MustClaim(*slot, machine, 0, 1);
  EXPECT_EQ(registry->Leave(machine.machine, "bye").error().kind(), ErrorKind::kConflict);
  ASSERT_TRUE(slot->queue().Release(tasks, "bye").ok());
  EXPECT_TRUE(registry->Leave(machine.machine, "bye").ok());
  EXPECT_EQ(Load().machines[0].state, MachineState::kEnding);
  EXPECT_TRUE(registry->Renew(machine.machine)->stop);
}

TEST_P(StoreContract, AMachineWithoutAnOpenIntentIsTurnedAway) {
  StartRun();
  auto intended = world_->store().RecordIntent(run_, control_, {.token = "t", .provider = "p"});
  ASSERT_TRUE(intended.ok());
  auto registry = world_->OpenRegistry(*intended);
  ASSERT_TRUE(registry->Renew(intended->machine).ok());  // its login works
  EXPECT_EQ(registry->Register(RunId{run_.value + 1}, intended->machine).error().kind(),
            ErrorKind::kConflict);
  ASSERT_TRUE(world_->store().Apply(run_, control_, RecordEnding{intended->machine, "late"}).ok());
  EXPECT_EQ(registry->Register(run_, intended->machine).error().kind(), ErrorKind::kConflict);
  EXPECT_TRUE(registry->Renew(intended->machine)->stop);
}

TEST_P(StoreContract, AMachineOfARunThatIsOverIsStopped) {
  StartRun();
  IntendedMachine machine = StartMachine();
  auto registry = world_->OpenRegistry(machine);
  Move(RunState::kFailed);
  EXPECT_TRUE(registry->Renew(machine.machine)->stop);
  EXPECT_EQ(registry->Register(run_, machine.machine).error().kind(), ErrorKind::kConflict);
  EXPECT_EQ(Slot(machine)->queue().Claim(Request(machine, 0, 1)).error().kind(),
            ErrorKind::kConflict);
}

TEST_P(StoreContract, ARunNeedsItsMachinesWhileATaskIsReadyOrLeased) {
  StartRun();
  IntendedMachine machine = StartMachine();
  auto registry = world_->OpenRegistry(machine);
  auto slot = Slot(machine);
  std::size_t finished = 0;
  while (true) {
    EXPECT_TRUE(registry->Renew(machine.machine)->is_needed);  // something is ready
    std::vector<LeasedTask> tasks = MustClaim(*slot, machine, 0, 10);
    if (tasks.empty()) break;
    EXPECT_TRUE(registry->Renew(machine.machine)->is_needed);  // at the end leased alone
    ASSERT_TRUE(Finish(*slot, tasks, 1).ok());
    finished += tasks.size();
    if (Load().Totals().finished()) break;
  }
  EXPECT_GT(finished, 5U);
  EXPECT_FALSE(registry->Renew(machine.machine)->is_needed);
}

TEST_P(StoreContract, HeartbeatsAndNoticesAreSeen) {
  StartRun();
  IntendedMachine machine = StartMachine();
  auto registry = world_->OpenRegistry(machine);
  world_->AgeHeartbeat(machine.machine, seconds(30));
  EXPECT_GE(*Load().machines[0].heartbeat_age, seconds(30));
  ASSERT_TRUE(registry->Renew(machine.machine).ok());
  EXPECT_LT(*Load().machines[0].heartbeat_age, seconds(10));
  ASSERT_TRUE(registry->ReportNotice(machine.machine, seconds(120), "spot").ok());
  EXPECT_TRUE(Load().machines[0].noticed);
}

TEST_P(StoreContract, AStopWishIsKeptUntilTheRunGoesOn) {
  StartRun();
  ASSERT_TRUE(world_->OpenStore()->RequestStop(run_, StopWish::kPause).ok());
  EXPECT_EQ(Load().run.stop_wish, StopWish::kPause);
  Move(RunState::kPaused);
  Move(RunState::kRunning);
  EXPECT_EQ(Load().run.stop_wish, StopWish::kNone);
}

TEST_P(StoreContract, OnlyAPassIsPublished) {
  StartRun();
  EXPECT_EQ(world_->store().Publish(run_, control_).error().kind(), ErrorKind::kConflict);
  Move(RunState::kVerifying);
  Move(RunState::kFinishing, Verdict::kPass);
  EXPECT_FALSE(Load().run.published);
  for (int i = 0; i < 2; ++i) {
    Status published = world_->store().Publish(run_, control_);
    EXPECT_TRUE(published.ok()) << published.error().message();
  }
  EXPECT_TRUE(Load().run.published);
  Move(RunState::kClosed);
  Status cleaned = world_->store().CleanUp(run_, control_);
  EXPECT_TRUE(cleaned.ok()) << cleaned.error().message();
  EXPECT_TRUE(world_->store().Create(MakePlan(world_->phase())).ok());  // the phase is free again
}

const Pool kSpot{.region = "r", .zone = "ra", .instance_type = "t", .market = Market::kSpot};

Offer SomeOffer() {
  return {.pool = kSpot,
          .price = {450'001, Unit::kHour},
          .highest = {1'428'000, Unit::kHour},
          .terms = TermsOf(Market::kSpot),
          .disk_gb = 100,
          .addresses = 1};
}

TEST_P(StoreContract, AnOfferAndADeadlineOfItsOwnAreKeptFromTheFirstIntent) {
  StartRun();
  Instant soon = Load().now + minutes(7);
  MachineIntent intent{.token = "one",
                       .provider = "test",
                       .slots = 2,
                       .reason = "r",
                       .offers = {SomeOffer()},
                       .deadline = soon};
  auto first = world_->store().RecordIntent(run_, control_, intent);
  ASSERT_TRUE(first.ok()) << first.error().message();
  EXPECT_EQ(first->deadline, soon);
  intent.deadline = soon + minutes(5);
  intent.offers[0].price = {1, Unit::kHour};
  EXPECT_EQ(world_->store().RecordIntent(run_, control_, intent)->deadline, soon);
  MachineView machine = Load().machines.at(0);
  EXPECT_EQ(machine.money.offer, SomeOffer());
  EXPECT_EQ(machine.money.billed, Billed{});
  EXPECT_LE(machine.deadline_in, minutes(7));
}

// Which pool it came from is known when it is; until then the worst of all counts.
TEST_P(StoreContract, APoolOfSeveralIsKeptWhenItIsKnown) {
  StartRun();
  Offer dear = SomeOffer();
  dear.pool.zone = "rb";
  dear.highest = {2'000'000, Unit::kHour};
  MachineIntent intent{
      .token = "one", .provider = "test", .slots = 0, .reason = "r", .offers = {SomeOffer(), dear}};
  auto machine = world_->store().RecordIntent(run_, control_, intent);
  ASSERT_TRUE(machine.ok()) << machine.error().message();
  EXPECT_EQ(Load().machines.at(0).offers, intent.offers);
  EXPECT_EQ(Load().machines.at(0).money.offer.highest, dear.highest);
  EXPECT_EQ(Load().machines.at(0).money.offer.pool, SomeOffer().pool);
  EXPECT_EQ(Load().machines.at(0).slots, 0);
  auto apply = [&](const Change& change) { return world_->store().Apply(run_, control_, change); };
  ASSERT_TRUE(apply(RecordLaunched{machine->machine, "i-1", dear, 32}).ok());
  EXPECT_EQ(Load().machines.at(0).money.offer, dear);
  EXPECT_EQ(Load().machines.at(0).slots, 32);
  ASSERT_TRUE(apply(RecordLaunched{machine->machine, "i-1", std::nullopt, 16}).ok());
  EXPECT_EQ(Load().machines.at(0).money.offer, dear);
  EXPECT_EQ(Load().machines.at(0).slots, 32);
}

TEST_P(StoreContract, WhatPoolsRefusedIsKeptTheNewestOfEachFirst) {
  StartRun();
  Pool other = kSpot;
  other.zone = "rb";
  auto apply = [&](const Change& change) { return world_->store().Apply(run_, control_, change); };
  auto intend = [&](const std::string& token) {
    return world_->store()
        .RecordIntent(run_, control_, {.token = token, .provider = "test", .reason = "r"})
        ->machine;
  };
  MachineId first = intend("one"), second = intend("two");
  PoolRefusal dry{kSpot, RefusalKind::kDry, "InsufficientInstanceCapacity", "none 'left'"};
  PoolRefusal wall{other, RefusalKind::kQuota, "MaxSpotInstanceCountExceeded", ""};
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(apply(RecordRefused{first, {dry, wall}}).ok());
  ASSERT_TRUE(apply(RecordRefused{second, {dry}}).ok());
  std::vector<SeenRefusal> seen = Load().refusals;
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].refusal, dry);
  EXPECT_EQ(seen[0].machine, second);
  EXPECT_EQ(seen[1].refusal, wall);
  EXPECT_GE(Load().now, seen[0].at);
  EXPECT_GE(seen[0].at, seen[1].at);
  EXPECT_TRUE(Load().machines.at(0).was_refused);
  EXPECT_EQ(world_->store()
                .Apply(run_, Fence{control_.value + 1}, RecordRefused{first, {dry}})
                .error()
                .kind(),
            ErrorKind::kConflict);
}

TEST_P(StoreContract, WhatIsWaitedForIsSaidUntilTheNextIntent) {
  StartRun();
  auto apply = [&](const Change& change) { return world_->store().Apply(run_, control_, change); };
  EXPECT_FALSE(Load().run.waiting);
  Instant until = Load().now + minutes(4);
  ASSERT_TRUE(apply(RecordWaiting{"no capacity in 4 pools", until}).ok());
  ASSERT_TRUE(Load().run.waiting);
  EXPECT_EQ(Load().run.waiting->reason, "no capacity in 4 pools");
  EXPECT_EQ(Load().run.waiting->until, until);
  ASSERT_TRUE(apply(RecordWaiting{}).ok());
  EXPECT_FALSE(Load().run.waiting);
  ASSERT_TRUE(apply(RecordWaiting{"again", std::nullopt}).ok());
  StartMachine();
  EXPECT_FALSE(Load().run.waiting);
}

TEST_P(StoreContract, NoMachineOutlivesItsRun) {
  StartRun();
  Instant end = Load().now + Load().run.deadline_in;
  auto intended = world_->store().RecordIntent(
      run_, control_,
      {.token = "t", .provider = "test", .reason = "r", .deadline = end + hours(24)});
  ASSERT_TRUE(intended.ok());
  EXPECT_LE(intended->deadline, end + seconds(1));
}

TEST_P(StoreContract, FactsForTheBillAreKeptWhateverBecameOfTheMachine) {
  StartRun();
  IntendedMachine machine = StartMachine();
  auto apply = [&](const Change& change) { return world_->store().Apply(run_, control_, change); };
  Instant ran = Load().now - minutes(3), ended = Load().now - minutes(1);
  EXPECT_TRUE(apply(RecordBilled{machine.machine, {.running = ran}}).ok());
  EXPECT_TRUE(apply(RecordEnding{machine.machine, "x"}).ok());
  EXPECT_TRUE(apply(RecordGone{machine.machine}).ok());
  EXPECT_TRUE(apply(RecordBilled{machine.machine, {.ended = ended, .reclaimed = true}}).ok());
  EXPECT_TRUE(apply(RecordBilled{machine.machine, {}}).ok());
  Billed whole{.running = ran, .ended = ended, .reclaimed = true};
  EXPECT_EQ(Load().machines.at(0).money.billed, whole);
}

TEST_P(StoreContract, APriceThatWasSeenIsKeptOnceAndInOrder) {
  StartRun();
  Instant now = Load().now;
  PriceChange early{{Item::kCompute, kSpot}, {now - hours(2), {450'000, Unit::kHour}}};
  PriceChange late{{Item::kCompute, kSpot}, {now - hours(1), {470'000, Unit::kHour}}};
  PriceChange disk{{Item::kDisk, {.region = "r", .market = Market::kOnDemand}},
                   {now - hours(3), {80'000, Unit::kGbMonth}}};
  for (const PriceChange& change : {late, early, disk, late}) {
    Status recorded = world_->store().Apply(run_, control_, RecordPrice{change});
    ASSERT_TRUE(recorded.ok()) << recorded.error().message();
  }
  EXPECT_EQ(Load().prices, (std::vector<PriceChange>{disk, early, late}));
  EXPECT_EQ(
      world_->store().Apply(run_, Fence{control_.value + 1}, RecordPrice{late}).error().kind(),
      ErrorKind::kConflict);
}

TEST_P(StoreContract, APlanKeepsTheQuoteItWasApprovedWith) {
  PhasePlan plan = MakePlan(world_->phase());
  Quote quote{.high = Money{25'000'000}, .hours_source = "not measured"};
  quote.id = QuoteId(quote);
  AttachQuote(plan, quote);
  auto run = world_->store().Create(plan);
  ASSERT_TRUE(run.ok()) << run.error().message();
  auto stored = world_->reader().LoadPlan(*run);
  ASSERT_TRUE(stored.ok());
  auto read = QuoteFromJson(stored->quote_json);
  ASSERT_TRUE(read.ok()) << read.error().message();
  EXPECT_EQ(*read, quote);
  EXPECT_EQ(world_->store().Load(*run)->run.plan_hash, plan.hash);
}

TEST_P(StoreContract, SlotTimeTellsWhatWasLost) {
  StartRun();
  IntendedMachine machine = StartMachine();
  auto slot = Slot(machine);
  std::vector<LeasedTask> tasks = MustClaim(*slot, machine, 0, 2);
  ASSERT_EQ(tasks.size(), 2U);
  ASSERT_TRUE(Finish(*slot, {tasks[0]}, 1).ok());
  ASSERT_TRUE(slot->queue().Fail(tasks[1].id, tasks[1].fence, Invalid("x"), "").ok());
  auto times = world_->reader().ReadSlotTime(run_);
  ASSERT_TRUE(times.ok()) << times.error().message();
  ASSERT_EQ(times->size(), 2U);
  for (const SlotTime& time : *times) {
    EXPECT_EQ(time.machine, machine.machine);
    EXPECT_EQ(time.stage, "load");
    if (!time.lost) {
      EXPECT_EQ(time.length, milliseconds(500));
    }
  }
  EXPECT_NE(times->at(0).lost, times->at(1).lost);
}

}  // namespace
}  // namespace mayfly::contract_test
