// The families over a parabola and of bands against their naive twins: every published column,
// stored or derived, in both modes, over series with every kind of trouble; and what they promise
// of flat windows, of other scales and of exact parabolas.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "engine/catalogue.h"
#include "engine/families/domain.h"
#include "engine/families/twin_testing.h"
#include "engine/testing/series.h"

namespace mayfly::engine {
namespace {

using testing::ColumnNumber;
using testing::Judged;
using testing::MustDerive;
constexpr double kNotJudged = std::numeric_limits<double>::quiet_NaN();

double RegnTolerance(const Judged& of) {
  const std::string_view name = of.name();
  const std::size_t tail =
      name.find(name.find("_idx_") == std::string_view::npos ? "_bqx_" : "_idx_");
  const auto figure = [&](const char* other) {
    return std::fabs(of.Of(other + std::string(name.substr(tail))));
  };
  const double shape = of.scales.shape, level = of.scales.level;
  if (name.starts_with("r2") || name.starts_with("fit_quality")) {
    return 1e-12 + (of.scales.deviation > 0 ? 4 * shape / of.scales.deviation : 0);
  }
  if (name.starts_with("vertex")) {
    // Whether a line bends is for no rounded number to say.
    if (figure("a2") < 1e3 * shape) return kNotJudged;
    const double vertex = figure("vertex_x");
    if (name.starts_with("vertex_x")) return (1 + vertex) * shape / figure("a2");
    return level + vertex * (1 + vertex) * shape;
  }
  if (name.starts_with("extrapolation")) {
    const double prediction = figure("prediction");
    return (shape + figure("rmse") * level / prediction) / prediction;
  }
  return name.starts_with("b_") || name.starts_with("pred") ? level : shape;
}

TEST(Regn, AgreesWithItsNaiveTwin) {
  for (std::uint64_t seed = 0; seed < 16; ++seed) {
    for (const char* family : {"regn_rate", "regn_bqx"}) {
      testing::CompareWithTwin({.family = family, .tolerance = RegnTolerance}, seed, seed % 2 == 0);
    }
    if (HasFatalFailure()) return;
  }
}

double RegqTolerance(const Judged& of) {
  const std::string_view name = of.name();
  if (name.ends_with("_r2")) {
    return 1e-12 + (of.scales.deviation > 0 ? 4 * of.scales.shape / of.scales.deviation : 0);
  }
  if (name.ends_with("quadratic_term") || name.ends_with("linear_term")) return 4 * of.scales.shape;
  const bool is_level = name.ends_with("constant_term") || name.ends_with("prediction");
  return is_level ? of.scales.level : of.scales.shape;
}

TEST(Regq, AgreesWithItsNaiveTwin) {
  for (std::uint64_t seed = 0; seed < 16; ++seed) {
    for (const char* family : {"regq_rate", "regq_bqx"}) {
      testing::CompareWithTwin({.family = family, .stride = 67, .tolerance = RegqTolerance}, seed,
                               seed % 2 == 0);
    }
    if (HasFatalFailure()) return;
  }
}

// A covariance may be off by what either term may be, times the other.
TEST(RegqCov, AgreesWithItsNaiveTwin) {
  const auto tolerance = [](const Judged& of) {
    const bool has_level = of.name().find("const") != std::string::npos;
    return of.scales.deviation * (of.scales.shape + (has_level ? of.scales.level : 0));
  };
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    for (const char* family : {"regq_cov_rate", "regq_cov_bqx"}) {
      testing::CompareWithTwin({.family = family, .stride = 463, .tolerance = tolerance}, seed,
                               false);
    }
    if (HasFatalFailure()) return;
  }
}

double BandTolerance(const Judged& of) {
  const std::string_view name = of.name();
  if (name.starts_with("bb_percent")) {
    const double width = 4 * of.scales.deviation;
    return width > 0 ? 1e-12 + 2 * of.scales.shape / width : 0;
  }
  const bool is_shape = name.starts_with("bb_width") || name.starts_with("bb_slope");
  return is_shape ? 8 * of.scales.shape : of.scales.level;
}

TEST(Bollinger, AgreesWithItsNaiveTwin) {
  for (std::uint64_t seed = 0; seed < 32; ++seed) {
    for (const char* family : {"bollinger_rate", "bollinger_bqx"}) {
      testing::CompareWithTwin({.family = family, .tolerance = BandTolerance}, seed, seed % 2 == 0);
    }
    if (HasFatalFailure()) return;
  }
}

// The published row 1400 of prices that never move, by column name.
class FlatPrices : public ::testing::TestWithParam<bool> {
 protected:
  double Value(const char* family_name, std::string_view column) const {
    const Family& family = *FindFamily(family_name);
    testing::Bars bars = testing::GoldenBars(1401);
    std::fill(bars.close.begin(), bars.close.end(), 1.1);
    const Options options{.baseline = 1.1, .compat_epsilon = GetParam()};
    const ColumnBlock block = MustDerive(family, bars.View(), options, {1400, 1401});
    return block.columns[ColumnNumber(family, column)][0];
  }
};
INSTANTIATE_TEST_SUITE_P(BothModes, FlatPrices, ::testing::Bool());

TEST_P(FlatPrices, AreFittedExactly) {
  for (const char* zero : {"a2_idx_w15", "a1_idx_w15", "rmse_idx_w15", "residual_mean_idx_w15",
                           "curvature_idx_w15", "extrapolation_error_idx_w15"}) {
    EXPECT_EQ(Value("regn_rate", zero), 0) << zero;
  }
  for (const char* level : {"b_idx_agg", "prediction_idx_agg", "pred_interval_lower_idx_agg"}) {
    EXPECT_EQ(Value("regn_rate", level), 100) << level;
  }
  EXPECT_EQ(Value("regq_rate", "w630_constant_term"), 100);
  EXPECT_EQ(Value("regq_rate", "w630_residual"), 0);
  EXPECT_EQ(Value("regq_bqx", "w630_rmse"), 0);
  EXPECT_EQ(Value("regq_cov_rate", "w630_cov_const_resid"), 0);
  EXPECT_EQ(Value("bollinger_rate", "bb_upper_20"), 100);
  EXPECT_EQ(Value("bollinger_bqx", "bb_width_60"), 0);
  EXPECT_EQ(Value("bollinger_bqx", "bb_slope_60"), 0);
}

// A flat window has no variance to explain and no band to stand in. By default that is NULL; with
// 1e-10 in the divisor it is 1 less nothing, or nothing at all. regq_rate had its own rule.
TEST_P(FlatPrices, HaveTheDegenerateValuesOfTheMode) {
  const bool compat = GetParam();
  for (const char* degenerate :
       {"r2_idx_w15", "fit_quality_idx_w15", "vertex_x_idx_w15", "vertex_y_idx_w15"}) {
    EXPECT_EQ(std::isnan(Value("regn_rate", degenerate)), !compat) << degenerate;
  }
  EXPECT_EQ(Value("regn_rate", "r2_idx_w15") == 1, compat);
  EXPECT_EQ(std::isnan(Value("regq_bqx", "w60_r2")), !compat);
  EXPECT_EQ(Value("regq_bqx", "w60_r2") == 1, compat);
  EXPECT_EQ(Value("regq_rate", "w60_r2"), 0);
  EXPECT_EQ(std::isnan(Value("bollinger_rate", "bb_percent_b_20")), !compat);
  EXPECT_EQ(Value("bollinger_bqx", "bb_percent_b_60") == 0, compat);
}

// Prices on a parabola: nothing is left over, whatever the window.
TEST(Regressions, OfAParabolaExplainAllOfIt) {
  testing::Bars bars = testing::GoldenBars(1000);
  for (std::size_t i = 0; i < bars.close.size(); ++i) {
    const auto t = static_cast<double>(i);
    bars.close[i] = 100 + 0.02 * t - 0.00001 * t * t;
  }
  for (const char* name : {"regn_rate", "regq_rate"}) {
    const Family& family = *FindFamily(name);
    const ColumnBlock block = MustDerive(family, bars.View(), {.baseline = 100}, {900, 1000});
    for (std::size_t k = 0; k < block.columns.size(); ++k) {
      const std::string_view column = family.columns()[k].name;
      const bool is_share = column.find("r2") != std::string_view::npos;
      const bool is_rest = column.find("rmse") != std::string_view::npos ||
                           column.find("residual") != std::string_view::npos;
      for (double value : block.columns[k]) {
        if (!is_share && !is_rest) continue;
        ASSERT_NEAR(value, is_share ? 1 : 0, 1e-12) << column;
      }
    }
  }
}

// A year of bars later the chain of returns, fits and covariances is as exact as on its first day.
TEST(Regressions, OfTheLastRowOfAYearAgreeWithTheirNaiveTwins) {
  Rng rng(20240701);
  const testing::Bars bars = testing::RandomBars(rng, {.rows = 372'000, .scale = 1.07});
  const Options options{.baseline = 1.07};
  const std::size_t row = bars.close.size() - 1;
  for (const char* name : {"regn_bqx", "regq_bqx", "regq_cov_bqx", "bollinger_bqx"}) {
    const Family& family = *FindFamily(name);
    const ColumnBlock block = MustDerive(family, bars.View(), options, {row, row + 1});
    for (std::size_t k = 0; k < block.columns.size(); ++k) {
      const std::string& column = family.columns()[k].name;
      if (column.starts_with("vertex")) continue;  // has no bound on its condition
      const auto want = static_cast<double>(naive::Value(name, bars.View(), options, column, row));
      EXPECT_NEAR(block.columns[k][0], want, 1e-9 * std::fabs(want) + 1e-16) << name << column;
    }
  }
}

TEST(DomainSeries, HasTheBitsOfTheColumnThatItIs) {
  Rng rng(8);
  const testing::Bars bars = testing::RandomBars(rng, testing::SomeTrouble(rng, 700));
  const Family& bqx = *FindFamily("bqx");
  const Options options{.baseline = 1.5};
  const BarView view = bars.View();
  const ColumnBlock want = MustDerive(bqx, view, options, {0, 700});
  for (const std::size_t begin : {0, 3, 15, 20, 333, 699}) {
    const Request request{view, options, {begin, 700}};
    const DomainSeries rate(Domain::kRate, request, 10), returns(Domain::kBqx, request, 10);
    const std::size_t first = begin - std::min<std::size_t>(begin, 10);
    const auto is_tail_of = [&](const DomainSeries& series, const char* column) {
      const auto values = std::span(want.columns[ColumnNumber(bqx, column)]).subspan(first);
      return series.values().first == first && testing::SameBits(series.values().values, values);
    };
    EXPECT_TRUE(is_tail_of(rate, "rate_index")) << begin;
    EXPECT_TRUE(is_tail_of(returns, "w15_bqx_return")) << begin;
  }
}

// Another baseline scales what is in units of the index and leaves what has none.
TEST(Regn, ScalesWithTheIndexAndOnlyThat) {
  const testing::Bars bars = testing::GoldenBars(400);
  const Family& family = *FindFamily("regn_rate");
  const RowRange range{300, 400};
  const ColumnBlock one = MustDerive(family, bars.View(), {.baseline = 107356}, range);
  const ColumnBlock half = MustDerive(family, bars.View(), {.baseline = 2 * 107356}, range);
  for (std::size_t k = 0; k < one.columns.size(); ++k) {
    const std::string_view name = family.columns()[k].name;
    const bool is_relative = name.starts_with("r2") || name.starts_with("fit_quality") ||
                             name.starts_with("vertex_x") || name.starts_with("extrapolation");
    for (std::size_t i = 0; i < range.size(); ++i) {
      // A factor of two changes exponents only.
      ASSERT_EQ(half.columns[k][i] * (is_relative ? 1 : 2), one.columns[k][i]) << name;
    }
  }
}

}  // namespace
}  // namespace mayfly::engine
