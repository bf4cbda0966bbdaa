#pragma once
// For the tests that hold families against their naive twins.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <span>
#include <string_view>

#include "engine/catalogue.h"
#include "engine/naive/regressions.h"
#include "engine/testing/series.h"

namespace mayfly::engine::testing {

// All published columns of a range, stored and derived.
inline ColumnBlock MustDerive(const Family& family, const BarView& bars, const Options& options,
                              RowRange range) {
  ColumnBlock stored, all;
  const auto computed = family.Compute(bars, options, range, stored);
  EXPECT_TRUE(computed.ok()) << computed.error().message();
  family.Derive(stored, options, all);
  return all;
}

inline std::size_t ColumnNumber(const Family& family, std::string_view name) {
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
inline Scales ScalesOf(std::string_view family, std::span<const long double> window) {
  double largest = 0;
  for (long double y : window) largest = std::fmax(largest, static_cast<double>(std::fabs(y)));
  Scales scales;
  const auto n = static_cast<long double>(window.size());
  scales.deviation = static_cast<double>(std::sqrt(naive::Fit(window).ss_tot / n));
  scales.shape = 1e-12 * scales.deviation + (family.ends_with("_bqx") ? 1e-14 * largest : 0);
  scales.level = scales.shape + 4 * 2.3e-16 * largest;
  return scales;
}

// A value to be judged, and where it stands.
struct Judged {
  const Family& family;
  const ColumnBlock& published;
  std::size_t column, row;
  Scales scales;

  const std::string& name() const { return family.columns()[column].name; }
  double Of(std::string_view other) const {
    return published.columns[ColumnNumber(family, other)][row];
  }
};

// How far the value may be from its twin; NaN: it is not to be judged.
using Tolerance = std::function<double(const Judged&)>;

struct Comparison {
  std::string_view family;
  std::size_t extra_rows = 200;  // beyond the family's look-back
  std::size_t stride = 19;       // every how many rows
  Tolerance tolerance;
};

// Every published column of bars with some trouble, in one of the modes, at some of the rows.
inline void CompareWithTwin(const Comparison& of, std::uint64_t seed, bool compat) {
  const Family& family = *FindFamily(of.family);
  Rng rng(seed);
  WalkOptions walk = SomeTrouble(rng, family.lookback() + rng.Below(of.extra_rows));
  walk.null_chance /= 1 + static_cast<double>(family.lookback()) / 100;
  const Bars bars = RandomBars(rng, walk);
  const Options options{.baseline = walk.scale, .compat_epsilon = compat};
  const ColumnBlock block = MustDerive(family, bars.View(), options, {0, walk.rows});
  for (std::size_t row = rng.Below(of.stride); row < walk.rows; row += of.stride) {
    for (std::size_t k = 0; k < family.columns().size(); ++k) {
      const FamilyColumn& column = family.columns()[k];
      const double got = block.columns[k][row];
      if (row < column.lookback) {
        ASSERT_TRUE(std::isnan(got)) << column.name << " row " << row << " seed " << seed;
        continue;
      }
      // The look-back of a bqx column begins with rows that its first return is made of.
      const std::size_t first = row - column.lookback + (of.family.ends_with("_bqx") ? 15 : 0);
      const auto window = naive::Series(of.family, bars.View(), options.baseline, {first, row + 1});
      const Judged judged{family, block, k, row, ScalesOf(of.family, window)};
      const double tolerance = of.tolerance(judged);
      if (std::isnan(tolerance) && !std::isnan(got)) continue;
      const auto want = naive::Value(of.family, bars.View(), options, column.name, row);
      ASSERT_EQ(std::isnan(got), std::isnan(want))
          << of.family << " " << column.name << " row " << row << " seed " << seed;
      if (std::isnan(want) || got == want) continue;
      ASSERT_LE(std::fabs(static_cast<double>(got - want)),
                tolerance + 1e-15 * static_cast<double>(std::fabs(want)))
          << of.family << " " << column.name << " row " << row << " seed " << seed << ": " << got
          << " for " << static_cast<double>(want) << " at deviation " << judged.scales.deviation;
    }
  }
}

}  // namespace mayfly::engine::testing
