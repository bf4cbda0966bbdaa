#pragma once
// The proof that nothing of a run is left that bills: looks at the provider that found nothing, the
// last one so long after the first that whatever was there would have been shown by then. Pure.

#include <optional>
#include <string>
#include <vector>

#include "base/time.h"

namespace mayfly {

struct RunSnapshot;

// One thing left over: "process 4711 (machine 3)", "scratch folder …", "socket …".
struct Residue {
  std::string kind;
  std::string name;
  friend bool operator==(const Residue&, const Residue&) = default;
};

// One look at everything that a run's machines may leave behind.
struct ResidueLook {
  std::vector<Residue> found;      // empty: nothing is shown
  std::vector<std::string> kinds;  // that were looked for: "instance", "volume"
  Duration shown_within{};         // what is younger than this may be there and not be shown yet
  friend bool operator==(const ResidueLook&, const ResidueLook&) = default;
};

// "nothing is left", "2 things are left, the first is volume vol-1".
std::string Describe(const ResidueLook& look);

// A look as the ledger keeps it.
struct ProofPass {
  Instant began;  // database time, from before the look
  ResidueLook look;
  int seen_ended = 0;  // machines of the run that the provider shows, ended
  int not_shown = 0;   // machines that it shows no more
  friend bool operator==(const ProofPass&, const ProofPass&) = default;
};

// What the looks since the last machine was gone come to.
struct ProofStanding {
  std::optional<ProofPass> first, last;  // of the unbroken row of empty ones; may be the same one
  std::optional<Instant> next;  // the look that completes it may not begin before; absent: at once
  bool is_complete = false;
};

// Needs the newest looks of the snapshot, oldest first. Nothing is proved while a machine lives,
// and a look that found something, or was begun before the last machine was gone, counts for
// nothing.
ProofStanding JudgeProof(const RunSnapshot& snapshot);

}  // namespace mayfly
