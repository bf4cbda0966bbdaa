#pragma once
// What to do next with a run: a pure function of what the ledger says and what the provider saw.
// It never waits and never calls anybody; the controller carries out what it answers. Every action
// carries the reason, and the ledger keeps it.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "model/run.h"
#include "sched/keep.h"
#include "sched/ladder.h"

namespace mayfly::sched {

struct Policy {
  int machines = 1;      // how many work at once
  int replacements = 8;  // how many may be lost before the run fails
  int forgiven = 0;  // the first so many of the run's machines: the operator mended what they had
  Duration lease = seconds(10);
  Duration boot_patience = seconds(60);   // from intent to first heartbeat
  Duration drain_patience = seconds(30);  // from the order to drain to the end by force
  Duration reserve = seconds(0);          // kept before the deadline for drain and proof
  bool pauses_on_overrun = true;          // a forecast beyond the deadline asks the operator
  bool only_tries = false;                // the run pauses when its tasks are done: no verdict
  bool keeps_machines = true;             // false: what is held ends too
  LadderRules ladder;
  KeepRules keep;
};

// The reason of a try's pause, when all its tasks are done.
inline constexpr std::string_view kTried = "its tasks are done, and it was only a try";

// The reason of a pause that was asked for; any other pause waits for the operator.
inline constexpr std::string_view kAskedToStop = "the operator asked to stop";

// What the provider's List says of a machine that the ledger knows.
struct Sighting {
  MachineId machine;
  std::string external_id;
  bool alive = false;
  std::optional<Pool> pool;  // that it came from
};

struct Launch {  // a new intent, then the provider
  std::string reason;
  std::vector<std::size_t> rungs;  // as AskPools has them
};
struct Await {  // no pool can be asked now: said, and looked at again
  std::string reason;
  Instant until;
};
struct Relaunch {  // an intent without a fact: the same token again (I6)
  MachineId machine;
  std::string reason;
};
struct AdoptSighting {  // an intent without a fact, and the provider has it
  MachineId machine;
  std::string external_id;
  std::optional<Pool> pool;
};
struct Drain {
  MachineId machine;
  std::string reason;
};
struct End {  // intent, terminate, reap, fact
  MachineId machine;
  std::string reason;
};
struct Reap {  // leases of a machine that is gone: a claim raced its death
  MachineId machine;
  std::string reason;
};
struct MoveStage {
  StageId stage;
  StageState to = StageState::kOpen;
  std::string reason;
};
struct MoveRun {
  RunState to = RunState::kRunning;
  std::optional<Verdict> verdict;
  std::string reason;
};
struct Publish {
  std::string reason;
};
struct Vacuum {  // freeze some of the leaves that an optimise stage left for later
  std::string reason;
};
struct AnswerHold {  // the wish to hold a machine is promised, or refused
  HoldId hold;
  HoldState to = HoldState::kPromised;
  std::string reason;
};
struct Hold {  // keep the machine, for so long from now
  MachineId machine;
  HoldId hold;
  Duration length{};
  std::string reason;
};
struct ProveGone {  // look for residue; two empty looks, far enough apart, are the proof
  std::string reason;
};
using Action = std::variant<Launch, Await, Relaunch, AdoptSighting, Drain, End, Reap, MoveStage,
                            MoveRun, Publish, ProveGone, Vacuum, KeepDisk, DropDisk, RaiseFloor,
                            RestoreFloor, AnswerHold, Hold>;

// What a hold of a machine is to cost (cost/cap): at most so much by the hour, and no longer than
// the cap pays for.
struct HoldTerms {
  Rate hourly;
  std::optional<Duration> longest;  // from now; absent: there is no cap
};

// What the run's money says, each with its reason (cost/cap, by way of the controller).
struct MoneyKnown {
  std::optional<std::string> crossing;   // the rest as forecast would cross the cap: drain
  std::optional<std::string> no_launch;  // the cap pays for no further machine (I11)
  bool account_is_open = false;          // what an ended machine cost is about to be told
  std::map<MachineId, HoldTerms> holds;  // of machines that live
};

// What Decide is given besides the snapshot.
struct Known {
  std::vector<Sighting> sightings;
  bool residue_proved_empty =
      false;  // two empty looks since the last machine ended, far enough apart
  bool residue_look_is_due = true;  // one now would tell something
  MoneyKnown money;
  Choice next = AskPools{{0}, ""};  // where the next machine comes from
};

// Empty means: nothing to do now, look again later. Needs a snapshot that the ledger just gave.
std::vector<Action> Decide(const RunSnapshot& snapshot, const Known& known, const Policy& policy);

// Is there nothing left to do, now and later? The run is over, failed or paused, no machine is
// left, what it kept or raised is settled, and the residue is proved empty.
bool IsSettled(const RunSnapshot& snapshot, const Known& known);

// One sentence for people: what the action is and why.
std::string Describe(const Action& action);

}  // namespace mayfly::sched
