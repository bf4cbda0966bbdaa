#pragma once
// What the ledger says about a run: the snapshot that the controller decides on and people look at.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "model/grid.h"
#include "model/hold.h"
#include "model/kept.h"
#include "model/ladder.h"
#include "model/price.h"
#include "model/proof.h"
#include "model/states.h"

namespace mayfly {

struct TaskCounts {
  std::int64_t blocked = 0, ready = 0, leased = 0, done = 0, quarantined = 0, skipped = 0;
  std::int64_t total() const { return blocked + ready + leased + done + quarantined + skipped; }
  bool finished() const { return done + skipped == total(); }
};

struct StageView {
  StageId id;
  std::string name;
  std::string kind;
  StageState state = StageState::kBlocked;
  TaskCounts tasks;
  std::int64_t rows = 0;
  std::string note;                      // why skipped or failed
  std::optional<double> canary_seconds;  // of its first task; absent until that is done
  std::optional<std::string> denied;     // what a task of it that waits for the operator may not do
};

// What a machine is billed at, and what the provider says of its life.
struct MachineMoney {
  Offer offer;  // until its pool is known: the first of the intent's, at the highest of them
  Billed billed;
};

struct MachineView {
  MachineId id;
  MachineState state = MachineState::kIntended;
  std::string token;
  std::string external_id;
  int slots = 0;
  std::string reason;                           // why it was launched, or why it ends
  std::optional<Instant> intended, born, gone;  // database time
  std::optional<Duration> heartbeat_age;        // absent before the first heartbeat
  Duration age{};                               // since the intent
  Duration deadline_in{};                       // may be negative
  bool noticed = false;                         // it said that it will be taken away
  bool ordered_to_drain = false;
  std::optional<Duration> drain_age;   // since the order
  std::optional<Countdown> countdown;  // once it was held
  MachineMoney money;
  std::vector<Offer> offers;  // the pools that it may come from
  bool was_refused = false;   // its pools gave none, or one that died unborn
};

// So begins the last word of a machine that could not be made ready: "setup command 2 failed: …".
// It is its reason from then on, while it ends and when it is gone.
inline constexpr std::string_view kSetupWord = "setup ";
inline bool FailedInSetup(const MachineView& machine) {
  const bool is_over =
      machine.state == MachineState::kEnding || machine.state == MachineState::kGone;
  return is_over && machine.reason.starts_with(kSetupWord);
}

// Why a run has no machine, and when the next is asked for.
struct Waiting {
  std::string reason;
  std::optional<Instant> until;
};

// What an operator asked of a run, through the ledger.
enum class StopWish { kNone, kPause, kCancel };

struct RunView {
  RunId id;
  std::string phase;
  std::string plan_hash;
  RunState state = RunState::kPlanned;
  std::optional<Verdict> verdict;
  std::string schema;         // where its output is: "bqx__7"
  std::string reader_schema;  // where readers look: "bqx"
  std::string reason;         // why failed or cancelled
  StopWish stop_wish = StopWish::kNone;
  bool published = false;
  std::optional<Instant> dropped;  // when its schema was, as one of more than keep_runs
  std::optional<Instant> created, approved, closed;
  Duration deadline_in{};
  Fence control;  // the newest controller's (I9)
  std::optional<Waiting> waiting;
};

struct RunSnapshot {
  RunView run;
  std::vector<StageView> stages;
  std::vector<MachineView> machines;  // all that ever were, oldest first
  Duration server_up{};               // since the database server started
  std::int64_t findings_failed = 0;   // checks that are not pass, of the newest verification
  std::int64_t findings_total = 0;
  std::int64_t leaves_to_vacuum = 0;  // of a finishing run with an optimise stage; else 0
  std::int64_t leases_of_dead = 0;    // tasks leased to a machine that is gone: claims that raced
  Instant now;                        // database time
  std::vector<PriceChange> prices;    // that were seen for the run, oldest first
  std::vector<SeenRefusal> refusals;  // the newest of each pool and kind, newest first
  std::optional<KeptDisk> kept_disk;  // absent: none was asked for
  std::vector<RaisedFloor> floors;    // oldest first; the last is the one that may be up
  std::vector<ProofPass> passes;      // the newest looks for residue, oldest first
  std::optional<HoldView> hold;       // the wish that is open

  TaskCounts Totals() const;
};

struct Finding {
  std::string stage;
  std::string check;
  std::string where;  // leaf, pair or column it is about; may be empty
  Verdict verdict = Verdict::kCannotTell;
  std::string expected;
  std::string found;
};

// Pass only if there is at least one finding and every one passes.
Verdict Conclude(const std::vector<Finding>& findings);

struct TaskView {
  TaskId id;
  std::string stage;
  Point point;
  TaskState state = TaskState::kBlocked;
  int failures = 0, setbacks = 0;
  std::int64_t rows = 0;
  std::string last_error;
};

struct AttemptView {
  Fence fence;
  MachineId machine;
  int slot = 0;
  Instant started;
  std::optional<Instant> ended;
  std::string outcome;  // "", done, failed, released, expired
  std::string error;
  std::string output;  // last part of what it printed
  std::int64_t rows = 0;
  double seconds = 0;
};

// Time that the slots of a machine spent on a stage.
struct SlotTime {
  MachineId machine;
  std::string stage;
  Duration length{};
  bool lost = false;  // in attempts that ended without being accepted
};

struct LogLine {
  std::int64_t id = 0;
  Instant at;
  MachineId machine;
  TaskId task;
  std::string source;  // "task", "worker", "controller"
  std::string text;
};

struct EventView {
  std::int64_t id = 0;
  Instant at;
  std::string kind;  // "task.done", "machine.intended", "run.published", …
  TaskId task;
  MachineId machine;
  std::string detail;
};

}  // namespace mayfly
