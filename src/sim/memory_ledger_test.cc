#include "sim/memory_ledger.h"

#include <gtest/gtest.h>

#include "sim/faulty.h"
#include "sim/memory_queue.h"
#include "sim/memory_registry.h"
#include "sim/memory_runs.h"
#include "sim/sim_cloud.h"

namespace mayfly::sim {
namespace {

// One stage of two tasks with a leaf each; one machine that works.
struct LedgerBench {
  explicit LedgerBench(LedgerChecks checks = {}) : ledger(time, checks) {
    PhasePlan plan;
    plan.spec.name = "p";
    plan.spec.database.schema = "p";
    StageSpec spec{.name = "s", .kind = SqlSpec{}};
    plan.stages.push_back({.spec = spec});
    for (const char* pair : {"a", "b"}) {
      plan.tasks.push_back(
          {.point = Point(std::vector<std::pair<std::string, std::string>>{{"pair", pair}}),
           .leaves = {{.name = pair}}});
    }
    plan.tasks.push_back({.needs = {0, 1}});
    run = *store.Create(plan);
    control = *store.TakeControl(run, "test");
    EXPECT_TRUE(store.Apply(run, control, SetRunState{RunState::kRunning, "", {}}).ok());
    machine = Intend("one");
  }

  MachineId Intend(const std::string& token) {
    MachineId id = store.RecordIntent(run, control, {.token = token, .slots = 2})->machine;
    EXPECT_TRUE(MemoryRegistry(ledger, id).Register(run, id).ok());
    return id;
  }

  ClaimRequest Request(int slot, int most = 1) const { return {{run, machine, slot}, most}; }

