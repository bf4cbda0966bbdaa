// The ledger itself: migrations, states, constraints, roles; looked at from behind the seams.

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <future>

#include "adapters/postgres/migrate.h"
#include "adapters/postgres/plan_store.h"
#include "adapters/postgres/queries.gen.h"
#include "adapters/postgres/read_store.h"
#include "adapters/postgres/run_store.h"
#include "adapters/postgres/worker_registry.h"
#include "postgres_fixture.h"

namespace mayfly::contract_test {
namespace {

using postgres::Connection;
using ::testing::HasSubstr;

TEST(Migrations, AnyNumberOfStartersMayMigrateAtOnce) {
  std::string conninfo = TestServer::Get().MakeEmptyDatabase();
  std::vector<std::future<Status>> starters;
  for (int i = 0; i < 4; ++i) {
    starters.push_back(std::async(std::launch::async, [&] { return postgres::Migrate(conninfo); }));
  }
  for (auto& starter : starters) {
    Status outcome = starter.get();
    EXPECT_TRUE(outcome.ok()) << outcome.error().message();
  }
  Connection db = OpenAsSuperuser(conninfo);
  EXPECT_EQ(MustRun(db, "SELECT count(*) FROM mayfly.schema_version").Int(0, 0),
            static_cast<std::int64_t>(postgres::sql::kMigrations.size()));
}

TEST(Migrations, AnEditedOneIsRefused) {
  std::string conninfo = TestServer::Get().MakeDatabase();
  Connection db = OpenAsSuperuser(conninfo);
  MustRun(db, "UPDATE mayfly.schema_version SET checksum = 'edited' WHERE version = 2");
  Status outcome = postgres::Migrate(conninfo);
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error().kind(), ErrorKind::kConflict);
  EXPECT_THAT(outcome.error().message(), HasSubstr("0002_ledger"));
}

TEST(Migrations, ANewerLedgerIsLeftAlone) {
  std::string conninfo = TestServer::Get().MakeDatabase();
  Connection db = OpenAsSuperuser(conninfo);
  MustRun(db, "INSERT INTO mayfly.schema_version (version, name, checksum) VALUES (99, 'x', 'x')");
  EXPECT_EQ(postgres::Migrate(conninfo).error().kind(), ErrorKind::kConflict);
}

TEST(Migrations, ADatabaseWithoutALedgerIsNotFound) {
  std::string conninfo = TestServer::Get().MakeEmptyDatabase();
  auto newest = postgres::PgReadStore(conninfo).NewestRun("");
  ASSERT_FALSE(newest.ok());
  EXPECT_EQ(newest.error().kind(), ErrorKind::kNotFound);
  EXPECT_THAT(newest.error().message(), HasSubstr("mayfly run"));
}

TEST(Migrations, AUserWithoutTheRightIsToldWhatToAskFor) {
  std::string conninfo = TestServer::Get().MakeEmptyDatabase();
  Connection db = OpenAsSuperuser(conninfo);
  MustRun(db, "CREATE ROLE poor_user LOGIN PASSWORD 'poor'");
  std::string poor = db.AddressFor("poor_user", "poor");
  Status outcome = postgres::Migrate(poor);
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error().kind(), ErrorKind::kDenied);
  EXPECT_THAT(outcome.error().message(), HasSubstr("ALTER ROLE \"poor_user\" CREATEROLE"));
}

TEST(Migrations, AWrongPasswordIsDeniedAndNotEchoed) {
  std::string conninfo = TestServer::Get().MakeDatabase();
  Connection db = OpenAsSuperuser(conninfo);
  MustRun(db, "CREATE ROLE guarded LOGIN PASSWORD 'right'");
  Status outcome = postgres::Migrate(db.AddressFor("guarded", "hunter2hunter2"));
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error().kind(), ErrorKind::kDenied);
  EXPECT_THAT(outcome.error().message(), ::testing::Not(HasSubstr("hunter2")));
}

