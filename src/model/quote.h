#pragma once
// What a run is expected to cost, said before anything is paid: the one object that every document
// about its money names by its id.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/money.h"
#include "base/result.h"
#include "model/price.h"

namespace mayfly {

struct QuoteLine {
  Item item = Item::kCompute;
  std::string what;                    // "local machines", "c7i.8xlarge spot in us-east-1a"
  std::string premise;                 // "1 x 42h", "100 GB for 42h"
  std::string price, source;           // "0.45 USD/h", "Spot price history of 2026-11-27"
  std::optional<Money> low, expected;  // absent: the length of the run is not measured
  Money high;                          // what it cannot exceed
  friend bool operator==(const QuoteLine&, const QuoteLine&) = default;
};

// The same work done three ways (docs/adr/0010): what the choice of machine is about.
struct ThreeWay {
  Money temporary_spot, temporary_on_demand, staying;
  friend bool operator==(const ThreeWay&, const ThreeWay&) = default;
};

struct Quote {
  std::string id;                      // 12 hex digits of everything below
  std::vector<QuoteLine> lines;        // of alternative markets, the first is the expected one
  std::optional<Money> low, expected;  // absent: not measured
  Money high;                          // the upper bound, which the plan's hash covers
  std::optional<Money> cap;            // the phase's budget
  std::string price_date;              // of the oldest price used: "2026-11-27"; empty: stated
  std::string hours_source;            // "not measured", "stated: 42h", "run 7: 41 min 10 s"
  std::vector<std::string> unknown;    // what has no known price, and is in no sum
  std::optional<ThreeWay> three_way;   // where all its inputs are known
  friend bool operator==(const Quote&, const Quote&) = default;
};

// One line, every key present, amounts in whole micro-dollars: the same quote gives the same bytes.
std::string QuoteToJson(const Quote& quote);

// kCorrupt: not JSON, a key missing or of another type; names the key.
Result<Quote> QuoteFromJson(std::string_view text);

// The id that fits the rest of the quote.
std::string QuoteId(const Quote& quote);

}  // namespace mayfly
