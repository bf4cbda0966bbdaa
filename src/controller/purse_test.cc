#include "controller/purse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mayfly {
namespace {

using ::testing::HasSubstr;

const Instant kNoon = MakeInstant(2025, 7, 1, hours(12));
const Pool kSpot{.region = "r", .zone = "ra", .instance_type = "t", .market = Market::kSpot};

Rate ByHour(std::int64_t micro_usd) { return {micro_usd, Unit::kHour}; }

// Answers what it is told to.
class ScriptedPrices : public PriceSource {
 public:
  Result<PricePoint> ListPrice(const PriceKey&) override { return NotFound("no list"); }
  Result<std::vector<PricePoint>> SpotHistory(const Pool&, Instant) override {
    ++asked;
    return answer;
  }
  Result<std::vector<PricePoint>> answer = std::vector<PricePoint>{};
  int asked = 0;
};

PurseOptions Options(std::optional<Money> cap = std::nullopt) {
  PurseOptions options;
  options.rungs[0].offer = {.pool = kSpot, .price = ByHour(500'000), .highest = ByHour(1'000'000)};
  options.cap = cap;
  options.reserve = minutes(6);
  return options;
}

Offer Next() { return Options().rungs[0].offer; }

RunSnapshot Running() {
  RunSnapshot s;
  s.run.id = RunId{7};
  s.run.state = RunState::kRunning;
  s.now = kNoon;
  return s;
}

MachineView Living(Duration age, Duration deadline_in) {
  MachineView m;
  m.id = MachineId{1};
  m.state = MachineState::kWorking;
  m.external_id = "i-1";
  m.slots = 2;
  m.intended = kNoon - age;
  m.deadline_in = deadline_in;
  m.money.offer = Options().rungs[0].offer;
  return m;
}

TEST(Purse, AMachineMayLiveAsLongAsTheCapPaysAtTheHighestPrice) {
  Purse purse(Options(Money{2'000'000}));
  Result<std::optional<Instant>> deadline = purse.NextDeadline(Running(), 1, Next());
  ASSERT_TRUE(deadline.ok());
  EXPECT_EQ(*deadline, kNoon + hours(2) - minutes(6) - seconds(1));
}

TEST(Purse, WithoutACapNothingBoundsIt) {
  EXPECT_EQ(*Purse(Options()).NextDeadline(Running(), 1, Next()), std::nullopt);
}

TEST(Purse, MachinesThatStartTogetherShareTheCap) {
  Purse purse(Options(Money{2'000'000}));
  EXPECT_EQ(**purse.NextDeadline(Running(), 2, Next()), kNoon + hours(1) - minutes(6) - seconds(1));
}

TEST(Purse, WhatLivesIsPaidUntilItsDeadlineBeforeAnotherIsAskedFor) {
  Purse purse(Options(Money{2'000'000}));
  RunSnapshot s = Running();
  s.machines.push_back(Living(minutes(54), hours(1)));  // and 6 minutes of reserve: 2 USD
  Result<sched::MoneyKnown> known = purse.Look(s, 2, Next());
  ASSERT_TRUE(known.ok());
  ASSERT_TRUE(known->no_launch.has_value());
  EXPECT_THAT(*known->no_launch, HasSubstr("pays for no further machine"));
  s.machines[0].deadline_in = minutes(30);
  EXPECT_FALSE(purse.Look(s, 2, Next())->no_launch.has_value());
}

TEST(Purse, AForecastBeyondTheCapIsTold) {
  Purse purse(Options(Money{2'000'000}));
  RunSnapshot s = Running();
  s.machines.push_back(Living(minutes(1), minutes(30)));
  StageView stage{.id = StageId{1}, .canary_seconds = 3600};
  stage.tasks.ready = 7;  // 7 h on two slots at 0.5 USD/h: 1.75 USD
  s.stages.push_back(stage);
  EXPECT_FALSE(purse.Look(s, 1, Next())->crossing.has_value());
  s.stages[0].tasks.ready = 9;
  ASSERT_TRUE(purse.Look(s, 1, Next())->crossing.has_value());
  EXPECT_THAT(*purse.Look(s, 1, Next())->crossing, HasSubstr("cap of 2.00 USD"));
}

TEST(Purse, NonsenseIsToldAndLeavesNothingBehind) {
  ScriptedPrices prices;
  PurseOptions options = Options();
  options.source = &prices;
  Purse purse(options);
  prices.answer = std::vector<PricePoint>{{kNoon - hours(1), ByHour(400'000)},
                                          {kNoon - minutes(1), ByHour(-1)}};
  EXPECT_TRUE(purse.FindNews(Running(), {}, Duration(0)).empty());
  ASSERT_TRUE(purse.trouble().has_value());
  EXPECT_EQ(purse.trouble()->kind(), ErrorKind::kCorrupt);
}

TEST(Purse, EveryPointOfTheHistoryIsRecordedOnce) {
  ScriptedPrices prices;
  PurseOptions options = Options();
  options.source = &prices;
  Purse purse(options);
  PricePoint before{kNoon - hours(1), ByHour(400'000)}, now{kNoon, ByHour(600'000)};
  prices.answer = std::vector<PricePoint>{now, before};
  RunSnapshot s = Running();
  s.machines.push_back(Living(minutes(1), hours(1)));
  EXPECT_EQ(purse.FindNews(s, {}, Duration(0)).size(), 2U);
  s.prices = {{{Item::kCompute, kSpot}, before}, {{Item::kCompute, kSpot}, now}};
  EXPECT_TRUE(purse.FindNews(s, {}, minutes(2)).empty());
  EXPECT_EQ(prices.asked, 2);
  EXPECT_EQ(purse.Rungs(s)[0].offer.price, ByHour(600'000));
}

// The books hold prices of what was bought; a choice sees those of every pool.
TEST(Purse, PricesOfPoolsThatNothingWasBoughtFromAreSeenAndNotRecorded) {
  ScriptedPrices prices;
  PurseOptions options = Options();
  options.source = &prices;
  Purse purse(options);
  prices.answer = std::vector<PricePoint>{{kNoon - hours(1), ByHour(400'000)}};
  EXPECT_TRUE(purse.FindNews(Running(), {}, Duration(0)).empty());
  EXPECT_EQ(purse.Rungs(Running())[0].offer.price, ByHour(400'000));
}

TEST(Purse, ASourceThatIsAwayIsAskedAgainAtTheNextLook) {
  ScriptedPrices prices;
  PurseOptions options = Options();
  options.source = &prices;
  Purse purse(options);
  prices.answer = Unavailable("away");
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(purse.FindNews(Running(), {}, Duration(i)).empty());
  EXPECT_EQ(prices.asked, 3);
}

TEST(Purse, WhatTheProviderTellsOfALifeIsRecordedOnce) {
  Purse purse(Options());
  RunSnapshot s = Running();
  s.machines.push_back(Living(minutes(5), hours(1)));
  Billed billed{.running = kNoon - minutes(4)};
  std::vector<MachineSighting> seen{{.machine = MachineId{1}, .alive = true, .billed = billed}};
  EXPECT_EQ(purse.FindNews(s, seen, Duration(0)).size(), 1U);
  s.machines[0].money.billed = billed;
  EXPECT_TRUE(purse.FindNews(s, seen, Duration(0)).empty());
}

TEST(Purse, AnAccountIsOpenUntilTheProviderToldTheEndOrPatienceIsOver) {
  Purse purse(Options());
  RunSnapshot s = Running();
  s.machines.push_back(Living(minutes(5), hours(1)));
  s.machines[0].state = MachineState::kGone;
  s.machines[0].gone = kNoon - seconds(10);
  EXPECT_TRUE(purse.Look(s, 1, Next())->account_is_open);
  s.machines[0].money.billed.ended = kNoon - seconds(12);
  EXPECT_FALSE(purse.Look(s, 1, Next())->account_is_open);
  s.machines[0].money.billed.ended.reset();
  s.machines[0].gone = kNoon - minutes(2);
  EXPECT_FALSE(purse.Look(s, 1, Next())->account_is_open);
}

}  // namespace
}  // namespace mayfly
