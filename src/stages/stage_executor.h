#pragma once
// Runs the tasks of a group by their stage's kind: prepares all, then writes all in one
// transaction.

#include <map>
#include <memory>
#include <string>

#include "stages/stage_kind.h"

namespace mayfly::stages {

class StageExecutor : public TaskExecutor {
 public:
  // `world` must outlive the executor.
  explicit StageExecutor(StageWorld& world);

  Result<std::vector<Completion>> Execute(std::span<const LeasedTask> tasks,
                                          const std::function<bool()>& cancelled,
                                          ExecutionNotes& notes) override;

 private:
  Result<WriteStep> Prepare(const LeasedTask& task, const std::function<bool()>& cancelled,
                            std::string& output);

  StageWorld& world_;
  std::map<std::string, std::unique_ptr<StageKind>, std::less<>> kinds_;
};

}  // namespace mayfly::stages
