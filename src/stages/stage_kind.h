#pragma once
// One stage kind: how the work of one task is prepared and written. One file per kind.

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/plan.h"
#include "seams/file_system.h"
#include "seams/process_runner.h"
#include "seams/run_data.h"
#include "seams/task_executor.h"
#include "seams/task_queue.h"

namespace mayfly::stages {

// What a stage may touch. All references outlive every task.
struct StageWorld {
  const PhasePlan& plan;
  std::string schema;  // the run's own, where its tables are
  RunData& data;
  DataProbe& probe;
  FileSystem& files;
  ProcessRunner& processes;
  // Output of a task, as it comes.
  std::function<void(TaskId, std::string_view)> log;
};

struct TaskContext {
  const LeasedTask& task;
  const PlannedStage& stage;
  const std::function<bool()>& cancelled;
  std::string& output;  // the last part of what the task printed, for a failure's record
};

// Writes the prepared output inside the open transaction and says what it wrote.
using WriteStep = std::function<Result<Completion>()>;

class StageKind {
 public:
  virtual ~StageKind() = default;

  // Everything that needs no transaction. The answer is called at most once, after RunData::Begin.
  virtual Result<WriteStep> Prepare(const TaskContext& context) = 0;
};

std::unique_ptr<StageKind> MakeLoad(StageWorld& world);
std::unique_ptr<StageKind> MakeFeatures(StageWorld& world);
std::unique_ptr<StageKind> MakeSql(StageWorld& world);
std::unique_ptr<StageKind> MakeCommand(StageWorld& world);
std::unique_ptr<StageKind> MakeOptimise(StageWorld& world);
std::unique_ptr<StageKind> MakeVerify(StageWorld& world);

}  // namespace mayfly::stages
