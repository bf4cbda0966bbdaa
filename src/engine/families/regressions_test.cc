// The families over a parabola and of bands against their naive twins: every published column,
// stored or derived, in both modes, over series with every kind of trouble; and what they promise
// of flat windows, of other scales and of exact parabolas.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "engine/catalogue.h"
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
