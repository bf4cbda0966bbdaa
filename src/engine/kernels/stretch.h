#pragma once
// A stretch of a series: the values of rows [first, first + size) of the history, addressed by the
// row's number in the history. Kernels take stretches so that a range of rows keeps its place, and
// so that one kernel's output can be the next one's input.

#include <cstddef>
#include <span>

#include "engine/family.h"

namespace mayfly::engine {

struct Stretch {
  std::size_t first = 0;
  std::span<const double> values;  // borrowed

  double operator[](std::size_t row) const { return values[row - first]; }
  RowRange rows() const { return {first, first + values.size()}; }
  const double* at(std::size_t row) const { return values.data() + (row - first); }
};

}  // namespace mayfly::engine
