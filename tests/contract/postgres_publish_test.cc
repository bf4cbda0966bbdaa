// What readers see: publish, rollback, clean up; and what a plan's statements are worth.

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "adapters/postgres/migrate.h"
#include "adapters/postgres/plan_check.h"
#include "adapters/postgres/run_store.h"
#include "postgres_fixture.h"

namespace mayfly::contract_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// A store whose runs pass without work.
class Publishing : public ::testing::Test {
 protected:
  void SetUp() override {
    conninfo_ = TestServer::Get().MakeDatabase();
    store_ = std::make_unique<postgres::PgRunStore>(conninfo_);
  }

  // A run that is about to be published; its one leaf holds its number.
  RunId Pass(const PhasePlan& plan) {
    Result<RunId> run = store_->Create(plan);
    EXPECT_TRUE(run.ok()) << run.error().message();
    control_ = *store_->TakeControl(*run, "the test");
    postgres::Connection db = OpenAsSuperuser(conninfo_);
    MustRun(db,
            fmt::format("INSERT INTO contract__{0}.bars_a_2024_01 VALUES ('a', '2024-01-02', {0})",
                        run->value));
    for (RunState to : {RunState::kRunning, RunState::kVerifying}) Move(*run, to, {});
    Move(*run, RunState::kFinishing, Verdict::kPass);
    return *run;
  }
  RunId PublishAndClose(const PhasePlan& plan) {
    RunId run = Pass(plan);
    Status published = store_->Publish(run, control_);
    EXPECT_TRUE(published.ok()) << published.error().message();
    Move(run, RunState::kClosed, {});
    Status cleaned = store_->CleanUp(run, control_);
    EXPECT_TRUE(cleaned.ok()) << cleaned.error().message();
    return run;
  }
  void Move(RunId run, RunState to, std::optional<Verdict> verdict) {
    Status moved = store_->Apply(run, control_, SetRunState{to, "test", verdict});
    ASSERT_TRUE(moved.ok()) << moved.error().message();
  }
  std::int64_t Shown() {
    postgres::Connection db = OpenAsSuperuser(conninfo_);
    return MustRun(db, "SET ROLE mayfly_reader; SELECT max(v)::bigint FROM contract.bars")
        .Int(0, 0);
  }
  bool SchemaExists(RunId run) {
    postgres::Connection db = OpenAsSuperuser(conninfo_);
    return MustRun(db, fmt::format("SELECT to_regnamespace('contract__{}') IS NOT NULL", run.value))
        .Bool(0, 0);
  }

  std::string conninfo_;
  std::unique_ptr<postgres::PgRunStore> store_;
  Fence control_;
};

TEST_F(Publishing, ReadersSeeTheNewestAndMayGoBack) {
  RunId first = PublishAndClose(MakePlan("contract"));
  EXPECT_EQ(Shown(), first.value);
  RunId second = PublishAndClose(MakePlan("contract"));
  EXPECT_EQ(Shown(), second.value);
  auto back = postgres::RollBack(conninfo_, "contract");
  ASSERT_TRUE(back.ok()) << back.error().message();
  EXPECT_EQ(*back, first);
  EXPECT_EQ(Shown(), first.value);
  EXPECT_EQ(postgres::RollBack(conninfo_, "contract").error().kind(), ErrorKind::kNotFound);
  EXPECT_EQ(postgres::RollBack(conninfo_, "never").error().kind(), ErrorKind::kNotFound);
  RunId third = PublishAndClose(MakePlan("contract"));
  EXPECT_EQ(Shown(), third.value);
}

// The plan of the contract with an optimise stage, which nothing has to do for.
PhasePlan PlanWithOptimise() {
  PhasePlan plan = MakePlan("contract");
  PlannedStage ready{.spec = {.name = "ready", .kind = OptimiseSpec{}}};
  plan.spec.stages.push_back(ready.spec);
  plan.stages.push_back(ready);
  return plan;
}

