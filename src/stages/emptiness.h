#pragma once
// May a task's output be empty? Only where the source has no row in its range, or the phase says
// so.

#include "base/result.h"
#include "stages/stage_kind.h"

namespace mayfly::stages {

// kCorrupt where `rows` is 0 and the bars of the task's point say that there is something to do.
Status CheckNotEmpty(StageWorld& world, const PlannedStage& stage, const LeasedTask& task,
                     std::int64_t rows);

}  // namespace mayfly::stages
