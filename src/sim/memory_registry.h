#pragma once
// A supervisor's verbs on the ledger in memory.

#include "seams/task_queue.h"
#include "sim/memory_ledger.h"

namespace mayfly::sim {

class MemoryRegistry : public WorkerRegistry {
 public:
  // The ledger must outlive it. `machine` says whose connection it is.
  MemoryRegistry(MemoryLedger& ledger, MachineId machine)
      : ledger_(ledger), connection_(ledger.server, machine, kSupervisorSlot) {}

  Result<WorkerBrief> Register(RunId run, MachineId machine) override;
  Result<WorkerOrders> Renew(MachineId machine) override;
  Result<int> ReleaseSlot(const SlotIdentity& who, std::string_view reason,
                          std::optional<Fence> overdue) override;
  Status ReportNotice(MachineId machine, Duration taken_in, std::string_view reason) override;
  Status Leave(MachineId machine, std::string_view reason) override;
  Status Log(RunId run, MachineId machine, std::string_view text) override;

  Connection& connection() { return connection_; }

 private:
  Result<MachineRow*> FindMachine(MachineId machine);
  WorkerOrders OrdersFor(const MachineRow& machine) const;

  MemoryLedger& ledger_;
  Connection connection_;
};

}  // namespace mayfly::sim
