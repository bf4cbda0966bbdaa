#include "model/phase_spec.h"

#include <algorithm>
#include <array>

namespace mayfly {

std::string_view StageSpec::kind_name() const {
  constexpr std::array<std::string_view, 6> kNames{"load",    "features", "sql",
                                                   "command", "optimise", "verify"};
  return kNames[kind.index()];
}

bool IsPlainLabel(std::string_view text) {
  constexpr std::size_t kLongest = 63;
  return !text.empty() && text.size() <= kLongest &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '.' || c == '-';
         });
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

std::vector<std::string> PhaseSpec::DimensionsOf(const StageSpec& stage) const {
  bool by_pair = std::holds_alternative<LoadSpec>(stage.kind) ||
                 std::holds_alternative<VerifySpec>(stage.kind);
  bool by_bar = std::holds_alternative<FeaturesSpec>(stage.kind);
  std::vector<std::string> dimensions;
  if (std::holds_alternative<OptimiseSpec>(stage.kind)) return dimensions;  // once, for the whole
  for (const DimensionSpec& dimension : grid) {
    const std::string& dim = dimension.name;
    bool is_in = true;
    if (stage.grid) {
      is_in = std::find(stage.grid->begin(), stage.grid->end(), dim) != stage.grid->end();
    } else if (by_pair || by_bar) {
      is_in = dim == kPairDimension || (by_bar && dim == kPeriodDimension);
    }
    if (is_in) dimensions.push_back(dim);
  }
  return dimensions;
}

TableShape OutputShape(const OutputSpec& output, const std::vector<std::string>& dimensions) {
  TableShape shape{.name = output.table, .dimensions = dimensions};
  Column time{std::string(kTimeColumn), ColumnType::kTimestamptz};
  bool has_time =
      std::find(output.columns.begin(), output.columns.end(), time) != output.columns.end();
  if (has_time) shape.time_column = time.name;
  for (const std::string& dimension : dimensions) {
    if (dimension == kPeriodDimension && shape.time_column) continue;
    shape.columns.push_back({dimension, ColumnType::kText});
  }
  shape.columns.insert(shape.columns.end(), output.columns.begin(), output.columns.end());
  shape.key = output.key;
  if (shape.key.empty()) {
    shape.key = PartitionColumns(shape);
    bool in_key = std::find(shape.key.begin(), shape.key.end(), time.name) != shape.key.end();
    if (has_time && !in_key) shape.key.push_back(time.name);
  }
  return shape;
}

std::vector<std::string> PartitionColumns(const TableShape& shape) {
  std::vector<std::string> columns;
  bool is_range = false;
  for (const std::string& dimension : shape.dimensions) {
    if (dimension == kPeriodDimension && shape.time_column) {
      is_range = true;
    } else {
      columns.push_back(dimension);
    }
  }
  if (is_range) columns.push_back(*shape.time_column);
  return columns;
}

}  // namespace mayfly
