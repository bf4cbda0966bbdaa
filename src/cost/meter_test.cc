#include "cost/meter.h"

#include <gtest/gtest.h>

namespace mayfly::cost {
namespace {

const Instant kNoon = MakeInstant(2025, 7, 1, hours(12));
const Pool kSpot{.region = "r", .zone = "ra", .instance_type = "t", .market = Market::kSpot};

Rate ByHour(std::int64_t micro_usd) { return {micro_usd, Unit::kHour}; }

Offer SomeOffer() {
  return {.pool = kSpot,
          .price = ByHour(3'600'000),  // a thousand micro-dollars a second
          .highest = ByHour(7'200'000),
          .terms = TermsOf(Market::kSpot)};
}

MachineFacts Lived(Duration length) {
  return {.id = MachineId{1},
          .offer = SomeOffer(),
          .billed = {.running = kNoon, .ended = kNoon + length},
          .slots = 2,
          .begun = kNoon,
          .over = kNoon + length};
}

PriceChange Change(Duration at, std::int64_t micro_usd) {
  return {{Item::kCompute, kSpot}, {kNoon + at, ByHour(micro_usd)}};
}

Facts Of(MachineFacts machine, std::vector<PriceChange> prices = {}) {
  return {.now = kNoon + hours(10), .machines = {std::move(machine)}, .prices = std::move(prices)};
}

std::int64_t Micros(const Facts& facts) { return Meter(facts)->total.micro_usd; }

struct Row {
  const char* name;
  Facts facts;
  std::int64_t micros;
};

MachineFacts Reclaimed(Duration length) {
  MachineFacts machine = Lived(length);
  machine.billed.reclaimed = true;
  return machine;
}

// Still there at noon and a half hour.
Facts GoesOn(std::optional<Duration> over = std::nullopt) {
  MachineFacts machine = Lived(minutes(30));
  machine.billed.ended.reset();
  machine.over.reset();
  if (over) machine.over = kNoon + *over;
  Facts facts = Of(machine);
  facts.now = kNoon + minutes(30);
  return facts;
}

TEST(Meter, FollowsTheRulesOfTheBill) {
  const std::vector<Row> rows{
      {"per second", Of(Lived(seconds(100))), 100'000},
      {"a begun second in full", Of(Lived(seconds(100) + Duration(1))), 101'000},
      {"a minute at least", Of(Lived(seconds(7))), 60'000},
      {"taken back within the first hour", Of(Reclaimed(minutes(59))), 0},
      {"taken back after it", Of(Reclaimed(hours(1))), 3'600'000},
      {"it goes on", GoesOn(), 1'800'000},
      {"gone by the ledger, its end not told yet", GoesOn(minutes(20)), 1'200'000},
      {"a change of price", Of(Lived(seconds(100)), {Change(seconds(40), 7'200'000)}),
       40'000 + 120'000},
      {"a change within a second holds from the next",
       Of(Lived(seconds(100)), {Change(seconds(40) + Duration(1), 7'200'000)}), 41'000 + 118'000},
      {"a price of before", Of(Lived(seconds(100)), {Change(-hours(1), 7'200'000)}), 200'000},
      {"a price of after", Of(Lived(seconds(100)), {Change(seconds(100), 7'200'000)}), 100'000},
      {"the minimum at the price of the end",
       Of(Lived(seconds(20)), {Change(seconds(10), 7'200'000), Change(seconds(30), 1)}),
       10'000 + 100'000},
      {"changes in any order",
       Of(Lived(seconds(90)), {Change(seconds(60), 0), Change(seconds(30), 7'200'000)}),
       30'000 + 60'000}};
  for (const Row& row : rows) EXPECT_EQ(Micros(row.facts), row.micros) << row.name;
}

TEST(Meter, RoundsOnceAMachineHalfUp) {
  MachineFacts machine = Lived(seconds(1'800));
  machine.offer.price = ByHour(1);
  EXPECT_EQ(Micros(Of(machine)), 1);
  machine.over = machine.billed.ended = kNoon + seconds(1'799);
  EXPECT_EQ(Micros(Of(machine)), 0);
}

TEST(Meter, DiskAndAddressAreBilledEvenOfAMachineThatWasTakenBack) {
  MachineFacts machine = Reclaimed(minutes(30));
  machine.offer.disk_gb = 730;
  machine.offer.addresses = 1;
  Pool region{.region = "r", .market = Market::kOnDemand};
  Facts facts = Of(machine, {{{Item::kDisk, region}, {kNoon - hours(1), {80'000, Unit::kGbMonth}}},
                             {{Item::kPublicAddress, region}, {kNoon - hours(1), ByHour(5'000)}}});
  Account account = *Meter(facts);
  EXPECT_TRUE(account.machines[0].was_free);
  EXPECT_EQ(account.machines[0].compute, Money{0});
  EXPECT_EQ(account.machines[0].disk, Money{40'000});
  EXPECT_EQ(account.machines[0].address, Money{2'500});
}

TEST(Meter, WhatHasNoPriceIsNamedAndInNoSum) {
  MachineFacts machine = Lived(seconds(100));
  machine.offer.disk_gb = 100;
  Account account = *Meter(Of(machine));
  EXPECT_EQ(account.total, Money{100'000});
  EXPECT_EQ(account.unknown, std::vector<std::string>{"disk in r"});
}

TEST(Meter, StagesPayForTheSlotTimeTheyTookAndLostWorkIsCounted) {
  Facts facts = Of(Lived(seconds(100)));  // 200 seconds of slot time for 100,000
  facts.slots = {{MachineId{1}, "load", seconds(50), false},
                 {MachineId{1}, "features", seconds(100), false},
                 {MachineId{1}, "features", seconds(30), true},
                 {MachineId{2}, "features", seconds(70), true}};
  Account account = *Meter(facts);
  ASSERT_EQ(account.stages.size(), 3U);
  EXPECT_EQ(account.stages[0].money, Money{25'000});
  EXPECT_EQ(account.stages[1].money, Money{65'000});
  EXPECT_EQ(account.stages[2].name, kIdle);
  EXPECT_EQ(account.stages[2].money, Money{10'000});
  EXPECT_EQ(account.lost, Money{15'000});
}

TEST(Meter, PartsNeverSumToMoreThanTheWhole) {
  Facts facts = Of(Lived(seconds(61)));
  facts.machines[0].offer.price = ByHour(7);
  for (int i = 0; i < 7; ++i) {
    facts.slots.push_back({MachineId{1}, "s" + std::to_string(i), seconds(31), false});
  }
  Account account = *Meter(facts);
  Money sum;
  for (const Share& share : account.stages) sum += share.money;
  EXPECT_EQ(sum, account.total);
}

RunSnapshot WithMachine(MachineState state, const std::string& external_id) {
  RunSnapshot s;
  s.now = kNoon + minutes(10);
  MachineView m{.id = MachineId{1}, .state = state, .external_id = external_id};
  m.intended = kNoon;
  if (state == MachineState::kGone) m.gone = kNoon + minutes(5);
  m.money.offer = SomeOffer();
  s.machines.push_back(m);
  return s;
}

PriceChange UnitPrice() {
  return {{Item::kDatabaseCapacity, {.region = "r", .market = Market::kOnDemand}},
          {kNoon - hours(24), {120'000, Unit::kCapacityHour}}};
}

TEST(Floors, BillWhatIsAboveTheOldOneForAsLongAsItIsUp) {
  RunSnapshot s;
  s.now = kNoon + hours(43);
  s.prices = {UnitPrice()};
  // 7.5 units above the old floor for 43 hours: the field lessons' 38.70 USD.
  s.floors = {{.cluster = "c", .before_milli = 500, .floor_milli = 8000, .asked = kNoon}};
  Account account = *Meter(FactsOf(s));
  ASSERT_EQ(account.beside.size(), 1U);
  EXPECT_EQ(account.beside[0].name, "database capacity");
  EXPECT_EQ(account.beside[0].money, Money{38'700'000});
  EXPECT_EQ(account.total, Money{}) << "no cap can end it";
  s.floors[0].over = kNoon + hours(1);
  s.floors.push_back(
      {.cluster = "c", .before_milli = 500, .floor_milli = 1500, .asked = kNoon + hours(42)});
  EXPECT_EQ(Meter(FactsOf(s))->beside[0].money, Money{900'000 + 120'000});
}

TEST(Floors, WithoutAPriceAreNamedAndInNoSum) {
  RunSnapshot s;
  s.now = kNoon + hours(1);
  s.floors = {{.cluster = "c", .before_milli = 500, .floor_milli = 8000, .asked = kNoon}};
  Account account = *Meter(FactsOf(s));
  EXPECT_TRUE(account.beside.empty());
  EXPECT_EQ(account.unknown, std::vector<std::string>{"database capacity"});
  s.floors[0].floor_milli = 500;
  EXPECT_TRUE(Meter(FactsOf(s))->unknown.empty()) << "nothing is above it";
}

TEST(Facts, ErrToTheDearSideUntilTheProviderTold) {
  EXPECT_EQ(FactsOf(WithMachine(MachineState::kIntended, "")).machines[0].begun, kNoon);
  Facts gone = FactsOf(WithMachine(MachineState::kGone, "i-1"));
  EXPECT_EQ(gone.machines[0].begun, kNoon);
  EXPECT_EQ(gone.machines[0].over, kNoon + minutes(5));
}

TEST(Facts, AMachineThatNobodyEverSawCostNothingButMayStillAppear) {
  Facts facts = FactsOf(WithMachine(MachineState::kGone, ""));
  EXPECT_EQ(facts.machines[0].begun, std::nullopt);
  EXPECT_TRUE(facts.machines[0].may_appear);
  EXPECT_EQ(Meter(facts)->total, Money{});
}

TEST(Facts, ALocalMachineCountsFromItsFirstWord) {
  RunSnapshot s = WithMachine(MachineState::kWorking, "pid 1");
  s.machines[0].money.offer.pool = {};
  s.machines[0].born = kNoon + minutes(1);
  EXPECT_EQ(FactsOf(s).machines[0].begun, kNoon + minutes(1));
}

}  // namespace
}  // namespace mayfly::cost
