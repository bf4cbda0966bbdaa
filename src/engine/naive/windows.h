#pragma once
// The slow obvious twins of kernels/: each window computed from scratch, in two passes, in long
// double.

#include <cstddef>
#include <span>

namespace mayfly::engine::naive {

// All of a window that the rolling kernels know. Needs at least one value.
struct WindowFigures {
  bool has_null = false;  // the rest is of the values that are not NULL
  long double mean = 0;
  long double stdev = 0;  // sample (n - 1); 0 for a single value
  double max = 0;
  double min = 0;
};

WindowFigures Figures(std::span<const double> window);

}  // namespace mayfly::engine::naive
