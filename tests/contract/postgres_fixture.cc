#include "postgres_fixture.h"

#include "adapters/postgres/worker_registry.h"

namespace mayfly::contract_test {

void PostgresLedger::SetUp() {
  conninfo_ = TestServer::Get().MakeDatabase();
  store_ = std::make_unique<postgres::PgRunStore>(conninfo_);
  Result<RunId> run = store_->Create(Plan());
  ASSERT_TRUE(run.ok()) << run.error().message();
  run_ = *run;
  Result<Fence> control = store_->TakeControl(run_, "the test");
  ASSERT_TRUE(control.ok()) << control.error().message();
  control_ = *control;
  Move(RunState::kRunning);
  machine_ = StartMachine("m1");
}

IntendedMachine PostgresLedger::StartMachine(const std::string& token) {
  auto intended = store_->RecordIntent(
      run_, control_, {.token = token, .provider = "test", .slots = 2, .reason = "work waits"});
  EXPECT_TRUE(intended.ok()) << intended.error().message();
  EXPECT_TRUE(store_->Apply(run_, control_, RecordLaunched{intended->machine, "x-" + token}).ok());
  postgres::PgWorkerRegistry registry(intended->access, intended->machine);
  auto brief = registry.Register(run_, intended->machine);
  EXPECT_TRUE(brief.ok()) << brief.error().message();
  return *intended;
}

std::unique_ptr<PostgresSlot> PostgresLedger::OpenSlot(int slot) {
  return std::make_unique<PostgresSlot>(machine_.access,
                                        SlotIdentity{run_, machine_.machine, slot});
}

std::vector<LeasedTask> PostgresLedger::Claim(PostgresSlot& slot, int number, int max_tasks) {
  auto leased = slot.queue().Claim({{run_, machine_.machine, number}, max_tasks});
  EXPECT_TRUE(leased.ok()) << leased.error().message();
  return leased.ok() ? *leased : std::vector<LeasedTask>{};
}

RunId PostgresLedger::CreateAnotherRun() {
  Result<RunId> run = store_->Create(MakePlan("too"));
  EXPECT_TRUE(run.ok()) << run.error().message();
  return *run;
}

void PostgresLedger::Move(RunState to, std::optional<Verdict> verdict) {
  Status moved = store_->Apply(run_, control_, SetRunState{to, "test", verdict});
  ASSERT_TRUE(moved.ok()) << moved.error().message();
}

}  // namespace mayfly::contract_test
