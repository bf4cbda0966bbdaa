#pragma once
// The last step of a figure: from window sums in scratch to a column.

#include <cstddef>
#include <limits>
#include <span>

namespace mayfly::engine {

// column[i] = value(i), or NULL where `full` is NaN (there was a NULL in the window). One figure a
// loop, the value before the choice: this is the shape that compilers turn into vectors; with more
// figures a loop they make a branch of the choices.
template <typename Value>
void FillColumn(std::span<const double> full, double* column, const Value& value) {
  const double* const mark = full.data();
  for (std::size_t i = 0; i < full.size(); ++i) {
    const double figure = value(i);
    column[i] = mark[i] == mark[i] ? figure : std::numeric_limits<double>::quiet_NaN();
  }
}

}  // namespace mayfly::engine
