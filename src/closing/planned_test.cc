#include "closing/planned.h"

#include <gtest/gtest.h>

#include <vector>

namespace mayfly::closing {
namespace {

TEST(Planned, WhatIsWrittenForPeopleIsReadBackToItsPrecision) {
  for (Duration length :
       std::vector<Duration>{milliseconds(400), seconds(24), seconds(2470), hours(42), hours(61)}) {
    std::optional<Duration> read = ReadHumanDuration(HumanDuration(length));
    ASSERT_TRUE(read) << HumanDuration(length);
    EXPECT_EQ(HumanDuration(*read), HumanDuration(length));
  }
  for (const char* nonsense : {"", "41", "x min", "41 weeks", "41 min 10"}) {
    EXPECT_FALSE(ReadHumanDuration(nonsense)) << nonsense;
  }
}

TEST(Planned, AQuoteSaysItsLengthByWhoSaidIt) {
  const struct {
    const char* source;
    std::optional<Duration> planned;
  } kCases[] = {{"stated: 1h30m", minutes(90)},
                {"run 7: 41 min 10 s", seconds(2470)},
                {"not measured", std::nullopt},
                {"", std::nullopt}};
  for (const auto& one : kCases) {
    Quote quote;
    quote.hours_source = one.source;
    EXPECT_EQ(PlannedLength(quote), one.planned) << one.source;
  }
}

}  // namespace
}  // namespace mayfly::closing
