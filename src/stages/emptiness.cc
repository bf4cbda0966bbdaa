#include "stages/emptiness.h"

#include <fmt/format.h>

namespace mayfly::stages {

Status CheckNotEmpty(StageWorld& world, const PlannedStage& stage, const LeasedTask& task,
                     std::int64_t rows) {
  if (rows > 0 || stage.spec.may_be_empty) return {};
  const StageSpec* load = world.plan.spec.FirstLoad();
  std::int64_t source_rows = 0;
  bool counted = load != nullptr && !task.leaves.empty();
  if (counted) {
    SourceQuestion question;
    question.table = std::get<LoadSpec>(load->kind).table;
    if (auto pair = task.point.Label("pair")) question.equals.emplace_back("pair", *pair);
    question.leaves = task.leaves;
    TRY_ASSIGN(std::vector<SourceAnswer> answers, world.probe.CountSource(question));
    for (const SourceAnswer& answer : answers) source_rows += answer.rows;
    if (source_rows == 0) return {};
  }
  std::string why = counted ? fmt::format("; its source has {} rows there", source_rows) : "";
  return Corrupt(fmt::format("{} at {} wrote no row{}; mend it, or say empty = \"allow\"",
                             stage.spec.name, task.point.Key(), why));
}

}  // namespace mayfly::stages
