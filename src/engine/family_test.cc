#include "engine/family.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "engine/catalogue.h"
#include "engine/testing/series.h"

namespace mayfly::engine {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

ErrorKind KindOf(const BarView& bars, double baseline, RowRange range) {
  ColumnBlock block;
  auto result = FindFamily("bqx")->Compute(bars, {.baseline = baseline}, range, block);
  return result.ok() ? ErrorKind::kDefect : result.error().kind();
}

TEST(Catalogue, FindsEveryFamilyByItsName) {
  for (const Family* family : Families()) EXPECT_EQ(FindFamily(family->name()), family);
  EXPECT_EQ(FindFamily("bqxx"), nullptr);
  EXPECT_EQ(FindFamily(""), nullptr);
}

TEST(Catalogue, HasTheColumnsOfTheSpecificationInOrder) {
  const auto index = FindFamily("rate_index")->columns();
  ASSERT_EQ(index.size(), 4u);
  EXPECT_EQ(index[0].name, "rate_index");
  EXPECT_EQ(index[3].name, "low_index");
  const auto bqx = FindFamily("bqx")->columns();
  ASSERT_EQ(bqx.size(), 38u);
  EXPECT_EQ(bqx[0].name, "rate_index");
  EXPECT_EQ(bqx[1].name, "w15_bqx_return");
  EXPECT_EQ(bqx[6].name, "w15_bqx_endpoint");
  EXPECT_EQ(bqx[30].name, "w75_bqx_endpoint");
  EXPECT_EQ(bqx[37].name, "agg_bqx_volatility");
}

TEST(Catalogue, HasTheFamiliesOfWindowsInTheirSizes) {
  struct Row {
    const char* name;
    std::size_t columns, stored, lookback;
    const char *first, *last;
  };
  const Row rows[] = {{"regn_rate", 90, 24, 89, "a2_idx_w15", "extrapolation_error_idx_agg"},
                      {"regn_bqx", 90, 24, 104, "a2_bqx_w15", "extrapolation_error_bqx_agg"},
                      {"regq_rate", 42, 30, 629, "w60_quadratic_term", "w630_prediction"},
                      {"regq_bqx", 42, 30, 644, "w60_quadratic_term", "w630_prediction"},
                      {"regq_cov_rate", 36, 36, 1258, "w60_cov_quad_lin", "w630_cov_const_resid"},
                      {"regq_cov_bqx", 36, 36, 1273, "w60_cov_quad_lin", "w630_cov_const_resid"},
                      {"bollinger_rate", 20, 12, 119, "bb_middle_20", "bb_width_120"},
                      {"bollinger_bqx", 20, 12, 134, "bb_middle_20", "bb_width_120"}};
  for (const Row& row : rows) {
    const Family* family = FindFamily(row.name);
    ASSERT_NE(family, nullptr) << row.name;
    EXPECT_EQ(family->columns().size(), row.columns) << row.name;
    EXPECT_EQ(family->stored_columns().size(), row.stored) << row.name;
    EXPECT_EQ(family->lookback(), row.lookback) << row.name;
    EXPECT_EQ(family->columns().front().name, row.first) << row.name;
    EXPECT_EQ(family->columns().back().name, row.last) << row.name;
  }
}

TEST(Catalogue, DerivesFromStoredColumnsOfNoLongerLookback) {
  for (const Family* family : Families()) {
    const auto stored = family->stored_columns();
    for (const FamilyColumn& column : family->columns()) {
      if (!column.derived) continue;
      for (const Options& options : {Options{}, Options{.compat_epsilon = true}}) {
        for (const std::string& name : column.derived->For(options).columns()) {
          const auto found = std::find_if(stored.begin(), stored.end(),
                                          [&](const auto& other) { return other.name == name; });
          ASSERT_NE(found, stored.end()) << column.name << " of " << name;
          EXPECT_LE(found->lookback, column.lookback) << column.name << " of " << name;
        }
      }
    }
  }
}

// What is at the price's level would lose its moves as float4: a hundred and a hundredth.
TEST(Catalogue, CallsALevelWhatIsAtTheLevel) {
  const testing::Bars bars = testing::GoldenBars(1500);
  for (const Family* family : Families()) {
    ColumnBlock block;
    ASSERT_TRUE(family->Compute(bars.View(), {.baseline = 107356}, {1400, 1500}, block).ok());
    for (std::size_t k = 0; k < block.columns.size(); ++k) {
      const bool is_level = std::fabs(block.columns[k][0]) > 50;
      EXPECT_EQ(family->stored_columns()[k].level, is_level) << family->stored_columns()[k].name;
    }
  }
}

TEST(Catalogue, NamesEachColumnOnceAndSaysWhatItIs) {
  for (const Family* family : Families()) {
    std::set<std::string> names;
    for (const FamilyColumn& column : family->columns()) {
      EXPECT_TRUE(names.insert(column.name).second) << column.name;
      EXPECT_FALSE(column.inputs.empty()) << column.name;
      EXPECT_FALSE(column.formula.empty()) << column.name;
      EXPECT_LE(column.lookback, family->lookback()) << column.name;
    }
  }
}

TEST(Family, KnowsWhatItReads) {
  const auto inputs = FindFamily("rate_index")->inputs();
  EXPECT_EQ(std::vector(inputs.begin(), inputs.end()),
            (std::vector{Input::kOpen, Input::kHigh, Input::kLow, Input::kClose}));
  EXPECT_EQ(FindFamily("bqx")->inputs().size(), 1u);
  EXPECT_EQ(FindFamily("bqx")->lookback(), 75u);
}

TEST(Family, RefusesARangeOutsideTheHistory) {
  const testing::Bars bars = testing::GoldenBars(100);
  EXPECT_EQ(KindOf(bars.View(), 1, {0, 101}), ErrorKind::kInvalid);
  EXPECT_EQ(KindOf(bars.View(), 1, {101, 101}), ErrorKind::kInvalid);
  EXPECT_EQ(KindOf(bars.View(), 1, {50, 49}), ErrorKind::kInvalid);
}

TEST(Family, RefusesABaselineThatIsNoPrice) {
  const testing::Bars bars = testing::GoldenBars(100);
  for (double baseline : {0.0, -0.0, -1.0, kNaN, double{INFINITY}}) {
    EXPECT_EQ(KindOf(bars.View(), baseline, {0, 100}), ErrorKind::kInvalid) << baseline;
  }
}

TEST(Family, RefusesColumnsOfDifferentLengths) {
  const testing::Bars bars = testing::GoldenBars(100);
  BarView view = bars.View();
  view.close = view.close.subspan(1);
  EXPECT_EQ(KindOf(view, 1, {0, 99}), ErrorKind::kInvalid);
  view = bars.View();
  view.ts_us = {};
  EXPECT_EQ(KindOf(view, 1, {0, 0}), ErrorKind::kInvalid);
}

TEST(Family, NamesAnInfinitePriceAndItsRow) {
  testing::Bars bars = testing::GoldenBars(200);
  bars.close[140] = -INFINITY;
  ColumnBlock block;
  const auto result = FindFamily("bqx")->Compute(bars.View(), {.baseline = 1}, {150, 160}, block);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().kind(), ErrorKind::kCorrupt);
  EXPECT_NE(result.error().message().find("row 140"), std::string::npos);
}

