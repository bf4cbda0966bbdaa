#pragma once
// What to do next about what a run keeps or holds up beside its machines: a disk, and a database's
// floor. Pure; part of Decide.

#include <optional>
#include <string>
#include <variant>

#include "base/time.h"
#include "model/run.h"

namespace mayfly::sched {

struct KeepDisk {  // look, intent, ask, fact
  MachineId machine;
  std::string reason;
};
struct DropDisk {  // remove whatever there is of it, fact
  DiskState to = DiskState::kFailed;
  std::string reason;
};
struct RaiseFloor {  // look, intent, mark, set, fact
  std::string reason;
};
struct RestoreFloor {  // intent; then look, set, unmark, fact
  std::string reason;
};

struct KeepRules {
  std::optional<Duration> disk_wait;  // how long a snapshot may take; absent: none is wanted
  bool raises_floor = false;
};

// A run with a verdict of pass keeps the disk of its last machine, which stays for that long.
struct DiskDecision {
  std::optional<std::variant<KeepDisk, DropDisk>> act;
  std::optional<MachineId> stays;  // this machine is not asked to drain meanwhile
  bool is_open = false;            // the run is not over before it is settled
};
DiskDecision DecideDisk(const RunSnapshot& snapshot, const KeepRules& rules);

bool IsDiskOpen(const RunSnapshot& snapshot);
bool IsFloorOpen(const RunSnapshot& snapshot);

// Before a machine is asked for; absent: the floor is up, or is not to be raised.
std::optional<std::variant<RaiseFloor, RestoreFloor>> FloorBeforeLaunch(const RunSnapshot& snapshot,
                                                                        const KeepRules& rules);
// When the run needs no machine any more; absent: nothing is up.
std::optional<RestoreFloor> FloorAfterWork(const RunSnapshot& snapshot, std::string reason);

}  // namespace mayfly::sched
