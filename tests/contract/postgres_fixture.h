#pragma once
// A run with one machine in a database of its own.

#include <memory>
#include <string>

#include "adapters/postgres/run_store.h"
#include "postgres_world.h"

namespace mayfly::contract_test {

class PostgresLedger : public ::testing::Test {
 protected:
  void SetUp() override;

  IntendedMachine StartMachine(const std::string& token);
  std::unique_ptr<PostgresSlot> OpenSlot(int slot);
  std::vector<LeasedTask> Claim(PostgresSlot& slot, int number, int max_tasks);
  RunId CreateAnotherRun();
  void Move(RunState to, std::optional<Verdict> verdict = std::nullopt);
  virtual PhasePlan Plan() { return MakePlan("contract"); }

  std::string conninfo_;
  std::unique_ptr<postgres::PgRunStore> store_;
  RunId run_;
  Fence control_;
  IntendedMachine machine_;
};

}  // namespace mayfly::contract_test
