#pragma once
// The end of a process at an absolute time, whatever hangs.

#include "base/result.h"
#include "base/time.h"

namespace mayfly::posix {

// SIGKILL to this process after `in` of CLOCK_BOOTTIME: the kernel's timer holds while the process
// is stopped, stuck or out of memory, and a wrong wall clock does not matter. Arming again replaces
// the earlier timer.
Status ArmKillTimer(Duration in);

// A second such timer, which only ever comes earlier: for a machine that will be taken away. It
// does not touch the first.
Status ArmTakenTimer(Duration in);

// A third, for a process that is to show within `in` that it is heard; arming again postpones it.
Status ArmSilenceTimer(Duration in);

}  // namespace mayfly::posix
