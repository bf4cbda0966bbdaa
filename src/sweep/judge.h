#pragma once
// What a thing that was found is, whose, and what may be done about it. Pure.
//
// Nothing is ever done to what lacks this ledger's claim, to what is in use, to what a run that is
// not over may need, or to what is younger than the consistency window. A thing is taken away in
// two phases: a pass marks it, and a pass at least a window later, which asks ledger and cloud
// anew, removes it or takes the mark off. Things that cannot be marked have their first phase in
// the ledger: the instant since which it calls their machine gone, or their run over.

#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/register.h"
#include "model/thing.h"

namespace mayfly::sweep {

enum class Whose { kOurs, kAnotherLedgers, kNobodys };
std::string_view Name(Whose whose);  // "ours", "another ledger's", "nobody's"

enum class Action {
  kNone,     // as it should be, or none of our business
  kJudge,    // for whoever reads it to judge
  kWait,     // nothing yet; a later pass will see
  kMark,     // call it an orphan, from now on
  kUnmark,   // it is needed after all
  kRemove,   // it was called one long enough
  kRestore,  // a raised floor goes back
};
std::string_view Name(Action action);  // "none", "judge", …

struct Finding {
  Thing thing;
  Whose whose = Whose::kNobodys;
  bool is_left = false;  // ours, and no run needs it
  Action action = Action::kNone;
  std::string why;   // "machine 7 of run 3 is gone in the ledger"
  std::string next;  // what to do, for people; empty: nothing
};

// The other direction: alive in the ledger and nowhere to be seen.
struct Missing {
  MachineId machine;
  RunId run;
  MachineState state = MachineState::kIntended;
  std::string why, next;
};

struct Evidence {
  std::vector<Thing> things;
  std::vector<std::string> places;  // that answered
  LedgerRegister ledger;            // read after the things were seen; its time is the time
  Duration window{};
  // What carries this ledger's claim and is of a machine or run that it does not know is a
  // leftover. Otherwise a person judges: the ledger lost history, or it is a copy of the one that
  // made it.
  bool reaps_unknown = false;
};

// Nobody's things are findings only where they bill and nothing uses them. In the order of the
// things.
std::vector<Finding> JudgeThings(const Evidence& evidence);

// Machines older than the window whose every region answered.
std::vector<Missing> FindMissing(const Evidence& evidence);

}  // namespace mayfly::sweep
