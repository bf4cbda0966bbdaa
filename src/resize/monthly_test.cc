#include "resize/monthly.h"

#include <gtest/gtest.h>

namespace mayfly::resize {
namespace {

// The first project's host: t3.xlarge or t3.2xlarge, 400 GB of disk with 24 GB in use, an address.
MonthlyQuestion Master(const std::string& from) {
  MonthlyQuestion question;
  question.host = {.id = "i-1",
                   .type = from,
                   .region = "us-east-1",
                   .zone = "us-east-1a",
                   .public_ip = "198.51.100.1",
                   .disks = {{"vol-1", "gp3", 400}}};
  question.from = {.name = from, .vcpus = from == "t3.xlarge" ? 4 : 8};
  question.to = {.name = "t3.small", .vcpus = 2};
  question.use = HostUse{.mounts = {{"/", "/dev/nvme0n1p1", 400LL << 20, 24LL << 20}}};
  return question;
}

cost::PriceBook Book() { return cost::PriceBook(MakeInstant(2025, 11, 18)); }

TEST(MonthlyPrice, IsThatOfTheFirstProjectsHostWithDiskAndAddress) {
  const Monthly whole = PriceMonthly(Master("t3.2xlarge"), Book());
  EXPECT_EQ(FormatMoney(whole.before), "278.59 USD");
  EXPECT_EQ(FormatMoney(whole.after), "50.83 USD");
  EXPECT_EQ(FormatMoney(PriceMonthly(Master("t3.xlarge"), Book()).before), "157.12 USD");
}

TEST(MonthlyPrice, NamesWhatCreditsAndSnapshotsCanCome) {
  const Monthly whole = PriceMonthly(Master("t3.2xlarge"), Book());
  EXPECT_EQ(FormatMoney(*whole.credits_after), "58.40 USD");
  EXPECT_EQ(FormatMoney(*whole.snapshots_at_most), "20.00 USD");
  EXPECT_EQ(FormatMoney(*whole.snapshots_expected), "1.20 USD");
  ASSERT_EQ(whole.origins.size(), 1U);
  EXPECT_NE(whole.origins[0].find("snapshot"), std::string::npos) << whole.origins[0];
}

TEST(MonthlyPrice, WhatHasNoPriceIsNotZero) {
  MonthlyQuestion question = Master("t3.2xlarge");
  question.to.name = "m7i.large";
  const Monthly whole = PriceMonthly(question, Book());
  EXPECT_FALSE(whole.lines[0].after.has_value());
  EXPECT_FALSE(whole.credits_after.has_value());
}

TEST(Baseline, IsKnownForBurstableTypesOnly) {
  EXPECT_EQ(BaselinePercent("t3.small"), 20);
  EXPECT_EQ(BaselinePercent("t3a.2xlarge"), 40);
  EXPECT_EQ(BaselinePercent("t4g.nano"), 5);
  EXPECT_FALSE(BaselinePercent("m7i.large").has_value());
  EXPECT_FALSE(BaselinePercent("t3").has_value());
}

}  // namespace
}  // namespace mayfly::resize
