#include "engine/kernels/quadratic.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/naive/regressions.h"
#include "engine/testing/series.h"

namespace mayfly::engine {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// A year of minute bars of one pair as an index near 100.
const std::vector<double>& PairYear() {
  static const std::vector<double> closes = [] {
    Rng rng(20240701);
    return testing::RandomBars(rng, {.rows = 372'000, .scale = 100}).close;
  }();
  return closes;
}

naive::Parabola FitOf(std::span<const double> window) {
  return naive::Fit(std::vector<long double>(window.begin(), window.end()));
}

struct Errors {  // the worst, in units of the window's deviation
  double coefficients = 0;
  double rmse = 0;
};

struct Figures {
  double slope = 0, bend = 0, rmse = 0;
};

// Coefficients are compared at the size that they have at the window's ends.
void Compare(const Figures& got, const naive::Parabola& want, std::size_t window, Errors& worst) {
  const auto n = static_cast<long double>(window);
  const long double half = (n - 1) / 2;
  const long double deviation = std::sqrt(want.ss_tot / n);
  auto relative = [&](long double error) {
    return static_cast<double>(std::fabs(error) / deviation);
  };
  worst.coefficients = std::max({worst.coefficients, relative((got.slope - want.a1) * half),
                                 relative((got.bend - want.a2) * half * half)});
  worst.rmse = std::max(worst.rmse, relative(got.rmse - std::sqrt(want.ss_res / n)));
}

Errors WorstErrors(std::span<const double> x, std::size_t window, std::size_t stride) {
  RollingQuadratic kernel;
  WindowFits fits;
  Errors worst;
  for (std::size_t end = window - 1; end < x.size(); end += stride) {
    kernel.Compute({0, x}, window, {end, end + 1}, fits);
    const naive::Parabola want = FitOf(x.subspan(end + 1 - window, window));
    Compare({fits.slope[0], fits.bend[0], fits.rmse[0]}, want, window, worst);
  }
  return worst;
}

TEST(RollingQuadratic, IsExactToTheDeviationAfterAPairYear) {
  for (const std::size_t window : {15, 90, 630}) {
    const Errors worst = WorstErrors(PairYear(), window, window < 100 ? 97 : 997);
    EXPECT_LE(worst.coefficients, 1e-12) << window;
    EXPECT_LE(worst.rmse, 1e-12) << window;
  }
}

// Sums of z, x z, x^2 z and z^2 over a window, finished as the kernel finishes its own.
struct Moments {
  double sum = 0, first = 0, second = 0, squares = 0;

  Errors ErrorsAgainst(std::span<const double> window) const {
    const FitConstants of(window.size());
    const double middle = of.half;
    const double u1 = first - middle * sum;
    const double u2 = second - middle * (first + u1) - of.mean_square * sum;
    const double slope = u1 * of.inverse_u2, bend = u2 * of.inverse_u4;
    const double rest = squares - sum * sum * of.inverse_n - slope * u1 - bend * u2;
    Errors errors;
    Compare({slope, bend, std::sqrt(std::fmax(0, rest) * of.inverse_n)}, FitOf(window),
            window.size(), errors);
    return errors;
  }
};

// What the essay in block_slide.h says of the obvious way: add the row that enters, take away the
// row that leaves.
TEST(RollingQuadratic, StaysRightWhereRunningSumsGoWrong) {
  const std::vector<double>& x = PairYear();
  constexpr std::size_t n = 60;
  Moments running;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double leaving = i < n ? 0 : x[i - n];
    running.second += -2 * running.first + (running.sum - leaving) + (n - 1) * (n - 1) * x[i];
    running.first += -(running.sum - leaving) + (n - 1) * x[i];
    running.sum += x[i] - leaving;
    running.squares += x[i] * x[i] - leaving * leaving;
  }
  const std::span<const double> last(x.data() + x.size() - n, n);
  const Errors errors = running.ErrorsAgainst(last);
  EXPECT_GT(errors.coefficients, 1e-6) << "running sums have become accurate: say why";
  EXPECT_GT(errors.rmse, 1e-6);
}

// The way of SQL and of cumsum: two prefix sums over the history, and their difference.
TEST(RollingQuadratic, StaysRightWhereDifferencesOfPrefixSumsGoWrong) {
  const std::vector<double>& x = PairYear();
  constexpr std::size_t n = 60;
  Moments whole, before;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const auto t = static_cast<double>(i);
    if (i == x.size() - n) before = whole;
    whole.sum += x[i];
    whole.first += t * x[i];
    whole.second += t * t * x[i];
    whole.squares += x[i] * x[i];
  }
  const auto start = static_cast<double>(x.size() - n);
  const double sum = whole.sum - before.sum, first = whole.first - before.first;
  const Moments window{sum, first - start * sum,
                       whole.second - before.second - 2 * start * first + start * start * sum,
                       whole.squares - before.squares};
  const Errors errors = window.ErrorsAgainst(std::span(x).last(n));
  EXPECT_GT(errors.coefficients, 1e-6) << "prefix sums have become accurate: say why";
  EXPECT_GT(errors.rmse, 1e-6);
}

TEST(RollingQuadratic, ForgetsAnOutlierAsSoonAsItLeaves) {
  std::vector<double> x(PairYear().begin(), PairYear().begin() + 400);
  x[200] = 1e12;
  EXPECT_LE(WorstErrors(std::span(x).subspan(201), 30, 1).rmse, 1e-12);
  RollingQuadratic kernel;
  WindowFits fits, after;
  kernel.Compute({0, x}, 30, {230, 400}, fits);
  x[200] = 100;
  kernel.Compute({0, x}, 30, {230, 400}, after);
  EXPECT_TRUE(testing::SameBits(fits.rmse, after.rmse));
  EXPECT_TRUE(testing::SameBits(fits.bend, after.bend));
}

TEST(RollingQuadratic, FitsAFlatWindowExactly) {
  const std::vector<double> x(200, 100.1);
  WindowFits fits;
  RollingQuadratic().Compute({0, x}, 15, {14, 200}, fits);
  for (std::size_t i = 0; i < fits.rmse.size(); ++i) {
    EXPECT_EQ(fits.reference[i], 100.1);
    for (double zero : {fits.offset[i], fits.slope[i], fits.bend[i], fits.rmse[i]}) {
      EXPECT_EQ(zero, 0);
    }
  }
}

// Parabolas, lines, and parabolas with a little noise: where the rest is far below the whole.
TEST(RollingQuadratic, FitsAParabolaPerfectly) {
  for (const double noise : {0.0, 1e-12, 1e-9, 1e-6, 1e-3}) {
    Rng rng(11);
    std::vector<double> x(400);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const auto t = static_cast<double>(i);
      x[i] = 100 + 0.003 * t - 0.00002 * t * t + noise * (rng.Unit() - 0.5);
    }
    for (const std::size_t window : {15, 60, 90}) {
      const Errors worst = WorstErrors(x, window, 1);
      EXPECT_LE(worst.coefficients, 1e-12) << noise << " window " << window;
      EXPECT_LE(worst.rmse, 1e-13) << noise << " window " << window;
    }
  }
}

