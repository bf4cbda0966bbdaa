#pragma once
// May a task's output be empty? Only where the bars that its stage works on have no row in its
// range, or the phase says so.

#include "base/result.h"
#include "stages/stage_kind.h"

namespace mayfly::stages {

// kCorrupt where `rows` is 0 and there is something to do: every load stage behind the stage has
// bars at the task's point, or there is none behind it that could say otherwise.
Status CheckNotEmpty(StageWorld& world, const PlannedStage& stage, const LeasedTask& task,
                     std::int64_t rows);

}  // namespace mayfly::stages