TEST_F(Publishing, LeavesThatAnInsertWroteAreFrozenOnceTheOptimiseStageIsComplete) {
  RunId run = Pass(PlanWithOptimise());
  postgres::Connection db = OpenAsSuperuser(conninfo_);
  // As the run's task would have it: the leaf of a sql stage was accepted with one row.
  MustRun(db,
          "UPDATE mayfly.leaf SET rows = 1, storage = 1, accepted_fence = 1 "
          "WHERE name IN ('bars_a_2024_01', 'first_a_2024_01')");
  EXPECT_EQ(store_->Load(run)->leaves_to_vacuum, 0);
  MustRun(db, "UPDATE mayfly.stage SET state = 'open' WHERE name = 'ready'");
  MustRun(db, "UPDATE mayfly.stage SET state = 'complete' WHERE name = 'ready'");
  EXPECT_EQ(store_->Load(run)->leaves_to_vacuum, 1);  // the leaf of features is frozen already
  Status vacuumed = store_->Apply(run, control_, VacuumSome{});
  ASSERT_TRUE(vacuumed.ok()) << vacuumed.error().message();
  EXPECT_EQ(store_->Load(run)->leaves_to_vacuum, 0);
  EXPECT_EQ(MustRun(db,
                    "SELECT relpages > 0 AND relpages = relallvisible FROM pg_class "
                    "WHERE relname = 'bars_a_2024_01'")
                .Text(0, 0),
            "t");
}

TEST_F(Publishing, OnlyTheActingControllerVacuums) {
  RunId run = Pass(PlanWithOptimise());
  Fence old = control_;
  old.value -= 1;
  EXPECT_EQ(store_->Apply(run, old, VacuumSome{}).error().kind(), ErrorKind::kConflict);
}

TEST_F(Publishing, AutovacuumTakesNoStatisticsWhereTheyAreThere) {
  RunId run = Pass(PlanWithOptimise());
  postgres::Connection db = OpenAsSuperuser(conninfo_);
  MustRun(db, "UPDATE mayfly.stage SET state = 'open' WHERE name = 'ready'");
  MustRun(db, "UPDATE mayfly.stage SET state = 'complete' WHERE name = 'ready'");
  ASSERT_TRUE(store_->Publish(run, control_).ok());
  auto options = [&](const std::string& leaf) {
    return std::string(
        MustRun(db, fmt::format("SELECT coalesce(reloptions::text, '') FROM pg_class "
                                "WHERE relname = '{}'",
                                leaf))
            .Text(0, 0));
  };
  EXPECT_EQ(options("first_a_2024_01"), "{autovacuum_analyze_threshold=2147483647}");
  EXPECT_EQ(options("bars_a_2024_01"), "");  // here the leaf of a sql stage
}

TEST_F(Publishing, RunsBeyondKeepRunsAreDroppedAndTheShownOneNever) {
  RunId one = PublishAndClose(MakePlan("contract"));
  RunId two = PublishAndClose(MakePlan("contract"));
  EXPECT_TRUE(SchemaExists(one));
  ASSERT_TRUE(postgres::RollBack(conninfo_, "contract").ok());  // one is shown again
  RunId three = Pass(MakePlan("contract"));
  ASSERT_TRUE(store_->CleanUp(three, control_).ok());
  EXPECT_TRUE(SchemaExists(one));
  ASSERT_TRUE(store_->Publish(three, control_).ok());
  Move(three, RunState::kClosed, {});
  ASSERT_TRUE(store_->CleanUp(three, control_).ok());
  EXPECT_FALSE(SchemaExists(one));
  EXPECT_TRUE(SchemaExists(two));
  EXPECT_TRUE(SchemaExists(three));
  postgres::Connection db = OpenAsSuperuser(conninfo_);
  EXPECT_EQ(MustRun(db,
                    "SELECT count(*) FROM pg_roles r JOIN mayfly.run ON r.rolname IN (run.writers,"
                    " run.readers) WHERE dropped_at IS NOT NULL")
                .Int(0, 0),
            0);
}

TEST_F(Publishing, ACancelledRunLeavesNoSchema) {
  Result<RunId> run = store_->Create(MakePlan("contract"));
  control_ = *store_->TakeControl(*run, "the test");
  Move(*run, RunState::kCancelled, {});
  ASSERT_TRUE(store_->CleanUp(*run, control_).ok());
  EXPECT_FALSE(SchemaExists(*run));
}

TEST_F(Publishing, WhatIsInTheWayIsNotTouched) {
  postgres::Connection db = OpenAsSuperuser(conninfo_);
  MustRun(db, "CREATE SCHEMA contract; CREATE TABLE contract.first (mine int)");
  RunId run = Pass(MakePlan("contract"));
  Status published = store_->Publish(run, control_);
  ASSERT_FALSE(published.ok());
  EXPECT_EQ(published.error().kind(), ErrorKind::kConflict);
  EXPECT_THAT(published.error().message(), HasSubstr("\"contract\".\"first\""));
  EXPECT_EQ(MustRun(db, "SELECT to_regclass('contract.bars')::text").Text(0, 0),
            "");  // nor half done
  MustRun(db, "DROP TABLE contract.first");
  EXPECT_TRUE(store_->Publish(run, control_).ok());
}

