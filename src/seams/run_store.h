#pragma once
// The controller's side of the ledger.

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "model/plan.h"
#include "model/run.h"

namespace mayfly {

struct MachineIntent {
  std::string token;
  std::string provider;
  int slots = 1;                       // 0: as many as its kind has cores
  std::string reason;                  // "336 tasks are ready and no machine works on them"
  std::vector<Offer> offers{Offer{}};  // the pools it may come from; never empty
  std::optional<Instant> deadline;     // its own, where it is earlier than the run's
};

// A machine that may be launched, and how it reaches the ledger: a login of its own that nobody
// else has, INSERT and TRUNCATE on its run's leaves and its verbs on the ledger, nothing else.
struct IntendedMachine {
  MachineId machine;
  std::string access;  // libpq conninfo with a secret made for this call; never stored (I12)
  Instant deadline;    // its own, in database time, from its first intent on
};

// One change to the ledger, with its event. A step to `running` clears the stop wish;
// RecordLaunched moves an intended machine to booting and one that already works nowhere. Each is
// refused (kConflict) if the state is not what the state machine allows, or if the controller's
// fence is not the newest (I9).
struct SetRunState {
  RunState to = RunState::kRunning;
  std::string reason;
  std::optional<Verdict> verdict;
};
struct SetStageState {
  StageId stage;
  StageState to = StageState::kOpen;
  std::string reason;
};
struct RecordLaunched {  // fact: the machine exists
  MachineId machine;
  std::string external_id;
  std::optional<Offer> offer;  // the one of the intent's that it came from, if that is known now
  int slots = 0;               // for an intent that left them open
};
struct RecordRefused {  // fact: these pools gave none
  MachineId machine;
  std::vector<PoolRefusal> refusals;
};
struct RecordWaiting {  // why no machine can be asked for now; an empty reason: nothing is waited
                        // for
  std::string reason;
  std::optional<Instant> until;
};
struct OrderDrain {
  MachineId machine;
  std::string reason;
};
struct RecordEnding {  // intent: it will be terminated
  MachineId machine;
  std::string reason;
};
struct RecordGone {  // fact: the provider says that it is gone
  MachineId machine;
};
// Quarantined tasks become ready with fresh budgets: `run` after the cause was mended.
struct RetryQuarantined {};
// Freezes some of RunSnapshot::leaves_to_vacuum, a bounded number; in no transaction.
struct VacuumSome {};
// Facts for the bill, in whatever state the run and the machine are. What is there once is not
// changed by less: an instant that is absent leaves the one that was recorded.
struct RecordBilled {
  MachineId machine;
  Billed billed;
};
struct RecordPrice {  // the same point again is harmless
  PriceChange change;
};
// What is known of the disk that the run keeps. The first of a run is an intent, or a failure where
// there was nothing to keep; a step back is kConflict. Repeating an intent tells that it is about
// to be asked for again.
struct RecordKept {
  KeptDisk disk;
};
// What is known of the newest floor that the run raised. An intent where none is open is a new one.
struct RecordFloor {
  RaisedFloor floor;
};
struct RecordProof {  // a look for residue was taken; the same again is harmless
  ProofPass pass;
};
// An open wish to hold a machine is promised, or refused for a reason.
struct AnswerHold {
  HoldId hold;
  HoldState to = HoldState::kPromised;
  std::string note;
};
// The machine claims nothing more and is kept until then, never beyond its own deadline; the wish
// is granted. One that is held already is held until then instead.
struct RecordHeld {
  MachineId machine;
  HoldId hold;
  Duration length{};  // from now
  std::string note;
};
using Change =
    std::variant<SetRunState, SetStageState, RecordLaunched, OrderDrain, RecordEnding, RecordGone,
                 RetryQuarantined, VacuumSome, RecordBilled, RecordPrice, RecordRefused,
                 RecordWaiting, RecordKept, RecordFloor, RecordProof, AnswerHold, RecordHeld>;

// Where a run with this phase name stands when `run` is asked for.
struct Existing {
  RunId run;
  RunState state = RunState::kPlanned;
  std::string plan_hash;
};

class RunStore {
 public:
  virtual ~RunStore() = default;

  // The newest run of this phase, if there is one.
  virtual Result<std::optional<Existing>> FindNewest(const std::string& phase) = 0;

  // Writes run, stages, tasks, needs and leaves (created empty) in one transaction; the run is
  // approved. kConflict names the open run of the same phase.
  virtual Result<RunId> Create(const PhasePlan& plan) = 0;

  // Becomes the one acting controller (I9): the answer is a fence greater than any before.
  // kConflict names the controller that is alive.
  virtual Result<Fence> TakeControl(RunId run, const std::string& who) = 0;

  virtual Result<RunSnapshot> Load(RunId run) = 0;

  virtual Status Apply(RunId run, Fence control, const Change& change) = 0;

  // The intent is committed before the provider is asked (I6). Repeating a token gives its machine
  // with a new secret; the old one stops working. RecordGone takes the login away.
  virtual Result<IntendedMachine> RecordIntent(RunId run, Fence control,
                                               const MachineIntent& intent) = 0;

  // Kept in the run (RunView::stop_wish) until it is over or continued; needs no control.
  virtual Status RequestStop(RunId run, StopWish wish) = 0;

  // Takes every lease of a machine that is dead or gone: ends the backends that the leases name,
  // sees them gone, gives the tasks back as setbacks. Safe to repeat; finds claims that raced the
  // death. Returns how many leases were taken back.
  virtual Result<int> ReapMachine(RunId run, Fence control, MachineId machine,
                                  const std::string& reason) = 0;

  // One transaction points the readers' views at this run. The verdict must be pass (I7).
  virtual Status Publish(RunId run, Fence control) = 0;

  // Drops what the run no longer needs: its worker role, staging tables, and schemas of runs beyond
  // keep_runs. Safe to repeat.
  virtual Status CleanUp(RunId run, Fence control) = 0;
};

}  // namespace mayfly
