#include "adapters/aws/provider/machine_names.h"

#include <gtest/gtest.h>

#include <set>

#include "adapters/aws/provider/quota_families.h"
#include "adapters/aws/provider/refused.h"

namespace mayfly::aws {
namespace {

const Pool kPool{"us-east-1", "us-east-1a", "c7i.large", Market::kSpot};
const Pool kOther{"us-east-1", "us-east-1b", "c7i.large", Market::kSpot};

TokenParts Parts() {
  return {.ledger = "l", .run = RunId{7}, .intent = "t", .pools = {kPool, kOther}, .what = "fleet"};
}

TEST(ClientToken, IsAFunctionOfWhatIsAskedFor) {
  TokenParts turned = Parts();
  std::swap(turned.pools[0], turned.pools[1]);
  EXPECT_EQ(ClientToken(Parts()), ClientToken(turned)) << "pools have no order";
  EXPECT_EQ(ClientToken(Parts()).size(), 64U) << "EC2 takes no more";
}

TEST(ClientToken, EveryPartMakesItAnother) {
  std::set<std::string> tokens{ClientToken(Parts())};
  const std::vector<void (*)(TokenParts&)> changes{
      [](TokenParts& p) { p.ledger = "m"; },
      [](TokenParts& p) { p.run = RunId{8}; },
      [](TokenParts& p) { p.intent = "u"; },
      [](TokenParts& p) { p.pools.pop_back(); },
      [](TokenParts& p) { p.what = "machine"; },
      [](TokenParts& p) { p.round = 1; },
      [](TokenParts& p) { p.pools[0].market = Market::kOnDemand; },
  };
  for (const auto change : changes) {
    TokenParts parts = Parts();
    change(parts);
    tokens.insert(ClientToken(parts));
  }
  EXPECT_EQ(tokens.size(), changes.size() + 1);
}

TEST(MachineTags, TellTheMachineAgain) {
  const PhaseNames names{"l", "p", "o", {{"Name", "mine"}, {"mayfly:machine", "1"}, {"team", "a"}}};
  const Tags tags = MachineTags(names, {RunId{7}, MachineId{3}}, MakeInstant(2026, 1, 2), "worker");
  EXPECT_EQ(MachineOf(tags), MachineId{3});
  EXPECT_EQ(TagValue(tags, "mayfly:deadline"), "2026-01-02T00:00:00Z");
  EXPECT_EQ(TagValue(tags, "Name"), "mayfly p run 7 machine 3");
  EXPECT_EQ(TagValue(tags, "team"), "a");
}

TEST(MachineTags, WhatIsNoNumberIsNoMachine) {
  for (const char* text : {"", "x", "3x", "-3", "0", "99999999999999999999"}) {
    EXPECT_FALSE(MachineOf({{"mayfly:machine", text}})) << text;
  }
  EXPECT_FALSE(MachineOf({}));
}

TEST(MachineNames, ANameWithoutTheLedgersIdentityIsNoClaim) {
  const std::optional<MachineName> ours = ParseMachineName("mayfly-1234-run-7-machine-3", "1234");
  ASSERT_TRUE(ours);
  EXPECT_EQ(ours->run, RunId{7});
  EXPECT_EQ(ours->machine, MachineId{3});
  for (const char* name :
       {"mayfly-12345-run-7-machine-3", "mayfly-123-run-7-machine-3", "mayfly-run-7-machine-3",
        "mayfly-1234-run-7", "mayfly-1234-run-x-machine-3", "mayfly-1234-run-7-machine-", ""}) {
    EXPECT_FALSE(ParseMachineName(name, "1234")) << name;
  }
}

TEST(LedgerName, BecomesPartOfNamesOnlyIfItCan) {
  EXPECT_TRUE(CheckLedgerName("Ledger_1.x-y").ok());
  for (const std::string name : {"", "a/b", "a b", "ä", "*"}) {
    EXPECT_FALSE(CheckLedgerName(name).ok()) << name;
  }
  EXPECT_FALSE(CheckLedgerName(std::string(65, 'a')).ok());
}

TEST(Snapshots, SayWhoseTheyAreAndUntilWhen) {
  const PhaseNames names{.ledger = "l", .phase = "p", .owner = "ada", .own = {{"mayfly:run", "1"}}};
  const Instant until = MakeInstant(2026, 12, 28, hours(4)) + milliseconds(7);
  const Tags tags = SnapshotTags(names, {RunId{7}, MachineId{3}}, until);
  EXPECT_EQ(TagValue(tags, kRunTag), "7");
  EXPECT_EQ(TagValue(tags, kExpiresTag), "2026-12-28T04:00:00Z");
  EXPECT_FALSE(HasExpired(tags, until - seconds(1)));
  EXPECT_TRUE(HasExpired(tags, until));
  EXPECT_TRUE(HasExpired({}, until)) << "nobody said that it is to be kept";
  EXPECT_FALSE(HasExpired({{std::string(kExpiresTag), "never"}}, until))
      << "who wrote that wants it kept";
}

TEST(QuotaFamilies, AreByTheLettersBeforeTheGeneration) {
  EXPECT_EQ(QuotaGroupOf("c7i.8xlarge"), QuotaGroup::kStandard);
  EXPECT_EQ(QuotaGroupOf("im4gn.large"), QuotaGroup::kStandard);
  EXPECT_EQ(QuotaGroupOf("g5.xlarge"), QuotaGroup::kGraphics);
  EXPECT_EQ(QuotaGroupOf("p4d.24xlarge"), QuotaGroup::kTraining);
  for (const char* type : {"dl1.24xlarge", "trn1.32xlarge", "mac2.metal", "x2idn.16xlarge", ""}) {
    EXPECT_FALSE(QuotaGroupOf(type)) << type;
  }
  EXPECT_EQ(QuotaCode(QuotaGroup::kStandard, Market::kSpot), "L-34B43A08");
  EXPECT_EQ(QuotaCode(QuotaGroup::kGraphics, Market::kOnDemand), "L-DB2E81BA");
}

TEST(Refused, WhatPassesByItselfSaysNothingOfThePool) {
  for (const char* code : {"RequestLimitExceeded", "InternalError", "IncorrectState"}) {
    EXPECT_FALSE(KindOf(Classify(code, "", 503))) << code;
  }
  EXPECT_EQ(KindOf(Classify("InvalidAMIID.NotFound", "", 400)), RefusalKind::kWrong);
}

}  // namespace
}  // namespace mayfly::aws
