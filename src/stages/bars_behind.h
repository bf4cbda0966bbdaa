#pragma once
// Which bars a stage is about: those of the load stages that it reads or comes after. Pure.

#include <cstddef>
#include <span>
#include <vector>

#include "model/plan.h"

namespace mayfly {

// The load stages whose bars a stage works on: itself, the one that a features stage names, those
// that any other comes after, also by way of other stages. None: it has nothing to do with bars.
std::vector<const StageSpec*> LoadsBehind(const PhaseSpec& spec, const StageSpec& stage);

// Which of a stage's tasks says something about it: the first that has at least half of the bars
// that any of them has, of several load stages behind it the least, for what is made of all of them
// has no row where one has none. Where no bars are known of, as in findings of an earlier version:
// the first.
std::size_t FindCanary(const PhasePlan& plan, const StageSpec& stage,
                       std::span<const PlannedTask> tasks);

}  // namespace mayfly
