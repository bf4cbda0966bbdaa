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
  EXPECT_EQ(FormatMoney(Money{19'125'000}), "$19.13");
  for (const char* text :
       {"25", "25 EUR", "-1 USD", "", "1.2.3 USD", "1000000000000000000000 USD"}) {
    EXPECT_FALSE(ParseMoney(text).ok()) << text;
  }
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
