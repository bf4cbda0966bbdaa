#pragma once
// Evaluates every contract of a plan from the data that its run left, as the reader.

#include <vector>

#include "base/result.h"
#include "cli/about_run.h"
#include "model/plan.h"
#include "seams/run_data.h"

namespace mayfly::cli {

// The plan's verify stage; kCorrupt where a stored plan has none.
Result<const PlannedStage*> VerifyStageOf(const PhasePlan& plan);

Result<std::vector<Finding>> JudgeRun(const PhasePlan& plan, DataProbe& probe,
                                      StepProgress& progress);

}  // namespace mayfly::cli
