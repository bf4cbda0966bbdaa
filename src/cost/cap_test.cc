#include "cost/cap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mayfly::cost {
namespace {

const Instant kNoon = MakeInstant(2025, 7, 1, hours(12));

Rate ByHour(std::int64_t micro_usd) { return {micro_usd, Unit::kHour}; }

Offer SomeOffer() {
  return {.pool = {.region = "r", .market = Market::kSpot},
          .price = ByHour(1'000'000),
          .highest = ByHour(3'600'000)};  // a thousand micro-dollars a second
}

Facts Nothing() { return {.now = kNoon}; }

MachineFacts Living(Duration age, Duration deadline_in) {
  return {.id = MachineId{1},
          .offer = SomeOffer(),
          .begun = kNoon - age,
          .deadline = kNoon + deadline_in};
}

CapRules Rules(std::int64_t cap_micros) {
  return {.cap = Money{cap_micros}, .reserve = seconds(100), .least_life = seconds(60)};
}

Duration Life(const Facts& facts, int share, std::int64_t cap_micros) {
  return **NextMayLive(facts, SomeOffer(), share, Rules(cap_micros));
}

TEST(Cap, TheNextMachineLivesOnWhatIsLeftAtTheHighestPriceLessTheReserve) {
  EXPECT_EQ(Life(Nothing(), 1, 1'101'000), seconds(1'000));
  EXPECT_EQ(Life(Nothing(), 2, 2'202'000), seconds(1'000));
}

TEST(Cap, AMachineThatCouldNotLiveIsNotAskedFor) {
  EXPECT_EQ(Life(Nothing(), 1, 161'000), seconds(60));
  EXPECT_EQ(Life(Nothing(), 1, 160'999), seconds(0));
}

TEST(Cap, WhereItDoesNotPayForAllItPaysForSome) {
  EXPECT_EQ(Life(Nothing(), 3, 322'000), seconds(60));
  EXPECT_EQ(Life(Nothing(), 3, 200'000), seconds(99));
}

TEST(Cap, TheLivingAreCommittedUntilTheirDeadlineAndTheReserve) {
  Facts facts = Nothing();
  facts.machines.push_back(Living(seconds(50), seconds(849)));
  EXPECT_EQ(*Committed(facts, seconds(100)), Money{1'000'000});
  facts.machines[0].over = kNoon;  // it ended: what it cost is what it cost
  EXPECT_EQ(*Committed(facts, seconds(100)), Money{13'889});
}

Duration HeldFor(const Facts& facts, std::int64_t cap_micros) {
  return **MayBeHeld(facts, MachineId{1}, Rules(cap_micros));
}

// 3.60 USD/h at most: a thousand micro-dollars a second, for what it lived, what is to come, the
// reserve and a begun second.
TEST(Cap, AMachineIsHeldAsLongAsTheCapPaysForAtTheHighestPrice) {
  Facts facts = Nothing();
  facts.machines.push_back(Living(seconds(50), seconds(849)));
  EXPECT_EQ(HeldFor(facts, 1'000'000), seconds(849));  // its deadline, as the cap made it
  EXPECT_EQ(HeldFor(facts, 451'000), seconds(300));
  EXPECT_EQ(HeldFor(facts, 100'000), seconds(0));
}

TEST(Cap, WhatOthersMayStillCostIsNotThereForAHold) {
  Facts facts = Nothing();
  facts.machines.push_back(Living(seconds(50), seconds(849)));
  MachineFacts other = Living(seconds(50), seconds(849));
  other.id = MachineId{2};
  facts.machines.push_back(other);
  EXPECT_EQ(HeldFor(facts, 1'451'000), seconds(300));
}

TEST(Cap, WhatCostsNothingIsHeldAsLongAsOneLikes) {
  Facts facts = Nothing();
  facts.machines.push_back(Living(seconds(50), seconds(849)));
  facts.machines[0].offer = {};
  EXPECT_FALSE(MayBeHeld(facts, MachineId{1}, Rules(1))->has_value());
}

TEST(Cap, ADeadlineThatIsPastIsNoReasonToCountLess) {
  Facts facts = Nothing();
  facts.machines.push_back(Living(seconds(1'000), -seconds(500)));
  EXPECT_EQ(*Committed(facts, seconds(100)), Money{1'001'000});
}

TEST(Cap, WhatMayStillAppearIsCommittedForTheReserve) {
  Facts facts = Nothing();
  MachineFacts ghost = Living(seconds(500), seconds(500));
  ghost.begun.reset();
  ghost.over = kNoon;
  ghost.may_appear = true;
  facts.machines.push_back(ghost);
  EXPECT_EQ(*Committed(facts, seconds(100)), Money{100'000});
}

TEST(Cap, WhatCostsNothingIsNotBounded) {
  Offer free = SomeOffer();
  free.price = free.highest = ByHour(0);
  EXPECT_EQ(*NextMayLive(Nothing(), free, 1, Rules(1)), std::nullopt);
}

TEST(Cap, DiskAndAddressCount) {
  Offer offer = SomeOffer();
  offer.disk_gb = 100;
  offer.addresses = 1;
  Pool region{.region = "r", .market = Market::kOnDemand};
  std::vector<PriceChange> prices{{{Item::kDisk, region}, {kNoon, {80'000, Unit::kGbMonth}}},
                                  {{Item::kPublicAddress, region}, {kNoon, ByHour(5'000)}}};
  EXPECT_EQ(HighestRate(offer, prices), ByHour(3'600'000 + 10'959 + 5'000));
}

TEST(Cap, AForecastThatFitsIsNoReason) {
  Account spent{.total = Money{500'000}};
  RestOfWork rest{.slot_time = hours(2), .slots = 2};
  EXPECT_EQ(FindCrossing(spent, rest, ByHour(500'000), Money{1'000'000}), std::nullopt);
  EXPECT_TRUE(FindCrossing(spent, rest, ByHour(500'001), Money{1'000'000}).has_value());
}

}  // namespace
}  // namespace mayfly::cost