TEST_F(Publishing, WhatIsInTheWayIsToldAtPlan) {
  PhasePlan plan = MakePlan("contract");
  auto check = [&] { return postgres::CheckPublication(conninfo_, plan); };
  EXPECT_TRUE(check().ok());
  postgres::Connection db = OpenAsSuperuser(conninfo_);
  EXPECT_FALSE(MustRun(db, "SELECT to_regnamespace('contract') IS NOT NULL").Bool(0, 0));
  PublishAndClose(plan);
  EXPECT_TRUE(check().ok());  // its own views are in nobody's way
  MustRun(db, "DROP VIEW contract.first; CREATE TABLE contract.first (mine int)");
  plan.spec.name = "another";  // whose views they are not
  Status checked = check();
  ASSERT_FALSE(checked.ok());
  EXPECT_EQ(checked.error().kind(), ErrorKind::kConflict);
  for (const char* table : {"bars", "first", "second", "whole"}) {
    EXPECT_THAT(checked.error().message(), HasSubstr(fmt::format("\"contract\".\"{}\"", table)));
  }
  EXPECT_THAT(checked.error().message(), Not(HasSubstr("absent")));
}

TEST_F(Publishing, TablesThatARunLacksAndColumnsThatChangedGo) {
  PublishAndClose(MakePlan("contract"));
  PhasePlan changed = MakePlan("contract");
  changed.stages[2].skipped = "input absent: x";
  changed.stages[1].shape->columns[2] = {"renamed", ColumnType::kFloat4};
  PublishAndClose(changed);
  postgres::Connection db = OpenAsSuperuser(conninfo_);
  EXPECT_EQ(MustRun(db, "SELECT to_regclass('contract.second')::text").Text(0, 0), "");
  EXPECT_TRUE(db.Script("SELECT renamed FROM contract.first").ok());
}

// The life of a run under a user who is no superuser and owns the readers' schema.
TEST(PlainUser, CarriesARunFromCreateToClean) {
  std::string super = TestServer::Get().MakeEmptyDatabase();
  postgres::Connection db = OpenAsSuperuser(super);
  MustRun(db, "CREATE ROLE plain_user LOGIN CREATEROLE PASSWORD 'plain'");
  MustRun(db,
          "DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO plain_user WITH GRANT "
          "OPTION', current_database()); END $$; CREATE SCHEMA contract AUTHORIZATION plain_user");
  std::string plain = db.AddressFor("plain_user", "plain");
  Status migrated = postgres::Migrate(plain);
  ASSERT_TRUE(migrated.ok()) << migrated.error().message();
  postgres::PgRunStore store(plain);
  Result<RunId> run = store.Create(MakePlan("contract"));
  ASSERT_TRUE(run.ok()) << run.error().message();
  Fence control = *store.TakeControl(*run, "plain");
  auto must = [&](const Status& status) { ASSERT_TRUE(status.ok()) << status.error().message(); };
  must(store.Apply(*run, control, SetRunState{RunState::kRunning, "", {}}));
  auto machine = store.RecordIntent(*run, control, {.token = "t", .provider = "p"});
  ASSERT_TRUE(machine.ok()) << machine.error().message();
  PostgresSlot slot(machine->access, {*run, machine->machine, 0});
  auto taken = store.ReapMachine(*run, control, machine->machine, "enough");
  ASSERT_TRUE(taken.ok()) << taken.error().message();
  must(store.Apply(*run, control, RecordGone{machine->machine}));
  must(store.Apply(*run, control, SetRunState{RunState::kVerifying, "", {}}));
  must(store.Apply(*run, control, SetRunState{RunState::kFinishing, "", Verdict::kPass}));
  must(store.Publish(*run, control));
  must(store.Apply(*run, control, SetRunState{RunState::kClosed, "", {}}));
  must(store.CleanUp(*run, control));
}

PhasePlan WithQuery(const std::string& query) {
  PhasePlan plan = MakePlan("contract");
  plan.stages[0].spec.kind = LoadSpec{};  // its statement is none of ours
  std::get<SqlSpec>(plan.stages[4].spec.kind).query = query;
  plan.stages[1].spec.after = {"load"};
  plan.stages[4].spec.after = {"first"};
  return plan;
}

