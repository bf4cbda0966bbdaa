#pragma once
// Sums and sums of squares over sliding windows, recentred so that nothing large cancels.

#include <cstddef>
#include <vector>

#include "engine/kernels/block_slide.h"
#include "engine/kernels/stretch.h"

namespace mayfly::engine {

// Per window: a reference value that is in the window, and sums of (value - reference).
struct WindowMoments {
  std::vector<double> reference;
  std::vector<double> sum;
  std::vector<double> squares;

  void Resize(std::size_t rows);
};

class RollingMoments {
 public:
  // Fills `out` with one entry for each row of `ends`: the `window` rows that end there, itself
  // included. Needs window >= 1, ends.begin >= window - 1, and all those rows in `series`.
  // A NULL in the window makes sum and squares NaN, and no other window's.
  void Compute(const Stretch& series, std::size_t window, RowRange ends, WindowMoments& out);

 private:
  struct State {
    double sum = 0;
    double squares = 0;

    void Add(double value, std::size_t, const Anchor<double>& anchor) {
      const double z = value - anchor.reference;
      sum += z;
      squares += z * z;
    }
    void Merge(const State& later) {
      sum += later.sum;
      squares += later.squares;
    }
  };
  std::vector<State> suffixes_;
};

// The mean of a window of n rows from its moments.
inline double MeanOf(double reference, double sum, double n) { return reference + sum / n; }

// The sample variance (n - 1) of a window of n rows from its moments; exactly zero for a flat one.
// It cannot come out below zero: the reference is one of the n values, so at most n - 1 of the
// terms are not zero, squares >= sum^2 / (n - 1), and at least 1/n of `squares` is left.
inline double VarianceOf(double sum, double squares, double n) {
  return (squares - sum * sum / n) / (n - 1);
}

}  // namespace mayfly::engine