// What is added to all values is in the reference; turning time around turns the slope's sign.
TEST(RollingQuadratic, FollowsShiftsAndTurnsOfItsSeries) {
  std::vector<double> x, shifted;
  Rng rng(4);
  for (int i = 0; i < 300; ++i) {
    x.push_back(static_cast<double>(107'000 + rng.Below(200)));
    shifted.push_back(x.back() + (1 << 20));
  }
  const std::vector<double> turned(x.rbegin(), x.rend());
  WindowFits one, other;
  RollingQuadratic().Compute({0, x}, 60, {59, 300}, one);
  RollingQuadratic().Compute({0, shifted}, 60, {59, 300}, other);
  EXPECT_TRUE(testing::SameBits(one.slope, other.slope));
  EXPECT_TRUE(testing::SameBits(one.bend, other.bend));
  EXPECT_TRUE(testing::SameBits(one.rmse, other.rmse));
  RollingQuadratic().Compute({0, turned}, 60, {59, 300}, other);
  for (std::size_t i = 0, j = one.rmse.size() - 1; i < one.rmse.size(); ++i, --j) {
    EXPECT_NEAR(one.slope[i], -other.slope[j], 1e-12);
    EXPECT_NEAR(one.bend[i], other.bend[j], 1e-13);
    EXPECT_NEAR(one.rmse[i], other.rmse[j], 1e-11);
  }
}

TEST(RollingQuadratic, KeepsANullWithinItsOwnWindows) {
  std::vector<double> x(PairYear().begin(), PairYear().begin() + 100);
  x[50] = kNaN;
  WindowFits fits;
  RollingQuadratic().Compute({0, x}, 15, {14, 100}, fits);
  for (std::size_t end = 14; end < 100; ++end) {
    const bool is_null = end >= 50 && end < 65;
    EXPECT_EQ(std::isnan(fits.offset[end - 14]), is_null) << end;
    EXPECT_EQ(std::isnan(fits.bend[end - 14]), is_null) << end;
    EXPECT_EQ(std::isnan(fits.rmse[end - 14]), is_null) << end;
  }
}

TEST(RollingQuadratic, AgreesWithItsNaiveTwin) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Rng rng(seed);
    const std::size_t window = 4 + rng.Below(100);
    const std::size_t rows = window + rng.Below(2 * window + 3);
    const auto x = testing::RandomBars(rng, testing::SomeTrouble(rng, rows)).close;
    WindowFits fits;
    RollingQuadratic().Compute({0, x}, window, {window - 1, rows}, fits);
    Errors worst;
    for (std::size_t i = 0; i < fits.rmse.size(); ++i) {
      const auto values = std::span(x).subspan(i, window);
      const bool has_null =
          std::any_of(values.begin(), values.end(), [](double v) { return std::isnan(v); });
      ASSERT_EQ(std::isnan(fits.rmse[i]), has_null) << "seed " << seed << " window " << i;
      const naive::Parabola want = FitOf(values);
      if (has_null || want.ss_tot == 0) continue;
      Compare({fits.slope[i], fits.bend[i], fits.rmse[i]}, want, window, worst);
    }
    ASSERT_LE(worst.coefficients, 1e-12) << "seed " << seed << " window " << window;
    ASSERT_LE(worst.rmse, 1e-12) << "seed " << seed << " window " << window;
  }
}