TEST(PlanCheck, StatementsAreHeldAgainstAllDeclaredOutputs) {
  std::string conninfo = TestServer::Get().MakeEmptyDatabase();  // needs no ledger
  auto check = [&](const std::string& query) {
    Status checked = postgres::CheckQueries(conninfo, WithQuery(query));
    return checked.ok() ? std::string() : checked.error().message();
  };
  EXPECT_EQ(check("SELECT avg(first.v) AS v FROM first JOIN bars USING (pair, ts)"), "");
  EXPECT_EQ(check("SELECT 1.5 AS v;"), "");
  EXPECT_THAT(check("SELECT\nnonsense AS v FROM bars"),
              ::testing::AllOf(HasSubstr("stage whole, query line 2"), HasSubstr("nonsense")));
  EXPECT_THAT(check("SELECT b.* EXCEPT (v) FROM bars b"), HasSubstr("syntax error"));
  EXPECT_THAT(check("SELECT v AS w FROM bars"), HasSubstr("gives no column v"));
  EXPECT_THAT(check("SELECT v, 1 AS extra FROM bars"), HasSubstr("column extra"));
  EXPECT_THAT(check("SELECT 'x'::text AS v"), HasSubstr("cast it"));
  EXPECT_THAT(check("SELECT v FROM absent"), HasSubstr("absent"));
  postgres::Connection db = OpenAsSuperuser(conninfo);
  EXPECT_EQ(MustRun(db, "SELECT to_regnamespace('mayfly_plan_check')::text").Text(0, 0), "");
}

// What it reads would be there or not, in whole or in part, as it happens.
TEST(PlanCheck, AQueryReadsOnlyWhatItsStageComesAfter) {
  std::string conninfo = TestServer::Get().MakeEmptyDatabase();
  auto check = [&](const std::string& query) {
    Status checked = postgres::CheckQueries(conninfo, WithQuery(query));
    return checked.ok() ? std::string() : checked.error().message();
  };
  EXPECT_EQ(check("SELECT v FROM first"), "");
  EXPECT_EQ(check("SELECT v FROM bars"), "");  // by way of first
  EXPECT_THAT(check("SELECT v FROM second"),
              HasSubstr("stage whole, query: reads second of stage second and does not come after "
                        "it: after = [\"second\"]"));
  EXPECT_THAT(check("SELECT 1.5 AS v WHERE EXISTS (WITH x AS (SELECT FROM second) TABLE x)"),
              HasSubstr("reads second"));
  EXPECT_THAT(check("SELECT v FROM whole"), HasSubstr("reads whole, which it writes"));
  EXPECT_THAT(check("SELECT v, v FROM first"), HasSubstr("\"v\" specified more than once"));
}

PhasePlan WithAssertion(const std::string& sql) {
  PhasePlan plan = WithQuery("SELECT 1.0 AS v");
  PlannedStage verify{.spec = {.name = "verify", .kind = VerifySpec{{{"held", sql}}, {}}}};
  plan.stages.push_back(verify);
  return plan;
}

// PREPARE asks for no right at all, and machines read with one that is passed on.
TEST(PlanCheck, ATableThatTheUserMayNotPassOnIsRefusedWithWhatToGrant) {
  postgres::Connection db = OpenAsSuperuser(TestServer::Get().MakeEmptyDatabase());
  MustRun(db, "CREATE ROLE reading_user LOGIN PASSWORD 'r'; CREATE TABLE public.mine (v float8)");
  MustRun(db,
          "DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO reading_user', "
          "current_database()); END $$; GRANT SELECT ON public.mine TO reading_user");
  std::string user = db.AddressFor("reading_user", "r");
  for (const PhasePlan& plan : {WithQuery("SELECT v FROM mine"),
                                WithAssertion("SELECT count(*) = 0 FROM (TABLE mine) AS x")}) {
    Status checked = postgres::CheckQueries(user, plan);
    ASSERT_FALSE(checked.ok());
    EXPECT_EQ(checked.error().kind(), ErrorKind::kDenied);
    EXPECT_THAT(checked.error().message(),
                HasSubstr("GRANT SELECT ON \"public\".\"mine\" TO \"reading_user\" WITH GRANT"));
  }
  MustRun(db, "GRANT SELECT ON public.mine TO reading_user WITH GRANT OPTION");
  EXPECT_TRUE(postgres::CheckQueries(user, WithQuery("SELECT v FROM mine")).ok());
}

