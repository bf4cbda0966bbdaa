#pragma once
// A pair in memory for the tests of causality: bars, every family computed of them, and a probe
// that reads both as verification would.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/catalogue.h"
#include "engine/testing/series.h"
#include "stages/causality.h"
#include "stages/compile.h"
#include "stages/verify.h"

namespace mayfly::stages {

using engine::BarView;
using engine::Family;
using engine::Options;
using engine::testing::Bars;

inline constexpr double kNull = std::numeric_limits<double>::quiet_NaN();
inline constexpr std::size_t kRows = 6000;
inline constexpr std::size_t kSamples = 36;   // a pair's share of 1,000 among 28
inline constexpr std::size_t kAugust = 2880;  // the first row of the second leaf

// Minutes over two days of July and into August; the market is shut about the month's end.
inline Bars MakeBars(std::uint64_t seed, engine::testing::WalkOptions walk = {.rows = kRows}) {
  Rng rng(seed);
  Bars bars = engine::testing::RandomBars(rng, walk);
  for (std::size_t row = 0; row < bars.ts_us.size(); ++row) {
    const Instant start = row < kAugust ? MakeInstant(2024, 7, 28) : MakeInstant(2024, 7, 31);
    bars.ts_us[row] += start.time_since_epoch().count();
  }
  return bars;
}

inline std::vector<Leaf> Months() {
  return {{.name = "july", .end = MakeInstant(2024, 8, 1)},
          {.name = "august", .begin = MakeInstant(2024, 8, 1)}};
}

inline Series Computed(const Family& family, const BarView& bars, const Options& options) {
  engine::ColumnBlock block;
  EXPECT_TRUE(family.Compute(bars, options, {0, bars.rows()}, block).ok());
  return {{bars.ts_us.begin(), bars.ts_us.end()}, std::move(block.columns)};
}

// Bars and what is stored of them, as tables; and the phase that made them.
class World final : public DataProbe {
 public:
  explicit World(Bars made = MakeBars(1), std::size_t samples = kSamples) : bars(std::move(made)) {
    std::string text =
        "[phase]\nname='p'\n[grid]\npair=['eurusd']\nperiod={every='month',from='2024-07',"
        "to='2024-08'}\n[[stage]]\nname='load'\nkind='load'\ndir='bars'\n";
    for (const Family* family : engine::Families()) {
      text += "[[stage]]\nname='" + family->name() + "'\nkind='features'\nfamily='" +
              family->name() + "'\n";
    }
    text +=
        fmt::format("[[stage]]\nname='verify'\nkind='verify'\ncausality={{samples={}}}\n", samples);
    auto parsed = ParsePhase(text, {.file = "p.toml", .folder = "/f"});
    EXPECT_TRUE(parsed.ok()) << parsed.error().message();
    plan = CompilePhase(*parsed, {.pairs = {"eurusd"}, .unit = PeriodUnit::kMonth}).value();
    for (const Family* family : engine::Families()) {
      tables[family->name()] = Computed(*family, bars.View(), options());
    }
  }

  Options options() const { return {.baseline = bars.close.front()}; }

  std::vector<double>& Column(const std::string& family, std::string_view column) {
    const auto stored = engine::FindFamily(family)->stored_columns();
    for (std::size_t c = 0; c < stored.size(); ++c) {
      if (stored[c].name == column) return tables[family].columns[c];
    }
    ADD_FAILURE() << column;
    return tables[family].columns[0];
  }

  std::vector<Finding> Verify() {
    std::vector<Finding> causality;
    auto all = VerifyPoint(plan, VerifyPoints(plan).front(), *this);
    EXPECT_TRUE(all.ok());
    for (Finding& finding : *all) {
      if (finding.check.starts_with("causality")) causality.push_back(std::move(finding));
    }
    return causality;
  }

  // "bqx truncation", …: what failed.
  std::set<std::string> Failed() {
    std::set<std::string> failed;
    for (const Finding& finding : Verify()) {
      if (finding.verdict == Verdict::kPass) continue;
      failed.insert(finding.stage + finding.check.substr(finding.check.find(':') + 1));
    }
    return failed;
  }

  // The family whose stored columns are in the table of that name.
  std::string FamilyOf(const std::string& table) const {
    for (const PlannedStage& stage : plan.stages) {
      if (stage.shape && stage.shape->name == table) return stage.shape->shown_name();
    }
    return table;
  }

  Result<Series> ReadSeries(const SeriesQuery& query) override {
    if (query.table == "bars") {
      return Series{bars.ts_us, {bars.open, bars.high, bars.low, bars.close}};
    }
    const Series& table = tables.at(FamilyOf(query.table));
    Series found{{}, std::vector<std::vector<double>>(table.columns.size())};
    const std::set<std::int64_t> wanted(query.at->begin(), query.at->end());
    for (std::size_t row = 0; row < table.ts_us.size(); ++row) {
      if (!wanted.contains(table.ts_us[row])) continue;
      found.ts_us.push_back(table.ts_us[row]);
      for (std::size_t c = 0; c < table.columns.size(); ++c) {
        found.columns[c].push_back(table.columns[c][row]);
      }
    }
    return found;
  }
  Result<LeafFacts> MeasureLeaf(const TableShape& shape, const Leaf&, const std::string&) override {
    return LeafFacts{.exists = true, .columns = std::vector<ColumnFacts>(shape.columns.size())};
  }
  Result<std::vector<SourceAnswer>> CountSource(const SourceQuestion& question) override {
    SourceAnswer answer{0, std::vector<std::int64_t>(question.rules.size())};
    return std::vector<SourceAnswer>(question.leaves.size(), answer);
  }
  Result<std::vector<std::string>> ListLeaves(const TableShape&) override {
    return std::vector<std::string>{};
  }
  Result<bool> HasKey(const TableShape&) override { return true; }
  Result<std::vector<SpareIndex>> ListSpareIndexes() override { return std::vector<SpareIndex>{}; }
  Result<std::optional<bool>> Assert(const Point&, std::string_view) override {
    return std::optional<bool>(true);
  }
  Result<LeafFacts> MeasureRows(const TableShape& shape, const Leaf& leaf,
                                const std::string& transaction) override {
    return MeasureLeaf(shape, leaf, transaction);
  }
  Result<std::vector<Accepted>> ListAccepted(const std::vector<std::string>&) override {
    return std::vector<Accepted>{};
  }
  Status RecordFindings(TaskId, std::span<const Finding>) override { return {}; }

  Bars bars;
  PhasePlan plan;
  std::map<std::string, Series> tables;
};

}  // namespace mayfly::stages
