#include "bars/sample_fx.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "bars/pairs.h"
#include "bars/read_bars.h"
#include "base/text.h"

namespace mayfly::bars {
namespace {

using testing::HasSubstr;

SampleSpec Spec(const SampleOptions& options) { return MakeSampleSpec(options).value(); }

SampleSpec Hourly(std::uint64_t seed = 1) {
  return Spec({.from = "2024-07", .to = "2024-08", .every = "1h", .seed = seed});
}

std::string Text(const SampleSpec& spec, std::string_view pair) {
  std::string text;
  EXPECT_TRUE(GenerateSample(spec, pair, [&text](std::string_view chunk) {
                text += chunk;
                return Status();
              }).ok());
  return text;
}

ReadResult ReadBack(const SampleSpec& spec, std::string_view pair) {
  auto result = ReadBars(Text(spec, pair), pair, {.max_bad_share = 0});
  EXPECT_TRUE(result.ok()) << result.error().message();
  return std::move(result).value();
}

TEST(Pairs, AreAllTwentyEightByTheOrderOfSeniority) {
  const std::set<std::string_view> names(kPairs.begin(), kPairs.end());
  EXPECT_EQ(names.size(), 28U);
  for (std::string_view pair : kPairs) {
    const auto legs = LegsOf(pair);
    ASSERT_TRUE(legs);
    EXPECT_LT(legs->base, legs->quote) << pair;
    EXPECT_LT(legs->quote, kCurrencies.size()) << pair;
  }
  EXPECT_FALSE(LegsOf("usdeur"));
  EXPECT_FALSE(LegsOf(""));
}

TEST(SampleFx, IsReadBackRowForRow) {
  for (std::string_view every : {"1m", "1h", "4h"}) {
    const SampleSpec spec = Spec({.to = "2024-07", .every = std::string(every)});
    for (std::string_view pair : {"eurusd", "gbpjpy"}) {
      const std::string text = Text(spec, pair);
      const ReadResult result = ReadBack(spec, pair);
      EXPECT_EQ(result.report.rows_kept + 1,
                static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n')));
      EXPECT_TRUE(result.report.defects.empty()) << Describe(result.report);
      for (BarColumn column : kBarColumns) EXPECT_TRUE(result.bars.has(column));
    }
  }
}

TEST(SampleFx, IsTheSameTextEachTime) {
  EXPECT_EQ(Text(Hourly(7), "eurusd"), Text(Hourly(7), "eurusd"));
  EXPECT_NE(Text(Hourly(7), "eurusd"), Text(Hourly(8), "eurusd"));
  EXPECT_NE(Text(Hourly(7), "eurusd"), Text(Hourly(7), "gbpusd"));
}

// Written down once: a change here changes everybody's demonstration.
TEST(SampleFx, KeepsItsBytesFromReleaseToRelease) {
  EXPECT_EQ(Fnv1a(Text(Hourly(), "eurusd")), 1211031406513962317U);
}

TEST(SampleFx, ALaterEndOnlyAddsLines) {
  const std::string longer = Text(Hourly(), "audnzd");
  const std::string shorter = Text(Spec({.to = "2024-07", .every = "1h"}), "audnzd");
  EXPECT_LT(shorter.size(), longer.size());
  EXPECT_TRUE(longer.starts_with(shorter));
}

TEST(SampleFx, OtherPairsDoNotMatter) {
  const SampleSpec one = Spec({.pairs = 1, .every = "4h"});
  EXPECT_EQ(one.pairs.size(), 1U);
  EXPECT_EQ(Text(one, "eurusd"), Text(Spec({.pairs = 28, .every = "4h"}), "eurusd"));
}

TEST(SampleFx, ShutsAtTheWeekendAndMissesAFewBars) {
  const SampleSpec spec = Spec({.to = "2024-07"});
  const Bars bars = ReadBack(spec, "usdjpy").bars;
  std::size_t open_minutes = 0;
  for (auto time = spec.begin; time < spec.end; time += std::chrono::days(1)) {
    const std::chrono::weekday day(time);
    const std::size_t hours = day == std::chrono::Saturday ? 0
                              : day == std::chrono::Sunday ? 2
                              : day == std::chrono::Friday ? 22
                                                           : 24;
    open_minutes += hours * 60;
  }
  EXPECT_LT(bars.rows(), open_minutes * 997 / 1000);
  EXPECT_GT(bars.rows(), open_minutes * 993 / 1000);
  for (std::int64_t ts : bars.ts_us) {
    const std::int64_t minute_of_week = (ts / 60'000'000 + 4 * 1440) % (7 * 1440);  // from Sunday
    EXPECT_GE(minute_of_week, 22 * 60);
    EXPECT_LT(minute_of_week, 5 * 1440 + 22 * 60);
  }
}

TEST(SampleFx, MissesOtherBarsInEachPair) {
  EXPECT_NE(ReadBack(Hourly(), "eurusd").bars.ts_us, ReadBack(Hourly(), "gbpusd").bars.ts_us);
}

TEST(SampleFx, QuotesAroundTheMid) {
  const Bars bars = ReadBack(Hourly(), "eurgbp").bars;
  for (std::size_t i = 0; i < bars.rows(); ++i) {
    for (std::size_t price = 0; price < 4; ++price) {
      const std::size_t bid = IndexOf(BarColumn::kBidOpen) + price;
      const std::size_t ask = IndexOf(BarColumn::kAskOpen) + price;
      EXPECT_LT(bars.columns[bid][i], bars.columns[price][i]);
      EXPECT_GT(bars.columns[ask][i], bars.columns[price][i]);
    }
    EXPECT_GE(bars.column(BarColumn::kVolume)[i], 1);
  }
}

// eurusd / gbpusd = eurgbp, as far as the ticks of all three allow.
TEST(SampleFx, ClosesTrianglesUpToTheTick) {
  const Bars eurusd = ReadBack(Hourly(), "eurusd").bars;
  const Bars gbpusd = ReadBack(Hourly(), "gbpusd").bars;
  const Bars eurgbp = ReadBack(Hourly(), "eurgbp").bars;
  std::size_t compared = 0;
  for (std::size_t i = 0, j = 0, k = 0; i < eurusd.rows(); ++i) {
    const std::int64_t ts = eurusd.ts_us[i];
    while (j < gbpusd.rows() && gbpusd.ts_us[j] < ts) ++j;
    while (k < eurgbp.rows() && eurgbp.ts_us[k] < ts) ++k;
    if (j == gbpusd.rows() || k == eurgbp.rows()) break;
    if (gbpusd.ts_us[j] != ts || eurgbp.ts_us[k] != ts) continue;
    const double implied =
        eurusd.column(BarColumn::kClose)[i] / gbpusd.column(BarColumn::kClose)[j];
    EXPECT_NEAR(implied, eurgbp.column(BarColumn::kClose)[k], 1.3e-5);
    ++compared;
  }
  EXPECT_GT(compared, 900U);
}

TEST(SampleFx, MovesLikeAMarket) {
  const Bars bars =
      ReadBack(Spec({.from = "2020-01", .to = "2024-12", .every = "4h"}), "eurusd").bars;
  const std::vector<double>& close = bars.column(BarColumn::kClose);
  double squares = 0;
  for (std::size_t i = 1; i < close.size(); ++i) {
    squares += std::pow(std::log(close[i] / close[i - 1]), 2);
  }
  const double yearly = std::sqrt(squares / 5);
  EXPECT_GT(yearly, 0.04);
  EXPECT_LT(yearly, 0.16);
  const auto [lowest, highest] = std::minmax_element(close.begin(), close.end());
  EXPECT_GT(*lowest, 0.5);
  EXPECT_LT(*highest, 2.5);
}

TEST(SampleFx, RefusesOptionsByName) {
  auto refusal = [](const SampleOptions& options) {
    const auto spec = MakeSampleSpec(options);
    return spec.ok() ? std::string("taken") : spec.error().message();
  };
  EXPECT_THAT(refusal({.pairs = 0}), HasSubstr("--pairs 0"));
  EXPECT_THAT(refusal({.pairs = 29}), HasSubstr("1 to 28"));
  EXPECT_THAT(refusal({.from = "2024-13"}), HasSubstr("--from '2024-13'"));
  EXPECT_THAT(refusal({.from = "2024-7"}), HasSubstr("--from"));
  EXPECT_THAT(refusal({.to = "-024-07"}), HasSubstr("--to"));
  EXPECT_THAT(refusal({.from = "2024-08", .to = "2024-07"}), HasSubstr("before"));
  EXPECT_THAT(refusal({.every = "5m"}), HasSubstr("1m, 1h or 4h"));
  EXPECT_EQ(refusal({.from = "2024-02", .to = "2024-02"}), "taken");
}

TEST(SampleFx, StopsWhenTheSinkFails) {
  int chunks = 0;
  const Status status = GenerateSample(Spec({}), "eurusd", [&chunks](std::string_view) -> Status {
    ++chunks;
    return Exhausted("disk full");
  });
  EXPECT_EQ(status.error().kind(), ErrorKind::kExhausted);
  EXPECT_EQ(chunks, 1);
  EXPECT_FALSE(GenerateSample(Spec({}), "usdeur", [](std::string_view) { return Status(); }).ok());
}

}  // namespace
}  // namespace mayfly::bars
