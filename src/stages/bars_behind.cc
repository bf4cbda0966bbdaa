#include "stages/bars_behind.h"

#include <set>
#include <string>

namespace mayfly {

std::vector<const StageSpec*> LoadsBehind(const PhaseSpec& spec, const StageSpec& stage) {
  if (const auto* features = std::get_if<FeaturesSpec>(&stage.kind)) {
    return {spec.FindStage(features->bars)};
  }
  std::vector<const StageSpec*> loads;
  std::vector<const StageSpec*> open{&stage};
  std::set<std::string> seen;
  while (!open.empty()) {
    const StageSpec& next = *open.back();
    open.pop_back();
    if (std::holds_alternative<LoadSpec>(next.kind)) {
      loads.push_back(&next);
      continue;
    }
    for (const std::string& name : next.after) {
      const StageSpec* before = spec.FindStage(name);
      if (before != nullptr && seen.insert(name).second) open.push_back(before);
    }
  }
  return loads;
}

}  // namespace mayfly
