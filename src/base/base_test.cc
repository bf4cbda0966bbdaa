#include <gtest/gtest.h>

#include "base/money.h"
#include "base/result.h"
#include "base/rng.h"
#include "base/text.h"
#include "base/time.h"

namespace mayfly {
namespace {

TEST(Duration, RoundTripsThroughItsText) {
  for (const char* text : {"48h", "90s", "1h30m", "250ms", "2s", "10us"}) {
    Result<Duration> parsed = ParseDuration(text);
    ASSERT_TRUE(parsed.ok()) << text;
    EXPECT_EQ(*ParseDuration(FormatDuration(*parsed)), *parsed) << text;
  }
  EXPECT_EQ(*ParseDuration("2d"), hours(48));
}

TEST(Duration, RefusesWhatHasNoUnit) {
  for (const char* text :
       {"", "25", "h", "-3s", "3 s", "1h30", "99999999999999999999h", "9223372036854775807h"}) {
    EXPECT_EQ(ParseDuration(text).error().kind(), ErrorKind::kInvalid) << text;
  }
}

TEST(Instant, ReadsDatesAndDateTimes) {
  EXPECT_EQ(*ParseInstant("2024-07-01"), MakeInstant(2024, 7, 1));
  EXPECT_EQ(*ParseInstant("2024-07-01T06:30:15.25Z"),
            MakeInstant(2024, 7, 1, hours(6) + minutes(30) + seconds(15) + milliseconds(250)));
  EXPECT_EQ(FormatInstant(MakeInstant(2024, 2, 29, hours(23))), "2024-02-29T23:00:00Z");
}

TEST(Instant, RefusesDatesThatDoNotExist) {
  for (const char* text :
       {"2024-13-01", "2023-02-29", "2024-7-1", "2024-07-01T25:00", "2024-07-01x", ""}) {
    EXPECT_FALSE(ParseInstant(text).ok()) << text;
  }
}

TEST(Money, ReadsAmountsWithTheirUnit) {
  EXPECT_EQ(ParseMoney("19.13 USD")->micro_usd, 19'130'000);
  EXPECT_EQ(FormatMoney(Money{19'125'000}), "19.13 USD");
}

TEST(Money, AMistakeIsNamed) {
  struct Row {
    const char* text;
    const char* word;
  };
  for (const Row& row :
       {Row{"25", "has no unit"}, Row{"25 EUR", "another currency"}, Row{"-1 USD", "is negative"},
        Row{"", "is not an amount"}, Row{"1.2.3 USD", "two points"},
        Row{"0.0000001 USD", "decimal places"}, Row{"1000000000000 USD", "a digit too many"},
        Row{"1000000000000000000000 USD", "too many digits"}}) {
    Result<Money> money = ParseMoney(row.text);
    ASSERT_FALSE(money.ok()) << row.text;
    EXPECT_NE(money.error().message().find(row.word), std::string::npos)
        << row.text << ": " << money.error().message();
  }
}

TEST(Money, WhatIsShownIsReadBack) {
  for (std::int64_t micros : {0L, 1L, 9'999L, 20'800L, 57'800'000L, 999'999'999'999'999L}) {
    EXPECT_EQ(ParseMoney(FormatExactMoney(Money{micros}))->micro_usd, micros);
    EXPECT_TRUE(ParseMoney(FormatMoney(Money{micros})).ok());
  }
  EXPECT_EQ(FormatExactMoney(Money{20'800}), "0.0208 USD");
}

TEST(Money, NothingThatIsBilledReadsAsNothing) {
  EXPECT_EQ(FormatMoney(Money{1'667}), "0.001667 USD");
  EXPECT_EQ(FormatMoney(Money{0}), "0.00 USD");
  EXPECT_EQ(FormatMoney(Money{-1}), "-0.000001 USD");
}

TEST(Text, FindsTheNearestNameOnlyWhenItIsNear) {
  std::vector<std::string> names{"deadline", "budget", "name"};
  EXPECT_EQ(NearestName("dedline", names), "deadline");
  EXPECT_EQ(NearestName("zzzzzzzzz", names), std::nullopt);
}

TEST(Text, FillsOnlyTheBracesItKnows) {
  std::vector<std::pair<std::string, std::string>> values{{"pair", "eurusd"}};
  EXPECT_EQ(FillBraces("m1_{pair}_{x}", values), "m1_eurusd_{x}");
}

TEST(Error, KindsRoundTripThroughTheirNames) {
  for (ErrorKind kind : {ErrorKind::kConflict, ErrorKind::kAmbiguous, ErrorKind::kCorrupt}) {
    EXPECT_EQ(KindFromName(KindName(kind)), kind);
  }
  EXPECT_EQ(ExitCode(ErrorKind::kCorrupt), 8);
}

TEST(Rng, ForksAreIndependentOfDraws) {
  Rng a(7);
  Rng b(7);
  EXPECT_EQ(a.Next(), b.Next());
  EXPECT_NE(Rng(7).Fork(1).Next(), Rng(7).Fork(2).Next());
}

}  // namespace
}  // namespace mayfly
