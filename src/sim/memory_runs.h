#pragma once
// The controller's verbs on the ledger in memory.

#include "seams/run_store.h"
#include "sim/memory_ledger.h"

namespace mayfly::sim {

class MemoryRunStore : public RunStore {
 public:
  // The ledger must outlive it. One object per controller: its connection is what makes the
  // controller alive to others.
  explicit MemoryRunStore(MemoryLedger& ledger)
      : ledger_(ledger), connection_(ledger.server, {}, 0) {}

  Result<std::optional<Existing>> FindNewest(const std::string& phase) override;
  Result<RunId> Create(const PhasePlan& plan) override;
  Result<Fence> TakeControl(RunId run, const std::string& who) override;
  Result<RunSnapshot> Load(RunId run) override;
  Status Apply(RunId run, Fence control, const Change& change) override;
  Result<IntendedMachine> RecordIntent(RunId run, Fence control,
                                       const MachineIntent& intent) override;
  Status RequestStop(RunId run, StopWish wish) override;
  Result<int> ReapMachine(RunId run, Fence control, MachineId machine,
                          const std::string& reason) override;
  Status Publish(RunId run, Fence control) override;
  Status CleanUp(RunId run, Fence control) override;

  Connection& connection() { return connection_; }

 private:
  Result<RunRow*> FindRun(RunId run);
  Result<RunRow*> FindControlled(RunId run, Fence control);
  Status ApplyTo(RunRow& run, const SetRunState& change);
  Status ApplyTo(RunRow& run, const SetStageState& change);
  Status ApplyTo(RunRow& run, const RecordLaunched& change);
  Status ApplyTo(RunRow& run, const OrderDrain& change);
  Status ApplyTo(RunRow& run, const RecordEnding& change);
  Status ApplyTo(RunRow& run, const RecordGone& change);
  Status ApplyTo(RunRow& run, const RetryQuarantined& change);
  Status ApplyTo(RunRow& run, const VacuumSome& change);
  Status ApplyTo(RunRow& run, const RecordBilled& change);
  Status ApplyTo(RunRow& run, const RecordPrice& change);
  Status ApplyTo(RunRow& run, const RecordRefused& change);
  Status ApplyTo(RunRow& run, const RecordWaiting& change);
  Status ApplyTo(RunRow& run, const RecordKept& change);
  Status ApplyTo(RunRow& run, const RecordFloor& change);
  Status ApplyTo(RunRow& run, const RecordProof& change);
  Status ApplyTo(RunRow& run, const AnswerHold& change);
  Status ApplyTo(RunRow& run, const RecordHeld& change);
  Result<HoldView*> FindOpenHold(const RunRow& run, HoldId id);
  Result<MachineRow*> FindMachineOf(const RunRow& run, MachineId machine);
  Status MoveMachine(MachineId id, MachineRow& machine, MachineState to, std::string_view event);

  MemoryLedger& ledger_;
  Connection connection_;
};

}  // namespace mayfly::sim
