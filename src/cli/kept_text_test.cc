#include "cli/kept_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace mayfly::cli {
namespace {

using ::testing::HasSubstr;

RunSnapshot Kept(DiskState state) {
  RunSnapshot s;
  s.now = MakeInstant(2026, 11, 28);
  s.kept_disk = KeptDisk{.machine = MachineId{2},
                         .state = state,
                         .external_id = "snap-1",
                         .gigabytes = 100,
                         .monthly = Money{5'000'000},
                         .expires = MakeInstant(2026, 12, 28),
                         .note = "it was not complete within 30m"};
  return s;
}

std::string Text(const RunSnapshot& s, std::size_t which = 0) {
  return KeptFacts(s).at(which).second;
}

TEST(KeptText, ADiskIsTimeAndMoney) {
  RunSnapshot s = Kept(DiskState::kCompleted);
  EXPECT_EQ(Text(s),
            "snap-1, 100 GB of machine 2, at most 5.00 USD a month until "
            "2026-12-28T00:00:00Z");
  s.kept_disk->monthly.reset();
  EXPECT_THAT(Text(s), HasSubstr("at a price that nobody knows"));
  s.now = MakeInstant(2026, 12, 29);
  EXPECT_THAT(Text(s), HasSubstr("expired, to be swept"));
}

TEST(KeptText, WhatWasNotKeptSaysWhy) {
  EXPECT_EQ(Text(Kept(DiskState::kFailed)), "not kept: it was not complete within 30m");
}

TEST(KeptText, AFloorSaysWhatItIsAndWhatItWas) {
  RunSnapshot s;
  s.floors = {{.cluster = "prod", .before_milli = 500, .floor_milli = 8000}};
  const std::vector<std::pair<FloorState, std::string>> cases{
      {FloorState::kIntended, "about to be raised"},
      {FloorState::kRaised, "of prod: 8 capacity units instead of 0.5"},
      {FloorState::kRestoring, "about to be restored"},
      {FloorState::kRestored, "restored to 0.5 capacity units"},
      {FloorState::kLeft, "left as it is: somebody set it"}};
  s.floors.back().note = "somebody set it";
  for (const auto& [state, says] : cases) {
    s.floors.back().state = state;
    EXPECT_THAT(Text(s), HasSubstr(says)) << Name(state);
  }
}

TEST(KeptText, ProgramsGetAllOfIt) {
  RunSnapshot none;
  EXPECT_TRUE(JsonOfKept(none)["disk"].is_null());
  EXPECT_TRUE(JsonOfKept(none)["floors"].empty());
  RunSnapshot s = Kept(DiskState::kCompleted);
  s.floors = {{.cluster = "prod", .before_milli = 500, .floor_milli = 8000}};
  const auto json = JsonOfKept(s);
  EXPECT_EQ(json["disk"]["monthly"], "5.00 USD");
  EXPECT_EQ(json["disk"]["expires"], "2026-12-28T00:00:00Z");
  EXPECT_EQ(json["floors"][0]["before"], "0.5");
  EXPECT_EQ(json["floors"][0]["floor"], "8");
}

}  // namespace
}  // namespace mayfly::cli
