// The families over a parabola against their naive twins: every published column, stored or
// derived, in both modes, over series with every kind of trouble.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "engine/catalogue.h"
#include "engine/naive/regressions.h"
#include "engine/testing/series.h"

namespace mayfly::engine {
namespace {

// All published columns.
ColumnBlock MustDerive(const Family& family, const BarView& bars, const Options& options,
                       RowRange range) {
  ColumnBlock stored, all;
  const auto computed = family.Compute(bars, options, range, stored);
  EXPECT_TRUE(computed.ok()) << computed.error().message();
  family.Derive(stored, options, all);
  return all;
}

std::size_t ColumnNumber(const Family& family, std::string_view name) {
  const auto columns = family.columns();
  const auto found =
      std::find_if(columns.begin(), columns.end(), [&](auto& c) { return c.name == name; });
  EXPECT_NE(found, columns.end()) << name;
  return static_cast<std::size_t>(found - columns.begin());
}

// The scales on which the figures of a window are judged.
struct Scales {
  double deviation = 0;  // of the window
  double shape = 0;      // how far a figure of the deviation's size may be off
  double level = 0;      // the same for a figure at the level of the values
};

// 1e-12 of the deviation; and what rounding costs where values themselves are rounded: those of the
// bqx domain are a sum of fifteen differences, those at a level cannot be closer than an ulp of it.
Scales ScalesOf(std::span<const long double> window, bool is_bqx) {
  double largest = 0;
  for (long double y : window) largest = std::fmax(largest, static_cast<double>(std::fabs(y)));
  Scales scales;
  const auto n = static_cast<long double>(window.size());
  scales.deviation = static_cast<double>(std::sqrt(naive::Fit(window).ss_tot / n));
  scales.shape = 1e-12 * scales.deviation + (is_bqx ? 1e-14 * largest : 0);
  scales.level = scales.shape + 4 * 2.3e-16 * largest;
  return scales;
}

double RegnTolerance(std::string_view name, const Scales& scales, const ColumnBlock& block,
                     std::size_t window, std::size_t row) {
  const auto figure = [&](std::size_t f) { return std::fabs(block.columns[15 * window + f][row]); };
  const double a2 = figure(0), prediction = figure(9), vertex = figure(10), rmse = figure(4);
  const double share = scales.deviation > 0 ? scales.shape / scales.deviation : 0;
  if (name.starts_with("r2") || name.starts_with("fit_quality")) return 1e-12 + 4 * share;
  if (name.starts_with("vertex_x")) return (1 + vertex) * scales.shape / a2;
  if (name.starts_with("vertex_y")) return scales.level + vertex * (1 + vertex) * scales.shape;
  if (name.starts_with("extrapolation")) {
    return (scales.shape + rmse * scales.level / prediction) / prediction;
  }
  const bool is_level = name.starts_with("b_") || name.starts_with("pred");
  return is_level ? scales.level : scales.shape;
}

void CompareRegn(std::string_view name, std::uint64_t seed, bool compat) {
  const Family& family = *FindFamily(name);
  constexpr std::size_t kWindows[] = {15, 30, 45, 60, 75, 90};
  Rng rng(seed);
  const testing::WalkOptions walk = testing::SomeTrouble(rng, 90 + rng.Below(200));
  const testing::Bars bars = testing::RandomBars(rng, walk);
  const Options options{.baseline = walk.scale, .compat_epsilon = compat};
  const ColumnBlock block = MustDerive(family, bars.View(), options, {0, walk.rows});
  for (std::size_t row = rng.Below(19); row < walk.rows; row += 19) {
    for (std::size_t k = 0; k < family.columns().size(); ++k) {
      const std::string& column = family.columns()[k].name;
      const std::size_t n = kWindows[k / 15];
      const auto want = naive::Value(name, bars.View(), options, column, row);
      const double got = block.columns[k][row];
      if (row < family.columns()[k].lookback) {
        ASSERT_TRUE(std::isnan(got)) << column << " row " << row << " seed " << seed;
        continue;
      }
      const auto window =
          naive::Series(name, bars.View(), options.baseline, {row + 1 - n, row + 1});
      const Scales scales = ScalesOf(window, name.ends_with("_bqx"));
      // Whether a line bends is for no rounded number to say.
      const bool is_straight = column.starts_with("vertex") &&
                               std::fabs(block.columns[k / 15 * 15][row]) < 1e3 * scales.shape;
      if (is_straight) continue;
      ASSERT_EQ(std::isnan(got), std::isnan(want)) << column << " row " << row << " seed " << seed;
      if (std::isnan(want) || got == want) continue;
      const double tolerance = RegnTolerance(column, scales, block, k / 15, row);
      ASSERT_LE(std::fabs(static_cast<double>(got - want)),
                tolerance + 1e-15 * static_cast<double>(std::fabs(want)))
          << column << " row " << row << " seed " << seed << ": " << got;
    }
  }
}

TEST(Regn, AgreesWithItsNaiveTwin) {
  for (std::uint64_t seed = 0; seed < 16; ++seed) {
    for (const bool compat : {false, true}) {
      CompareRegn("regn_rate", seed, compat);
      CompareRegn("regn_bqx", seed, compat);
      if (HasFatalFailure()) return;
    }
  }
}

TEST(Regn, StoresFourFiguresOfFifteen) {
  for (const char* name : {"regn_rate", "regn_bqx"}) {
    const Family& family = *FindFamily(name);
    EXPECT_EQ(family.columns().size(), 90u);
    EXPECT_EQ(family.stored_columns().size(), 24u);
    EXPECT_EQ(family.lookback(), family.name() == "regn_rate" ? 89u : 104u);
  }
}

// A flat window has no variance to explain: r2 is NULL, or 1 as 1e-10 in the divisor has it.
TEST(Regn, AFlatWindowIsFittedByRule) {
  const testing::Bars walk = testing::GoldenBars(300);
  testing::Bars bars = walk;
  std::fill(bars.close.begin(), bars.close.end(), 107356);
  const Family& family = *FindFamily("regn_rate");
  for (const bool compat : {false, true}) {
    const Options options{.baseline = 107356, .compat_epsilon = compat};
    const ColumnBlock block = MustDerive(family, bars.View(), options, {200, 201});
    const auto value = [&](const char* name) {
      return block.columns[ColumnNumber(family, name)][0];
    };
    for (const char* zero :
         {"a2_idx_w15", "a1_idx_w15", "rmse_idx_w15", "residual_mean_idx_w15",
          "residual_std_idx_w15", "curvature_idx_w15", "extrapolation_error_idx_w15"}) {
      EXPECT_EQ(value(zero), 0) << zero;
    }
    for (const char* level : {"b_idx_agg", "prediction_idx_agg", "pred_interval_lower_idx_agg",
                              "pred_interval_upper_idx_agg"}) {
      EXPECT_EQ(value(level), 100) << level;
    }
    for (const char* degenerate :
         {"r2_idx_w15", "fit_quality_idx_w15", "vertex_x_idx_w15", "vertex_y_idx_w15"}) {
      EXPECT_EQ(std::isnan(value(degenerate)), !compat) << degenerate;
    }
    EXPECT_EQ(value("r2_idx_w15") == 1, compat);
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
