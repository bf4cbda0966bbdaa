#include "bars/line_parser.h"

#include <limits>

#include "bars/lines.h"
#include "bars/number.h"

namespace mayfly::bars {
namespace {

constexpr std::size_t kVolume = IndexOf(BarColumn::kVolume);

// A NULL contradicts nothing: every comparison with it is false.
bool IsInconsistent(const double* ohlc) {
  const double open = ohlc[0], high = ohlc[1], low = ohlc[2], close = ohlc[3];
  return high < low || high < open || high < close || low > open || low > close;
}

}  // namespace

LineParser::LineParser(const Dialect& dialect)
    : dialect_(dialect), timestamps_(dialect.time_format) {
  for (std::size_t column = 0; column < kBarColumnCount; ++column) {
    if (dialect.field_of[column]) wanted_.emplace_back(*dialect.field_of[column], column);
  }
  for (BarColumn open : {BarColumn::kOpen, BarColumn::kBidOpen, BarColumn::kAskOpen}) {
    const std::size_t first = IndexOf(open);
    if (dialect.field_of[first + 1] || dialect.field_of[first + 2]) ohlc_.push_back(first);
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
  bool has_non_positive = false;
  for (const auto& [field, column] : wanted_) {
    double& value = row.values[column];
    if (!ParseNumber(fields_[field], dialect_.separator, value)) return DefectKind::kBadNumber;
    if (column != kVolume) {
      has_non_positive |= value <= 0;
    } else if (value < 0) {
      return DefectKind::kBadNumber;
    }
  }
  if (has_non_positive) return DefectKind::kNonPositivePrice;
  for (std::size_t first : ohlc_) {
    if (IsInconsistent(row.values.data() + first)) return DefectKind::kInconsistentOhlc;
  }
  return std::nullopt;
}

}  // namespace mayfly::bars
