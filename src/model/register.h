#pragma once
// What the ledger says of all its runs and machines, as far as a sweep asks. Plain values.

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "model/states.h"

namespace mayfly {

struct RunEntry {
  RunId id;
  std::string phase;
  RunState state = RunState::kPlanned;
  std::optional<Instant> over;  // since when it is closed or cancelled
};

struct MachineEntry {
  MachineId id;
  RunId run;
  MachineState state = MachineState::kIntended;
  std::string provider;
  std::string external_id;        // empty: not known to exist
  std::set<std::string> regions;  // that it may be in
  Instant intended;
  std::optional<Instant> heartbeat, gone;
};

struct LedgerRegister {
  std::string identity;  // tells this ledger from every other
  std::vector<RunEntry> runs;
  std::vector<MachineEntry> machines;
  std::set<std::string> regions;    // of all machines, and of all phases that rent some
  std::set<std::string> buckets;    // of those phases
  bool has_rented = false;          // a phase of it rents machines
  std::vector<std::string> unread;  // why phases cannot be read: where theirs is, nobody can tell
  Instant now;                      // database time
};

}  // namespace mayfly
