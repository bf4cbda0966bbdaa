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

TEST(Planned, AQuoteSaysItsMachineTimeByWhoSaidIt) {
  const struct {
    const char* source;
    const char* premise;
    std::optional<Duration> planned;
  } kCases[] = {{"stated: 1h30m", "1 x 1h30m", minutes(90)},
                {"run 7: 41 min 10 s", "2 x 41m10s", seconds(4940)},
                {"stated: 1h", "100 GB", hours(1)},
                {"not measured", "1 x not measured", std::nullopt},
                {"", "", std::nullopt}};
  for (const auto& one : kCases) {
    Quote quote;
    quote.hours_source = one.source;
    quote.lines = {{.item = Item::kCompute, .premise = one.premise}};
    EXPECT_EQ(PlannedMachineTime(quote), one.planned) << one.source;
  }
}

}  // namespace
}  // namespace mayfly::closing
