// Every defect that the specification warns of, planted, is caught.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "stages/causality_testing.h"

namespace mayfly::stages {
namespace {

// The mean of the index over rows [begin, end).
double Mean(const std::vector<double>& x, std::size_t begin, std::size_t end) {
  double sum = 0;
  for (std::size_t i = begin; i < end; ++i) sum += x[i];
  return sum / static_cast<double>(end - begin);
}

// Sets the column at all rows where it has a value.
void Change(std::vector<double>& column, const std::function<double(std::size_t)>& value) {
  std::vector<double> changed = column;
  for (std::size_t i = 1; i + 1 < column.size(); ++i) {
    if (!std::isnan(column[i])) changed[i] = value(i);
  }
  column = std::move(changed);
}

double Rounded(double value, double unit) { return std::round(value / unit) * unit; }

struct Defect {
  const char* name;
  const char* caught;  // the check that must fail, among others
  std::function<void(World&)> plant;
};

// Of the way in which windows are cut.
std::vector<Defect> WindowDefects() {
  return {
      {"one row too many", "bqx truncation",
       [](World& w) {
         const auto x = w.Column("bqx", "rate_index");
         auto& column = w.Column("bqx", "w15_bqx_avg_index");
         Change(column, [&](auto i) { return Mean(x, i - std::min<std::size_t>(i, 16), i); });
       }},
      {"ends at t, not before it", "bqx truncation",
       [](World& w) {
         const auto x = w.Column("bqx", "rate_index");
         Change(w.Column("bqx", "w15_bqx_avg_index"),
                [&](auto i) { return Mean(x, i - 14, i + 1); });
       }},
      {"ends before t, not at it", "regq_rate truncation",
       [](World& w) {
         const auto old = w.Column("regq_rate", "w60_residual");
         Change(w.Column("regq_rate", "w60_residual"), [&](auto i) { return old[i - 1]; });
       }},
      {"looks ahead by a row", "regn_bqx truncation",
       [](World& w) {
         const auto old = w.Column("regn_bqx", "a1_bqx_w15");
         Change(w.Column("regn_bqx", "a1_bqx_w15"), [&](auto i) { return old[i + 1]; });
       }},
      {"a covariance looks ahead by a row", "regq_cov_bqx truncation",
       [](World& w) {
         const auto old = w.Column("regq_cov_bqx", "w90_cov_lin_resid");
         Change(w.Column("regq_cov_bqx", "w90_cov_lin_resid"), [&](auto i) { return old[i + 1]; });
       }},
      {"begins with its month", "regq_bqx warm-up",
       [](World& w) {
         auto& column = w.Column("regq_bqx", "w630_rmse");
         std::fill_n(column.begin() + kAugust, 644, kNull);
       }},
      {"is shorter where the month begins", "bqx chunks",
       [](World& w) {
         const auto x = w.Column("bqx", "rate_index");
         Change(w.Column("bqx", "w75_bqx_avg_index"), [&](std::size_t i) {
           const std::size_t begin = i > kAugust ? std::max(kAugust, i - 75) : i - 75;
           return Mean(x, begin, i);
         });
       }},
      {"counts minutes, not rows", "bollinger_rate chunks",
       [](World& w) {
         const auto x = w.Column("bqx", "rate_index");
         Change(w.Column("bollinger_rate", "bb_middle_120"), [&](std::size_t i) {
           std::size_t begin = i;
           while (w.bars.ts_us[i] - w.bars.ts_us[begin] < 119 * 60'000'000LL) --begin;
           return Mean(x, begin, i + 1);
         });
       }},
  };
}

// Of the formulas and of what they are given.
std::vector<Defect> FormulaDefects() {
  return {
      {"wrong baseline", "rate_index truncation",
       [](World& w) {
         Change(w.Column("rate_index", "rate_index"),
                [&](auto i) { return 100 * w.bars.close[i] / w.bars.close[7]; });
       }},
      {"a baseline for each month", "rate_index truncation",
       [](World& w) {
         Change(w.Column("rate_index", "high_index"), [&](std::size_t i) {
           return 100 * w.bars.high[i] / w.bars.close[i < kAugust ? 0 : kAugust];
         });
       }},
      {"population deviation", "bqx truncation",
       [](World& w) {
         auto& column = w.Column("bqx", "w60_bqx_stdev_index");
         Change(column, [&](auto i) { return column[i] * std::sqrt(59.0 / 60); });
       }},
      {"population covariance", "regq_cov_rate truncation",
       [](World& w) {
         auto& column = w.Column("regq_cov_rate", "w630_cov_quad_lin");
         Change(column, [&](auto i) { return column[i] * 629 / 630; });
       }},
      {"mean for sum", "bqx identities",
       [](World& w) {
         auto& column = w.Column("bqx", "w45_bqx_return");
         Change(column, [&](auto i) { return column[i] / 45; });
       }},
      {"the sign of momentum", "bqx truncation",
       [](World& w) {
         auto& column = w.Column("bqx", "w30_bqx_endpoint");
         Change(column, [&](auto i) { return -column[i]; });
       }},
      {"the aggregate of another window", "bqx identities",
       [](World& w) {
         w.Column("bqx", "agg_bqx_max_index") = w.Column("bqx", "w60_bqx_max_index");
       }},
      {"epsilon in a divisor", "bollinger_bqx truncation",
       [](World& w) {
         Options options = w.options();
         options.compat_epsilon = true;
         w.tables["bollinger_bqx"] =
             Computed(*engine::FindFamily("bollinger_bqx"), w.bars.View(), options);
       }},
      {"columns swapped", "regq_bqx truncation",
       [](World& w) {
         std::swap(w.Column("regq_bqx", "w60_linear_term"),
                   w.Column("regq_bqx", "w90_linear_term"));
       }},
      {"the other domain", "regn_rate truncation",
       [](World& w) { w.tables["regn_rate"] = w.tables["regn_bqx"]; }},
  };
}

// Of how values are kept, and of what they must not know.
std::vector<Defect> PrecisionDefects() {
  return {
      {"numeric(10,5)", "bollinger_rate truncation",
       [](World& w) {
         auto& column = w.Column("bollinger_rate", "bb_middle_20");
         Change(column, [&](auto i) { return Rounded(column[i], 1e-5); });
       }},
      {"numeric(12,8)", "bqx truncation",
       [](World& w) {
         auto& column = w.Column("bqx", "w75_bqx_return");
         Change(column, [&](auto i) { return Rounded(column[i], 1e-8); });
       }},
      {"float4 in a float8 column", "regn_rate truncation",
       [](World& w) {
         auto& column = w.Column("regn_rate", "rmse_idx_w45");
         Change(column, [&](auto i) { return static_cast<double>(static_cast<float>(column[i])); });
       }},
      {"a constant for the whole month", "bqx truncation",
       [](World& w) {
         auto& column = w.Column("bqx", "agg_bqx_volatility");
         const double mean = Mean(column, kAugust, kRows);
         Change(column, [&](auto i) { return i < kAugust ? column[i] : mean; });
       }},
      {"standardised with the whole sample", "regq_rate truncation",
       [](World& w) {
         auto& column = w.Column("regq_rate", "w90_constant_term");
         const double mean = Mean(column, 100, kRows);
         Change(column, [&](auto i) { return column[i] - mean; });
       }},
  };
}

// Of rows: which there are, and whose.
std::vector<Defect> RowDefects() {
  const auto of_others = [](World& w, std::uint64_t seed) {
    for (const char* family : {"rate_index", "bqx", "regq_bqx"}) {
      Series other = Computed(*engine::FindFamily(family), MakeBars(seed).View(), w.options());
      other.ts_us = w.bars.ts_us;  // joined by position
      w.tables[family] = other;
    }
  };
  return {
      {"another pair's bars", "rate_index truncation", [=](World& w) { of_others(w, 2); }},
      {"another pair's bars", "regq_bqx truncation", [=](World& w) { of_others(w, 2); }},
      {"values of a run before the last bars came", "bqx truncation",
       [](World& w) {
         Bars old = w.bars;
         for (double& close : old.close) close = Rounded(close, 1e-4);
         w.tables["bqx"] = Computed(*engine::FindFamily("bqx"), old.View(), w.options());
       }},
      {"rows one bar late", "bqx truncation",
       [](World& w) {
         auto& ts = w.tables["bqx"].ts_us;
         std::rotate(ts.begin(), ts.begin() + 1, ts.end());
         std::swap(ts.front(), ts.back());
         std::sort(ts.begin(), ts.end());
         for (auto& column : w.tables["bqx"].columns) {
           std::rotate(column.begin(), column.end() - 1, column.end());
         }
       }},
      {"times off by a second", "regn_rate rows",
       [](World& w) {
         for (auto& ts : w.tables["regn_rate"].ts_us) ts += 1'000'000;
       }},
      {"every row twice", "rate_index rows",
       [](World& w) {
         Series& table = w.tables["rate_index"];
         const Series once = table;
         table.ts_us.insert(table.ts_us.end(), once.ts_us.begin(), once.ts_us.end());
         std::sort(table.ts_us.begin(), table.ts_us.end());
         for (auto& column : table.columns) {
           std::vector<double> twice;
           for (double value : column) twice.insert(twice.end(), {value, value});
           column = twice;
         }
       }},
      {"a month left out", "bollinger_bqx rows",
       [](World& w) {
         Series& table = w.tables["bollinger_bqx"];
         table.ts_us.resize(kAugust);
         for (auto& column : table.columns) column.resize(kAugust);
       }},
  };
}

// Of values where nothing is due.
std::vector<Defect> WarmUpDefects() {
  return {
      {"warm-up a row too short", "bqx warm-up",
       [](World& w) { w.Column("bqx", "w30_bqx_return")[29] = 0.001; }},
      {"warm-up a row too long", "regq_cov_rate warm-up",
       [](World& w) { w.Column("regq_cov_rate", "w630_cov_quad_lin")[1258] = kNull; }},
      {"NULL filled with 0", "regn_bqx warm-up",
       [](World& w) {
         for (double& value : w.Column("regn_bqx", "a2_bqx_agg")) {
           if (std::isnan(value)) value = 0;
         }
       }},
      {"NULL filled with 100", "bollinger_rate warm-up",
       [](World& w) {
         for (double& value : w.Column("bollinger_rate", "bb_middle_60")) {
           if (std::isnan(value)) value = 100;
         }
       }},
      {"warm-up filled from behind", "regq_rate warm-up",
       [](World& w) {
         auto& column = w.Column("regq_rate", "w150_rmse");
         std::fill_n(column.begin(), 149, column[149]);
       }},
  };
}

void ExpectCaught(const std::vector<Defect>& defects) {
  World world;
  const auto clean = world.tables;
  for (const Defect& defect : defects) {
    world.tables = clean;
    defect.plant(world);
    EXPECT_TRUE(world.Failed().contains(defect.caught))
        << defect.name << ": not among " << ::testing::PrintToString(world.Failed());
  }
}

TEST(PlantedDefects, OfWindowsAreCaught) { ExpectCaught(WindowDefects()); }
TEST(PlantedDefects, OfFormulasAreCaught) { ExpectCaught(FormulaDefects()); }
TEST(PlantedDefects, OfPrecisionAreCaught) { ExpectCaught(PrecisionDefects()); }
TEST(PlantedDefects, OfRowsAreCaught) { ExpectCaught(RowDefects()); }
TEST(PlantedDefects, OfTheWarmUpAreCaught) { ExpectCaught(WarmUpDefects()); }

// Missing prices carried forward, as the first implementation did.
TEST(PlantedDefects, AMissingPriceThatWasFilledIsCaught) {
  Bars bars = MakeBars(4);
  bars.close[4000] = kNull;
  World world(bars);
  EXPECT_EQ(world.Failed(), std::set<std::string>{});
  bars.close[4000] = bars.close[3999];
  for (const char* family : {"rate_index", "bqx", "regn_rate", "bollinger_bqx"}) {
    world.tables[family] = Computed(*engine::FindFamily(family), bars.View(), world.options());
    EXPECT_TRUE(world.Failed().contains(std::string(family) + " warm-up")) << family;
  }
}

// A millionth of any column's value at a sampled row is seen, by time, column and both values.
TEST(PlantedDefects, AMillionthAtASampledRowIsNamed) {
  World world;
  const std::vector<Leaf> leaves = Months();
  const auto sampled = PickSamples({world.bars.ts_us, leaves, kSamples, 42, "eurusd"});
  const std::vector<std::size_t> rows{sampled[sampled.size() / 2]};
  const BarView view = world.bars.View();
  const std::string time = FormatInstant(Instant(Duration(view.ts_us[rows[0]])));
  for (const Family* family : engine::Families()) {
    Series stored{{view.ts_us[rows[0]]}, {}};
    for (const auto& column : world.tables[family->name()].columns) {
      stored.columns.push_back({column[rows[0]]});
    }
    for (std::size_t c = 0; c < stored.columns.size(); ++c) {
      const double right = stored.columns[c][0];
      stored.columns[c][0] = right * (1 + 1e-6);
      std::string told;
      for (const Finding& finding : JudgeCausality({.stage = "s",
                                                    .place = "eurusd",
                                                    .family = *family,
                                                    .bars = view,
                                                    .options = world.options(),
                                                    .leaves = leaves,
                                                    .rows = rows,
                                                    .stored = stored})) {
        if (finding.verdict == Verdict::kFail && told.empty()) {
          told = finding.where + " " + finding.expected + " " + finding.found;
        }
      }
      const std::string& name = family->stored_columns()[c].name;
      EXPECT_TRUE(told.starts_with(fmt::format("eurusd {} {}: ", time, name)) &&
                  told.ends_with(fmt::format(" {:.17g}", stored.columns[c][0])))
          << family->name() << " " << name << ": " << told;
      stored.columns[c][0] = right;
    }
  }
}

// What readers compute from stored values is judged with them: here, r2 with the first
// implementation's epsilon where the phase wants none.
TEST(PlantedDefects, AWrongDerivationIsCaught) {
  World world;
  const Family& right = *engine::FindFamily("regq_bqx");
  std::vector<engine::FamilyColumn> columns(right.columns().begin(), right.columns().end());
  for (engine::FamilyColumn& column : columns) {
    if (column.name == "w60_r2") column.derived->exact = *column.derived->compat;
  }
  const Family wrong(right.name(), "", columns, nullptr);
  const BarView view = world.bars.View();
  const std::vector<Leaf> leaves = Months();
  const auto rows = PickSamples({view.ts_us, leaves, kSamples, 42, "eurusd"});
  Series stored = *world.ReadSeries({.table = "regq_bqx", .at = world.bars.ts_us});
  for (const Family* family : {&right, &wrong}) {
    Verdict verdict = Verdict::kPass;
    for (const Finding& finding : JudgeCausality({.stage = "s",
                                                  .place = "eurusd",
                                                  .family = *family,
                                                  .bars = view,
                                                  .options = world.options(),
                                                  .leaves = leaves,
                                                  .rows = rows,
                                                  .stored = stored})) {
      if (finding.verdict == Verdict::kPass) continue;
      verdict = Verdict::kFail;
      EXPECT_NE(finding.expected.find("w60_r2"), std::string::npos) << finding.expected;
    }
    EXPECT_EQ(verdict, family == &right ? Verdict::kPass : Verdict::kFail);
  }
}

}  // namespace
}  // namespace mayfly::stages
