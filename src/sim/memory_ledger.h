#pragma once
// The ledger in memory: honest, single-threaded, on virtual time. MemoryTaskQueue, MemoryRegistry,
// MemoryRunStore and MemoryReadStore are its verbs; here are its rows and the steps these share.
// Each member function is one statement or transaction of the real ledger: whole or nothing.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "seams/task_queue.h"
#include "sim/ledger_rows.h"
#include "sim/memory_server.h"

namespace mayfly::sim {

// Test-only: with one of them off, a simulation must find out.
struct LedgerChecks {
  bool fence = true;      // a write under an older fence is refused (I2)
  bool backend = true;    // whoever takes a lease back first ends the backend that it names
  bool readiness = true;  // only tasks whose needs are done are leased (I4)
};

// Whose budget an attempt that did not end well is paid from (I5).
enum class Blame { kOurs, kTask };

// Why a lease ends without an output.
struct GiveBack {
  std::string_view outcome;    // released, expired, failed
  std::optional<Blame> blame;  // absent: nobody's; the task goes back unharmed
  std::optional<ErrorKind> failure;
  std::string error;
  std::string output;
};

class MemoryLedger {
 public:
  explicit MemoryLedger(const VirtualTime& time, LedgerChecks which = {})
      : server(time), checks(which), time_(time) {}

  Instant Now() const { return time_.Wall(); }
  Fence NextFence() { return Fence{++fence_}; }

  // Null where there is no such row.
  RunRow* FindRun(RunId run);
  MachineRow* FindMachine(MachineId machine);
  TaskRow* FindTask(TaskId task);
  const AttemptRow* FindAttempt(Fence fence) const;

  // I4, I1: ready tasks to this slot, in the order of claiming, one point's or one stage's.
  std::vector<LeasedTask> Lease(const ClaimRequest& request, BackendId backend);

  // After a reconnect: this lease names the new backend, if it is still ours under this fence.
  bool Adopt(TaskId id, Fence fence, BackendId backend);

  // I2: is this task leased under exactly this fence? Writes the proof if it is accepted.
  Status AcceptFence(TaskId id, Fence fence, std::string_view verb);

  // Leased to done, with its rows; dependents become ready. Needs AcceptFence.
  void Finish(const Completion& completion);

  // Leased to ready, or to quarantined where a budget is spent (I5).
  void Return(std::size_t index, const GiveBack& how);

  // Ends the backends of a machine (or one slot of it), those that its leases name and those that
  // have leased nothing yet, then returns its leases: each as a setback of ours, or, where one of
  // them ran over its time, that one as its task's failure and the others unharmed.
  struct Slots {
    MachineId machine;
    std::optional<int> slot;  // absent: all of them
    std::optional<Fence> overdue;
  };
  int TakeBack(const Slots& of, const std::string& reason);

  // Of a finishing run with an optimise stage: leaves with rows that an INSERT wrote.
  std::vector<std::size_t> UnfrozenLeaves(const RunRow& run) const;

  RunSnapshot Snapshot(const RunRow& run) const;
  void ReadKept(const RunRow& run, RunSnapshot& snapshot) const;

  // The open wish of a run to hold a machine, or null.
  HoldRow* FindOpenHold(RunId run);

  // Is it kept by a hold whose countdown goes on?
  bool IsHeld(const MachineRow& machine) const;

  // What ran on a machine for an operator ended with it.
  void EndExecsOf(MachineId machine);
  void AddEvent(EventRow event);
  static TaskId IdOf(std::size_t task) { return TaskId{static_cast<std::int64_t>(task + 1)}; }

  MemoryServer server;
  LedgerChecks checks;
  std::vector<RunRow> runs;  // every id is an index + 1
  std::vector<StageRow> stages;
  std::vector<TaskRow> tasks;
  std::vector<LeafRow> leaves;
  std::vector<MachineRow> machines;
  std::vector<AttemptRow> attempts;  // in the order of their fences
  std::vector<AcceptedWrite> writes;
  std::vector<AcceptedOrder> orders;
  std::vector<EventRow> events;
  std::vector<LogLine> logs;
  std::vector<HoldRow> holds;
  std::vector<ExecRow> execs;
  std::vector<std::pair<std::string, RunId>> publications;  // reader schema and run, newest last

 private:
  void LeaseOne(std::size_t index, const SlotIdentity& who, BackendId backend);
  LeasedTask Describe(const TaskRow& task, std::size_t index) const;
  AttemptRow& OpenAttempt(const TaskRow& task);

  const VirtualTime& time_;
  std::int64_t fence_ = 0;
};

// Does the state machine of stages have this step?
bool MayStepStage(StageState from, StageState to);

}  // namespace mayfly::sim
