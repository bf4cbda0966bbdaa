#pragma once
// A small phase drawn from a seed, and how each of its tasks behaves when it is tried.

#include <cstdint>
#include <vector>

#include "base/rng.h"
#include "model/plan.h"

namespace mayfly::sim {

// How a task behaves. What one attempt does depends on seed, task and attempt only.
struct TaskNature {
  Duration takes{};
  double fails = 0;    // by its own fault
  double crashes = 0;  // takes its slot down
  double hangs = 0;    // runs over its timeout
  bool always_fails = false;
};

struct RandomPhase {
  PhasePlan plan;
  std::vector<TaskNature> natures;  // by task
  bool has_hopeless_task = false;
};

// Two to four working stages over a small grid, and a verify stage behind them.
RandomPhase DrawPhase(Rng& rng);

// The content that this leaf has in every right run of the phase (I8).
std::uint64_t RightContent(std::size_t task, std::size_t leaf);

}  // namespace mayfly::sim
