#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/kernels/extremes.h"
#include "engine/kernels/moments.h"
#include "engine/naive/windows.h"
#include "engine/testing/series.h"

namespace mayfly::engine {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

double Ulp(double value) { return std::nextafter(std::fabs(value), INFINITY) - std::fabs(value); }

// A year of minute bars of one pair as an index near 100.
std::vector<double> PairYear() {
  Rng rng(20240701);
  auto closes = testing::RandomBars(rng, {.rows = 372'000, .scale = 100}).close;
  return closes;
}

// The worst error of mean and stdev over every `stride`-th window, in units of the deviation; what
// the rounding of the mean itself to a double may cost (one ulp of the level) is not counted.
double WorstError(std::span<const double> x, std::size_t window, std::size_t stride) {
  WindowMoments got;
  RollingMoments().Compute({0, x}, window, {window - 1, x.size()}, got);
  const double n = static_cast<double>(window);
  double worst = 0;
  for (std::size_t i = 0; i < got.sum.size(); i += stride) {
    const naive::WindowFigures want = naive::Figures(x.subspan(i, window));
    const auto deviation = static_cast<double>(want.stdev);
    const double mean = MeanOf(got.reference[i], got.sum[i], n);
    const double stdev = std::sqrt(VarianceOf(got.sum[i], got.squares[i], n));
    const auto mean_error = static_cast<double>(std::fabs(mean - want.mean)) - Ulp(mean);
    const auto stdev_error = static_cast<double>(std::fabs(stdev - want.stdev));
    worst = std::max({worst, mean_error / deviation, stdev_error / deviation});
  }
  return worst;
}

TEST(RollingMoments, AreExactToTheDeviationAfterAPairYear) {
  const std::vector<double> x = PairYear();
  EXPECT_LE(WorstError(x, 15, 41), 1e-12);
  EXPECT_LE(WorstError(x, 75, 151), 1e-12);
  EXPECT_LE(WorstError(x, 1440, 3001), 1e-12);
}

// What the essay in block_slide.h says of the obvious way.
TEST(RollingMoments, StayRightWhereRunningSumsGoWrong) {
  const std::vector<double> x = PairYear();
  constexpr std::size_t kWindow = 15;
  double sum = 0, squares = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    sum += x[i];
    squares += x[i] * x[i];
    if (i < kWindow) continue;
    sum -= x[i - kWindow];
    squares -= x[i - kWindow] * x[i - kWindow];
  }
  const std::span<const double> last(x.data() + x.size() - kWindow, kWindow);
  const auto want = static_cast<double>(naive::Figures(last).stdev);
  const double running = std::sqrt(std::fmax(0, (squares - sum * sum / kWindow) / (kWindow - 1)));
  EXPECT_GT(std::fabs(running / want - 1), 1e-6) << "running sums have become accurate: say why";

  WindowMoments got;
  RollingMoments().Compute({0, x}, kWindow, {x.size() - 1, x.size()}, got);
  EXPECT_NEAR(std::sqrt(VarianceOf(got.sum[0], got.squares[0], kWindow)) / want, 1, 1e-12);
}

TEST(RollingMoments, ForgetAnOutlierAsSoonAsItLeaves) {
  Rng rng(7);
  std::vector<double> x = testing::RandomBars(rng, {.rows = 400, .scale = 100}).close;
  x[200] = 1e12;
  const std::span<const double> after(x.data() + 201, x.size() - 201);
  WindowMoments got;
  RollingMoments().Compute({0, x}, 30, {230, 400}, got);
  for (std::size_t i = 0; i < got.sum.size(); ++i) {
    const auto want = static_cast<double>(naive::Figures(after.subspan(i, 30)).stdev);
    EXPECT_NEAR(std::sqrt(VarianceOf(got.sum[i], got.squares[i], 30)) / want, 1, 1e-12);
  }
}

TEST(RollingMoments, GiveAFlatWindowExactlyZeroDeviation) {
  const std::vector<double> x(200, 100.1);
  WindowMoments got;
  RollingMoments().Compute({0, x}, 15, {14, 200}, got);
  for (std::size_t i = 0; i < got.sum.size(); ++i) {
    EXPECT_EQ(VarianceOf(got.sum[i], got.squares[i], 15), 0);
    EXPECT_EQ(MeanOf(got.reference[i], got.sum[i], 15), 100.1);
  }
}

TEST(RollingMoments, KeepANullWithinItsOwnWindows) {
  std::vector<double> x(100, 1.0);
  x[50] = kNaN;
  WindowMoments got;
  RollingMoments().Compute({0, x}, 15, {14, 100}, got);
  for (std::size_t end = 14; end < 100; ++end) {
    EXPECT_EQ(std::isnan(got.sum[end - 14]), end >= 50 && end < 65) << end;
    EXPECT_EQ(std::isnan(got.squares[end - 14]), end >= 50 && end < 65) << end;
  }
}

// Every window and every length around its edges, against windows computed from scratch.
TEST(RollingKernels, AgreeWithTheirNaiveTwins) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    Rng rng(seed);
    const std::size_t window = 1 + rng.Below(80);
    const std::size_t rows = window + rng.Below(2 * window + 3);
    const auto x = testing::RandomBars(rng, testing::SomeTrouble(rng, rows)).close;
    const RowRange ends{window - 1, rows};
    WindowMoments moments;
    WindowExtremes extremes;
    RollingMoments().Compute({0, x}, window, ends, moments);
    RollingExtremes().Compute({0, x}, window, ends, extremes);
    for (std::size_t i = 0; i < ends.size(); ++i) {
      const auto want = naive::Figures(std::span(x).subspan(i, window));
      ASSERT_EQ(std::isnan(moments.sum[i]), want.has_null) << "seed " << seed << " window " << i;
      ASSERT_EQ(extremes.max[i], want.max) << "seed " << seed << " window " << i;
      ASSERT_EQ(extremes.min[i], want.min) << "seed " << seed << " window " << i;
      if (want.has_null) continue;
      const auto n = static_cast<double>(window);
      const auto deviation = static_cast<double>(want.stdev);
      const double mean = MeanOf(moments.reference[i], moments.sum[i], n);
      const auto wanted_mean = static_cast<double>(want.mean);
      ASSERT_NEAR(mean, wanted_mean, 1e-12 * deviation + Ulp(mean)) << "seed " << seed;
      if (window == 1) continue;
      const double stdev = std::sqrt(VarianceOf(moments.sum[i], moments.squares[i], n));
      ASSERT_NEAR(stdev, deviation, 1e-12 * deviation) << "seed " << seed << " window " << i;
    }
  }
}

TEST(RollingKernels, GiveARangeTheBitsOfTheWhole) {
  Rng rng(3);
  const auto x = testing::RandomBars(rng, testing::SomeTrouble(rng, 500)).close;
  for (std::size_t window : {1, 2, 15, 64, 75}) {
    WindowMoments whole, part;
    RollingMoments kernel;
    kernel.Compute({0, x}, window, {window - 1, 500}, whole);
    for (int trial = 0; trial < 50; ++trial) {
      const std::size_t begin = window - 1 + rng.Below(500 - window);
      const std::size_t end = begin + rng.Below(501 - begin);
      const std::size_t first = begin + 1 - window;  // nothing before the first window is there
      kernel.Compute({first, std::span(x).subspan(first)}, window, {begin, end}, part);
      const std::size_t at = begin + 1 - window;
      const std::size_t size = end - begin;
      ASSERT_TRUE(testing::SameBits(part.sum, std::span(whole.sum).subspan(at, size)));
      ASSERT_TRUE(testing::SameBits(part.squares, std::span(whole.squares).subspan(at, size)));
    }
  }
}

}  // namespace
}  // namespace mayfly::engine
