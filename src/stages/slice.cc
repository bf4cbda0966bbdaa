#include "stages/slice.h"

#include <fmt/format.h>

#include <map>
#include <set>

#include "base/text.h"

namespace mayfly {
namespace {

std::string NameOf(const PhasePlan& plan, std::size_t task) {
  const PlannedTask& planned = plan.tasks[task];
  const std::string& stage = plan.stages[planned.stage].spec.name;
  return planned.point.empty() ? stage : stage + "@" + planned.point.Key();
}

Result<std::size_t> FindTask(const PhasePlan& plan, std::string_view wanted) {
  std::vector<std::string> names;
  std::string_view stage = wanted.substr(0, wanted.find('@'));
  for (std::size_t i = 0; i < plan.tasks.size(); ++i) {
    std::string name = NameOf(plan, i);
    if (name == wanted || (plan.tasks[i].point.empty() && name == stage)) return i;
    names.push_back(std::move(name));
  }
  std::optional<std::string> near = NearestName(wanted, names);
  if (near) return NotFound(fmt::format("there is no task {}; did you mean {}?", wanted, *near));
  for (const std::string& name : names) {
    if (name.starts_with(std::string(stage) + "@")) {
      return NotFound(fmt::format("there is no task {}; a task of this stage is {}", wanted, name));
    }
  }
  return NotFound(fmt::format("there is no task {}; name it STAGE@POINT, such as {}", wanted,
                              names.empty() ? "load@eurusd" : names.front()));
}

Status CheckCanBeTried(const PlannedStage& stage) {
  if (stage.skipped) {
    return Invalid(fmt::format("stage \"{}\" is skipped: {}", stage.spec.name, *stage.skipped));
  }
  if (stage.shape) return {};
  return Invalid(
      fmt::format("stage \"{}\" is about the whole run and cannot be tried alone; name a task of "
                  "a stage that writes a table",
                  stage.spec.name));
}

// A need for a task of the same stage is the wait for its canary: there is no other.
bool IsRealNeed(const PhasePlan& plan, std::size_t task, std::size_t need) {
  return plan.tasks[task].stage != plan.tasks[need].stage;
}

std::set<std::size_t> WithNeeds(const PhasePlan& plan, std::size_t task) {
  std::set<std::size_t> kept;
  std::vector<std::size_t> open{task};
  while (!open.empty()) {
    std::size_t next = open.back();
    open.pop_back();
    if (!kept.insert(next).second) continue;
    for (std::size_t need : plan.tasks[next].needs) {
      if (IsRealNeed(plan, next, need)) open.push_back(need);
    }
  }
  return kept;
}

// Keeps the stages of the kept tasks; answers where each went.
std::map<std::size_t, std::size_t> KeepStages(const PhasePlan& plan,
                                              const std::set<std::size_t>& tasks,
                                              PhasePlan& slice) {
  std::map<std::size_t, std::size_t> moved;
  std::set<std::size_t> stages;
  for (std::size_t task : tasks) stages.insert(plan.tasks[task].stage);
  for (std::size_t stage : stages) {
    moved[stage] = slice.stages.size();
    slice.stages.push_back(plan.stages[stage]);
    slice.stages.back().task_count = 0;
  }
  return moved;
}

}  // namespace

Result<PhasePlan> SliceOf(const PhasePlan& plan, std::string_view wanted) {
  TRY_ASSIGN(std::size_t target, FindTask(plan, wanted));
  TRY(CheckCanBeTried(plan.stages[plan.tasks[target].stage]));
  std::set<std::size_t> kept = WithNeeds(plan, target);
  PhasePlan slice = plan;
  slice.stages.clear();
  slice.tasks.clear();
  slice.notes.clear();
  slice.spec.name += kTrySuffix;
  slice.spec.machines.count = 1;
  std::map<std::size_t, std::size_t> stages = KeepStages(plan, kept, slice);
  std::map<std::size_t, std::size_t> tasks;
  for (std::size_t task : kept) {
    tasks[task] = slice.tasks.size();
    PlannedTask copy = plan.tasks[task];
    copy.stage = stages[copy.stage];
    copy.needs.clear();
    for (std::size_t need : plan.tasks[task].needs) {
      if (IsRealNeed(plan, task, need)) copy.needs.push_back(tasks.at(need));
    }
    ++slice.stages[copy.stage].task_count;
    slice.tasks.push_back(std::move(copy));
  }
  slice.stages[stages[plan.tasks[target].stage]].spec.retries = 0;
  return slice;
}

PhasePlan WithVerify(const PhasePlan& slice) {
  PhasePlan judged = slice;
  std::set<std::string> pairs;
  for (const PlannedTask& task : slice.tasks) {
    if (std::optional<std::string> pair = task.point.Label(kPairDimension)) pairs.insert(*pair);
  }
  PlannedStage verify{.spec = {.name = "verify", .kind = VerifySpec{}}};
  std::size_t stage = judged.stages.size();
  judged.stages.push_back(std::move(verify));
  for (const std::string& pair : pairs) {
    judged.tasks.push_back({.point = Point({{std::string(kPairDimension), pair}}), .stage = stage});
  }
  if (pairs.empty()) judged.tasks.push_back({.stage = stage});
  return judged;
}

}  // namespace mayfly