TEST(Migrations, ANonsenseReferenceIsInvalidAndNotEchoed) {
  Status outcome = postgres::Migrate("postgresql://u:hunter2@[::1/x?nonsense=1");
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error().kind(), ErrorKind::kInvalid);
  EXPECT_THAT(outcome.error().message(), ::testing::Not(HasSubstr("hunter2")));
}

TEST(Queries, EveryStatementFitsTheSchema) {
  std::string conninfo = TestServer::Get().MakeDatabase();
  Connection db = OpenAsSuperuser(conninfo);
  for (const postgres::Query* query : postgres::sql::kAllQueries) {
    auto prepared = db.Script(fmt::format("PREPARE {} AS {}", query->name, query->text));
    EXPECT_TRUE(prepared.ok()) << query->name << ": " << prepared.error().message();
    EXPECT_EQ(std::string_view(query->text).substr(0, 2), "--") << query->name;
  }
}

// The step trigger of a table, put on a table of one row that has no other rules.
template <typename State>
void ExpectSameSteps(Connection& db, const std::string& table,
                     std::span<const std::pair<State, State>> steps) {
  auto names = MustRun(db, fmt::format("SELECT unnest(enum_range(NULL::mayfly.{}_state))", table));
  for (int i = 0; i < names.size() * names.size(); ++i) {
    std::string from(names.Text(i / names.size(), 0)), to(names.Text(i % names.size(), 0));
    MustRun(db, fmt::format("BEGIN; CREATE TEMP TABLE one ON COMMIT DROP AS "
                            "SELECT 1::bigint AS id, '{1}'::mayfly.{0}_state AS state;"
                            "DO $$ BEGIN EXECUTE (SELECT replace(pg_get_triggerdef(oid), "
                            "'ON mayfly.{0} ', 'ON pg_temp.one ') FROM pg_trigger "
                            "WHERE tgrelid = 'mayfly.{0}'::regclass AND tgname = 'legal_steps'); "
                            "END $$",
                            table, from));
    bool refused = !db.Script(fmt::format("UPDATE pg_temp.one SET state = '{}'", to)).ok();
    bool legal = from == to || std::any_of(steps.begin(), steps.end(), [&](const auto& step) {
                   return Name(step.first) == from && Name(step.second) == to;
                 });
    EXPECT_EQ(refused, !legal) << table << ": " << from << " to " << to;
    EXPECT_EQ(refused && db.last_state() != "MF001", false) << db.last_state();
    MustRun(db, "ROLLBACK");
  }
}

TEST(States, TheLedgerHasTheStepsOfTheModelAndNoOthers) {
  std::string conninfo = TestServer::Get().MakeDatabase();
  Connection db = OpenAsSuperuser(conninfo);
  ExpectSameSteps(db, "run", RunSteps());
  ExpectSameSteps(db, "stage", StageSteps());
  ExpectSameSteps(db, "task", TaskSteps());
  ExpectSameSteps(db, "machine", MachineSteps());
}

TEST(PlanStore, KeepsWhatWasShownUntilItIsApproved) {
  std::string conninfo = TestServer::Get().MakeDatabase();
  postgres::PgPlanStore plans(conninfo);
  PhasePlan plan = MakePlan("shown");
  plan.core = "c0ffee";
  Quote quote{.expected = Money{1}, .high = Money{4'800'000}, .hours_source = "stated: 2h"};
  quote.id = QuoteId(quote);
  AttachQuote(plan, quote);
  EXPECT_EQ(plans.Find(plan.hash)->has_value(), false);
  for (int i = 0; i < 2; ++i) {
    Status kept = plans.Keep(plan);
    ASSERT_TRUE(kept.ok()) << kept.error().message();
  }
  auto found = plans.Find(plan.hash);
  ASSERT_TRUE(found.ok() && found->has_value());
  EXPECT_EQ((*found)->core, "c0ffee");
  EXPECT_EQ((*found)->quote, quote);
}

