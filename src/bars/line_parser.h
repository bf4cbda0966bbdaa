#pragma once
// One line of a bar file as one row. Internal to bars/.

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "bars/dialect.h"
#include "bars/read_bars.h"
#include "bars/timestamp.h"

namespace mayfly::bars {

struct Row {
  std::int64_t ts_us = 0;
  std::array<double, kBarColumnCount> values{};  // by IndexOf; NaN: NULL, or not in the dialect
};

class LineParser {
 public:
  explicit LineParser(const Dialect& dialect);

  // Fills `row`, or says what is wrong with the line (the first thing found, in the order of
  // DefectKind) and leaves it anyhow. The line has no end mark and is not blank.
  std::optional<DefectKind> Parse(std::string_view line, Row& row);

 private:
  std::optional<DefectKind> ParseValues(Row& row) const;

  Dialect dialect_;
  TimestampParser timestamps_;
  std::vector<std::pair<std::size_t, std::size_t>> wanted_;  // field, column
  std::vector<std::string_view> fields_;
};

}  // namespace mayfly::bars
