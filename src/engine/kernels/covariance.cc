#include "engine/kernels/covariance.h"

#include <limits>

namespace mayfly::engine {

void RollingCovariance::State::Add(const std::array<double, 4>& sample, std::size_t,
                                   const Anchor<std::array<double, 4>>& anchor) {
  const std::array<double, 4>& reference = anchor.reference;
  const double a = sample[0] - reference[0];
  const double b = sample[1] - reference[1];
  const double c = sample[2] - reference[2];
  const double d = sample[3] - reference[3];
  sums[0] += a;
  sums[1] += b;
  sums[2] += c;
  sums[3] += d;
  products[0] += a * b;
  products[1] += a * c;
  products[2] += a * d;
  products[3] += b * c;
  products[4] += b * d;
  products[5] += c * d;
}

void RollingCovariance::State::Merge(const State& later) {
  for (std::size_t k = 0; k < sums.size(); ++k) sums[k] += later.sums[k];
  for (std::size_t k = 0; k < products.size(); ++k) products[k] += later.products[k];
}

void RollingCovariance::Compute(const FourSeries& series, std::size_t window, RowRange ends,
                                const Columns& to) {
  constexpr double kNull = std::numeric_limits<double>::quiet_NaN();
  const auto n = static_cast<double>(window);
  const double inverse_n = 1 / n;
  const double inverse_below = 1 / (n - 1);
  const Columns columns = to;
  SlideBlocks(series, window, ends, suffixes_,
              [&](std::size_t row, const State& state, const Anchor<std::array<double, 4>>&) {
                const auto& [a, b, c, d] = state.sums;
                const std::array<double, 6> expected = {a * b, a * c, a * d, b * c, b * d, c * d};
                for (std::size_t k = 0; k < expected.size(); ++k) {
                  const double value =
                      (state.products[k] - expected[k] * inverse_n) * inverse_below;
                  columns[k][row - ends.begin] = value == value ? value : kNull;
                }
              });
}

}  // namespace mayfly::engine