TEST_F(PostgresLedger, ColumnsGoWithTheirStates) {
  Connection db = OpenAsSuperuser(conninfo_);
  const char* kRefused[] = {
      "UPDATE mayfly.task SET state = 'leased' WHERE state = 'ready'",
      "UPDATE mayfly.task SET missing = 0 WHERE state = 'blocked'",
      "UPDATE mayfly.task SET backend_pid = 1, backend_start = now() WHERE state = 'ready'",
      "UPDATE mayfly.task SET fence = 5 WHERE state = 'ready'",
      "UPDATE mayfly.run SET published_at = now()",
      "UPDATE mayfly.run SET closed_at = now()",
      "UPDATE mayfly.machine SET gone_at = now()",
      "UPDATE mayfly.machine SET login = NULL",
      "UPDATE mayfly.leaf SET rows = 5",
  };
  for (const char* statement : kRefused) {
    EXPECT_FALSE(db.Script(statement).ok()) << statement;
    EXPECT_EQ(db.last_state().substr(0, 2), "23") << statement << " " << db.last_state();
  }
}

TEST_F(PostgresLedger, FencesNeverGoBack) {
  auto slot = OpenSlot(0);
  ASSERT_EQ(Claim(*slot, 0, 1).size(), 1U);
  Connection db = OpenAsSuperuser(conninfo_);
  EXPECT_FALSE(db.Script("UPDATE mayfly.task SET fence = fence - 1 WHERE state = 'leased'").ok());
  EXPECT_EQ(db.last_state(), "MF002");
  EXPECT_FALSE(db.Script("UPDATE mayfly.run SET controller_fence = controller_fence - 1").ok());
  EXPECT_EQ(db.last_state(), "MF002");
}

TEST_F(PostgresLedger, HistoryIsNotRewritten) {
  Connection db = OpenAsSuperuser(conninfo_);
  for (const char* table : {"event", "attempt", "publication", "proof_pass"}) {
    for (const char* statement :
         {"DELETE FROM mayfly.{}", "TRUNCATE mayfly.{}", "UPDATE mayfly.{} SET run_id = run_id"}) {
      EXPECT_FALSE(db.Script(fmt::format(fmt::runtime(statement), table)).ok()) << statement;
      EXPECT_EQ(db.last_state(), "MF003") << table;
    }
  }
}

TEST_F(PostgresLedger, EveryChangeLeavesAnEvent) {
  auto slot = OpenSlot(0);
  std::vector<LeasedTask> tasks = Claim(*slot, 0, 1);
  ASSERT_TRUE(slot->queue().Fail(tasks[0].id, tasks[0].fence, Corrupt("bad"), "").ok());
  auto events = postgres::PgReadStore(conninfo_).ReadEvents(run_, 0);
  ASSERT_TRUE(events.ok());
  std::vector<std::string> kinds;
  for (const EventView& event : *events) kinds.push_back(event.kind);
  EXPECT_THAT(kinds, ::testing::ElementsAre("run.approved", "run.control", "run.running",
                                            "machine.intended", "machine.launched",
                                            "machine.working", "task.leased", "task.failed"));
}

