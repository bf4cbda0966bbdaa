#include "stages/stage_executor.h"

#include <fmt/format.h>

namespace mayfly::stages {

StageExecutor::StageExecutor(StageWorld& world) : world_(world) {
  kinds_.emplace("load", MakeLoad(world));
  kinds_.emplace("features", MakeFeatures(world));
  kinds_.emplace("sql", MakeSql(world));
  kinds_.emplace("command", MakeCommand(world));
  kinds_.emplace("optimise", MakeOptimise(world));
  kinds_.emplace("verify", MakeVerify(world));
}

Result<WriteStep> StageExecutor::Prepare(const LeasedTask& task,
                                         const std::function<bool()>& cancelled,
                                         std::string& output) {
  const PlannedStage* stage = world_.plan.FindStage(task.stage);
  if (stage == nullptr) {
    return Invalid(fmt::format("task {} is of stage \"{}\", which the plan does not have",
                               task.id.value, task.stage));
  }
  TaskContext context{task, *stage, cancelled, output};
  return kinds_.find(stage->spec.kind_name())->second->Prepare(context);
}

Result<std::vector<Completion>> StageExecutor::Execute(std::span<const LeasedTask> tasks,
                                                       const std::function<bool()>& cancelled,
                                                       ExecutionNotes& notes) {
  std::vector<WriteStep> steps;
  for (const LeasedTask& task : tasks) {
    notes.Begin(steps.size());
    notes.output.clear();
    if (cancelled()) return Cancelled("the machine drains");
    TRY_ASSIGN(WriteStep step, Prepare(task, cancelled, notes.output));
    steps.push_back(std::move(step));
  }
  notes.Begin(0);  // the transaction is opened for it, as if it were alone
  TRY(world_.data.Begin());
  std::vector<Completion> done;
  for (const WriteStep& step : steps) {
    notes.Begin(done.size());
    TRY_ASSIGN(Completion completion, step());
    done.push_back(std::move(completion));
  }
  return done;
}

}  // namespace mayfly::stages
