// What must hold for every family and every series, at every row.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "engine/catalogue.h"
#include "engine/naive/families.h"
#include "engine/testing/series.h"

namespace mayfly::engine {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr std::uint64_t kSeeds = 64;

ColumnBlock MustCompute(const Family& family, const BarView& bars, double baseline,
                        RowRange range) {
  ColumnBlock block;
  auto computed = family.Compute(bars, {.baseline = baseline}, range, block);
  EXPECT_TRUE(computed.ok()) << computed.error().message();
  return block;
}

// Fewer of the series that are long.
std::uint64_t SeedsFor(const Family& family) { return family.lookback() < 200 ? kSeeds : 8; }

// Bars with some trouble, of a length around the edges of the family's windows, and a baseline of
// their scale.
struct Case {
  testing::Bars bars;
  double baseline = 0;
};
Case MakeCase(std::uint64_t seed, const Family& family) {
  Rng rng(seed);
  std::vector<std::size_t> edges = {1, 15, 30, 75, 76, 150};
  for (const FamilyColumn& column : family.columns()) edges.push_back(column.lookback);
  const std::size_t edge = rng.Chance(0.5) ? family.lookback() : edges[rng.Below(edges.size())];
  const std::size_t rows = edge + rng.Below(3) + (rng.Chance(0.5) ? 60 : 0) + 1;
  testing::WalkOptions options = testing::SomeTrouble(rng, rows);
  // Long windows without a NULL are rare at 2 % of NULLs.
  options.null_chance /= 1 + static_cast<double>(family.lookback()) / 100;
  return {testing::RandomBars(rng, options), options.scale * (0.5 + rng.Unit())};
}

// What is there at a row, from the inputs alone (family.h, the NULL rule).
std::vector<bool> ExpectValues(const BarView& bars, const FamilyColumn& column) {
  std::vector<bool> expected;
  std::size_t complete = 0, same = 0;  // rows up to and with this one
  for (std::size_t row = 0; row < bars.rows(); ++row) {
    bool has_all = true, is_repeated = row > 0;
    for (const Input input : column.inputs) {
      const auto values = bars.Of(input);
      has_all = has_all && !std::isnan(values[row]);
      is_repeated = is_repeated && values[row] == values[row - 1];
    }
    complete = has_all ? complete + 1 : 0;
    same = is_repeated ? same + 1 : 1;
    const bool is_flat = column.null_when_flat && same > column.lookback;
    expected.push_back(complete > column.lookback && !is_flat);
  }
  return expected;
}

TEST(EveryFamily, IsNullExactlyWhereTheRuleSays) {
  for (const Family* family : Families()) {
    for (std::uint64_t seed = 0; seed < SeedsFor(*family); ++seed) {
      const Case c = MakeCase(seed, *family);
      const BarView view = c.bars.View();
      const ColumnBlock block = MustCompute(*family, view, c.baseline, {0, view.rows()});
      for (std::size_t k = 0; k < block.columns.size(); ++k) {
        const FamilyColumn& column = family->stored_columns()[k];
        const std::vector<bool> expected = ExpectValues(view, column);
        for (std::size_t row = 0; row < view.rows(); ++row) {
          ASSERT_EQ(!std::isnan(block.columns[k][row]), expected[row])
              << family->name() << " " << column.name << " row " << row << " seed " << seed;
        }
      }
    }
  }
}

TEST(EveryFamily, HasTheSameBitsHoweverTheHistoryIsCut) {
  for (const Family* family : Families()) {
    for (std::uint64_t seed = 0; seed < SeedsFor(*family); ++seed) {
      const Case c = MakeCase(seed, *family);
      const BarView view = c.bars.View();
      const ColumnBlock whole = MustCompute(*family, view, c.baseline, {0, view.rows()});
      Rng rng(seed ^ 99);
      for (std::size_t begin = 0; begin < view.rows();) {
        const std::size_t end = std::min(view.rows(), begin + 1 + rng.Below(40));
        const ColumnBlock part = MustCompute(*family, view, c.baseline, {begin, end});
        for (std::size_t k = 0; k < whole.columns.size(); ++k) {
          const auto same = std::span(whole.columns[k]).subspan(begin, end - begin);
          ASSERT_TRUE(testing::SameBits(part.columns[k], same))
              << family->stored_columns()[k].name << " rows from " << begin << " seed " << seed;
        }
        begin = end;
      }
    }
  }
}

TEST(EveryFamily, HasTheSameBitsWhenTheFutureIsCutOff) {
  for (const Family* family : Families()) {
    for (std::uint64_t seed = 0; seed < SeedsFor(*family); ++seed) {
      const Case c = MakeCase(seed, *family);
      const ColumnBlock whole =
          MustCompute(*family, c.bars.View(), c.baseline, {0, c.bars.close.size()});
      const std::size_t kept = 1 + Rng(seed).Below(c.bars.close.size());
      testing::Bars past = c.bars;
      past.Truncate(kept);
      const ColumnBlock part = MustCompute(*family, past.View(), c.baseline, {0, kept});
      for (std::size_t k = 0; k < whole.columns.size(); ++k) {
        ASSERT_TRUE(
            testing::SameBits(part.columns[k], std::span(whole.columns[k]).subspan(0, kept)))
            << family->stored_columns()[k].name << " seed " << seed;
      }
    }
  }
}

TEST(EveryFamily, HasTheSameBitsWhenTheFutureIsShaken) {
  for (const Family* family : Families()) {
    for (std::uint64_t seed = 0; seed < SeedsFor(*family); ++seed) {
      Case c = MakeCase(seed, *family);
      const std::size_t rows = c.bars.close.size();
      const ColumnBlock before = MustCompute(*family, c.bars.View(), c.baseline, {0, rows});
      Rng rng(seed);
      const std::size_t kept = 1 + rng.Below(rows);
      for (auto* column : {&c.bars.open, &c.bars.high, &c.bars.low, &c.bars.close}) {
        for (std::size_t row = kept; row < rows; ++row) {
          (*column)[row] = rng.Chance(0.3) ? kNaN : (*column)[row] * 1000 * rng.Unit();
        }
      }
      const ColumnBlock after = MustCompute(*family, c.bars.View(), c.baseline, {0, rows});
      for (std::size_t k = 0; k < before.columns.size(); ++k) {
        ASSERT_TRUE(testing::SameBits(std::span(before.columns[k]).subspan(0, kept),
                                      std::span(after.columns[k]).subspan(0, kept)))
            << family->stored_columns()[k].name << " seed " << seed;
      }
    }
  }
}

// Rows before the look-back are poisoned: reading one would fail, using one would show.
TEST(EveryFamily, ReadsNoFurtherBackThanItsLookback) {
  for (const Family* family : Families()) {
    Rng rng(5);
    testing::Bars bars = testing::RandomBars(rng, {.rows = family->lookback() + 300});
    const RowRange range{family->lookback() + 200, family->lookback() + 300};
    const ColumnBlock want = MustCompute(*family, bars.View(), 1, range);
    for (auto* column : {&bars.open, &bars.high, &bars.low, &bars.close}) {
      std::fill_n(column->begin(), range.begin - family->lookback(), INFINITY);
    }
    const ColumnBlock got = MustCompute(*family, bars.View(), 1, range);
    for (std::size_t k = 0; k < want.columns.size(); ++k) {
      ASSERT_TRUE(testing::SameBits(got.columns[k], want.columns[k])) << k;
    }
  }
}

TEST(RateIndex, IsItsNaiveTwinToTheBit) {
  const Family& family = *FindFamily("rate_index");
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const Case c = MakeCase(seed, family);
    const BarView view = c.bars.View();
    const ColumnBlock block = MustCompute(family, view, c.baseline, {0, view.rows()});
    for (std::size_t k = 0; k < block.columns.size(); ++k) {
      for (std::size_t row = 0; row < view.rows(); ++row) {
        const double want =
            naive::RateIndexValue(view, c.baseline, family.stored_columns()[k].name, row);
        const double got = block.columns[k][row];
        ASSERT_TRUE(got == want || (std::isnan(got) && std::isnan(want))) << k << " row " << row;
      }
    }
  }
}

