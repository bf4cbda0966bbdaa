#pragma once
// The worker's side of the ledger: what a slot and a supervisor may say to it.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "model/grid.h"
#include "model/shape.h"

namespace mayfly {

struct SlotIdentity {
  RunId run;
  MachineId machine;
  int slot = 0;
};

struct ClaimRequest {
  SlotIdentity who;
  int max_tasks = 1;  // more than one only for tasks of the same point, or of the same stage
};

// The right to work on a task, and what to do. Valid while the machine's heartbeat lives.
struct LeasedTask {
  TaskId id;
  Fence fence;
  std::string stage;
  Point point;
  std::vector<Leaf> leaves;
  int attempt = 1;  // counts every try, whoever was to blame for the earlier ones
};

// Whose budget pays for an attempt that failed with this (I5): the task's own, or ours.
constexpr bool IsOwnFault(ErrorKind kind) {
  return kind == ErrorKind::kCorrupt || kind == ErrorKind::kInvalid || kind == ErrorKind::kDefect ||
         kind == ErrorKind::kNotFound;
}

struct Completion {
  TaskId id;
  Fence fence;
  std::int64_t rows = 0;
  double seconds = 0;
  std::string figures;  // JSON taken while writing: rows, nulls per column, per leaf
};

// A slot's verbs. One object per slot; not thread-safe. The same object's RunData (run_data.h)
// writes in the same transaction that Complete commits.
class TaskQueue {
 public:
  virtual ~TaskQueue() = default;

  // Leases up to max_tasks ready tasks to this slot, oldest point first; empty when none is ready.
  // Several come only as one point's group or as a batch of one stage. Each gets a fence greater
  // than any before (I1, I2). The lease names this object's database backend. kConflict: this
  // machine is not (or no longer) allowed to work: stop claiming.
  virtual Result<std::vector<LeasedTask>> Claim(const ClaimRequest& request) = 0;

  // Accepts what the open transaction wrote: every task must be leased under exactly its fence, or
  // nothing at all is committed and the answer is kConflict (I2, I3). Dependents become ready and,
  // if asked, the next tasks are leased, all in the one transaction. A machine that may no longer
  // claim gets no next tasks, and what it finished still counts. kAmbiguous is answered only
  // when the ledger could not be asked what became of the commit.
  virtual Result<std::vector<LeasedTask>> Complete(std::span<const Completion> done,
                                                   const std::optional<ClaimRequest>& next) = 0;

  // The attempt failed: by the task's own fault (IsOwnFault) it costs one of the task's retries,
  // else one of our setbacks (I5). A spent budget quarantines the task,
  // with the last output. Rolls the open transaction back first.
  virtual Status Fail(TaskId task, Fence fence, const Error& error, std::string_view output) = 0;

  // Gives tasks back unharmed (draining). Rolls the open transaction back first.
  virtual Status Release(std::span<const LeasedTask> tasks, std::string_view reason) = 0;

  // Keeps output lines; `task` may be empty for the slot's own words.
  virtual Status Log(const SlotIdentity& who, TaskId task, std::string_view text) = 0;
};

// What the ledger wants of a machine; the answer to every heartbeat.
struct WorkerOrders {
  bool drain = false;  // stop claiming, finish or give back, then end
  bool stop = false;   // the run is over or the machine was declared dead: end at once
  std::string reason;
  Duration deadline_in{};  // from now, by the database's clock
  // False: no task of the run is ready or leased, so that none will be unless somebody acts;
  // whoever drives the run ends its machines then.
  bool is_needed = true;
  std::optional<Duration> held_for;  // from now: claim nothing, give back, and stay as long
};

struct WorkerBrief {
  WorkerOrders orders;
  int slots = 1;
  std::string canonical_toml;  // the plan, to be compiled again
  std::string findings_json;
  std::string schema;  // the run's own
  std::optional<std::int64_t> slot_memory_bytes;
};

// A supervisor's verbs. One object per machine; not thread-safe.
class WorkerRegistry {
 public:
  virtual ~WorkerRegistry() = default;

  // A machine's first act: its intent must be open in the ledger, failing which the answer is
  // kConflict and the machine ends itself.
  virtual Result<WorkerBrief> Register(RunId run, MachineId machine) = 0;

  // One heartbeat for all slots: their leases live on.
  virtual Result<WorkerOrders> Renew(MachineId machine) = 0;

  // A slot died or was killed: ends its backends, sees them gone, then gives its leases back, each
  // as a setback of ours. Where the slot was killed because a task ran over its time, `overdue` is
  // the fence of that task's lease: it fails by its own fault, and the others go back unharmed
  // (I5), also if that lease is no longer there. Returns how many.
  virtual Result<int> ReleaseSlot(const SlotIdentity& who, std::string_view reason,
                                  std::optional<Fence> overdue) = 0;

  // The machine will be taken away: the controller asks for a replacement.
  virtual Status ReportNotice(MachineId machine, Duration taken_in, std::string_view reason) = 0;

  // The machine ends in good order; nothing is leased to it any more.
  virtual Status Leave(MachineId machine, std::string_view reason) = 0;

  virtual Status Log(RunId run, MachineId machine, std::string_view text) = 0;
};

}  // namespace mayfly
