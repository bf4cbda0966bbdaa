#pragma once
// The slow obvious twins of the families over a parabola and of the bands: in long double, windows
// fitted from scratch (those whose terms a covariance is made of follow one another).

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "engine/family.h"
#include "engine/naive/twin.h"

namespace mayfly::engine::naive {

// Rows [range.begin, range.end) of the series that a family is made over: the rate index for a name
// that ends in "_rate", w15_bqx_return for one that ends in "_bqx"; NaN for NULL.
std::vector<long double> Series(std::string_view family, const BarView& bars, double baseline,
                                RowRange range);

// A parabola through a window, u counted from its middle: a2 u^2 + a1 u + a0.
struct Parabola {
  long double a2 = 0, a1 = 0, a0 = 0;
  long double ss_res = 0, ss_tot = 0;

  long double At(long double u) const { return (a2 * u + a1) * u + a0; }
};
Parabola Fit(std::span<const long double> window);

// The value of a column (stored or derived) of regn_*, regq_*, regq_cov_* or bollinger_* at one row
// of the history; NaN for NULL.
long double Value(std::string_view family, const BarView& bars, const Options& options,
                  std::string_view column, std::size_t row);

// All columns of one of these families at one row; see twin.h.
void ParabolaCells(const RowRequest& request, std::span<Cell> out);

}  // namespace mayfly::engine::naive
