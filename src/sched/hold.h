#pragma once
// Which machine is kept when its work is over, for how long, and what becomes of the wish. Pure.

#include <vector>

#include "sched/decide.h"

namespace mayfly::sched {

// May what is held go on? Not where the operator wants all of it to end.
bool KeepsHeld(const RunSnapshot& snapshot, const Policy& policy);

// One that leaves, or is about to be taken away, is past keeping.
bool CanBeHeld(const MachineView& machine);

// The run has a machine that is not only held.
bool HasWorkers(const RunSnapshot& snapshot);

// Why a held machine must end now, or nothing.
std::optional<std::string> ReasonToEndHold(const MachineView& machine);

// Answers the open wish. From `decided` on, `actions` is what becomes of the run: where that ends
// the wished machine, or lets the run rest, the machine is held instead, before anything else is
// done.
void KeepWhatIsWished(const RunSnapshot& snapshot, const Known& known, const Policy& policy,
                      std::size_t decided, std::vector<Action>& actions);

}  // namespace mayfly::sched
