#include "cli/money_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cost/quote.h"

namespace mayfly::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const Paint kPlainPaint(false);
const Instant kNoon = MakeInstant(2025, 7, 1, hours(12));

// 57.80 USD, the amount that a shell once made 7.80 of.
RunMoney SomeMoney() {
  RunMoney money;
  money.account.total = Money{57'800'000};
  money.account.lost = Money{1'667};
  money.account.lines = {{"compute", Money{57'800'000}}};
  money.account.machines = {{.id = MachineId{1}, .billed = minutes(90), .compute = {57'800'000}}};
  money.account.stages = {{"a|b", Money{57'000'000}}, {std::string(cost::kIdle), Money{800'000}}};
  money.account.tags = {{"run=7", Money{57'800'000}}};
  money.account.unknown = {"disk in r"};
  money.quote =
      Quote{.high = Money{60'690'000}, .cap = Money{60'690'000}, .hours_source = "not measured"};
  money.quote->id = "3f2a91c04e11";
  return money;
}

RunSnapshot SomeRun() {
  RunSnapshot s;
  s.run = {.id = RunId{7}, .phase = "bqx", .state = RunState::kClosed};
  s.now = kNoon;
  return s;
}

TEST(Account, EveryFormHasTheAmountAndTheQuote) {
  for (const std::string& text :
       {RenderAccount(SomeRun(), SomeMoney(), kPlainPaint),
        AccountToMarkdown(SomeRun(), SomeMoney()), AccountToJson(SomeRun(), SomeMoney())}) {
    EXPECT_THAT(text, HasSubstr("57.80 USD"));
    EXPECT_THAT(text, HasSubstr("3f2a91c04e11"));
    EXPECT_THAT(text, Not(HasSubstr("$")));
  }
}

TEST(Account, AmountsOfJsonAreReadBackExactly) {
  auto json = nlohmann::json::parse(AccountToJson(SomeRun(), SomeMoney()));
  EXPECT_EQ(*ParseMoney(json["metered"].get<std::string>()), Money{57'800'000});
  EXPECT_EQ(*ParseMoney(json["lost"].get<std::string>()), Money{1'667});
  EXPECT_EQ(*ParseMoney(json["quoted"]["high"].get<std::string>()), Money{60'690'000});
  EXPECT_EQ(json["metered_micro_usd"], 57'800'000);
}

TEST(Account, ABarInANameDoesNotEndACellOfMarkdown) {
  EXPECT_THAT(AccountToMarkdown(SomeRun(), SomeMoney()), HasSubstr("| a\\|b | 57.00 USD |"));
}

TEST(Account, SaysWhatHasNoPrice) {
  EXPECT_THAT(RenderAccount(SomeRun(), SomeMoney(), kPlainPaint),
              HasSubstr("no price of disk in r is known"));
}

TEST(Quote, APlanShowsItsBoundAndThatItsLengthIsNotMeasured) {
  EXPECT_EQ(QuoteInALine(*SomeMoney().quote),
            "at most 60.69 USD, its length not measured, quote 3f2a91c04e11");
}

TEST(Quote, TheThreeWaysAreALine) {
  Quote quote = *SomeMoney().quote;
  quote.three_way = ThreeWay{{19'800'000}, {61'370'000}, {46'550'000}};
  EXPECT_THAT(RenderQuote(quote), HasSubstr("temporary on Spot 19.80 USD, temporary On-Demand "
                                            "61.37 USD, on the host 46.55 USD"));
}

TEST(Quote, JsonHasTheKeysThatAreDocumented) {
  auto json = JsonOfQuote(*SomeMoney().quote);
  EXPECT_EQ(json["id"], "3f2a91c04e11");
  EXPECT_TRUE(json["low"].is_null() && json["expected"].is_null());
  EXPECT_EQ(json["high"], "60.69 USD");
  EXPECT_EQ(json["hours_source"], "not measured");
  EXPECT_TRUE(json["lines"].is_array());
}

}  // namespace
}  // namespace mayfly::cli
