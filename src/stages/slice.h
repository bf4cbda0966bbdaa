#pragma once
// One task of a plan with all that it needs, as a plan of its own: what `run --only … --dry` runs.

#include <string_view>

#include "base/result.h"
#include "model/plan.h"

namespace mayfly {

// How a try is called in the ledger: a name that no phase file can have, so that a try is never
// taken for a run of the phase.
inline constexpr std::string_view kTrySuffix = " (dry)";

// `wanted` is STAGE@POINT, as in `mayfly explain`, or the stage alone where it has one task. The
// slice keeps its tasks' order, leaves and needs, but for the wait for a canary; the named task
// gets one try. Compiling spec and findings again still gives the whole plan, of which the slice is
// a part.
//
// kNotFound names the nearest task; kInvalid: the stage is skipped, or is about the whole run
// (optimise, verify).
Result<PhasePlan> SliceOf(const PhasePlan& plan, std::string_view wanted);

// The slice with a verify stage that judges what the slice wrote and nothing else: for
// stages::VerifyPoint and VerifyWhole.
PhasePlan WithVerify(const PhasePlan& slice);

}  // namespace mayfly
