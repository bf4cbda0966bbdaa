#pragma once
// What the data that was found disproves of a phase: refused before anything runs. Pure.

#include "base/result.h"
#include "model/plan.h"

namespace mayfly {

// Needs a plan whose grid and stages are chosen; its tasks are not looked at. Findings of an
// earlier version say nothing of each load stage, and nothing is refused then.
//
// kInvalid: every reason, one a line. A pair that one load stage has and another lacks; a pair
// without a single bar; bars that are all outside of the grid's periods, of a load stage or of a
// pair that features are made of; a baseline behind the last close of a pair. Where a stage says
// empty = "allow", that it has no row is no reason.
Status CheckFindings(const PhasePlan& plan);

}  // namespace mayfly
