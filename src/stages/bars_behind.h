#pragma once
// Which bars a stage is about: those of the load stages that it reads or comes after. Pure.

#include <vector>

#include "model/plan.h"

namespace mayfly {

// The load stages whose bars a stage works on: itself, the one that a features stage names, those
// that any other comes after, also by way of other stages. None: it has nothing to do with bars.
std::vector<const StageSpec*> LoadsBehind(const PhaseSpec& spec, const StageSpec& stage);

}  // namespace mayfly
