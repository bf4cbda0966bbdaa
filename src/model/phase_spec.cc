#include "model/phase_spec.h"

#include <array>

namespace mayfly {

std::string_view StageSpec::kind_name() const {
  constexpr std::array<std::string_view, 5> kNames{"load", "features", "sql", "command", "verify"};
  return kNames[kind.index()];
}

const StageSpec* PhaseSpec::FindStage(std::string_view stage) const {
  for (const StageSpec& candidate : stages) {
    if (candidate.name == stage) return &candidate;
  }
  return nullptr;
}

const StageSpec* PhaseSpec::FirstLoad() const {
  for (const StageSpec& candidate : stages) {
    if (std::holds_alternative<LoadSpec>(candidate.kind)) return &candidate;
  }
  return nullptr;
}

}  // namespace mayfly
