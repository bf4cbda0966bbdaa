#pragma once
// The termination checklist: what must be so before a run counts as ended, line by line, each with
// its evidence. Evaluated from what the ledger holds; nobody ticks it. Pure.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "model/closing.h"
#include "model/run.h"

namespace mayfly::closing {

enum class LineState {
  kDone,
  kOpen,        // it may still become so
  kFailed,      // it will not, unless somebody acts
  kNotNeeded,   // this run has nothing of the kind
  kCannotTell,  // the ledger does not know
};
std::string_view Name(LineState state);  // "done", "open", "failed", "not needed", "cannot tell"

struct Line {
  std::string name;
  LineState state = LineState::kOpen;
  std::string evidence;   // what the state stands on, with numbers and times
  std::string next_step;  // empty: nothing to do
};

// What the lines are evaluated from.
struct Evidence {
  const RunSnapshot& run;
  const ClosingFacts& facts;
  const std::vector<Finding>& findings;  // of the newest verification
};

// "stages verified", "published", "export validated", "logs kept", "capacity restored", "nothing
// running", "terminated", "proved": always all eight, in this order. A verdict that is not pass
// fails the first two lines and leaves the others as they are: the machines end all the same.
std::vector<Line> MakeChecklist(const Evidence& evidence);

// Whether the run has begun to end: its work is over, or it rests.
bool IsEnding(const RunView& run);

// "6 done, 2 not needed"; of several states the worst first.
std::string Summarise(const std::vector<Line>& lines);

// Is every line done or not needed?
bool IsComplete(const std::vector<Line>& lines);

}  // namespace mayfly::closing
