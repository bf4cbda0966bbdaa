#include "controller/controller.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

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
    snapshot.now += milliseconds(1);
    return snapshot;
  }
  Status Apply(RunId, Fence, const Change& change) override {
    if (conflicts > 0) {
      --conflicts;
      return Conflict("machine 1: there is no step from gone to ending");
    }
    if (replies_lost > 0) {
      --replies_lost;
      return Ambiguous("the reply was lost");
    }
    told.push_back("apply " + std::to_string(change.index()));
    applied.push_back(change);
    if (const auto* proof = std::get_if<RecordProof>(&change)) {
      snapshot.passes.push_back(proof->pass);
    }
    return {};
  }
  Result<IntendedMachine> RecordIntent(RunId, Fence, const MachineIntent& intent) override {
    told.push_back("intent " + intent.token);
    intents.push_back(intent);
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
  int replies_lost = 0;
  std::vector<std::string> told;
  std::vector<Change> applied;
  std::vector<MachineIntent> intents;
};

class ScriptedProvider : public MachineProvider {
 public:
  explicit ScriptedProvider(std::vector<std::string>& told) : told_(told) {}
  Status Preflight() override { return {}; }
  Result<LaunchAnswer> Launch(const LaunchIntent& intent) override {
    told_.push_back("launch " + intent.token);
    asked.push_back(intent.offers);
    if (launch_fails) return Unavailable("no answer");
    return answer;
  }
  Result<std::vector<MachineSighting>> List(RunId) override { return sightings; }
  std::optional<Error> TakeTrouble() override { return std::exchange(trouble, std::nullopt); }
  Status Terminate(MachineId, const std::string&) override {
    told_.push_back("terminate");
    return {};
  }
  Result<ResidueLook> FindResidue(RunId) override { return look; }

  bool launch_fails = false;
  std::vector<MachineSighting> sightings;
  ResidueLook look{.kinds = {"process"}};
  std::optional<Error> trouble;
  LaunchAnswer answer{.external_id = "pid:1"};
  std::vector<std::vector<Offer>> asked;

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

// Three Spot pools and a smaller one.
struct LadderBench : Bench {
  LadderBench() {
    for (const char* zone : {"a", "b", "c"}) options.purse.rungs.push_back(SomeRung(zone, 32));
    options.purse.rungs.push_back(SomeRung("a", 16));
    options.purse.rungs.erase(options.purse.rungs.begin());
    options.slots = 0;
  }
  static sched::Rung SomeRung(const char* zone, int vcpus) {
    Pool pool{"r", zone, std::to_string(vcpus), Market::kSpot};
    return {{pool, vcpus, 1024, vcpus == 32 ? 0 : 1}, {.pool = pool, .highest = {1'000'000}}};
  }
  const Offer& OfferOf(std::size_t rung) const { return options.purse.rungs[rung].offer; }
  void Refuse(RefusalKind kind) {
    for (std::size_t i = 0; i < 3; ++i) {
      provider.answer.refusals.push_back({OfferOf(i).pool, kind, "Code", "words"});
    }
    provider.answer.external_id.clear();
  }
  template <typename Fact>
  const Fact* Find() const {
    for (const Change& change : store.applied) {
      if (const Fact* fact = std::get_if<Fact>(&change)) return fact;
    }
    return nullptr;
  }
  void Step() { Controller(options, clock, store, provider, nullptr).Step(); }

