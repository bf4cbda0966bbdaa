#pragma once
// Maxima and minima over sliding windows.

#include <cstddef>
#include <limits>
#include <vector>

#include "engine/kernels/block_slide.h"
#include "engine/kernels/stretch.h"

namespace mayfly::engine {

struct WindowExtremes {
  std::vector<double> max;
  std::vector<double> min;

  void Resize(std::size_t rows);
};

class RollingExtremes {
 public:
  // Fills `out` with one entry for each row of `ends`: the `window` rows that end there, itself
  // included. Needs window >= 1, ends.begin >= window - 1, and all those rows in `series`.
  // A NULL in the window is passed over: the extreme is that of the others (-inf and +inf when
  // there are none). The caller knows from the window's moments that there was one.
  void Compute(const Stretch& series, std::size_t window, RowRange ends, WindowExtremes& out);

 private:
  struct State {
    double max = -std::numeric_limits<double>::infinity();
    double min = std::numeric_limits<double>::infinity();

    // Comparisons with a NaN are false, which keeps the NaN out.
    void Add(double value, std::size_t, const Anchor<double>&) {
      max = value > max ? value : max;
      min = value < min ? value : min;
    }
    void Merge(const State& later) {
      max = later.max > max ? later.max : max;
      min = later.min < min ? later.min : min;
    }
  };
  std::vector<State> suffixes_;
};

}  // namespace mayfly::engine
