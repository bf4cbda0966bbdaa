#pragma once
// What the regq families and their covariances share: the terms of a parabola, row by row.

#include <array>

#include "engine/family.h"
#include "engine/kernels/quadratic.h"
#include "engine/kernels/stretch.h"

namespace mayfly::engine {

inline constexpr std::array<std::size_t, 6> kRegqWindows = {60, 90, 150, 240, 390, 630};

// Columns of one window, at the first row that is asked for. With y = a2 t^2 + a1 t + a0 fitted to
// the last n rows, t = 0 .. n-1: a2 (n-1)^2, a1 (n-1), a0, and what is left of the last row.
struct TermColumns {
  double* quadratic = nullptr;
  double* linear = nullptr;
  double* constant = nullptr;
  double* residual = nullptr;
  double* rmse = nullptr;  // may be absent
};

class RegqTerms {
 public:
  // Needs rows.begin >= window - 1 and all rows of the windows in `series`.
  void Compute(const Stretch& series, std::size_t window, RowRange rows, const TermColumns& to);

 private:
  void FinishTile(const FitConstants& of, const double* y, const TermColumns& to) const;

  RollingQuadratic kernel_;
  WindowFits fits_;
};

}  // namespace mayfly::engine