// How far rows [row - 75, row] of the index lie apart: the scale of what a bqx column can hold.
double Spread(std::span<const double> index, std::size_t row) {
  double max = -INFINITY, min = INFINITY;
  for (std::size_t i = row - std::min<std::size_t>(row, 75); i <= row; ++i) {
    max = std::fmax(max, index[i]);
    min = std::fmin(min, index[i]);
  }
  return max - min;
}

// 1e-12 of the spread, in the column's unit, and the rounding of the value itself.
double BqxTolerance(const std::string& name, double value, double spread, double x) {
  const bool is_relative = !name.ends_with("_index");
  const double terms = name.ends_with("_return") ? 75 : 1;
  return 1e-12 * terms * (is_relative ? spread / std::fabs(x) : spread) + 3e-16 * std::fabs(value);
}

TEST(Bqx, AgreesWithItsNaiveTwin) {
  const Family& family = *FindFamily("bqx");
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const Case c = MakeCase(seed, family);
    const BarView view = c.bars.View();
    const ColumnBlock block = MustCompute(family, view, c.baseline, {0, view.rows()});
    for (std::size_t k = 0; k < block.columns.size(); ++k) {
      const std::string& name = family.stored_columns()[k].name;
      for (std::size_t row = 0; row < view.rows(); ++row) {
        const double want = naive::BqxValue(view, c.baseline, name, row);
        const double got = block.columns[k][row];
        ASSERT_EQ(std::isnan(got), std::isnan(want)) << name << " row " << row << " seed " << seed;
        if (std::isnan(want)) continue;
        const double x = block.columns[0][row];
        ASSERT_NEAR(got, want, BqxTolerance(name, want, Spread(block.columns[0], row), x))
            << name << " row " << row << " seed " << seed;
      }
    }
  }
}

