#include "stages/emptiness.h"

#include <fmt/format.h>

#include <algorithm>

#include "stages/bars_behind.h"

namespace mayfly::stages {

namespace {

Result<std::int64_t> CountSource(StageWorld& world, const StageSpec& load, const LeasedTask& task) {
  SourceQuestion question;
  question.table = std::get<LoadSpec>(load.kind).table;
  if (auto pair = task.point.Label(kPairDimension)) {
    question.equals.emplace_back(kPairDimension, *pair);
  }
  question.leaves = task.leaves;
  TRY_ASSIGN(std::vector<SourceAnswer> answers, world.probe.CountSource(question));
  std::int64_t rows = 0;
  for (const SourceAnswer& answer : answers) rows += answer.rows;
  return rows;
}

}  // namespace

Status CheckNotEmpty(StageWorld& world, const PlannedStage& stage, const LeasedTask& task,
                     std::int64_t rows) {
  if (rows > 0 || stage.spec.may_be_empty) return {};
  std::optional<std::int64_t> least;
  for (const StageSpec* load : LoadsBehind(world.plan.spec, stage.spec)) {
    TRY_ASSIGN(std::int64_t source_rows, CountSource(world, *load, task));
    if (source_rows == 0) return {};
    least = std::min(least.value_or(source_rows), source_rows);
  }
  std::string why = least ? fmt::format("; its source has {} rows there", *least) : "";
  return Corrupt(fmt::format("{} at {} wrote no row{}; mend it, or say empty = \"allow\"",
                             stage.spec.name, task.point.Key(), why));
}

}  // namespace mayfly::stages