TEST(Family, LeavesTheBlockAloneWhenItFails) {
  const testing::Bars bars = testing::GoldenBars(100);
  ColumnBlock block{.columns = {{1, 2, 3}}};
  EXPECT_FALSE(FindFamily("bqx")->Compute(bars.View(), {.baseline = 0}, {0, 100}, block).ok());
  EXPECT_EQ(block.columns, (std::vector<std::vector<double>>{{1, 2, 3}}));
}

TEST(Family, MakesColumnsOfAnAbsentInputNullAndNoOther) {
  const testing::Bars bars = testing::GoldenBars(100);
  const BarView close_only{.ts_us = bars.ts_us, .close = bars.close};
  ColumnBlock block;
  ASSERT_TRUE(
      FindFamily("rate_index")->Compute(close_only, {.baseline = 107356}, {0, 100}, block).ok());
  for (std::size_t row = 0; row < 100; ++row) {
    EXPECT_EQ(block.columns[0][row], 100 * bars.close[row] / 107356);
    for (std::size_t k : {1, 2, 3}) EXPECT_TRUE(std::isnan(block.columns[k][row])) << k;
  }
}

TEST(Family, WithoutAnyInputIsAllNull) {
  const testing::Bars bars = testing::GoldenBars(100);
  ColumnBlock block;
  ASSERT_TRUE(
      FindFamily("bqx")->Compute({.ts_us = bars.ts_us}, {.baseline = 1}, {0, 100}, block).ok());
  for (const auto& column : block.columns) {
    ASSERT_EQ(column.size(), 100u);
    for (double value : column) EXPECT_TRUE(std::isnan(value));
  }
}

TEST(Family, ReusesABlockOfAnotherShape) {
  const testing::Bars bars = testing::GoldenBars(300);
  const Family& family = *FindFamily("bqx");
  ColumnBlock used, fresh;
  ASSERT_TRUE(FindFamily("rate_index")->Compute(bars.View(), {.baseline = 1}, {0, 300}, used).ok());
  ASSERT_TRUE(family.Compute(bars.View(), {.baseline = 1}, {0, 300}, used).ok());
  ASSERT_TRUE(family.Compute(bars.View(), {.baseline = 1}, {10, 90}, used).ok());
  ASSERT_TRUE(family.Compute(bars.View(), {.baseline = 1}, {10, 90}, fresh).ok());
  ASSERT_EQ(used.columns.size(), fresh.columns.size());
  for (std::size_t k = 0; k < fresh.columns.size(); ++k) {
    EXPECT_TRUE(testing::SameBits(used.columns[k], fresh.columns[k])) << k;
  }
}

TEST(Family, AnEmptyRangeIsEmptyColumns) {
  const testing::Bars bars = testing::GoldenBars(10);
  ColumnBlock block;
  ASSERT_TRUE(FindFamily("bqx")->Compute(bars.View(), {.baseline = 1}, {10, 10}, block).ok());
  EXPECT_EQ(block.columns.size(), 38u);
  EXPECT_TRUE(block.columns[0].empty());
}

}  // namespace
}  // namespace mayfly::engine