  ControllerOptions options{.run = RunId{1}, .who = "test"};
};

TEST(Controller, AsksAllPoolsOfARungAndRecordsWhereTheMachineCameFrom) {
  LadderBench bench;
  bench.provider.answer.pool = bench.OfferOf(1).pool;
  bench.Step();
  EXPECT_EQ(bench.provider.asked.at(0).size(), 3U);
  EXPECT_EQ(bench.store.intents.at(0).offers, bench.provider.asked.at(0));
  const auto* launched = bench.Find<RecordLaunched>();
  ASSERT_NE(launched, nullptr);
  EXPECT_EQ(launched->offer, bench.OfferOf(1));
  EXPECT_EQ(launched->slots, 32);
}

TEST(Controller, AMachineThatNoPoolGaveIsGoneAndWhatWasSaidStays) {
  LadderBench bench;
  bench.Refuse(RefusalKind::kDry);
  bench.Step();
  ASSERT_NE(bench.Find<RecordRefused>(), nullptr);
  EXPECT_EQ(bench.Find<RecordRefused>()->refusals.size(), 3U);
  EXPECT_EQ(bench.Find<RecordLaunched>(), nullptr);
  EXPECT_NE(bench.Find<RecordGone>(), nullptr);
}

// EC2 takes the same token with other pools for another request.
TEST(Controller, RepeatingAnIntentAsksForExactlyItsPools) {
  LadderBench bench;
  MachineView open{.id = MachineId{1}, .state = MachineState::kIntended, .token = "t"};
  open.deadline_in = hours(1);
  open.offers = {bench.OfferOf(2), bench.OfferOf(3)};
  bench.store.snapshot.machines.push_back(open);
  bench.Step();
  ASSERT_EQ(bench.provider.asked.size(), 1U);
  EXPECT_EQ(bench.provider.asked[0], open.offers);
}

TEST(Controller, WhatWasRefusedBeforeTheOperatorContinuedIsForgiven) {
  LadderBench bench;
  RunSnapshot& s = bench.store.snapshot;
  s.now = Instant(hours(10));
  s.refusals = {{MachineId{1},
                 s.now - minutes(1),
                 {bench.OfferOf(0).pool, RefusalKind::kWrong, "InvalidAMIID.NotFound", "x"}}};
  bench.Step();
  ASSERT_NE(bench.Find<SetRunState>(), nullptr);
  EXPECT_EQ(bench.Find<SetRunState>()->to, RunState::kPaused);
  bench.options.resume = true;
  s.run.state = RunState::kPaused;
  Controller controller(bench.options, bench.clock, bench.store, bench.provider, nullptr);
  controller.Step();
  s.run.state = RunState::kRunning;
  controller.Step();
  EXPECT_EQ(bench.provider.asked.size(), 1U);
}

// The reply to its first change is lost: the run must not be left as it was.
TEST(Controller, ContinuingIsRepeatedUntilItIsKnownToBeDone) {
  Bench bench;
  Controller controller{
      {.run = RunId{1}, .resume = true}, bench.clock, bench.store, bench.provider, nullptr};
  RunSnapshot& s = bench.store.snapshot;
  s.run.state = RunState::kFailed;
  s.stages[0].tasks = {.quarantined = 1};
  bench.store.replies_lost = 1;
  controller.Step();
  EXPECT_FALSE(controller.done());
  bench.clock.mono += seconds(10);
  controller.Step();
  auto continued = [](const Change& change) {
    const auto* moved = std::get_if<SetRunState>(&change);
    return moved != nullptr && moved->to == RunState::kRunning;
  };
  EXPECT_TRUE(std::ranges::any_of(bench.store.applied, continued));
}

class ScriptedMarket : public Marketplace {
 public:
  Result<std::vector<MarketPool>> ListPools() override { return std::vector<MarketPool>{}; }
  Result<std::vector<QuotaRoom>> ReadQuotas() override { return rooms; }
  Result<std::vector<QuotaRoom>> rooms = std::vector<QuotaRoom>{};
};

TEST(Controller, WhatFitsIntoTheQuotaIsAskedAndALimitThatCannotBeReadStopsNothing) {
  LadderBench bench;
  ScriptedMarket market;
  bench.options.market = &market;
  market.rooms = std::vector<QuotaRoom>{{Market::kSpot, "L-1", 20, 0, std::nullopt}};
  bench.Step();
  ASSERT_EQ(bench.provider.asked.size(), 1U);
  EXPECT_EQ(bench.provider.asked[0], (std::vector<Offer>{bench.OfferOf(3)}));
  market.rooms = Unavailable("away");
  bench.Step();
  EXPECT_EQ(bench.provider.asked.at(1).size(), 3U);
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

// Its call arrived after the ledger had given it up; it may never boot, and then ends nothing
// itself.
TEST(Controller, AMachineThatTheLedgerCallsGoneAndThatLivesIsEndedBeforeTheProof) {
  Bench bench;
  RunSnapshot& s = bench.store.snapshot;
  s.run.state = RunState::kFailed;
  s.machines = {{.id = MachineId{1}, .state = MachineState::kGone}};
  bench.provider.sightings = {{.machine = MachineId{1}, .external_id = "i-1", .alive = true}};
  bench.provider.look.found.push_back({"instance", "i-1"});
  bench.controller.Step();
  ASSERT_FALSE(bench.store.told.empty());
  EXPECT_EQ(bench.store.told.back(), "terminate");
  EXPECT_FALSE(bench.controller.done());
}

class TroubleHeard : public ControllerObserver {
 public:
  void OnSnapshot(const RunSnapshot&) override {}
  void OnAction(const sched::Action&, const Status&) override {}
  void OnTrouble(const Error& error) override { heard.push_back(error.message()); }
  std::vector<std::string> heard;
};

TEST(Controller, WhatAMachineLivesWithoutIsToldAndStopsNothing) {
  Bench bench;
  TroubleHeard observer;
  bench.provider.trouble = Denied("no last end");
  Controller controller{{.run = RunId{1}}, bench.clock, bench.store, bench.provider, &observer};
  controller.Step();
  controller.Step();
  EXPECT_EQ(observer.heard, (std::vector<std::string>{"no last end"}));
  EXPECT_EQ(bench.provider.asked.size(), 2U);
}

TEST(Controller, ResidueKeepsItFromSettling) {
  Bench bench;
  bench.store.snapshot.run.state = RunState::kFailed;
  bench.provider.look.found.push_back({"process", "4711"});
  for (int i = 0; i < 5; ++i) bench.controller.Step();
  EXPECT_FALSE(bench.controller.done());
}

// A failed run whose only machine is gone, on a provider that shows things within a minute.
struct ProofBench : Bench {
  ProofBench() {
    store.snapshot.run.state = RunState::kFailed;
    store.snapshot.now = Instant(hours(10));
    store.snapshot.machines = {{.id = MachineId{1},
                                .state = MachineState::kGone,
                                .external_id = "i-1",
                                .gone = store.snapshot.now}};
    provider.look.shown_within = minutes(1);
  }
  const std::vector<ProofPass>& passes() const { return store.snapshot.passes; }
};

TEST(Controller, TheSecondLookIsTakenOnlyBeyondTheProvidersWindow) {
  ProofBench bench;
  for (int i = 0; i < 3; ++i) bench.controller.Step();
  ASSERT_EQ(bench.passes().size(), 1U);
  EXPECT_EQ(bench.passes()[0].look, bench.provider.look);
  EXPECT_EQ(bench.passes()[0].not_shown, 1);
  bench.store.snapshot.now += minutes(1);
  for (int i = 0; i < 2; ++i) bench.controller.Step();
  EXPECT_EQ(bench.passes().size(), 2U);
  EXPECT_TRUE(bench.controller.done());
}

TEST(Controller, WhatALookFoundIsWrittenDownAndTheProofBeginsAnew) {
  ProofBench bench;
  bench.controller.Step();
  bench.store.snapshot.now += minutes(1);
  bench.provider.look.found = {{"volume", "vol-1"}};
  EXPECT_GT(bench.controller.Step(), bench.clock.mono);
  EXPECT_EQ(bench.passes().at(1).look.found, bench.provider.look.found);
  bench.provider.look.found.clear();
  for (int i = 0; i < 2; ++i) bench.controller.Step();
  EXPECT_EQ(bench.passes().size(), 3U);
  EXPECT_FALSE(bench.controller.done());
}

TEST(Controller, TheLooksOfADeadControllerCount) {
  ProofBench bench;
  bench.controller.Step();
  bench.store.snapshot.now += minutes(1);
  Controller next({.run = RunId{1}}, bench.clock, bench.store, bench.provider, nullptr);
  for (int i = 0; i < 2; ++i) next.Step();
  EXPECT_EQ(bench.passes().size(), 2U);
  EXPECT_TRUE(next.done());
}

TEST(Controller, AMachineThatTheProviderShowsAliveIsLeftWhateverTheLedgerSays) {
  ProofBench bench;
  bench.provider.sightings = {{.machine = MachineId{1}, .external_id = "i-1", .alive = true}};
  bench.controller.Step();
  EXPECT_EQ(bench.passes().at(0).look.found, (std::vector<Residue>{{"machine", "1 (i-1)"}}));
  bench.provider.sightings[0].alive = false;
  bench.controller.Step();
  EXPECT_EQ(bench.passes().at(1).seen_ended, 1);
  EXPECT_TRUE(bench.passes().at(1).look.found.empty());
}

}  // namespace
}  // namespace mayfly
