#include "cost/decision.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mayfly::cost {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr Rate kDollar{1'000'000, Unit::kHour};

TEST(Decision, StepsComeToAClockABillAndADowntime) {
  const std::vector<Step> steps{{"stop", minutes(5), {}, /*host_is_down=*/true},
                                {"boot", minutes(6), kDollar},
                                {"work", hours(2), kDollar},
                                {"start", minutes(4), {}, /*host_is_down=*/true}};
  Result<StepsTotal> total = AddUp(steps);
  ASSERT_TRUE(total.ok());
  EXPECT_EQ(total->length, hours(2) + minutes(15));
  EXPECT_EQ(total->downtime, minutes(9));
  EXPECT_EQ(total->money, Money{2'100'000});
}

TEST(Decision, StepsBeyondCountingAreRefused) {
  const std::vector<Step> steps{{"for ever", Duration::max(), {1'000'000'000, Unit::kHour}}};
  EXPECT_EQ(AddUp(steps).error().kind(), ErrorKind::kInvalid);
}

TEST(Decision, LessIsBetterAndTheSameIsATie) {
  const std::vector<Criterion> criteria{{"cost", Money{1}, Money{2}, ""},
                                        {"downtime", Duration(3), Duration(2), ""},
                                        {"risk", Level::kHigh, Level::kLow, ""},
                                        {"steps", std::int64_t{4}, std::int64_t{4}, ""}};
  Result<Score> score = Judge(criteria);
  ASSERT_TRUE(score.ok());
  EXPECT_EQ(score->first, 1);
  EXPECT_EQ(score->second, 2);
  EXPECT_EQ(score->ties, 1);
  EXPECT_TRUE(score->repeated.empty());
}

TEST(Decision, WhatSaysTheSameTwiceCountsOnceAndIsNamed) {
  const std::vector<Criterion> criteria{{"a month", Money{1}, Money{2}, "standing cost"},
                                        {"a year", Money{12}, Money{24}, "standing cost"}};
  Result<Score> score = Judge(criteria);
  ASSERT_TRUE(score.ok());
  EXPECT_EQ(score->first, 1);
  EXPECT_THAT(score->repeated, ElementsAre("a year"));
}

TEST(Decision, SidesOfDifferentKindsAreRefusedByName) {
  const std::vector<Criterion> criteria{{"cost", Money{1}, Duration(1), ""}};
  Result<Score> score = Judge(criteria);
  ASSERT_FALSE(score.ok());
  EXPECT_EQ(score.error().kind(), ErrorKind::kInvalid);
  EXPECT_THAT(score.error().message(), HasSubstr("\"cost\""));
}

TEST(Decision, AShareIsRoundedHalfUpToHundredthsOfAPercent) {
  EXPECT_EQ(FormatShare(Money{7}, Money{8}), "87.50 %");
  EXPECT_EQ(FormatShare(Money{1}, Money{3}), "33.33 %");
  EXPECT_EQ(FormatShare(Money{1}, Money{20'000}), "0.01 %");
  EXPECT_EQ(FormatShare(Money{}, Money{1}), "0.00 %");
  EXPECT_EQ(FormatShare(Money{-5}, Money{2}), "-250.00 %");
  EXPECT_EQ(FormatShare(kMostMoney, kMostMoney), "100.00 %");
}

}  // namespace
}  // namespace mayfly::cost
