#include "cost/price_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mayfly::cost {
namespace {

using ::testing::HasSubstr;

const Instant kNoon = MakeInstant(2026, 3, 1, hours(12));
const Pool kSpot{.region = "us-east-1",
                 .zone = "us-east-1b",
                 .instance_type = "c7i.8xlarge",
                 .market = Market::kSpot};
const PriceKey kKey{Item::kCompute, kSpot};

Rate ByHour(std::int64_t micro_usd) { return {micro_usd, Unit::kHour}; }

TEST(PriceBook, TakesTheFirstSourceThatKnows) {
  PriceBook book(kNoon);
  EXPECT_EQ(book.Find(kKey)->origin, PriceOrigin::kSnapshot);
  ASSERT_TRUE(book.Observe({kKey, {kNoon - hours(48), ByHour(470'000)}}).ok());
  EXPECT_EQ(book.Find(kKey)->origin, PriceOrigin::kObserved);
  ASSERT_TRUE(book.AddSpotHistory(kSpot, {{kNoon - hours(1), ByHour(480'000)}}).ok());
  EXPECT_EQ(book.Find(kKey)->origin, PriceOrigin::kSpotHistory) << "a day old is old";
  ASSERT_TRUE(book.Observe({kKey, {kNoon - hours(2), ByHour(490'000)}}).ok());
  EXPECT_EQ(book.Find(kKey)->rate, ByHour(490'000));
  book.State(kKey, ByHour(500'000), ByHour(500'000));
  EXPECT_EQ(book.Find(kKey)->origin, PriceOrigin::kStated);
}

TEST(PriceBook, TheSnapshotShowsItsDate) {
  EXPECT_THAT(DescribeOrigin(*PriceBook(kNoon).Find(kKey)), HasSubstr("(2025-11-17)"));
}

TEST(PriceBook, AnUnknownPriceIsSaidNeverGuessed) {
  Pool other = kSpot;
  other.instance_type = "c9i.metal";
  Result<Price> price = PriceBook(kNoon).Find({Item::kCompute, other});
  ASSERT_FALSE(price.ok());
  EXPECT_EQ(price.error().kind(), ErrorKind::kNotFound);
  EXPECT_THAT(price.error().message(), HasSubstr("c9i.metal spot in us-east-1b"));
  Pool elsewhere = kSpot;
  elsewhere.region = "eu-west-1";
  EXPECT_FALSE(PriceBook(kNoon).Find({Item::kDisk, elsewhere}).ok());
}

TEST(PriceBook, ASpotPriceIsOfItsZone) {
  PriceBook book(kNoon);
  ASSERT_TRUE(book.AddSpotHistory(kSpot, {{kNoon, ByHour(300'000)}}).ok());
  Pool other = kSpot;
  other.zone = "us-east-1c";
  EXPECT_EQ(book.Find({Item::kCompute, other})->origin, PriceOrigin::kSnapshot);
}

struct Nonsense {
  const char* name;
  PricePoint point;
  const char* word;
};

TEST(PriceBook, NonsenseIsRefusedWholeAndLeavesNothingBehind) {
  for (const Nonsense& row :
       {Nonsense{"zero", {kNoon, ByHour(0)}, "not above zero"},
        Nonsense{"negative", {kNoon, ByHour(-1)}, "not above zero"},
        Nonsense{"absurd", {kNoon, ByHour(2'000'000'000)}, "absurd"},
        Nonsense{"of tomorrow", {kNoon + hours(24), ByHour(1)}, "has not come yet"},
        Nonsense{"another unit", {kNoon, {1, Unit::kGbMonth}}, "by the GB-month"}}) {
    PriceBook book(kNoon);
    Status added = book.AddSpotHistory(kSpot, {{kNoon - hours(1), ByHour(1)}, row.point});
    ASSERT_FALSE(added.ok()) << row.name;
    EXPECT_EQ(added.error().kind(), ErrorKind::kCorrupt) << row.name;
    EXPECT_THAT(added.error().message(), HasSubstr(row.word));
    EXPECT_EQ(book.Find(kKey)->origin, PriceOrigin::kSnapshot) << row.name;
  }
  EXPECT_EQ(PriceBook(kNoon).AddSpotHistory(kSpot, {}).error().kind(), ErrorKind::kNotFound);
}

TEST(PriceBook, ASpotMachineIsNeverBilledAboveTheOnDemandPrice) {
  Offer offer = *PriceBook(kNoon).MakeOffer(kSpot);
  EXPECT_EQ(offer.price, ByHour(450'000));
  EXPECT_EQ(offer.highest, ByHour(1'428'000));
  EXPECT_EQ(offer.terms, TermsOf(Market::kSpot));
}

TEST(PriceBook, ThereIsNoOfferWithoutAPrice) {
  Pool other = kSpot;
  other.instance_type = "c9i.metal";
  EXPECT_EQ(PriceBook(kNoon).MakeOffer(other).error().kind(), ErrorKind::kNotFound);
}

}  // namespace
}  // namespace mayfly::cost
