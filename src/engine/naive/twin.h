#pragma once
// The twin of a family: every published column of one row, straight from the definition and in long
// double, by code that shares nothing with the family's own. A row costs its windows, so a run can
// afford to have some of its rows computed a second time.

#include <cstddef>
#include <limits>
#include <span>
#include <string_view>

#include "engine/family.h"

namespace mayfly::engine::naive {

// What a column should be at a row, and how close to that anyone can come.
struct Cell {
  long double value = std::numeric_limits<double>::quiet_NaN();  // NaN is NULL

  // What a relative tolerance is relative to: the deviation of the window where the value is made
  // of differences, however small or large the value itself is.
  double scale = 0;

  // What rounding may cost at any tolerance: of the inputs, or of a price's level. Infinity: there
  // may be a value, but which is for no rounded number to say.
  double noise = 0;
};

// One row of the history. Rows after it are never looked at.
struct RowRequest {
  const Family& family;
  const BarView& bars;
  const Options& options;
  std::size_t row;
};

// Fills one cell per column of family.columns(). Needs a row of the history and a baseline above
// zero; an absent input makes NULLs.
using Twin = void (*)(const RowRequest& request, std::span<Cell> out);

// The twin of the family of that name, or nullptr.
Twin FindTwin(std::string_view family);

}  // namespace mayfly::engine::naive
