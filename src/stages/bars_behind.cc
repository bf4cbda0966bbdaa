#include "stages/bars_behind.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <string>

namespace mayfly {
namespace {

std::int64_t CountIn(const PairBars& bars, std::span<const Leaf> leaves) {
  std::int64_t rows = 0;
  for (const Leaf& leaf : leaves) rows += bars.RowsIn(leaf.begin, leaf.end);
  return rows;
}

// In a task's leaves, of its pair or of all that the grid has.
std::int64_t CountBars(const PhasePlan& plan, const LoadFindings& load, const PlannedTask& task) {
  std::vector<std::string> pairs;
  if (std::optional<std::string> of = task.point.Label(kPairDimension)) {
    pairs = {*of};
  } else if (const Dimension* all = plan.grid.Find(kPairDimension)) {
    pairs = all->labels;
  }
  std::int64_t rows = 0;
  for (const std::string& pair : pairs) {
    if (const PairBars* bars = load.Find(pair)) rows += CountIn(*bars, task.leaves);
  }
  return rows;
}

}  // namespace

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

std::size_t FindCanary(const PhasePlan& plan, const StageSpec& stage,
                       std::span<const PlannedTask> tasks) {
  std::vector<std::int64_t> bars(tasks.size(), INT64_MAX);
  for (const StageSpec* behind : LoadsBehind(plan.spec, stage)) {
    const LoadFindings* load = plan.findings.FindLoad(behind->name);
    if (load == nullptr) return 0;
    for (std::size_t t = 0; t < tasks.size(); ++t) {
      bars[t] = std::min(bars[t], CountBars(plan, *load, tasks[t]));
    }
  }
  if (bars.empty()) return 0;
  const std::int64_t most = *std::ranges::max_element(bars);
  const std::int64_t half = most - most / 2;  // of one bar it is one
  auto full = std::ranges::find_if(bars, [&](std::int64_t rows) { return rows >= half; });
  return static_cast<std::size_t>(full - bars.begin());
}

}  // namespace mayfly
