#include "bars/line_parser.h"

#include <limits>

#include "bars/judge.h"
#include "bars/lines.h"
#include "bars/number.h"

namespace mayfly::bars {

LineParser::LineParser(const Dialect& dialect)
    : dialect_(dialect), timestamps_(dialect.time_format) {
  for (std::size_t column = 0; column < kBarColumnCount; ++column) {
    if (dialect.field_of[column]) wanted_.emplace_back(*dialect.field_of[column], column);
  }
}

std::optional<DefectKind> LineParser::Parse(std::string_view line, Row& row) {
  SplitFields(line, dialect_.separator, fields_);
  if (fields_.size() != dialect_.field_count) return DefectKind::kWrongColumnCount;
  const auto ts = dialect_.time_field
                      ? timestamps_.Parse(fields_[dialect_.ts_field], fields_[*dialect_.time_field])
                      : timestamps_.Parse(fields_[dialect_.ts_field]);
  if (!ts) return DefectKind::kBadTimestamp;
  row.ts_us = *ts;
  return ParseValues(row);
}

std::optional<DefectKind> LineParser::ParseValues(Row& row) const {
  row.values.fill(std::numeric_limits<double>::quiet_NaN());
  for (const auto& [field, column] : wanted_) {
    if (!ParseNumber(fields_[field], dialect_.separator, row.values[column])) {
      return DefectKind::kBadNumber;
    }
  }
  return JudgeValues(row.values);
}

}  // namespace mayfly::bars
