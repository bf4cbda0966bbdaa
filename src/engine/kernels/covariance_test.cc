#include "engine/kernels/covariance.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "engine/testing/series.h"

namespace mayfly::engine {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

struct Output {
  explicit Output(std::size_t rows) {
    for (auto& column : columns) column.resize(rows);
  }
  RollingCovariance::Columns Pointers() {
    RollingCovariance::Columns to = {};
    for (std::size_t k = 0; k < columns.size(); ++k) to[k] = columns[k].data();
    return to;
  }
  std::array<std::vector<double>, 6> columns;
};

FourSeries SeriesOf(const testing::Bars& bars) {
  return {0, {bars.open.data(), bars.high.data(), bars.low.data(), bars.close.data()}};
}

long double Mean(const double* values, std::size_t n) {
  long double sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += static_cast<long double>(values[i]) - values[0];
  return values[0] + sum / static_cast<long double>(n);
}

// From the definition, in two passes.
long double Covariance(const double* a, const double* b, std::size_t n) {
  const long double mean_a = Mean(a, n), mean_b = Mean(b, n);
  long double sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += (a[i] - mean_a) * (b[i] - mean_b);
  return sum / static_cast<long double>(n - 1);
}

TEST(RollingCovariance, AgreesWithItsDefinition) {
  constexpr std::size_t kPairs[6][2] = {{0, 1}, {0, 2}, {0, 3}, {1, 2}, {1, 3}, {2, 3}};
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    Rng rng(seed);
    const std::size_t window = 2 + rng.Below(90);
    const std::size_t rows = window + rng.Below(2 * window + 3);
    const testing::Bars bars = testing::RandomBars(rng, testing::SomeTrouble(rng, rows));
    const FourSeries series = SeriesOf(bars);
    Output out(rows);
    RollingCovariance().Compute(series, window, {window - 1, rows}, out.Pointers());
    for (std::size_t i = 0; i + window <= rows; ++i) {
      for (std::size_t k = 0; k < 6; ++k) {
        const double* a = series.values[kPairs[k][0]] + i;
        const double* b = series.values[kPairs[k][1]] + i;
        const auto want = static_cast<double>(Covariance(a, b, window));
        const auto scale =
            static_cast<double>(std::sqrt(Covariance(a, a, window) * Covariance(b, b, window)));
        const double got = out.columns[k][i];
        if (std::isnan(want)) {
          ASSERT_TRUE(std::isnan(got)) << "seed " << seed;
        } else {
          ASSERT_NEAR(got, want, 1e-12 * scale) << "seed " << seed << " window " << i;
        }
      }
    }
  }
}

TEST(RollingCovariance, GivesARangeTheBitsOfTheWhole) {
  Rng rng(3);
  const testing::Bars bars = testing::RandomBars(rng, testing::SomeTrouble(rng, 400));
  for (const std::size_t window : {2, 15, 64}) {
    Output whole(400), part(400);
    RollingCovariance kernel;
    kernel.Compute(SeriesOf(bars), window, {window - 1, 400}, whole.Pointers());
    for (int trial = 0; trial < 20; ++trial) {
      const std::size_t begin = window - 1 + rng.Below(400 - window);
      const std::size_t end = begin + rng.Below(401 - begin);
      kernel.Compute(SeriesOf(bars), window, {begin, end}, part.Pointers());
      for (std::size_t k = 0; k < 6; ++k) {
        const auto want = std::span(whole.columns[k]).subspan(begin + 1 - window, end - begin);
        ASSERT_TRUE(testing::SameBits(std::span(part.columns[k]).first(end - begin), want));
      }
    }
  }
}

TEST(RollingCovariance, KeepsANullWithinItsOwnWindows) {
  testing::Bars bars = testing::GoldenBars(100);
  bars.close[50] = kNaN;
  Output out(100);
  RollingCovariance().Compute(SeriesOf(bars), 15, {14, 100}, out.Pointers());
  for (std::size_t end = 14; end < 100; ++end) {
    EXPECT_EQ(std::isnan(out.columns[5][end - 14]), end >= 50 && end < 65) << end;
    EXPECT_FALSE(std::isnan(out.columns[0][end - 14])) << end;
  }
}

}  // namespace
}  // namespace mayfly::engine
