#include "sweep/monthly.h"

#include <gtest/gtest.h>

#include "sweep/testing.h"

namespace mayfly::sweep {
namespace {

struct Case {
  const char* name;
  Thing thing;
  std::optional<std::int64_t> micro_usd;
  bool is_elsewhere = false, is_at_most = false;
};

Thing Sized(ThingKind kind, std::int64_t gigabytes, const char* region = kRegion) {
  Thing thing = MakeThing(kind, "x");
  thing.place = region;
  thing.gigabytes = gigabytes;
  thing.disk_type = "gp3";
  return thing;
}

Thing Typed(Thing thing, const char* type) {
  thing.disk_type = type;
  return thing;
}

Thing Computer(const char* type, bool is_stopped) {
  Thing thing = Sized(ThingKind::kInstance, 500);
  thing.instance_type = type;
  thing.is_stopped = is_stopped;
  return thing;
}

Thing Floor(double now, double before) {
  Thing thing = MakeThing(ThingKind::kDatabaseFloor, "db");
  thing.floor = now;
  thing.restore = before;
  return thing;
}

// By hand, from the prices that ship with the binary.
std::vector<Case> Cases() {
  return {
      {"100 GB of disk", Sized(ThingKind::kVolume, 100), 8'000'000},
      {"the same elsewhere", Sized(ThingKind::kVolume, 100, "eu-west-1"), 8'000'000, true},
      {"an address", Sized(ThingKind::kAddress, 0), 3'650'000},
      {"a disk of another type", Typed(Sized(ThingKind::kVolume, 500), "gp2"), std::nullopt},
      {"one that is faster", Typed(Sized(ThingKind::kVolume, 500), "gp3, faster"), std::nullopt},
      {"a snapshot of 500 GB", Sized(ThingKind::kSnapshot, 500), 25'000'000, false, true},
      {"parts of 2 GB", Sized(ThingKind::kUpload, 2), 46'000, false, true},
      {"a machine that runs", Computer("t3.2xlarge", false), 242'944'000},
      {"one that is stopped", Computer("t3.2xlarge", true), 40'000'000},
      {"one with other disks", Typed(Computer("t3.2xlarge", true), "several"), std::nullopt},
      {"one whose price nobody knows", Computer("x9.huge", false), std::nullopt},
      {"a floor of 4 instead of 0.5", Floor(4, 0.5), 306'600'000},
      {"a group", Sized(ThingKind::kGroup, 0), 0}};
}

TEST(Monthly, IsWhatTheBillWouldSay) {
  const cost::PriceBook book(Now());
  for (const Case& one : Cases()) {
    const std::optional<Monthly> found = MonthlyOf(one.thing, book);
    ASSERT_EQ(found.has_value(), one.micro_usd.has_value()) << one.name;
    if (!found) continue;
    EXPECT_EQ(found->money.micro_usd, *one.micro_usd) << one.name;
    EXPECT_EQ(found->is_elsewhere, one.is_elsewhere) << one.name;
    EXPECT_EQ(found->is_at_most, one.is_at_most) << one.name;
  }
}

TEST(Monthly, UsesThePriceOfTheRegionWhereItIsKnown) {
  cost::PriceBook book(Now());
  const Thing there = Sized(ThingKind::kVolume, 100, "eu-west-1");
  ASSERT_TRUE(book.AddListPrice(*PriceOf(there), {Ago(hours(1)), {90'000, Unit::kGbMonth}}).ok());
  const std::optional<Monthly> found = MonthlyOf(there, book);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->money.micro_usd, 9'000'000);
  EXPECT_FALSE(found->is_elsewhere);
}

}  // namespace
}  // namespace mayfly::sweep
