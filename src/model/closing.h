#pragma once
// What the closing account of a run needs of the ledger beside its snapshot: when things happened,
// and what is kept of each machine's words.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/time.h"

namespace mayfly {

struct StageTrail {
  std::string stage;
  std::optional<Instant> began, ended;  // of its first attempt, and of its last
  std::int64_t attempts = 0;            // that ended
  std::int64_t lost = 0;                // of them, those that were not accepted
};

struct MachineTrail {
  MachineId machine;
  std::int64_t lines = 0;            // entries of its log, its tasks' too
  std::optional<Instant> last_line;  // the newest of them
  std::optional<Instant> heard;      // its last heartbeat
  std::optional<Instant> left;       // it said that it leaves, all that it had printed being sent
};

struct ClosingFacts {
  std::string approved_by;                     // the login that approved; empty: not recorded
  std::optional<Instant> verified, published;  // of the newest verification; of the publication
  std::vector<StageTrail> stages;              // of those with attempts
  std::vector<MachineTrail> machines;          // oldest first
};

}  // namespace mayfly
