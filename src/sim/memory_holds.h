#pragma once
// Holds and commands on held machines, on the ledger in memory: an operator's side and a machine's.

#include "seams/hold_store.h"
#include "sim/memory_ledger.h"

namespace mayfly::sim {

class MemoryHoldStore : public HoldStore {
 public:
  // The ledger must outlive it.
  explicit MemoryHoldStore(MemoryLedger& ledger) : ledger_(ledger) {}

  Result<HoldId> RequestHold(RunId run, const HoldWish& wish) override;
  Result<HoldView> ReadHold(HoldId hold) override;
  Result<int> EndHolds(RunId run, std::optional<MachineId> machine) override;
  Result<ExecId> RequestExec(const ExecWish& wish) override;
  Status CancelExec(ExecId exec) override;
  Result<ExecNews> ReadExec(ExecId exec, std::int64_t from_part) override;

 private:
  Result<ExecRow*> FindExec(ExecId exec);
  int Withdraw(RunId run, std::optional<MachineId> machine);

  MemoryLedger& ledger_;
};

class MemoryExecQueue : public ExecQueue {
 public:
  // The ledger must outlive it. `machine` says whose connection it is.
  MemoryExecQueue(MemoryLedger& ledger, MachineId machine)
      : ledger_(ledger), connection_(ledger.server, machine, kSupervisorSlot), own_(machine) {}

  Result<std::vector<ExecOrder>> Take(MachineId machine) override;
  Status AddOutput(ExecId exec, std::int64_t part, std::string_view bytes) override;
  Status End(ExecId exec, const ExecExit& exit) override;

  Connection& connection() { return connection_; }

 private:
  Result<ExecRow*> FindOwn(ExecId exec);

  MemoryLedger& ledger_;
  Connection connection_;
  MachineId own_;
};

}  // namespace mayfly::sim
