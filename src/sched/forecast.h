#pragma once
// How long the rest of a run takes, by its canaries. Pure.

#include <optional>
#include <string>

#include "base/time.h"
#include "model/run.h"

namespace mayfly::sched {

// The time of each stage's canary for each of its tasks that is left, shared out over the slots
// that work. Stages whose canary is not done yet count nothing: it takes at least so long. Absent
// while no machine works or no canary is done.
std::optional<Duration> ForecastRest(const RunSnapshot& snapshot);

// The same in the time of one slot, whoever works now: what the rest costs does not depend on how
// many share it.
Duration ForecastSlotTime(const RunSnapshot& snapshot);

// Why the run should not go on unless somebody says so: the forecast lies beyond the deadline, by
// which all machines end. Absent: nothing speaks against it.
std::optional<std::string> FindOverrun(const RunSnapshot& snapshot);

}  // namespace mayfly::sched
