#pragma once
// A supervisor's verbs, in PostgreSQL, under the login of its machine.

#include <string>

#include "adapters/postgres/session.h"
#include "seams/task_queue.h"

namespace mayfly::postgres {

// One session; not thread-safe. `access` is what RecordIntent gave for this machine; it may not
// read or change anything of another machine or run. A lost connection is kUnavailable (kAmbiguous
// for a write; all of them may be repeated) and the next call reconnects.
class PgWorkerRegistry final : public WorkerRegistry {
 public:
  PgWorkerRegistry(std::string access, MachineId machine);

  Result<WorkerBrief> Register(RunId run, MachineId machine) override;
  Result<WorkerOrders> Renew(MachineId machine) override;

  // Call it before a new process takes the slot's place: every backend of the slot is ended.
  // kUnavailable: a backend would not end yet; its leases stay, try again.
  Result<int> ReleaseSlot(const SlotIdentity& who, std::string_view reason,
                          std::optional<Fence> overdue) override;
  Status ReportNotice(MachineId machine, Duration taken_in, std::string_view reason) override;
  Status Leave(MachineId machine, std::string_view reason) override;
  Status Log(RunId run, MachineId machine, std::string_view text) override;

 private:
  Session session_;
};

// "mayfly slot 2 machine 3": how a slot's backend is recognised.
std::string SlotApplication(MachineId machine, int slot);

}  // namespace mayfly::postgres
