// What nobody touched never fails, and where is looked.

#include "stages/causality.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "stages/causality_testing.h"
#include "stages/verify_causality.h"

namespace mayfly::stages {
namespace {

TEST(Causality, WhatNobodyTouchedPassesAndSaysHowMuchWasJudged) {
  World world;
  std::set<std::string> checks;
  for (const Finding& finding : world.Verify()) {
    EXPECT_EQ(finding.verdict, Verdict::kPass)
        << finding.stage << finding.expected << finding.found;
    if (finding.stage == "bqx") checks.insert(finding.check);
    EXPECT_FALSE(finding.found.starts_with("0 "));
  }
  EXPECT_EQ(checks,
            (std::set<std::string>{"causality: rows", "causality: truncation", "causality: chunks",
                                   "causality: warm-up", "causality: identities"}));
  EXPECT_EQ(CausalityLeftOut(world.plan).size(), 3U);
}

TEST(Causality, SwitchedOffItSaysNothing) {
  World world(MakeBars(1), 0);
  EXPECT_TRUE(world.Verify().empty());
  EXPECT_TRUE(CausalityLeftOut(world.plan).empty());
}

// No false alarm: any family, scale, NULLs, flat stretches, jumps, both modes, float8 and float4.
TEST(Causality, NeverCriesWolf) {
  for (std::uint64_t seed = 0; seed < 24; ++seed) {
    Rng rng(seed);
    engine::testing::WalkOptions walk = engine::testing::SomeTrouble(rng, kRows);
    walk.null_chance /= 40;  // windows of 1,259 rows want some peace
    const Bars bars = MakeBars(seed, walk);
    const BarView view = bars.View();
    const std::vector<Leaf> leaves = Months();
    const SampleRequest request{view.ts_us, leaves, 200, seed, "eurusd"};
    for (const Family* family : engine::Families()) {
      const Options options{.baseline = walk.scale, .compat_epsilon = seed % 2 == 1};
      Series stored = Computed(*family, view, options);
      std::vector<ColumnType> types;
      for (const auto& column : family->stored_columns()) {
        const bool narrow = seed % 3 == 0 && !column.level;
        types.push_back(narrow ? ColumnType::kFloat4 : ColumnType::kFloat8);
        if (!narrow) continue;
        for (double& value : stored.columns[types.size() - 1]) value = static_cast<float>(value);
      }
      std::vector<std::size_t> rows = PickSamples(request);
      for (std::size_t row : PickEdges(request, *family, view)) rows.push_back(row);
      std::sort(rows.begin(), rows.end());
      for (const Finding& finding : JudgeCausality({.stage = family->name(),
                                                    .place = "eurusd",
                                                    .family = *family,
                                                    .bars = view,
                                                    .options = options,
                                                    .leaves = leaves,
                                                    .rows = rows,
                                                    .stored = stored,
                                                    .types = types})) {
        ASSERT_EQ(finding.verdict, Verdict::kPass)
            << finding.stage << " " << finding.check << " seed " << seed << ": " << finding.expected
            << " but " << finding.found;
      }
    }
  }
}

TEST(Samples, AreTheSameEverywhereAndSpreadOverLeavesAndTheirEnds) {
  const Bars bars = MakeBars(1);
  const std::vector<Leaf> leaves = Months();
  const SampleRequest request{bars.ts_us, leaves, 36, 42, "eurusd"};
  const std::vector<std::size_t> rows = PickSamples(request);
  EXPECT_EQ(rows, PickSamples(request));
  EXPECT_GT(rows.size(), 30U);
  EXPECT_TRUE(std::is_sorted(rows.begin(), rows.end()));
  const auto within = [&](std::size_t begin, std::size_t end) {
    return std::count_if(rows.begin(), rows.end(), [&](auto r) { return begin <= r && r < end; });
  };
  EXPECT_NEAR(static_cast<double>(within(0, kAugust)), 18, 4);
  for (std::size_t first : {std::size_t{0}, kAugust - 60, kAugust, kRows - 60}) {
    EXPECT_GE(within(first, first + 60), 4) << first;
  }
  const SampleRequest other{bars.ts_us, leaves, 36, 42, "gbpusd"};
  EXPECT_NE(rows, PickSamples(other));
}

TEST(Samples, AreAllRowsWhereAsManyAreAskedFor) {
  const Bars bars = MakeBars(1);
  const std::vector<Leaf> august{Months().back()};
  const auto rows = PickSamples({bars.ts_us, august, kRows, 42, "eurusd"});
  EXPECT_EQ(rows.size(), kRows - kAugust);
  EXPECT_EQ(rows.front(), kAugust);
}

TEST(Samples, FewerThanLeavesAndNoRowsAtAll) {
  const Bars bars = MakeBars(1);
  const std::vector<Leaf> leaves = Months();
  EXPECT_EQ(PickSamples({bars.ts_us, leaves, 1, 42, "eurusd"}).size(), 1U);
  EXPECT_TRUE(PickSamples({{}, leaves, 36, 42, "eurusd"}).empty());
  EXPECT_TRUE(PickSamples({bars.ts_us, leaves, 0, 42, "eurusd"}).empty());
}

}  // namespace
}  // namespace mayfly::stages
