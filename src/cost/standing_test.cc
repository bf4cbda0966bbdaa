#include "cost/standing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mayfly::cost {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr Duration kMonth = BilledMonths(1);

PriceKey Here(Item item, const std::string& type = "") {
  return {item, {.region = "us-east-1", .instance_type = type, .market = Market::kOnDemand}};
}

Result<StandingCost> Price(const std::vector<Standing>& things, Duration length = kMonth) {
  return PriceStanding(things, length, PriceBook(MakeInstant(2025, 11, 18)));
}

TEST(Standing, EveryThingIsPricedInItsOwnUnit) {
  auto cost = Price({{Here(Item::kCompute, "t3.small"), 2},
                     {Here(Item::kDisk), 100},
                     {Here(Item::kDatabaseCapacity), 500},
                     {Here(Item::kSecret), 3}});
  ASSERT_TRUE(cost.ok());
  std::vector<std::string> lines;
  for (const StandingLine& line : cost->lines) {
    lines.push_back(line.what + ": " + FormatMoney(line.money));
  }
  EXPECT_THAT(lines, ElementsAre("2 x t3.small on-demand in us-east-1: 30.37 USD",
                                 "100 GB of disk in us-east-1: 8.00 USD",
                                 "0.5 units of database capacity in us-east-1: 43.80 USD",
                                 "3 x secret in us-east-1: 1.20 USD"));
  EXPECT_EQ(FormatMoney(cost->total), "83.37 USD");
}

TEST(Standing, AYearIsTwelveMonths) {
  const std::vector<Standing> things{{Here(Item::kPublicAddress), 1}, {Here(Item::kSnapshot), 24}};
  auto month = Price(things), year = Price(things, BilledYears(1));
  ASSERT_TRUE(month.ok() && year.ok());
  EXPECT_EQ(year->total.micro_usd, 12 * month->total.micro_usd);
}

TEST(Standing, WhatHasNoPriceIsNamedAndInNoSum) {
  auto cost = Price({{Here(Item::kCompute, "x9.unknown"), 1}, {Here(Item::kDisk), 1}});
  ASSERT_TRUE(cost.ok());
  EXPECT_THAT(cost->unknown, ElementsAre("1 x x9.unknown on-demand in us-east-1"));
  EXPECT_EQ(FormatMoney(cost->total), "0.08 USD");
}

TEST(Standing, WhatIsBilledByUseStandsForNothing) {
  auto cost = Price({{Here(Item::kNatTransfer), 1}});
  ASSERT_FALSE(cost.ok());
  EXPECT_EQ(cost.error().kind(), ErrorKind::kInvalid);
  EXPECT_THAT(cost.error().message(), HasSubstr("NAT transfer is billed by its use"));
}

TEST(Standing, AnAmountBeyondCountingIsRefused) {
  EXPECT_EQ(Price({{Here(Item::kDisk), std::int64_t{1} << 62}}).error().kind(),
            ErrorKind::kInvalid);
  EXPECT_EQ(Price({{Here(Item::kDisk), -1}}).error().kind(), ErrorKind::kInvalid);
}

}  // namespace
}  // namespace mayfly::cost
