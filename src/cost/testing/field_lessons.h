#pragma once
// For tests: what the first project's documents speak of, priced by our own code from the snapshot,
// and rows that hold one line of them each.

#include <gtest/gtest.h>

#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "cost/price_book.h"
#include "cost/standing.h"

namespace mayfly::cost::lessons {

inline PriceBook Book() { return PriceBook(MakeInstant(2025, 11, 18)); }

inline PriceKey Key(Item item, const std::string& type = "", Market market = Market::kOnDemand) {
  return {item,
          {.region = "us-east-1", .zone = "us-east-1a", .instance_type = type, .market = market}};
}

inline Rate PriceOf(Item item, const std::string& type = "", Market market = Market::kOnDemand) {
  Result<Price> price = Book().Find(Key(item, type, market));
  CHECK(price.ok(), "the snapshot has what the documents speak of");
  return price->rate;
}

inline Rate Small() { return PriceOf(Item::kCompute, "t3.small"); }
inline Rate Xlarge() { return PriceOf(Item::kCompute, "t3.xlarge"); }
inline Rate Master() { return PriceOf(Item::kCompute, "t3.2xlarge"); }  // the host that there was
inline Rate Spot() { return PriceOf(Item::kCompute, "c7i.8xlarge", Market::kSpot); }
inline Rate OnDemand() { return PriceOf(Item::kCompute, "c7i.8xlarge"); }
inline constexpr Rate kOldOnDemand{1'360'000, Unit::kHour};  // as the first document has it

inline constexpr Duration kMonth = BilledMonths(1);
inline constexpr Duration kYear = BilledYears(1);
inline constexpr Duration kRun = hours(42) + minutes(30);  // as the documents count it
inline constexpr Duration kWhole = hours(43);              // with launch, set-up and end

inline Money Cost(Rate rate, Quantity quantity) { return *Charge(rate, quantity); }
inline Money Time(Rate rate, Duration length) { return Cost(rate, ForTime(length)); }
inline Money Disk(std::int64_t gigabytes, Duration length) {
  return Cost(PriceOf(Item::kDisk), ForDisk(gigabytes, length));
}
inline Money Address(Duration length) { return Time(PriceOf(Item::kPublicAddress), length); }
inline Money Aurora(std::int64_t milli_units, Duration length) {
  return Cost(PriceOf(Item::kDatabaseCapacity), ForCapacity(milli_units, length));
}

// What a host alone costs while it stands, and what anything does.
inline Money Stands(const std::vector<Standing>& things, Duration length = kMonth) {
  Result<StandingCost> cost = PriceStanding(things, length, Book());
  CHECK(cost.ok() && cost->unknown.empty(), "everything that stands there has a price");
  return cost->total;
}
inline Money Host(const std::string& type, Duration length = kMonth) {
  return Stands({{Key(Item::kCompute, type)}}, length);
}

inline Money Usd(const std::string& number) { return *ParseMoney(number + " USD"); }

// An amount as it is shown, to the cent: what a reader adds up who has only the document.
inline Money Shown(Money money) { return *ParseMoney(FormatMoney(money)); }

// A length in hours or days, to hundredths, half up: "728.37".
inline std::string InUnits(Duration length, Duration unit) {
  std::int64_t hundredths = (length.count() * 200 + unit.count()) / (2 * unit.count());
  std::string places = std::to_string(hundredths % 100);
  return std::to_string(hundredths / 100) + (places.size() < 2 ? ".0" : ".") + places;
}

// One line. `theirs` is computed by our code too, from the premise of the document.
struct Line {
  const char* name;
  Money ours;
  const char* correct;       // to the cent
  const char* premise = "";  // of the document, where its figure differs
  std::optional<Money> theirs = std::nullopt;
  const char* told = "";  // what that premise comes to
};

inline void PrintTo(const Line& line, std::ostream* out) { *out << line.name; }

inline void Check(const Line& line) {
  EXPECT_EQ(FormatMoney(line.ours), line.correct) << line.name << ": " << line.premise;
  if (line.theirs) {
    EXPECT_EQ(FormatMoney(*line.theirs), line.told) << line.name << ": " << line.premise;
    EXPECT_NE(std::string(line.told), line.correct) << line.name << " does not differ";
    EXPECT_NE(std::string(line.premise), "") << line.name << " differs and does not say why";
  }
}

}  // namespace mayfly::cost::lessons
