// Claims against reapers, stalled commits, ghosts of commands: on a real server, with real locks.

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <future>
#include <mutex>
#include <set>
#include <thread>

#include "adapters/postgres/queries.gen.h"
#include "adapters/postgres/worker_registry.h"
#include "postgres_fixture.h"

namespace mayfly::contract_test {
namespace {

// A plan of many empty tasks.
PhasePlan ManyTasks(std::size_t count) {
  PhasePlan plan = MakePlan("contract");
  plan.tasks.clear();
  plan.stages.resize(2);
  plan.spec.stages.resize(2);
  plan.stages[1].shape.reset();
  plan.spec.stages[1].setbacks = plan.stages[1].spec.setbacks = 1000000;
  for (std::size_t i = 0; i < count; ++i) {
    plan.tasks.push_back({.point = Point({{"n", std::to_string(i)}}), .stage = 1});
  }
  return plan;
}

class PostgresRaces : public PostgresLedger {
 protected:
  PhasePlan Plan() override { return ManyTasks(400); }
};

TEST_F(PostgresLedger, ACommitThatStandsStillIsEndedAndCountsForNothing) {
  auto ghost = OpenSlot(0);
  std::vector<LeasedTask> tasks = Claim(*ghost, 0, 1);
  ASSERT_TRUE(ghost->Begin().ok());
  ASSERT_TRUE(ghost->WriteLeaf(tasks[0], 0, 3, 666).ok());
  ASSERT_TRUE(ghost->WriteLeaf(tasks[0], 1, 3, 666).ok());
  ghost->proxy().set_mode(FaultProxy::Mode::kFreezeAtCommit);
  // It holds the machine's row, the task's row and its leaves when it stops.
  auto stuck = std::async(std::launch::async, [&] {
    std::vector<Completion> done{{tasks[0].id, tasks[0].fence, 6, 1, "{}"}};
    return ghost->queue().Complete(done, ClaimRequest{{run_, machine_.machine, 0}, 1});
  });
  while (ghost->proxy().mode() != FaultProxy::Mode::kFrozen) std::this_thread::yield();

  auto taken = store_->ReapMachine(run_, control_, machine_.machine, "no heartbeat");
  ASSERT_TRUE(taken.ok()) << taken.error().message();
  EXPECT_EQ(*taken, 1);
  ghost->Thaw();
  EXPECT_FALSE(stuck.get().ok());
  auto snapshot = store_->Load(run_);
  EXPECT_EQ(snapshot->stages[0].tasks.ready, 2);
  EXPECT_EQ(snapshot->stages[0].tasks.done, 0);
}

TEST_F(PostgresLedger, AClaimThatRacesADeathIsFound) {
  auto late = OpenSlot(0);
  ASSERT_EQ(Claim(*late, 0, 1).size(), 1U);
  // As if its claim had committed after the machine was declared dead and its login was dropped.
  postgres::Connection db = OpenAsSuperuser(conninfo_);
  MustRun(db, "UPDATE mayfly.machine SET state = 'ending', ending_at = now()");
  MustRun(db, "UPDATE mayfly.machine SET state = 'gone', gone_at = now(), login = NULL");
  EXPECT_EQ(store_->Load(run_)->leases_of_dead, 1);
  EXPECT_EQ(*store_->ReapMachine(run_, control_, machine_.machine, "it is gone"), 1);
  EXPECT_EQ(store_->Load(run_)->leases_of_dead, 0);
}

TEST_F(PostgresLedger, ALeaseIsNotTakenWhileItsBackendLives) {
  auto slot = OpenSlot(0);
  ASSERT_EQ(Claim(*slot, 0, 1).size(), 1U);
  postgres::Connection db = OpenAsSuperuser(conninfo_);
  MustRun(db, "BEGIN");
  postgres::Params params;
  params.Add(machine_.machine.value).AddNull().AddNull().Add("x");
  auto taken = db.Run(postgres::sql::kTakeBackLeases, params);
  ASSERT_TRUE(taken.ok()) << taken.error().message();
  EXPECT_EQ(taken->Int(0, 0), 0);
  EXPECT_EQ(taken->Int(0, 1), 1);
}

TEST_F(PostgresLedger, ASlotThatLostItsLineKeepsItsLeases) {
  auto slot = OpenSlot(0);
  std::vector<LeasedTask> tasks = Claim(*slot, 0, 2);
  postgres::Connection db = OpenAsSuperuser(conninfo_);
  MustRun(db,
          "SELECT pg_terminate_backend(backend_pid, 5000) FROM mayfly.task "
          "WHERE state = 'leased' LIMIT 1");
  EXPECT_FALSE(slot->Begin().ok());  // notices
  ASSERT_TRUE(slot->Begin().ok());   // a new backend, and the leases name it
  EXPECT_EQ(MustRun(db,
                    "SELECT count(*) FROM mayfly.task t JOIN pg_stat_activity a ON a.pid = "
                    "t.backend_pid AND a.backend_start = t.backend_start")
                .Int(0, 0),
            2);
  std::vector<Completion> done;
  for (const LeasedTask& task : tasks) done.push_back({task.id, task.fence, 0, 0, "{}"});
  EXPECT_TRUE(slot->queue().Complete(done, std::nullopt).ok());
}

TEST_F(PostgresLedger, WhatIsSaidInATransactionOutlivesIt) {
  auto slot = OpenSlot(0);
  std::vector<LeasedTask> tasks = Claim(*slot, 0, 1);
  ASSERT_TRUE(slot->Begin().ok());
  ASSERT_TRUE(slot->queue().Log({run_, machine_.machine, 0}, tasks[0].id, "before it failed").ok());
  ASSERT_TRUE(slot->queue().Fail(tasks[0].id, tasks[0].fence, Corrupt("x"), "").ok());
  postgres::Connection db = OpenAsSuperuser(conninfo_);
  EXPECT_EQ(MustRun(db, "SELECT text FROM mayfly.log").Text(0, 0), "before it failed");
}

// Slots with two writer tokens among them, each writing one leaf of its own.
class PostgresWriters : public PostgresLedger {
 protected:
  std::unique_ptr<postgres::SlotSession> Open(int slot) {
    auto session = postgres::SlotSession::Open(
        machine_.access, SlotIdentity{run_, machine_.machine, slot}, {.writers = 2});
    EXPECT_TRUE(session.ok()) << session.error().message();
    return std::move(*session);
  }

