// The golden vectors of the specification (section 6): figures at row 999 of the synthetic pair,
// computed elsewhere in exact arithmetic and printed to 12 digits.

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "engine/catalogue.h"
#include "engine/testing/series.h"

namespace mayfly::engine {
namespace {

constexpr std::size_t kRow = 999;
constexpr Options kExact{.baseline = testing::kGoldenBaseline};
constexpr Options kCompat{.baseline = testing::kGoldenBaseline, .compat_epsilon = true};

// The columns as the published view has them, stored and derived.
std::map<std::string, double> ValuesAt(std::string_view family_name, const testing::Bars& bars,
                                       const Options& options, std::size_t row = kRow) {
  const Family* family = FindFamily(family_name);
  ColumnBlock stored, block;
  EXPECT_TRUE(family->Compute(bars.View(), options, {row, row + 1}, stored).ok());
  family->Derive(stored, options, block);
  std::map<std::string, double> values;
  for (std::size_t c = 0; c < family->columns().size(); ++c) {
    values[family->columns()[c].name] = block.columns[c][0];
  }
  return values;
}

void ExpectRelative(const std::map<std::string, double>& got, const std::string& name,
                    double want) {
  ASSERT_TRUE(got.contains(name)) << name;
  EXPECT_NEAR(got.at(name), want, 1e-9 * std::fabs(want)) << name;
}

TEST(Golden, TheSeriesIsTheOneThatTheVectorsAreOf) {
  const testing::Bars bars = testing::GoldenBars(1000);
  const std::vector<double> first(bars.close.begin() + 1, bars.close.begin() + 6);
  EXPECT_EQ(first, (std::vector<double>{107352, 107355, 107349, 107351, 107342}));
  EXPECT_EQ(bars.open[kRow], 107418);
  EXPECT_EQ(bars.high[kRow], 107421);
  EXPECT_EQ(bars.low[kRow], 107413);
  EXPECT_EQ(bars.close[kRow], 107416);
}

TEST(Golden, RateIndexAndItsBarColumns) {
  const auto got = ValuesAt("rate_index", testing::GoldenBars(1000), kExact);
  ExpectRelative(got, "rate_index", 100.055888819);
  EXPECT_EQ(got.at("open_index"), 100 * 107418.0 / 107356);
  EXPECT_EQ(got.at("high_index"), 100 * 107421.0 / 107356);
  EXPECT_EQ(got.at("low_index"), 100 * 107413.0 / 107356);
}

TEST(Golden, Bqx) {
  const std::map<std::string, double> golden = {
      {"rate_index", 100.055888819},           {"w15_bqx_return", 0.0025787592165},
      {"w15_bqx_max_index", 100.098736913},    {"w15_bqx_min_index", 100.057751779},
      {"w15_bqx_avg_index", 100.073090155},    {"w15_bqx_stdev_index", 0.0130210660398},
      {"w15_bqx_endpoint", 0.000344455202205}, {"w30_bqx_return", 0.00828554405303},
      {"w30_bqx_max_index", 100.103394314},    {"w30_bqx_min_index", 100.057751779},
      {"w30_bqx_avg_index", 100.083522734},    {"w30_bqx_stdev_index", 0.0144249009284},
      {"w30_bqx_endpoint", 0.000353764802264}, {"w45_bqx_return", 0.0186657481195},
      {"w45_bqx_max_index", 100.138790566},    {"w45_bqx_min_index", 100.057751779},
      {"w45_bqx_avg_index", 100.097391441},    {"w45_bqx_stdev_index", 0.0237519637796},
      {"w45_bqx_endpoint", 0.000763387204886}, {"w60_bqx_return", 0.0314943770016},
      {"w60_bqx_max_index", 100.158351652},    {"w60_bqx_min_index", 100.057751779},
      {"w60_bqx_avg_index", 100.108408783},    {"w60_bqx_stdev_index", 0.0284493158456},
      {"w60_bqx_endpoint", 0.00102405600655},  {"w75_bqx_return", 0.0453749906904},
      {"w75_bqx_max_index", 100.162077574},    {"w75_bqx_min_index", 100.057751779},
      {"w75_bqx_avg_index", 100.116422619},    {"w75_bqx_stdev_index", 0.0302150521151},
      {"w75_bqx_endpoint", 0.000930960005958}, {"agg_bqx_return", 0.0453749906904},
      {"agg_bqx_max_index", 100.162077574},    {"agg_bqx_min_index", 100.057751779},
      {"agg_bqx_avg_index", 100.116422619},    {"agg_bqx_stdev_index", 0.0302150521151},
      {"agg_bqx_range", 0.00104267520667},     {"agg_bqx_volatility", 0.00030198174712}};
  const auto got = ValuesAt("bqx", testing::GoldenBars(1000), kExact);
  EXPECT_EQ(got.size(), golden.size());
  for (const auto& [name, want] : golden) ExpectRelative(got, name, want);
}

// "Numbers independent of scale must also come out of raw integer prices": of any prices, in fact.
TEST(Golden, WhatHasNoScaleDoesNotDependOnIt) {
  testing::Bars bars = testing::GoldenBars(1000);
  for (double& close : bars.close) close *= 1e-5;
  const auto got = ValuesAt("bqx", bars, {.baseline = 0.5});
  ExpectRelative(got, "w15_bqx_return", 0.0025787592165);
  ExpectRelative(got, "w75_bqx_endpoint", 0.000930960005958);
  ExpectRelative(got, "agg_bqx_range", 0.00104267520667);
  ExpectRelative(got, "agg_bqx_volatility", 0.00030198174712);
}

using Golden = std::map<std::string, double>;

TEST(GoldenRegressions, OfStandardisedRows) {
  const testing::Bars bars = testing::GoldenBars(1000);
  const Golden both = {{"a2_idx_w15", 0.00508731553108},
                       {"a1_idx_w15", -0.0109378934872},
                       {"b_idx_w15", 100.065705188},
                       {"rmse_idx_w15", 0.00357186555585},
                       {"prediction_idx_w15", 100.061337978}};
  const Golden exact = {{"r2_idx_w15", 0.916516375373302},
                        {"fit_quality_idx_w15", 0.916516375373302},
                        {"vertex_x_idx_w15", 1.07501622617956},
                        {"vertex_y_idx_w15", 100.059825981426}};
  const Golden compat = {{"r2_idx_w15", 0.916516379015},
                         {"fit_quality_idx_w15", 0.916516379015},
                         {"vertex_x_idx_w15", 1.07501621561},
                         {"vertex_y_idx_w15", 100.059825981}};
  const auto got_exact = ValuesAt("regn_rate", bars, kExact);
  const auto got_compat = ValuesAt("regn_rate", bars, kCompat);
  EXPECT_EQ(got_exact.size(), 90u);
  for (const auto& [name, want] : both) ExpectRelative(got_exact, name, want);
  for (const auto& [name, want] : both) ExpectRelative(got_compat, name, want);
  for (const auto& [name, want] : exact) ExpectRelative(got_exact, name, want);
  for (const auto& [name, want] : compat) ExpectRelative(got_compat, name, want);
}

TEST(GoldenRegressions, OfReturns) {
  const testing::Bars bars = testing::GoldenBars(1000);
  const Golden both = {{"w60_quadratic_term", -0.00106225090202},
                       {"w60_linear_term", 0.00249387742883},
                       {"w60_constant_term", 0.000853471009703},
                       {"w60_residual", 0.000293661679985},
                       {"w60_rmse", 0.00136692174911},
                       {"w60_prediction", 0.00228509753652}};
  const auto exact = ValuesAt("regq_bqx", bars, kExact);
  const auto compat = ValuesAt("regq_bqx", bars, kCompat);
  EXPECT_EQ(exact.size(), 42u);
  for (const auto& [name, want] : both) ExpectRelative(exact, name, want);
  for (const auto& [name, want] : both) ExpectRelative(compat, name, want);
  ExpectRelative(exact, "w60_r2", 0.08932897418206);
  ExpectRelative(compat, "w60_r2", 0.0893297139306);
}

// The first implementation's window ended before the current row: its figures are those of the row
// before.
TEST(GoldenRegressions, OfTheIndex) {
  const testing::Bars bars = testing::GoldenBars(1000);
  const Golden inclusive = {{"w60_quadratic_term", -0.0237774493610775},
                            {"w60_linear_term", -0.0684039797923627},
                            {"w60_constant_term", 100.148896043625},
                            {"w60_prediction", 100.056714614472},
                            {"w60_residual", -0.000825795961499392},
                            {"w60_r2", 0.922391075707999},
                            {"w60_rmse", 0.00786652155684347}};
  const Golden exclusive = {{"w60_quadratic_term", -0.0195363170416},
                            {"w60_linear_term", -0.0725595991655},
                            {"w60_constant_term", 100.151255876},
                            {"w60_prediction", 100.05915996},
                            {"w60_residual", -0.0014081805034},
                            {"w60_r2", 0.921036260606},
                            {"w60_rmse", 0.00792749653284}};
  for (const Options& options : {kExact, kCompat}) {
    const auto now = ValuesAt("regq_rate", bars, options);
    const auto before = ValuesAt("regq_rate", bars, options, kRow - 1);
    EXPECT_EQ(now.size(), 42u);
    for (const auto& [name, want] : inclusive) ExpectRelative(now, name, want);
    for (const auto& [name, want] : exclusive) ExpectRelative(before, name, want);
  }
}

TEST(GoldenRegressions, CovariancesOfTheirTerms) {
  const Golden golden = {
      {"w60_cov_quad_lin", -2.1125819388e-05},    {"w60_cov_quad_const", 4.4798171541e-06},
      {"w60_cov_quad_resid", -2.74294422352e-06}, {"w60_cov_lin_const", -4.94513923401e-06},
      {"w60_cov_lin_resid", 2.96693572151e-06},   {"w60_cov_const_resid", -6.79691713582e-07}};
  for (const Options& options : {kExact, kCompat}) {
    const auto got = ValuesAt("regq_cov_bqx", testing::GoldenBars(1000), options);
    EXPECT_EQ(got.size(), 36u);
    for (const auto& [name, want] : golden) ExpectRelative(got, name, want);
  }
}

TEST(GoldenBands, OfReturns) {
  const testing::Bars bars = testing::GoldenBars(1000);
  const Golden both = {{"bb_middle_20", 0.00189661433407},
                       {"bb_upper_20", 0.00465544331815},
                       {"bb_lower_20", -0.000862214650017},
                       {"bb_width_20", 0.00551765796817},
                       {"bb_slope_20", 3.47340574482e-05}};
  const auto exact = ValuesAt("bollinger_bqx", bars, kExact);
  const auto compat = ValuesAt("bollinger_bqx", bars, kCompat);
  EXPECT_EQ(exact.size(), 20u);
  for (const auto& [name, want] : both) ExpectRelative(exact, name, want);
  for (const auto& [name, want] : both) ExpectRelative(compat, name, want);
  ExpectRelative(exact, "bb_percent_b_20", 0.623629425087759);
  ExpectRelative(compat, "bb_percent_b_20", 0.623629413785);
}

}  // namespace
}  // namespace mayfly::engine
