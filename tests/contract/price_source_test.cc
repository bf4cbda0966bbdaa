// The price source in memory, and what its faults do to a price book.

#include <gtest/gtest.h>

#include "cost/price_book.h"
#include "sim/memory_prices.h"

namespace mayfly::sim {
namespace {

const Pool kSpot{.region = "r", .zone = "ra", .instance_type = "t", .market = Market::kSpot};
const PriceKey kKey{Item::kCompute, kSpot};

MemoryPrices Source(VirtualTime& time, PriceWeather weather) {
  MemoryPrices prices(time, weather, 7);
  Instant begin = time.Wall();
  for (int i = 0; i < 5; ++i) prices.Put(kKey, {begin + minutes(i), {100'000 + i, Unit::kHour}});
  time.now = minutes(3) + seconds(30);
  return prices;
}

TEST(MemoryPrices, TellsWhatHasComeToPassAndWhatWasInForce) {
  VirtualTime time;
  Instant begin = time.Wall();
  MemoryPrices prices = Source(time, {});
  auto points = prices.SpotHistory(kSpot, begin + minutes(1) + seconds(1));
  ASSERT_TRUE(points.ok());
  ASSERT_EQ(points->size(), 3U);  // of minute 3, 2, and 1, which was in force
  EXPECT_EQ(points->back().from, begin + minutes(1));
  EXPECT_EQ(prices.ListPrice(kKey)->rate.micro_usd, 100'003);
}

TEST(MemoryPrices, APoolThatIsNotSoldHasNone) {
  VirtualTime time;
  MemoryPrices prices = Source(time, {});
  EXPECT_EQ(prices.SpotHistory({}, time.Wall()).error().kind(), ErrorKind::kNotFound);
}

TEST(MemoryPrices, NoNonsenseOfItsEntersAPriceBook) {
  VirtualTime time;
  MemoryPrices prices = Source(time, {.away = 0.2, .nonsense = 0.5});
  int refused = 0;
  for (int i = 0; i < 500; ++i) {
    auto points = prices.SpotHistory(kSpot, time.Wall() - hours(1));
    cost::PriceBook book(time.Wall());
    if (!points.ok()) continue;
    if (!book.AddSpotHistory(kSpot, *points).ok()) {
      ++refused;
      EXPECT_FALSE(book.Find(kKey).ok());
      continue;
    }
    EXPECT_EQ(book.Find(kKey)->rate.micro_usd, 100'003);
  }
  EXPECT_GT(refused, 100);
}

}  // namespace
}  // namespace mayfly::sim
