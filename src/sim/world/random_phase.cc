#include "sim/world/random_phase.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace mayfly::sim {
namespace {

using Dimensions = std::vector<std::string>;

Grid DrawGrid(Rng& rng) {
  static const std::vector<std::string> kPairs = {"audusd", "eurusd", "gbpusd"};
  static const std::vector<std::string> kMonths = {"2024-07", "2024-08", "2024-09"};
  Dimension pair{.name = "pair"}, period{.name = "period"};
  pair.labels.assign(kPairs.begin(), kPairs.begin() + 1 + static_cast<long>(rng.Below(3)));
  period.labels.assign(kMonths.begin(), kMonths.begin() + 1 + static_cast<long>(rng.Below(3)));
  return Grid{{pair, period}};
}

Dimensions DrawDimensions(Rng& rng) {
  switch (rng.Below(6)) {
    case 0:
      return {};
    case 1:
      return {"pair"};
    default:
      return {"pair", "period"};
  }
}

StageSpec DrawStage(Rng& rng, const PhasePlan& plan, std::size_t ordinal) {
  StageSpec spec{.name = ordinal == 0 ? "load" : fmt::format("stage-{}", ordinal)};
  spec.grid = ordinal == 0 ? Dimensions{"pair"} : DrawDimensions(rng);
  spec.timeout = seconds(20);
  spec.retries = 2 + static_cast<int>(rng.Below(2));
  spec.setbacks = 20;
  spec.lookback = rng.Chance(0.3) ? 1 : 0;
  spec.kind = SqlSpec{};
  if (ordinal > 0) {
    spec.after.push_back(plan.stages[rng.Below(ordinal)].spec.name);
    const std::string& other = plan.stages[rng.Below(ordinal)].spec.name;
    if (other != spec.after.front()) spec.after.push_back(other);
  }
  return spec;
}

// Does a task at `point` need one of an earlier stage at `other`? At its own point, and at the
// earlier periods that it looks back to.
bool NeedsPoint(const Grid& grid, const StageSpec& spec, const Point& point, const Point& other) {
  if (point.Meets(other)) return true;
  std::optional<std::string> mine = point.Label("period"), theirs = other.Label("period");
  if (spec.lookback == 0 || !mine || !theirs) return false;
  if (point.Label("pair") != other.Label("pair")) return false;
  const std::vector<std::string>& labels = grid.Find("period")->labels;
  auto at = [&](const std::string& label) {
    return std::ranges::find(labels, label) - labels.begin();
  };
  auto back = at(*mine) - at(*theirs);
  return back > 0 && back <= spec.lookback;
}

PlannedTask MakeTask(const PhasePlan& plan, std::size_t stage, const Point& point) {
  const StageSpec& spec = plan.stages[stage].spec;
  PlannedTask task{.point = point, .stage = stage};
  for (std::size_t i = 0; i < plan.tasks.size(); ++i) {
    const PlannedTask& earlier = plan.tasks[i];
    const std::string& name = plan.stages[earlier.stage].spec.name;
    bool after = std::ranges::find(spec.after, name) != spec.after.end();
    if (after && NeedsPoint(plan.grid, spec, point, earlier.point)) task.needs.push_back(i);
  }
  if (std::holds_alternative<VerifySpec>(spec.kind)) return task;
  if (std::holds_alternative<OptimiseSpec>(spec.kind)) return task;
  std::vector<Point> leaves = {point};
  if (stage == 0) {  // a load task owns all leaves of its pair
    leaves = PointsOver(plan.grid, {"pair", "period"});
    std::erase_if(leaves, [&](const Point& leaf) { return !leaf.Meets(point); });
  }
  for (const Point& leaf : leaves) {
    task.leaves.push_back({.name = LeafName(spec.name, leaf.Key()), .point = leaf});
  }
  return task;
}

void AddStage(PhasePlan& plan, StageSpec spec) {
  std::size_t stage = plan.stages.size();
  plan.stages.push_back({.spec = std::move(spec)});
  for (const Point& point : PointsOver(plan.grid, *plan.stages[stage].spec.grid)) {
    plan.tasks.push_back(MakeTask(plan, stage, point));
  }
  plan.stages[stage].task_count = PointsOver(plan.grid, *plan.stages[stage].spec.grid).size();
}

// One task that needs all that are there so far.
StageSpec AfterAll(const PhasePlan& plan, const std::string& name,
                   std::variant<OptimiseSpec, VerifySpec> kind) {
  StageSpec spec{.name = name, .grid = Dimensions{}, .retries = 2, .setbacks = 20};
  for (const PlannedStage& stage : plan.stages) spec.after.push_back(stage.spec.name);
  spec.timeout = seconds(20);
  std::visit([&](const auto& one) { spec.kind = one; }, kind);
  return spec;
}

TaskNature DrawNature(Rng& rng) {
  std::uint64_t longest = rng.Chance(0.4) ? 15'000 : 3'000;
  TaskNature nature{.takes = milliseconds(200 + static_cast<std::int64_t>(rng.Below(longest)))};
  if (rng.Chance(0.1)) nature.fails = 0.3;
  if (rng.Chance(0.1)) nature.crashes = 0.3;
  if (rng.Chance(0.05)) nature.hangs = 0.3;
  return nature;
}

}  // namespace

RandomPhase DrawPhase(Rng& rng) {
  RandomPhase phase;
  PhasePlan& plan = phase.plan;
  plan.spec.name = "simulated";
  plan.spec.deadline = Duration(hours(6));
  plan.spec.database.schema = "sim";
  plan.spec.machines.lease = seconds(10);
  plan.hash = "000000000000";
  plan.grid = DrawGrid(rng);
  std::size_t working = 2 + rng.Below(3);
  for (std::size_t i = 0; i < working; ++i) AddStage(plan, DrawStage(rng, plan, i));
  if (rng.Chance(0.3)) AddStage(plan, AfterAll(plan, "optimise", OptimiseSpec{}));
  AddStage(plan, AfterAll(plan, "verify", VerifySpec{}));
  for (std::size_t i = 0; i < plan.tasks.size(); ++i) phase.natures.push_back(DrawNature(rng));
  if (rng.Chance(0.1)) {
    phase.has_hopeless_task = true;
    phase.natures[rng.Below(phase.natures.size())].always_fails = true;
  }
  return phase;
}

std::uint64_t RightContent(std::size_t task, std::size_t leaf) {
  return Rng(task * 1000 + leaf + 1).Next();
}

}  // namespace mayfly::sim
