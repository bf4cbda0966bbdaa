#include "model/plan.h"

namespace mayfly {

std::size_t PhasePlan::LeafCount() const {
  std::size_t count = 0;
  for (const PlannedTask& task : tasks) count += task.leaves.size();
  return count;
}

const PlannedStage* PhasePlan::FindStage(std::string_view name) const {
  for (const PlannedStage& stage : stages) {
    if (stage.spec.name == name) return &stage;
  }
  return nullptr;
}

}  // namespace mayfly
