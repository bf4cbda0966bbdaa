#include "bars/timestamp.h"

#include <gtest/gtest.h>

#include "base/time.h"

namespace mayfly::bars {
namespace {

std::int64_t At(std::string_view instant) {
  return ParseInstant(instant).value().time_since_epoch().count();
}

struct Form {
  std::string_view name, text;
  TimeFormat format;
  std::string_view instant;
};

class KnownForm : public testing::TestWithParam<Form> {};

TEST_P(KnownForm, IsGuessedAndRead) {
  const Form& form = GetParam();
  ASSERT_EQ(GuessTimeFormat(form.text), form.format);
  EXPECT_EQ(TimestampParser(form.format).Parse(form.text), At(form.instant));
}

INSTANTIATE_TEST_SUITE_P(
    Table, KnownForm,
    testing::Values(
        Form{"Minutes", "2024-07-01 13:05", TimeFormat::kDateTime, "2024-07-01 13:05"},
        Form{"Seconds", "2024-07-01 13:05:59", TimeFormat::kDateTime, "2024-07-01 13:05:59"},
        Form{"Millis", "2024-07-01 13:05:59.25", TimeFormat::kDateTime, "2024-07-01 13:05:59.25"},
        Form{"WithT", "2024-07-01T13:05", TimeFormat::kDateTime, "2024-07-01 13:05"},
        Form{"WithTAndZ", "2024-07-01T13:05:00Z", TimeFormat::kDateTime, "2024-07-01 13:05"},
        Form{"Dots", "2024.07.01 13:05", TimeFormat::kDateTime, "2024-07-01 13:05"},
        Form{"Slashes", "2024/07/01 13:05:01", TimeFormat::kDateTime, "2024-07-01 13:05:01"},
        Form{"ZoneEast", "2024-07-01 13:05:00+02:00", TimeFormat::kDateTime, "2024-07-01 11:05"},
        Form{"ZoneWest", "2024-07-01 23:05:00-0330", TimeFormat::kDateTime, "2024-07-02 02:35"},
        Form{"ZoneShort", "2024-07-01 13:05:00+00", TimeFormat::kDateTime, "2024-07-01 13:05"},
        Form{"DateOnly", "2024-07-01", TimeFormat::kDateTime, "2024-07-01"},
        Form{"Quoted", "\"2024-07-01 13:05\"", TimeFormat::kDateTime, "2024-07-01 13:05"},
        Form{"LeapDay", "2024-02-29 00:00", TimeFormat::kDateTime, "2024-02-29"},
        Form{"BeforeEpoch", "1969-12-31 23:59", TimeFormat::kDateTime, "1969-12-31 23:59"},
        Form{"Compact", "20240701 130559", TimeFormat::kCompact, "2024-07-01 13:05:59"},
        Form{"CompactMinutes", "20240701 1305", TimeFormat::kCompact, "2024-07-01 13:05"},
        Form{"CompactSolid", "20240701130559", TimeFormat::kCompact, "2024-07-01 13:05:59"},
        Form{"CompactColons", "20240701 13:05:59", TimeFormat::kCompact, "2024-07-01 13:05:59"},
        Form{"CompactDate", "20240701", TimeFormat::kCompact, "2024-07-01"},
        Form{"Epoch", "1719839159", TimeFormat::kEpochSeconds, "2024-07-01 13:05:59"},
        Form{"EpochFraction", "1719839159.5", TimeFormat::kEpochSeconds, "2024-07-01 13:05:59.5"},
        Form{"EpochMillis", "1719839159250", TimeFormat::kEpochMillis, "2024-07-01 13:05:59.25"},
        Form{"EpochMicros", "1719839159000001", TimeFormat::kEpochMicros,
             "2024-07-01 13:05:59.000001"},
        Form{"EpochNanos", "1719839159000001999", TimeFormat::kEpochNanos,
             "2024-07-01 13:05:59.000001"}),
    [](const auto& form) { return std::string(form.param.name); });

TEST(Timestamp, RefusesWhatIsNoInstant) {
  for (std::string_view text : {"",
                                "x",
                                "2024-02-30 00:00",
                                "2023-02-29 00:00",
                                "2024-13-01 00:00",
                                "2024-07-01 24:00",
                                "2024-07-01 12:60",
                                "2024-07-01 12:00:60",
                                "2024-07-01 12",
                                "2024-07-01 12:0",
                                "2024-07-01 12:00:",
                                "2024-07-01 12:00:00.",
                                "2024-07-01 12:00:00+2",
                                "2024-07.01 12:00",
                                "2024-07-01 12:00x",
                                "2024-07-01  12:00",
                                "0024-07-01 12:00",
                                "2300-01-01 00:00",
                                "-024-07-01 00:00",
                                "20240732",
                                "20240701 250000",
                                "1.07",
                                "12345678",
                                "99999999999999999999",
                                "nan",
                                "inf",
                                "1719839159x"}) {
    EXPECT_EQ(GuessTimeFormat(text), std::nullopt) << text;
  }
}

TEST(Timestamp, DoesNotTakeARowNumberForAnEpoch) {
  EXPECT_EQ(GuessTimeFormat("17"), std::nullopt);
  EXPECT_EQ(TimestampParser(TimeFormat::kEpochSeconds).Parse("60"), 60'000'000);
  EXPECT_EQ(TimestampParser(TimeFormat::kEpochSeconds).Parse("-60"), -60'000'000);
}

TEST(Timestamp, JoinsDateAndTimeOfDay) {
  TimestampParser dotted(TimeFormat::kDateTime);
  EXPECT_EQ(dotted.Parse("2024.07.01", "13:05"), At("2024-07-01 13:05"));
  EXPECT_EQ(dotted.Parse("2024.07.01", "13:05:07"), At("2024-07-01 13:05:07"));
  EXPECT_EQ(TimestampParser(TimeFormat::kCompact).Parse("20240701", "130507"),
            At("2024-07-01 13:05:07"));
  EXPECT_EQ(dotted.Parse("2024.07.01", "25:00"), std::nullopt);
  EXPECT_EQ(dotted.Parse("2024.07.01", ""), std::nullopt);
}

TEST(Timestamp, RemembersNoWrongDate) {
  TimestampParser parser(TimeFormat::kDateTime);
  EXPECT_TRUE(parser.Parse("2024-07-01 00:00"));
  EXPECT_FALSE(parser.Parse("2024-07-41 00:00"));
  EXPECT_EQ(parser.Parse("2024-07-02 00:00"), At("2024-07-02"));
  EXPECT_EQ(parser.Parse("2024-07-01 00:01"), At("2024-07-01 00:01"));
}

}  // namespace
}  // namespace mayfly::bars