TEST(PlanCheck, WhatEverybodyMayReadNeedsNoGrantUnlessAViewAsksForItsReader) {
  postgres::Connection db = OpenAsSuperuser(TestServer::Get().MakeEmptyDatabase());
  MustRun(db, "CREATE ROLE looking_user LOGIN PASSWORD 'l'; CREATE TABLE public.deep (v float8)");
  MustRun(db,
          "DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO looking_user', "
          "current_database()); END $$; CREATE VIEW public.seen AS TABLE public.deep; "
          "GRANT SELECT ON public.seen TO PUBLIC");
  std::string user = db.AddressFor("looking_user", "l");
  Status checked = postgres::CheckQueries(user, WithQuery("SELECT v FROM seen"));
  EXPECT_TRUE(checked.ok()) << checked.error().message();
  MustRun(db, "ALTER VIEW public.seen SET (security_invoker = true)");
  checked = postgres::CheckQueries(user, WithQuery("SELECT v FROM seen"));
  ASSERT_FALSE(checked.ok());
  EXPECT_THAT(checked.error().message(), HasSubstr("table \"public\".\"deep\""));
}

TEST(PlanCheck, ARunMayReadWhatItsStatementsReadAndNothingElse) {
  std::string conninfo = TestServer::Get().MakeDatabase();
  postgres::Connection db = OpenAsSuperuser(conninfo);
  MustRun(db,
          "CREATE SCHEMA own; CREATE TABLE own.mine (v float8); CREATE TABLE own.other (v int)");
  PhasePlan plan = WithQuery("SELECT m.v FROM own.mine m JOIN first USING (v)");
  Result<RunId> run = postgres::PgRunStore(conninfo).Create(plan);
  ASSERT_TRUE(run.ok()) << run.error().message();
  auto may = [&](const char* table) {
    return MustRun(db, fmt::format("SELECT has_schema_privilege(readers, 'own', 'USAGE') AND "
                                   "has_table_privilege(readers, '{}', 'SELECT') FROM mayfly.run",
                                   table))
        .Bool(0, 0);
  };
  EXPECT_TRUE(may("own.mine"));
  EXPECT_FALSE(may("own.other"));
  EXPECT_EQ(MustRun(db, "SELECT to_regnamespace('mayfly_plan_check')::text").Text(0, 0), "");
}

TEST(PlanCheck, AssertionsGiveOneBoolean) {
  std::string conninfo = TestServer::Get().MakeEmptyDatabase();
  PhasePlan plan = WithQuery("SELECT 1.0 AS v");
  PlannedStage verify;
  verify.spec.name = "verify";
  verify.spec.kind = VerifySpec{{{"good", "SELECT count(*) = 0 FROM bars"}, {"bad", "SELECT 1"}}};
  plan.stages.push_back(verify);
  auto problems = postgres::CheckStatements(conninfo, plan);
  ASSERT_TRUE(problems.ok()) << problems.error().message();
  ASSERT_EQ(problems->size(), 1U);
  EXPECT_EQ((*problems)[0].statement, "assertion bad");
}

// Every leaf that the server is said to have room for is made in one transaction.
TEST(PlanCheck, TheServersLockTableTakesTheLeavesThatItIsSaidToTake) {
  std::string conninfo = TestServer::Get().MakeEmptyDatabase();
  auto room = postgres::CountLeafRoom(conninfo);
  ASSERT_TRUE(room.ok()) << room.error().message();
  postgres::Connection db = OpenAsSuperuser(conninfo);
  MustRun(db, "BEGIN; CREATE TABLE public.p (k text PRIMARY KEY) PARTITION BY LIST (k)");
  auto locks = [&] {
    return MustRun(db, "SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid()").Int(0, 0);
  };
  std::int64_t before = locks();
  for (int i = 0; i < 50; ++i) {
    MustRun(db, fmt::format("CREATE TABLE public.p_{0} PARTITION OF public.p FOR VALUES IN ('{0}')",
                            i));
  }
  std::int64_t slots = MustRun(db,
                               "SELECT current_setting('max_locks_per_transaction')::bigint * "
                               "current_setting('max_connections')::bigint")
                           .Int(0, 0);
  EXPECT_LT(static_cast<std::int64_t>(*room) * (locks() - before) / 50, slots);
  EXPECT_GT(static_cast<std::int64_t>(*room) * (locks() - before) / 50, slots / 2);
}

TEST(PlanCheck, AnUncheckedStageIsToldAndNotRefused) {
  std::string conninfo = TestServer::Get().MakeEmptyDatabase();
  PhasePlan plan = WithQuery("SELECT v FROM made_later");
  std::get<SqlSpec>(plan.stages[4].spec.kind).unchecked = true;
  EXPECT_TRUE(postgres::CheckQueries(conninfo, plan).ok());
  EXPECT_EQ(postgres::CheckStatements(conninfo, plan)->size(), 1U);
}

}  // namespace
}  // namespace mayfly::contract_test
