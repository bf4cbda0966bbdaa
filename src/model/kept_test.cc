#include "model/kept.h"

#include <gtest/gtest.h>

namespace mayfly {
namespace {

TEST(Kept, NamesRoundTrip) {
  for (int i = 0; i < 5; ++i) {
    const auto disk = static_cast<DiskState>(i);
    const auto floor = static_cast<FloorState>(i);
    EXPECT_EQ(*ParseDiskState(Name(disk)), disk);
    EXPECT_EQ(*ParseFloorState(Name(floor)), floor);
  }
  EXPECT_FALSE(ParseDiskState("lost").ok());
}

TEST(Kept, WhatIsOverStaysSo) {
  for (int i = 0; i < 5; ++i) {
    const auto disk = static_cast<DiskState>(i);
    const auto floor = static_cast<FloorState>(i);
    EXPECT_TRUE(MayStep(disk, disk));
    EXPECT_EQ(MayStep(DiskState::kFailed, disk), disk == DiskState::kFailed) << Name(disk);
    EXPECT_EQ(MayStep(DiskState::kDeleted, disk), disk == DiskState::kDeleted) << Name(disk);
    EXPECT_EQ(MayStep(FloorState::kRestored, floor), floor == FloorState::kRestored);
    EXPECT_EQ(MayStep(FloorState::kLeft, floor), floor == FloorState::kLeft);
  }
  EXPECT_FALSE(MayStep(DiskState::kCompleted, DiskState::kPending));
  EXPECT_FALSE(MayStep(FloorState::kRestoring, FloorState::kRaised));
}

TEST(Kept, UnitsAreHalves) {
  struct Case {
    const char* text;
    std::int64_t milli;
  };
  for (const auto& [text, milli] :
       {Case{"8", 8000}, {"0.5", 500}, {"31.5", 31500}, {"256", 256000}, {"0", 0}}) {
    ASSERT_TRUE(ParseUnits(text).ok()) << text;
    EXPECT_EQ(*ParseUnits(text), milli) << text;
    EXPECT_EQ(FormatUnits(milli), text);
  }
  EXPECT_EQ(*ParseUnits("2.0"), 2000);
  for (const char* text : {"", ".5", "-1", "0.25", "256.5", "1000", "8 ACU", "1e2"}) {
    EXPECT_FALSE(ParseUnits(text).ok()) << text;
  }
}

}  // namespace
}  // namespace mayfly