TEST_F(PostgresLedger, AWorkerIsRefusedEverythingElse) {
  RunId other = CreateAnotherRun();
  Connection db = OpenAsSuperuser(conninfo_);
  MustRun(db, "CREATE SCHEMA private; CREATE TABLE private.secret (x int)");
  auto worker = Connection::Open(machine_.access, {});
  ASSERT_TRUE(worker.ok()) << worker.error().message();
  std::string ours = fmt::format("contract__{}", run_.value);
  std::string theirs = fmt::format("too__{}", other.value);
  const std::string kRefused[] = {
      "SELECT * FROM private.secret",
      "CREATE TABLE " + ours + ".mine (x int)",
      "CREATE SCHEMA mine",
      "DROP TABLE " + ours + ".bars",
      "ALTER TABLE " + ours + ".bars_a_2024_01 ADD COLUMN x int",
      "UPDATE " + ours + ".bars_a_2024_01 SET v = 1",
      "DELETE FROM " + ours + ".bars_a_2024_01",
      "TRUNCATE " + ours + ".bars",
      "INSERT INTO " + ours + ".bars VALUES ('a', '2024-01-01', 1)",
      "SELECT * FROM " + theirs + ".bars",
      "TRUNCATE " + theirs + ".bars_a_2024_01",
      "INSERT INTO " + theirs + ".bars_a_2024_01 VALUES ('a', '2024-01-01', 1)",
      "UPDATE mayfly.run SET state = 'closed'",
      "UPDATE mayfly.stage SET state = 'open'",
      "UPDATE mayfly.task SET retries = 99",
      "UPDATE mayfly.machine SET login = 'x'",
      "UPDATE mayfly.machine SET held_until = now()",
      "UPDATE mayfly.exec SET argv = '{id}'",
      "INSERT INTO mayfly.exec (run_id, machine_id, argv, who, timeout_us) SELECT run_id, id, "
      "'{id}', 'me', 1 FROM mayfly.machine",
      "SELECT data FROM mayfly.exec_output",
      "DELETE FROM mayfly.exec_output",
      "SELECT * FROM mayfly.hold",
      "INSERT INTO mayfly.hold (run_id, length_us, who) VALUES (1, 1, 'me')",
      "UPDATE mayfly.plan SET canonical_toml = ''",
      "UPDATE mayfly.leaf SET name = 'x'",
      "DELETE FROM mayfly.task",
      "DELETE FROM mayfly.event",
      "SELECT * FROM mayfly.event",
      "SELECT controller_who FROM mayfly.run",
      "SELECT * FROM mayfly.staging",
      "INSERT INTO mayfly.run DEFAULT VALUES",
      "INSERT INTO mayfly.event (run_id, kind) VALUES (" + std::to_string(other.value) + ", 'x')",
      "CREATE ROLE mine",
      "SET ROLE mayfly_owner",
      "SET ROLE mayfly_controller",
      "SELECT pg_read_file('/etc/passwd')",
      "COPY " + ours + ".bars TO PROGRAM 'true'",
      "SELECT rolpassword FROM pg_authid",
  };
  for (const std::string& statement : kRefused) {
    auto outcome = worker->Script(statement);
    ASSERT_FALSE(outcome.ok()) << statement;
    EXPECT_EQ(outcome.error().kind(), ErrorKind::kDenied)
        << statement << ": " << outcome.error().message();
  }
}

TEST_F(PostgresLedger, AMachineCannotHoldItself) {
  auto worker = Connection::Open(machine_.access, {});
  ASSERT_TRUE(worker.ok()) << worker.error().message();
  EXPECT_FALSE(worker->Script("UPDATE mayfly.machine SET state = 'held'").ok());
  EXPECT_EQ(worker->last_state(), "23514");
}

TEST_F(PostgresLedger, OutputIsAddedToARunningCommandOnlyAndNeverChanged) {
  Connection db = OpenAsSuperuser(conninfo_);
  MustRun(db,
          "INSERT INTO mayfly.exec (run_id, machine_id, argv, who, timeout_us) "
          "SELECT run_id, id, '{id}', 'me', 1 FROM mayfly.machine");
  auto worker = Connection::Open(machine_.access, {});
  const char* add = "INSERT INTO mayfly.exec_output (exec_id, part, data) VALUES (1, 0, 'x')";
  EXPECT_FALSE(worker->Script(add).ok());
  MustRun(db, "UPDATE mayfly.exec SET state = 'running', started_at = now()");
  EXPECT_TRUE(worker->Script(add).ok());
  EXPECT_FALSE(db.Script("UPDATE mayfly.exec_output SET data = ''").ok());
  EXPECT_EQ(db.last_state(), "MF003");
}

