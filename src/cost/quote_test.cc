#include "cost/quote.h"

#include <fmt/format.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mayfly::cost {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const Instant kThen = MakeInstant(2025, 11, 18);

Pool Big(Market market) {
  return {.region = "us-east-1",
          .zone = "us-east-1a",
          .instance_type = "c7i.8xlarge",
          .market = market};
}

// The run of the first project's documents, as it would be done.
QuoteRequest TheRun() {
  QuoteRequest request{.pools = {Big(Market::kSpot)}, .disk_gb = 100, .addresses = 1};
  request.length = {hours(43), "stated: 43h"};
  request.deadline = hours(48);
  request.beside = {.capacity_milli_above_floor = 2000,
                    .cross_zone_bytes = 20 * kGigabyte,
                    .export_bytes = 50 * kGigabyte,
                    .write_requests = 336};
  return request;
}

Quote Make(const QuoteRequest& request) {
  Result<Quote> quote = MakeQuote(request, PriceBook(kThen));
  EXPECT_TRUE(quote.ok());
  return *quote;
}

TEST(Quote, HasEveryLineOfTheBill) {
  Quote quote = Make(TheRun());
  std::vector<std::string> lines;
  for (const QuoteLine& line : quote.lines) {
    lines.push_back(fmt::format("{} {}", Name(line.item), FormatMoney(*line.expected)));
  }
  EXPECT_THAT(lines, ElementsAre("compute 19.35 USD", "disk 0.47 USD", "public address 0.22 USD",
                                 "database capacity 10.32 USD", "cross-zone transfer 0.40 USD",
                                 "export storage 1.15 USD", "requests 0.001680 USD"));
  EXPECT_EQ(FormatMoney(*quote.expected), "31.91 USD");
  EXPECT_EQ(quote.price_date, "2025-11-17");
  EXPECT_EQ(quote.hours_source, "stated: 43h");
}

TEST(Quote, TheUpperBoundIsTheHighestPriceUntilTheDeadline) {
  QuoteRequest request{.pools = {Big(Market::kSpot)}, .machines = 2, .deadline = hours(10)};
  EXPECT_EQ(FormatMoney(Make(request).high), "28.56 USD");
  request.cap = Money{5'000'000};
  EXPECT_EQ(FormatMoney(Make(request).high), "5.00 USD");
  request.beside.export_bytes = 100 * kGigabyte;  // stays when the machines have ended
  EXPECT_EQ(FormatMoney(Make(request).high), "7.30 USD");
}

TEST(Quote, BeforeTheCanariesTheLengthIsNotMeasured) {
  QuoteRequest request = TheRun();
  request.length = {};
  Quote quote = Make(request);
  EXPECT_EQ(quote.hours_source, "not measured");
  EXPECT_EQ(quote.expected, std::nullopt);
  EXPECT_GT(quote.high, Money{});
}

TEST(Quote, OfAlternativesOneIsBought) {
  QuoteRequest request{.pools = {Big(Market::kSpot), Big(Market::kOnDemand)}};
  request.length = {hours(10), "stated: 10h"};
  request.deadline = hours(10);
  Quote quote = Make(request);
  EXPECT_EQ(FormatMoney(*quote.expected), "4.50 USD");
  EXPECT_EQ(FormatMoney(quote.high), "14.28 USD");
}

TEST(Quote, WhatHasNoPriceIsNamedAndInNoSum) {
  QuoteRequest request = TheRun();
  request.pools[0].instance_type = "c9i.metal";
  Quote quote = Make(request);
  EXPECT_THAT(quote.unknown, ElementsAre("c9i.metal spot in us-east-1a"));
  EXPECT_EQ(quote.expected, std::nullopt);
}

TEST(Quote, TheThreeWaysAreShownWhereTheHostIsKnown) {
  QuoteRequest request = TheRun();
  EXPECT_FALSE(Make(request).three_way.has_value());
  request.length.expected = hours(42) + minutes(30);
  request.host =
      Pool{.region = "us-east-1", .instance_type = "t3.2xlarge", .market = Market::kOnDemand};
  ASSERT_TRUE(Make(request).three_way.has_value());
  EXPECT_EQ(FormatMoney(Make(request).three_way->staying), "46.55 USD");
  request.host->instance_type = "x9.unknown";
  EXPECT_FALSE(Make(request).three_way.has_value());
}

TEST(Quote, ItsIdIsOfEverythingInIt) {
  QuoteRequest request = TheRun();
  Quote quote = Make(request);
  EXPECT_EQ(quote.id, QuoteId(quote));
  EXPECT_EQ(quote.id, Make(request).id);
  request.disk_gb = 101;
  EXPECT_NE(quote.id, Make(request).id);
}

TEST(Quote, SurvivesJson) {
  QuoteRequest request = TheRun();
  request.cap = Money{1};
  request.host = Big(Market::kOnDemand);
  Quote quote = Make(request);
  Result<Quote> read = QuoteFromJson(QuoteToJson(quote));
  ASSERT_TRUE(read.ok()) << read.error().message();
  EXPECT_EQ(*read, quote);
  EXPECT_EQ(QuoteFromJson("{}").error().kind(), ErrorKind::kCorrupt);
  EXPECT_THAT(QuoteFromJson("{}").error().message(), HasSubstr("\"id\""));
}

TEST(Quote, WhatGrewBeyondTheApprovedIsNamed) {
  QuoteRequest request = TheRun();
  Quote approved = Make(request);
  EXPECT_TRUE(CheckWithin(approved, approved).ok());
  request.disk_gb = 5'000;
  Status within = CheckWithin(approved, Make(request));
  ASSERT_FALSE(within.ok());
  EXPECT_EQ(within.error().kind(), ErrorKind::kConflict);
  EXPECT_THAT(within.error().message(), HasSubstr("what grew is disk"));
  EXPECT_THAT(within.error().message(), HasSubstr("quote " + approved.id));
}

TEST(Quote, AnAmountBeyondCountingIsRefused) {
  QuoteRequest request = TheRun();
  request.beside.export_bytes = std::int64_t{1} << 62;
  EXPECT_EQ(MakeQuote(request, PriceBook(kThen)).error().kind(), ErrorKind::kInvalid);
}

}  // namespace
}  // namespace mayfly::cost