std::size_t ColumnNumber(const Family& family, std::string_view name) {
  const auto columns = family.columns();
  return static_cast<std::size_t>(
      std::find_if(columns.begin(), columns.end(), [&](auto& c) { return c.name == name; }) -
      columns.begin());
}

TEST(Bqx, RepeatsTheLongestWindowAsAggregateToTheBit) {
  const Family& family = *FindFamily("bqx");
  const testing::Bars bars = testing::GoldenBars(300);
  const ColumnBlock block = MustCompute(family, bars.View(), 107356, {0, 300});
  for (const char* figure : {"return", "max_index", "min_index", "avg_index", "stdev_index"}) {
    const auto& agg = block.columns[ColumnNumber(family, std::string("agg_bqx_") + figure)];
    const auto& w75 = block.columns[ColumnNumber(family, std::string("w75_bqx_") + figure)];
    EXPECT_TRUE(testing::SameBits(agg, w75)) << figure;
  }
}

TEST(Bqx, ReturnIsWTimesTheRelativeMeanLessOne) {
  const Family& family = *FindFamily("bqx");
  const testing::Bars bars = testing::GoldenBars(1000);
  const ColumnBlock block = MustCompute(family, bars.View(), 107356, {75, 1000});
  for (int window : {15, 30, 45, 60, 75}) {
    const std::string prefix = "w" + std::to_string(window) + "_bqx_";
    const auto& returns = block.columns[ColumnNumber(family, prefix + "return")];
    const auto& means = block.columns[ColumnNumber(family, prefix + "avg_index")];
    for (std::size_t i = 0; i < returns.size(); ++i) {
      // The right side has only the digits that a mean near 100 leaves: W * 2^-52 or so.
      const double textbook = window * (means[i] / block.columns[0][i] - 1);
      ASSERT_NEAR(returns[i], textbook, 1e-9 * std::fabs(returns[i]) + window * 5e-16);
    }
  }
}

TEST(Bqx, AFlatStretchHasNoDeviationAndNoReturn) {
  const Family& family = *FindFamily("bqx");
  testing::Bars bars = testing::GoldenBars(200);
  std::fill(bars.close.begin(), bars.close.end(), 1.07356);
  const ColumnBlock block = MustCompute(family, bars.View(), 1.1, {75, 200});
  for (const char* name : {"w15_bqx_return", "w15_bqx_stdev_index", "w75_bqx_endpoint",
                           "agg_bqx_range", "agg_bqx_volatility"}) {
    for (double value : block.columns[ColumnNumber(family, name)]) EXPECT_EQ(value, 0) << name;
  }
}

TEST(Bqx, DividingByAPriceOfZeroIsNullAndNothingElseIs) {
  const Family& family = *FindFamily("bqx");
  testing::Bars bars = testing::GoldenBars(200);
  bars.close[100] = 0;
  const ColumnBlock block = MustCompute(family, bars.View(), 107356, {75, 200});
  for (std::size_t k = 0; k < block.columns.size(); ++k) {
    const std::string& name = family.stored_columns()[k].name;
    for (std::size_t row = 75; row < 200; ++row) {
      const bool is_null = row == 100 && !name.ends_with("_index");
      EXPECT_EQ(std::isnan(block.columns[k][row - 75]), is_null) << name << " row " << row;
    }
  }
}

}  // namespace
}  // namespace mayfly::engine
