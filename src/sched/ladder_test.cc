#include "sched/ladder.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/rng.h"

namespace mayfly::sched {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const Instant kNow = *ParseInstant("2026-11-27T12:00:00Z");

Rung SomeRung(const std::string& zone, int step_down = 0, Market market = Market::kSpot,
              std::int64_t micro_usd = 450'000) {
  int vcpus = step_down == 0 ? 32 : 16;
  Pool pool{"us-east-1", "us-east-1" + zone, step_down == 0 ? "c7i.8xlarge" : "c7i.4xlarge",
            market};
  return {{pool, vcpus, 2048 * vcpus, step_down},
          {.pool = pool, .price = {micro_usd}, .highest = {1'428'000}}};
}

struct Bench {
  LadderView view{.rungs = {SomeRung("a"), SomeRung("b", 0, Market::kSpot, 400'000),
                            SomeRung("c", 0, Market::kSpot, 500'000), SomeRung("a", 1),
                            SomeRung("a", 0, Market::kOnDemand, 1'428'000)},
                  .mended = kNow - hours(1),
                  .now = kNow};
  LadderRules rules;

  void Refuse(std::size_t rung, RefusalKind kind, Duration ago = seconds(1)) {
    view.refusals.push_back({MachineId{1},
                             view.now - ago,
                             {view.rungs[rung].pool.pool, kind, "SomeCode", "some words"}});
  }
  Choice Choose() const { return ChoosePools(view, rules); }
  std::vector<std::size_t> Asked() const {
    Choice choice = Choose();
    auto* ask = std::get_if<AskPools>(&choice);
    return ask == nullptr ? std::vector<std::size_t>{} : ask->rungs;
  }
  std::string Waits() const {
    Choice choice = Choose();
    auto* wait = std::get_if<WaitForPools>(&choice);
    return wait == nullptr ? "" : wait->reason;
  }
  std::string Stops() const {
    Choice choice = Choose();
    auto* none = std::get_if<NoPool>(&choice);
    return none == nullptr ? "" : none->reason;
  }
};

TEST(Ladder, AsksAllPoolsOfTheLowestRungTheCheapestFirst) {
  EXPECT_THAT(Bench().Asked(), ElementsAre(1, 0, 2));
}

TEST(Ladder, FewPoolsAreAskedOneAtATime) {
  Bench bench;
  bench.Refuse(2, RefusalKind::kDry);
  EXPECT_THAT(bench.Asked(), ElementsAre(1));
}

TEST(Ladder, ADryPoolIsNotAskedForMinutesAndThenAgain) {
  Bench bench;
  bench.Refuse(1, RefusalKind::kDry, minutes(5) - seconds(1));
  EXPECT_THAT(bench.Asked(), ElementsAre(0));
  bench.view.now += seconds(1);
  EXPECT_THAT(bench.Asked(), ElementsAre(1, 0, 2));
}

TEST(Ladder, SmallerTypesComeWhenNoWishedOneIsToBeHad) {
  Bench bench;
  for (std::size_t i : {0, 1, 2}) bench.Refuse(i, RefusalKind::kDry);
  EXPECT_THAT(bench.Asked(), ElementsAre(3));
}

TEST(Ladder, WhenAllAreDryItWaitsForTheFirstThatIsNotAndSaysWhy) {
  Bench bench;
  bench.rules.on_demand = OnDemandRule::kAfterSpot;
  for (std::size_t i : {0, 1, 2, 3}) bench.Refuse(i, RefusalKind::kDry, seconds(i * 60));
  Choice choice = bench.Choose();
  ASSERT_TRUE(std::holds_alternative<WaitForPools>(choice));
  EXPECT_EQ(std::get<WaitForPools>(choice).until, kNow + minutes(2));
  EXPECT_EQ(std::get<WaitForPools>(choice).reason,
            "of 5 pools: no capacity in 4, 1 are On-Demand, and Spot is tried first");
}

TEST(Ladder, OnDemandComesOnlyAfterSpotWasTriedLongEnough) {
  Bench bench;
  bench.rules.on_demand = OnDemandRule::kAfterSpot;
  for (std::size_t i : {0, 1, 2, 3}) bench.Refuse(i, RefusalKind::kDry);
  bench.Refuse(0, RefusalKind::kDry, minutes(10) - seconds(1));
  EXPECT_FALSE(bench.Waits().empty());
  bench.view.now += seconds(1);
  EXPECT_THAT(bench.Asked(), ElementsAre(4));
  bench.view.last_had = bench.view.now - minutes(1);  // a machine came meanwhile: from the start
  EXPECT_FALSE(bench.Waits().empty());
}

TEST(Ladder, OnDemandAtOnceWhereSpotCanNeverFit) {
  Bench bench;
  bench.rules.on_demand = OnDemandRule::kAfterSpot;
  bench.view.quotas = {{Market::kSpot, "L-34B43A08", 8, 0, std::nullopt}};
  EXPECT_THAT(bench.Asked(), ElementsAre(4));
}

TEST(Ladder, AQuotaStopsItsMarketForAllThatAreAsLarge) {
  Bench bench;
  bench.Refuse(1, RefusalKind::kQuota);
  EXPECT_THAT(bench.Asked(), ElementsAre(3)) << "16 vCPU may still fit";
  bench.Refuse(3, RefusalKind::kQuota);
  EXPECT_THAT(bench.Asked(), ElementsAre(4)) << "On-Demand is counted apart";
}

TEST(Ladder, WhatFitsIntoTheQuotaNowIsAsked) {
  Bench bench;
  bench.view.quotas = {{Market::kSpot, "L-34B43A08", 64, 40, std::nullopt}};
  EXPECT_THAT(bench.Asked(), ElementsAre(3));
  bench.view.rungs.erase(bench.view.rungs.begin() + 3, bench.view.rungs.end());
  EXPECT_EQ(bench.Waits(),
            "of 3 pools: 3 do not fit into the quota now; 40 of 64 spot vCPU are used (quota "
            "L-34B43A08)");
}

TEST(Ladder, WhatCanNeverFitStopsInsteadOfLooping) {
  Bench bench;
  bench.view.rungs.resize(3);
  bench.view.quotas = {{Market::kSpot, "L-34B43A08", 8, 0, std::nullopt}};
  EXPECT_THAT(bench.Stops(), HasSubstr("3 are larger than the quota"));
  EXPECT_THAT(bench.Stops(), HasSubstr("L-34B43A08"));
}

// Appendix 12 of the field lessons: a request that was closed, refused, or granted and never
// applied.
TEST(Ladder, KnowsEveryStateOfAQuotaRequest) {
  struct Case {
    const char* state;
    bool is_decided, waits;
  };
  const Case cases[] = {{"PENDING", false, true},        {"CASE_OPENED", false, true},
                        {"APPROVED", true, true},        {"DENIED", true, false},
                        {"CASE_CLOSED", true, false},    {"NOT_APPROVED", true, false},
                        {"INVALID_REQUEST", true, false}};
  for (const Case& c : cases) {
    Bench bench;
    bench.view.rungs.resize(3);
    bench.view.quotas = {
        {Market::kSpot, "L-34B43A08", 8, 0, QuotaAsked{c.state, c.is_decided, 64}}};
    EXPECT_EQ(!bench.Waits().empty(), c.waits) << c.state;
    EXPECT_THAT(c.waits ? bench.Waits() : bench.Stops(),
                HasSubstr(fmt::format("a request for 64 is {}", c.state)));
    bench.view.quotas[0].limit = 64;  // it came into force
    EXPECT_THAT(bench.Asked(), ElementsAre(1, 0, 2)) << c.state;
  }
}

TEST(Ladder, AMistakeNeverLoops) {
  for (RefusalKind kind : {RefusalKind::kWrong, RefusalKind::kDenied}) {
    Bench bench;
    bench.Refuse(1, RefusalKind::kDry);
    bench.Refuse(0, kind);
    EXPECT_THAT(bench.Stops(), HasSubstr("SomeCode: some words"));
    bench.view.mended = kNow;  // the operator continued the run after that
    EXPECT_FALSE(bench.Asked().empty());
  }
}

TEST(Ladder, ATokenThatIsUsedUpMeansANewAttemptAtOnce) {
  Bench bench;
  bench.Refuse(1, RefusalKind::kUsedUp);
  EXPECT_THAT(bench.Asked(), ElementsAre(1, 0, 2));
}

TEST(Ladder, APriceAboveTheCeilingIsNotAsked) {
  Bench bench;
  bench.view.rungs.resize(2);
  bench.view.rungs[1].offer.highest = {300'000};
  EXPECT_THAT(bench.Asked(), ElementsAre(0));
  bench.view.rungs[0].offer.highest = {300'000};
  EXPECT_EQ(bench.Waits(), "of 2 pools: 2 cost more than max_price");
}

TEST(Ladder, NothingOfferedStops) {
  Bench bench;
  bench.view.rungs.clear();
  EXPECT_FALSE(bench.Stops().empty());
}

// Whatever pools said before: it never asks one that is blocked, waits only for the future and at
// most for the longest block, and stops only where waiting helps nothing.
TEST(Ladder, AnyHistoryEndsInOneOfThreeHonestAnswers) {
  Rng rng(5);
  for (int round = 0; round < 20'000; ++round) {
    Bench bench;
    bench.rules.on_demand = static_cast<OnDemandRule>(rng.Below(3));
    int refusals = static_cast<int>(rng.Below(12));
    for (int i = 0; i < refusals; ++i) {
      bench.Refuse(rng.Below(5), static_cast<RefusalKind>(rng.Below(4)),
                   seconds(static_cast<std::int64_t>(rng.Below(900))));
    }
    if (rng.Chance(0.3)) {
      bench.view.quotas = {{Market::kSpot, "L", static_cast<int>(rng.Below(80)),
                            static_cast<int>(rng.Below(40)), std::nullopt}};
    }
    Choice choice = bench.Choose();
    if (auto* ask = std::get_if<AskPools>(&choice)) {
      for (std::size_t i : ask->rungs) {
        const Pool& pool = bench.view.rungs[i].pool.pool;
        bool is_dry = std::ranges::any_of(bench.view.refusals, [&](const SeenRefusal& seen) {
          bool counts = seen.refusal.kind == RefusalKind::kDry && seen.refusal.pool == pool;
          return counts && seen.at + bench.rules.dry_for > kNow;
        });
        EXPECT_FALSE(is_dry);
      }
    } else if (auto* wait = std::get_if<WaitForPools>(&choice)) {
      EXPECT_GT(wait->until, kNow);
      EXPECT_LE(wait->until, kNow + minutes(10));
      EXPECT_FALSE(wait->reason.empty());
    } else {
      EXPECT_FALSE(bench.view.quotas.empty()) << "only a limit stops for ever here";
    }
  }
}

}  // namespace
}  // namespace mayfly::sched
