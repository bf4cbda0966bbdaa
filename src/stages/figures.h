#pragma once
// Figures that a task takes of what it sends, while it writes; kept with its completion.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/shape.h"
#include "seams/run_data.h"

namespace mayfly::stages {

// Of one column, as it is stored.
struct ColumnFigures {
  std::int64_t nulls = 0;
  std::optional<double> min, max;  // of the values that are there
  friend bool operator==(const ColumnFigures&, const ColumnFigures&) = default;
};

struct LeafFigures {
  std::string leaf;
  std::int64_t rows = 0;
  std::vector<ColumnFigures> columns;  // of the computed columns, in order; empty: not taken
};

// {"leaves": [{"leaf": …, "rows": …, "nulls": […], "min": […], "max": […]}]}
std::string FiguresToJson(const std::vector<LeafFigures>& leaves);

// Those of the one leaf of a features task. kCorrupt: the ledger holds what nobody wrote so.
Result<LeafFigures> FiguresFromJson(std::string_view text);

// The figures of a table's last columns, as counting in the table would give them. The columns
// before them are the key, which is never NULL: their values are not told.
std::vector<ColumnFacts> FactsOf(const LeafFigures& figures, const TableShape& shape);

// Do the figures say of the computed columns what was counted?
bool AreOf(const LeafFigures& figures, const LeafFacts& counted);

}  // namespace mayfly::stages
