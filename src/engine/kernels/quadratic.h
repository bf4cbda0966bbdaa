#pragma once
// Least-squares parabolas over sliding windows, by the block scheme of block_slide.h.
//
// With u = row - middle of the window, 1, u and u^2 - k (k = the mean of u^2) are orthogonal over
// the window's rows, so each coefficient is one projection and knows nothing of the others:
//   fit(u) = reference + offset + slope * u + bend * (u^2 - k)
// The window's sums of z, x z, x^2 z and z^2 (z = value - reference, x counted from the cut) are
// one merge of a suffix and a prefix, and finish into the projections in a loop without branches.
//
// The sum of squared residuals is the small rest of large numbers when the fit is nearly perfect.
// Those windows (rest below 1e-4 of the whole: 1e-12 of relative error and more) are fitted again
// directly, residual by residual. Flat windows come out exactly: all sums are zero.

#include <cstddef>
#include <vector>

#include "engine/kernels/stretch.h"

namespace mayfly::engine {

// Per window: the parabola as above, and the root of the mean squared residual.
struct WindowFits {
  std::vector<double> reference;  // a value of the window, exactly
  std::vector<double> offset;     // mean of the window - reference
  std::vector<double> slope;      // per row, at the middle
  std::vector<double> bend;       // per row squared
  std::vector<double> rmse;

  void Resize(std::size_t rows);
};

// What a window of n rows has in common with all of n rows.
struct FitConstants {
  explicit FitConstants(std::size_t window);

  double n = 0;
  double half = 0;         // u of the last row: (n - 1) / 2
  double mean_square = 0;  // k: the mean of u^2, (n^2 - 1) / 12
  double inverse_n = 0;
  double u2 = 0;  // the sum of u^2
  double u4 = 0;  // the sum of (u^2 - k)^2
  double inverse_u2 = 0;
  double inverse_u4 = 0;
};

class RollingQuadratic {
 public:
  // Fills `out` with one entry for each row of `ends`: the `window` rows that end there, itself
  // included. Needs window >= 3, ends.begin >= window - 1, and all those rows in `series`.
  // A NULL in the window makes all but the reference NaN, and no other window's.
  void Compute(const Stretch& series, std::size_t window, RowRange ends, WindowFits& out);

 private:
  struct Part;
  void ScanBlock(const double* cut, const Part& part);
  void Finish(const FitConstants& of, std::size_t rows, WindowFits& out);
  void RefitNearPerfect(const Stretch& series, const FitConstants& of, RowRange ends,
                        WindowFits& out);

  // Per window: sums of z, x z, x^2 z and z^2; where the window's middle lies from the cut; then
  // the sums of squares, of the residuals and of all.
  std::vector<double> sum_, first_, second_, squares_, middle_, rest_, whole_;
  std::vector<double> residuals_;
};

}  // namespace mayfly::engine