TEST_F(PostgresLedger, AWorkerSeesNoOtherRunOrMachine) {
  RunId other = CreateAnotherRun();
  auto worker = Connection::Open(machine_.access, {});
  ASSERT_TRUE(worker.ok());
  for (const char* table : {"task", "stage", "leaf", "need", "plan", "attempt", "finding"}) {
    auto rows = worker->Script(
        fmt::format("SELECT count(*) FROM mayfly.{} WHERE run_id = {}", table, other.value));
    ASSERT_TRUE(rows.ok()) << rows.error().message();
    EXPECT_EQ(rows->Int(0, 0), 0) << table;
  }
  EXPECT_EQ(worker->Script("SELECT count(*) FROM mayfly.machine")->Int(0, 0), 1);
  EXPECT_EQ(worker
                ->Script("UPDATE mayfly.task SET missing = missing WHERE run_id = " +
                         std::to_string(other.value))
                ->affected(),
            0);
}

TEST_F(PostgresLedger, AWorkerCannotTouchALeaseOfAnotherMachine) {
  IntendedMachine second = StartMachine("m2");
  PostgresSlot theirs(second.access, {run_, second.machine, 0});
  auto leased = theirs.queue().Claim({{run_, second.machine, 0}, 2});
  ASSERT_EQ(leased->size(), 2U);
  auto worker = Connection::Open(machine_.access, {});
  auto stolen = worker->Script(
      "UPDATE mayfly.task SET state = 'ready', backend_pid = NULL, backend_start = NULL "
      "WHERE state = 'leased'");
  ASSERT_TRUE(stolen.ok());
  EXPECT_EQ(stolen->affected(), 0);
}

TEST_F(PostgresLedger, ANewSecretEndsTheOldOneAndGoneEndsTheLogin) {
  MachineIntent intent{.token = "m1", .provider = "test", .slots = 2, .reason = "again"};
  auto again = store_->RecordIntent(run_, control_, intent);
  ASSERT_TRUE(again.ok()) << again.error().message();
  EXPECT_EQ(Connection::Open(machine_.access, {}).error().kind(), ErrorKind::kDenied);
  EXPECT_TRUE(Connection::Open(again->access, {}).ok());
  ASSERT_TRUE(store_->ReapMachine(run_, control_, machine_.machine, "x").ok());
  EXPECT_EQ(Connection::Open(again->access, {}).error().kind(), ErrorKind::kDenied);
  ASSERT_TRUE(store_->Apply(run_, control_, RecordGone{machine_.machine}).ok());
  Connection db = OpenAsSuperuser(conninfo_);
  EXPECT_EQ(MustRun(db, fmt::format("SELECT count(*) FROM pg_roles WHERE rolname LIKE "
                                    "'mayfly_m_%\\_{}' AND rolname LIKE '%' || (SELECT oid FROM "
                                    "pg_database WHERE datname = current_database()) || '%'",
                                    machine_.machine.value))
                .Int(0, 0),
            0);
}

TEST_F(PostgresLedger, NoSecretIsKeptOrLogged) {
  std::string password = machine_.access.substr(machine_.access.find("password='") + 10, 32);
  Connection db = OpenAsSuperuser(conninfo_);
  EXPECT_EQ(MustRun(db,
                    "SELECT count(*) FROM pg_authid WHERE rolpassword NOT LIKE 'SCRAM-SHA-256$%' "
                    "AND rolname LIKE 'mayfly%'")
                .Int(0, 0),
            0);
  auto file = MustRun(db, "SELECT current_setting('data_directory')");
  EXPECT_EQ(MustRun(db, fmt::format("SELECT count(*) FROM mayfly.event WHERE detail LIKE '%{}%'",
                                    password))
                .Int(0, 0),
            0);
  EXPECT_EQ(password.size(), 32U);
}

TEST_F(PostgresLedger, AReaderReadsOnAfterTheServerWasRestarted) {
  postgres::PgReadStore reads(conninfo_);
  ASSERT_TRUE(reads.NewestRun("").ok());
  TestServer::Get().Restart();
  Result<std::vector<Finding>> findings = reads.ReadFindings(run_);
  EXPECT_TRUE(findings.ok()) << findings.error().message();
  TestServer::Get().Restart();
  Result<RunSnapshot> snapshot = reads.Load(run_);
  EXPECT_TRUE(snapshot.ok()) << snapshot.error().message();
}

}  // namespace
}  // namespace mayfly::contract_test
