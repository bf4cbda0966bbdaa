#include "cli/judge_run.h"

#include <iterator>

#include "stages/verify.h"

namespace mayfly::cli {
namespace {

void Append(std::vector<Finding>& all, std::vector<Finding> some) {
  all.insert(all.end(), std::make_move_iterator(some.begin()), std::make_move_iterator(some.end()));
}

}  // namespace

Result<const PlannedStage*> VerifyStageOf(const PhasePlan& plan) {
  for (const PlannedStage& stage : plan.stages) {
    if (std::holds_alternative<VerifySpec>(stage.spec.kind)) return &stage;
  }
  return Corrupt("the stored plan has no verify stage");
}

Result<std::vector<Finding>> JudgeRun(const PhasePlan& plan, DataProbe& probe,
                                      StepProgress& progress) {
  TRY_ASSIGN(const PlannedStage* verify, VerifyStageOf(plan));
  std::vector<Finding> findings;
  std::vector<Point> points = stages::VerifyPoints(plan);
  std::size_t steps = points.size() + 1;
  for (std::size_t i = 0; i < points.size(); ++i) {
    progress.Tell(i, steps, points[i].Key());
    TRY_ASSIGN(std::vector<Finding> some, stages::VerifyPoint(plan, points[i], probe));
    Append(findings, std::move(some));
  }
  progress.Tell(points.size(), steps, "leaves, keys, assertions");
  TRY_ASSIGN(std::vector<Finding> whole, stages::VerifyWhole(plan, verify->spec, probe));
  Append(findings, std::move(whole));
  return findings;
}

}  // namespace mayfly::cli