  VirtualTime time;
  MemoryLedger ledger;
  MemoryRunStore store{ledger};
  RunId run;
  Fence control;
  MachineId machine;
};

TEST(MemoryLedger, AWriterWaitsForTheLockOfAnOpenTransaction) {
  LedgerBench bench;
  MemoryTaskQueue one(bench.ledger, {bench.run, bench.machine, 0});
  MemoryTaskQueue two(bench.ledger, {bench.run, bench.machine, 1});
  TaskId task = one.Claim(bench.Request(0))->at(0).id;
  ASSERT_TRUE(two.Claim(bench.Request(1)).ok());
  ASSERT_TRUE(one.Begin().ok() && two.Begin().ok());
  ASSERT_TRUE(one.WriteLeaf({task, 0, 1, 7}).ok());
  EXPECT_EQ(two.WriteLeaf({task, 0, 1, 8}).error().kind(), ErrorKind::kUnavailable);
  ASSERT_TRUE(one.Rollback().ok());
  EXPECT_TRUE(two.WriteLeaf({task, 0, 1, 8}).ok());
}

TEST(MemoryLedger, AReconnectedSlotAdoptsTheLeasesThatAreStillItsOwn) {
  LedgerBench bench;
  MemoryTaskQueue slot(bench.ledger, {bench.run, bench.machine, 0});
  LeasedTask task = slot.Claim(bench.Request(0))->at(0);
  bench.ledger.server.End(slot.connection().backend());
  ASSERT_TRUE(slot.Begin().ok());
  EXPECT_EQ(bench.ledger.FindTask(task.id)->backend, slot.connection().backend());
}

TEST(MemoryLedger, AClientThatIsGoneLeavesAGhostAndNeverConnectsAgain) {
  LedgerBench bench;
  MemoryTaskQueue slot(bench.ledger, {bench.run, bench.machine, 0});
  ASSERT_TRUE(slot.Claim(bench.Request(0)).ok());
  BackendId ghost = slot.connection().backend();
  slot.connection().Cut();
  EXPECT_TRUE(bench.ledger.server.IsAlive(ghost));
  bench.ledger.server.End(ghost);
  EXPECT_EQ(slot.Claim(bench.Request(0)).error().kind(), ErrorKind::kUnavailable);
}

TEST(MemoryLedger, AMachineThatIsGoneHasNoLogin) {
  LedgerBench bench;
  ASSERT_TRUE(bench.store.ReapMachine(bench.run, bench.control, bench.machine, "x").ok());
  ASSERT_TRUE(bench.store.Apply(bench.run, bench.control, RecordGone{bench.machine}).ok());
  MemoryTaskQueue late(bench.ledger, {bench.run, bench.machine, 0});
  EXPECT_EQ(late.Claim(bench.Request(0)).error().kind(), ErrorKind::kDenied);
}

TEST(MemoryLedger, EachCheckCanBeSwitchedOff) {
  LedgerBench no_readiness({.readiness = false});
  MemoryTaskQueue eager(no_readiness.ledger, {no_readiness.run, no_readiness.machine, 0});
  EXPECT_EQ(eager.Claim(no_readiness.Request(0, 3))->size(), 3U);

  LedgerBench no_fence({.fence = false});
  MemoryTaskQueue slot(no_fence.ledger, {no_fence.run, no_fence.machine, 0});
  LeasedTask task = slot.Claim(no_fence.Request(0))->at(0);
  EXPECT_TRUE(slot.Fail(task.id, Fence{task.fence.value + 9}, Corrupt("x"), "").ok());

  LedgerBench no_backend({.backend = false});
  MemoryTaskQueue ghost(no_backend.ledger, {no_backend.run, no_backend.machine, 0});
  ASSERT_TRUE(ghost.Claim(no_backend.Request(0)).ok());
  ASSERT_TRUE(
      no_backend.store.ReapMachine(no_backend.run, no_backend.control, no_backend.machine, "")
          .ok());
  EXPECT_TRUE(no_backend.ledger.server.IsAlive(ghost.connection().backend()));
}

TEST(Faulty, ALostReplyHidesWhatHappenedAndACallNotSentDidNotHappen) {
  LedgerBench bench;
  MemoryTaskQueue queue(bench.ledger, {bench.run, bench.machine, 0});
  SeededGate closed(1, {.not_sent = 1});
  EXPECT_EQ(FaultyTaskQueue(queue, closed).Claim(bench.Request(0)).error().kind(),
            ErrorKind::kUnavailable);
  EXPECT_TRUE(bench.ledger.attempts.empty());
  SeededGate deaf(1, {.reply_lost = 1});
  EXPECT_EQ(FaultyTaskQueue(queue, deaf).Claim(bench.Request(0)).error().kind(),
            ErrorKind::kAmbiguous);
  EXPECT_EQ(bench.ledger.attempts.size(), 1U);
}

struct CloudBench {
  explicit CloudBench(CloudWeather weather) : cloud(time, std::move(weather), 1) {}
  LaunchIntent Intent(const std::string& token) const {
    return {.machine = MachineId{1},
            .run = RunId{1},
            .token = token,
            .deadline_in = hours(1),
            .offers = {Offer{}}};
  }
  VirtualTime time;
  SimCloud cloud;
  SimProvider provider{cloud, [this](Duration wait) {
                         time.now += wait;
                         (void)cloud.TakeChanges();  // what happened is seen in the cloud itself
                         return true;
                       }};
};

TEST(SimCloud, OneMachineForEachToken) {
  CloudBench bench({});
  EXPECT_EQ(bench.provider.Launch(bench.Intent("t"))->external_id,
            bench.provider.Launch(bench.Intent("t"))->external_id);
  EXPECT_EQ(bench.cloud.machines().size(), 1U);
}

TEST(SimCloud, ALateMachineComesAfterItsAnswerWasLost) {
  CloudBench bench({.late = 1});
  EXPECT_EQ(bench.provider.Launch(bench.Intent("t")).error().kind(), ErrorKind::kAmbiguous);
  bench.time.now = minutes(1);
  EXPECT_EQ(bench.provider.List(RunId{1})->size(), 1U);
}

TEST(SimCloud, TerminateWaitsUntilTheMachineIsGone) {
  CloudBench bench({.shutdown_max = minutes(1)});
  std::string id = bench.provider.Launch(bench.Intent("t"))->external_id;
  ASSERT_TRUE(bench.provider.Terminate(MachineId{1}, id).ok());
  EXPECT_FALSE(bench.provider.List(RunId{1})->at(0).alive);
  EXPECT_TRUE(bench.provider.FindResidue(RunId{1})->found.empty());
}

TEST(SimCloud, AMachineEndsItselfAtItsDeadline) {
  CloudBench bench({});
  ASSERT_TRUE(bench.provider.Launch(bench.Intent("t")).ok());
  bench.time.now = seconds(10);
  EXPECT_EQ(bench.cloud.TakeChanges().size(), 1U);  // it booted
  bench.time.now = *bench.cloud.NextChange();
  EXPECT_EQ(bench.time.now, Duration(hours(1)));
  EXPECT_EQ(bench.cloud.TakeChanges().at(0).what, CloudChange::What::kEnded);
}

TEST(SimCloud, ListTellsHowItWas) {
  CloudBench bench({.list_lag = seconds(5)});
  ASSERT_TRUE(bench.provider.Launch(bench.Intent("t")).ok());
  EXPECT_TRUE(bench.provider.List(RunId{1})->empty());
  bench.time.now = seconds(6);
  EXPECT_EQ(bench.provider.List(RunId{1})->size(), 1U);
}

}  // namespace
}  // namespace mayfly::sim