TEST(RollingQuadratic, GivesARangeTheBitsOfTheWhole) {
  Rng rng(3);
  const auto x = testing::RandomBars(rng, testing::SomeTrouble(rng, 500)).close;
  for (const std::size_t window : {3, 15, 64, 90}) {
    WindowFits whole, part;
    RollingQuadratic kernel;
    kernel.Compute({0, x}, window, {window - 1, 500}, whole);
    for (int trial = 0; trial < 50; ++trial) {
      const std::size_t begin = window - 1 + rng.Below(500 - window);
      const std::size_t end = begin + 1 + rng.Below(500 - begin);
      const std::size_t first = begin + 1 - window;  // only the windows' own rows are there
      const auto rows = std::span(x).subspan(first, end - first);
      kernel.Compute({first, rows}, window, {begin, end}, part);
      const std::size_t size = end - begin;
      ASSERT_TRUE(testing::SameBits(part.offset, std::span(whole.offset).subspan(first, size)));
      ASSERT_TRUE(testing::SameBits(part.slope, std::span(whole.slope).subspan(first, size)));
      ASSERT_TRUE(testing::SameBits(part.bend, std::span(whole.bend).subspan(first, size)));
      ASSERT_TRUE(testing::SameBits(part.rmse, std::span(whole.rmse).subspan(first, size)));
    }
  }
}

}  // namespace
}  // namespace mayfly::engine