  static Status WriteOneRow(RunData& data, const std::string& name) {
    PhasePlan plan = MakePlan("contract");
    for (const PlannedTask& task : plan.tasks) {
      for (const Leaf& leaf : task.leaves) {
        if (leaf.name == name) return WriteRow(data, *plan.stages[task.stage].shape, leaf);
      }
    }
    return NotFound(name);
  }

  std::int64_t CountTokens(bool granted) {
    postgres::Connection db = OpenAsSuperuser(conninfo_);
    return MustRun(db, fmt::format("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND "
                                   "classid = 1835104614 AND granted = {}",
                                   granted))
        .Int(0, 0);
  }

 private:
  static Status WriteRow(RunData& data, const TableShape& shape, const Leaf& leaf) {
    std::vector<std::int64_t> ts{leaf.begin->time_since_epoch().count()};
    std::vector<double> values{1};
    std::string pair = *leaf.point.Label("pair");
    std::vector<ColumnData> columns{std::string_view(pair), std::span<const std::int64_t>(ts),
                                    std::span<const double>(values)};
    return data.ReplaceLeaf(shape, leaf, 1, columns);
  }
};

TEST_F(PostgresWriters, NoMoreSlotsWriteAtOnceThanThereAreTokens) {
  auto first = Open(0), second = Open(1), third = Open(2);
  for (auto* slot : {&first, &second, &third}) ASSERT_TRUE((*slot)->data().Begin().ok());
  ASSERT_TRUE(WriteOneRow(first->data(), "bars_a_2024_01").ok());
  ASSERT_TRUE(WriteOneRow(first->data(), "bars_a_2024_01").ok());  // one token a transaction
  ASSERT_TRUE(WriteOneRow(second->data(), "bars_a_2024_02").ok());
  EXPECT_EQ(CountTokens(true), 2);
  auto waits =
      std::async(std::launch::async, [&] { return WriteOneRow(third->data(), "bars_b_2024_01"); });
  auto is_written = [&] {
    return waits.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  };
  while (CountTokens(false) == 0 && !is_written()) std::this_thread::yield();
  EXPECT_EQ(CountTokens(true), 2);
  ASSERT_TRUE(first->data().Rollback().ok());  // the third waits for the token of its number
  Status written = waits.get();
  EXPECT_TRUE(written.ok()) << written.error().message();
  EXPECT_EQ(CountTokens(true), 2);
  ASSERT_TRUE(third->data().Rollback().ok());
  ASSERT_TRUE(second->data().Rollback().ok());
  EXPECT_EQ(CountTokens(true), 0);
}

TEST_F(PostgresWriters, WhoWritesNoLeafWaitsForNoToken) {
  auto first = Open(0), second = Open(1), third = Open(2);
  ASSERT_TRUE(first->data().Begin().ok() && second->data().Begin().ok());
  ASSERT_TRUE(WriteOneRow(first->data(), "bars_a_2024_01").ok());
  ASSERT_TRUE(WriteOneRow(second->data(), "bars_a_2024_02").ok());
  auto leased = third->queue().Claim({{run_, machine_.machine, 2}, 1});
  ASSERT_TRUE(leased.ok());
  std::vector<Completion> done{{leased->front().id, leased->front().fence, 0, 0, "{}"}};
  EXPECT_TRUE(third->queue().Complete(done, std::nullopt).ok());
}

// Four slots of two machines against a reaper that takes everything back again and again.
TEST_F(PostgresRaces, NothingIsLeasedTwiceAndNothingIsLost) {
  std::atomic<bool> stop{false};
  std::mutex mutex;
  std::set<std::int64_t> accepted;
  int doubled = 0;
  auto work = [&](PostgresSlot& slot, const SlotIdentity& who) {
    ClaimRequest request{who, 7};
    while (!stop) {
      auto tasks = slot.queue().Claim(request);
      if (!tasks.ok() || tasks->empty()) continue;
      std::vector<Completion> done;
      for (const LeasedTask& task : *tasks) done.push_back({task.id, task.fence, 0, 0, ""});
      if (!slot.queue().Complete(done, std::nullopt).ok()) continue;
      std::lock_guard lock(mutex);
      for (const LeasedTask& task : *tasks)
        doubled += accepted.insert(task.id.value).second ? 0 : 1;
    }
  };
  IntendedMachine other = StartMachine("m2");
  std::vector<std::unique_ptr<PostgresSlot>> open;  // before the reaper can end what opens
  std::vector<std::future<void>> slots;
  for (int i = 0; i < 4; ++i) {
    const IntendedMachine& machine = i < 2 ? machine_ : other;
    SlotIdentity who{run_, machine.machine, i % 2};
    open.push_back(std::make_unique<PostgresSlot>(machine.access, who));
    slots.push_back(std::async(std::launch::async, work, std::ref(*open.back()), who));
  }
  postgres::PgWorkerRegistry registry(machine_.access, machine_.machine);
  auto done = [&] { return store_->Load(run_)->stages[1].tasks.done; };
  while (done() < 400) {
    (void)registry.ReleaseSlot({run_, machine_.machine, 0}, "again", std::nullopt);
  }
  stop = true;
  for (auto& slot : slots) slot.get();
  EXPECT_EQ(doubled, 0);
  postgres::Connection db = OpenAsSuperuser(conninfo_);
  EXPECT_EQ(MustRun(db, "SELECT count(*) FROM mayfly.attempt WHERE outcome = 'done'").Int(0, 0),
            400);
  EXPECT_EQ(MustRun(db, "SELECT count(DISTINCT task_id) FROM mayfly.attempt WHERE outcome = 'done'")
                .Int(0, 0),
            400);
}

TEST_F(PostgresLedger, ACommandWritesItsStagingAndNothingElse) {
  auto slot = OpenSlot(0);
  std::vector<LeasedTask> tasks = Claim(*slot, 0, 1);
  TableShape shape{.name = "t", .columns = {{"x", ColumnType::kInt4}, {"w", ColumnType::kText}}};
  RunData& data = slot->session().data();
  auto staging = data.OpenStaging(tasks[0].id, tasks[0].fence, shape);
  ASSERT_TRUE(staging.ok()) << staging.error().message();
  auto command = postgres::Connection::Open(staging->conninfo, {});
  ASSERT_TRUE(command.ok()) << command.error().message();
  EXPECT_TRUE(command->Script("INSERT INTO " + staging->table + " VALUES (1, 'a'), (2, 'b')").ok());
  std::string schema = fmt::format("contract__{}", run_.value);
  EXPECT_TRUE(command->Script("SELECT count(*) FROM " + schema + ".bars").ok());
  for (const std::string& statement :
       {"INSERT INTO " + schema + ".bars_a_2024_01 VALUES ('a', '2024-01-02', 1)",
        "TRUNCATE " + staging->table, "DELETE FROM " + staging->table,
        "DROP TABLE " + staging->table, std::string("SELECT * FROM mayfly.task"),
        "CREATE TABLE " + schema + ".mine (x int)",
        "SELECT mayfly.drop_staging('" + staging->role + "')"}) {
    EXPECT_FALSE(command->Script(statement).ok()) << statement;
    EXPECT_EQ(command->last_state(), "42501") << statement;
  }
}

TEST_F(PostgresLedger, NothingIsWrittenIntoSealedStaging) {
  auto slot = OpenSlot(0);
  std::vector<LeasedTask> tasks = Claim(*slot, 0, 1);
  TableShape shape{.name = "t", .columns = {{"x", ColumnType::kInt4}}};
  RunData& data = slot->session().data();
  auto staging = data.OpenStaging(tasks[0].id, tasks[0].fence, shape);
  ASSERT_TRUE(staging.ok()) << staging.error().message();
  auto grandchild = postgres::Connection::Open(staging->conninfo, {});
  ASSERT_TRUE(grandchild->Script("BEGIN; INSERT INTO " + staging->table + " VALUES (1)").ok());
  ASSERT_TRUE(data.SealStaging(*staging).ok());
  EXPECT_FALSE(grandchild->Script("COMMIT").ok());
  EXPECT_EQ(postgres::Connection::Open(staging->conninfo, {}).error().kind(), ErrorKind::kDenied);
  postgres::Connection db = OpenAsSuperuser(conninfo_);
  EXPECT_EQ(MustRun(db, "SELECT count(*) FROM " + staging->table).Int(0, 0), 0);
  ASSERT_TRUE(data.DropStaging(*staging).ok());
  EXPECT_EQ(MustRun(db, "SELECT count(*) FROM pg_roles WHERE rolname = '" + staging->role + "'")
                .Int(0, 0),
            0);
}

TEST_F(PostgresLedger, StagingIsForTheHolderOfTheLeaseOnly) {
  auto slot = OpenSlot(0);
  std::vector<LeasedTask> tasks = Claim(*slot, 0, 1);
  TableShape shape{.name = "t", .columns = {{"x", ColumnType::kInt4}}};
  Fence stale{tasks[0].fence.value - 1};
  EXPECT_EQ(slot->session().data().OpenStaging(tasks[0].id, stale, shape).error().kind(),
            ErrorKind::kConflict);
  IntendedMachine other = StartMachine("m2");
  PostgresSlot theirs(other.access, {run_, other.machine, 0});
  EXPECT_EQ(theirs.session().data().OpenStaging(tasks[0].id, tasks[0].fence, shape).error().kind(),
            ErrorKind::kConflict);
  auto staging = slot->session().data().OpenStaging(tasks[0].id, tasks[0].fence, shape);
  ASSERT_TRUE(staging.ok());
  EXPECT_EQ(theirs.session().data().SealStaging(*staging).error().kind(), ErrorKind::kConflict);
}

TEST_F(PostgresLedger, CleaningUpRemovesTheStagingOfDeadAttempts) {
  auto slot = OpenSlot(0);
  std::vector<LeasedTask> tasks = Claim(*slot, 0, 1);
  TableShape shape{.name = "t", .columns = {{"x", ColumnType::kInt4}}};
  auto staging = slot->session().data().OpenStaging(tasks[0].id, tasks[0].fence, shape);
  ASSERT_TRUE(staging.ok());
  auto command = postgres::Connection::Open(staging->conninfo, {});
  ASSERT_TRUE(store_->CleanUp(run_, control_).ok());  // its attempt lives: kept
  postgres::Connection db = OpenAsSuperuser(conninfo_);
  EXPECT_EQ(MustRun(db, "SELECT count(*) FROM mayfly.staging").Int(0, 0), 1);
  ASSERT_EQ(*store_->ReapMachine(run_, control_, machine_.machine, "dead"), 1);
  Status cleaned = store_->CleanUp(run_, control_);
  ASSERT_TRUE(cleaned.ok()) << cleaned.error().message();
  EXPECT_EQ(MustRun(db, "SELECT count(*) FROM mayfly.staging").Int(0, 0), 0);
  EXPECT_EQ(MustRun(db, "SELECT to_regclass('" + staging->table + "')::text").Text(0, 0), "");
}

}  // namespace
}  // namespace mayfly::contract_test
