#pragma once
// The quote: every line that a run will put on a bill, before it does. Pure.

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cost/price_book.h"
#include "model/quote.h"

namespace mayfly::cost {

// What a run uses beside its machines. What is not known stays out and is told by its absence.
struct UsageBeside {
  std::int64_t snapshot_gb = 0;                 // kept for one month
  std::int64_t capacity_milli_above_floor = 0;  // of the database, on average over the run
  std::int64_t database_requests = 0;
  std::int64_t cross_zone_bytes = 0;
  std::int64_t nat_bytes = 0;
  std::int64_t export_bytes = 0;  // kept for one month
  std::int64_t write_requests = 0;
};

// How long the machines work, and who says so.
struct Length {
  std::optional<Duration> expected;  // absent: not measured
  std::string source;                // "stated: 42h"; empty: "not measured"
};

struct QuoteRequest {
  std::vector<Pool> pools;  // in the order in which they are tried; the first is the expected one
  int machines = 1;
  int disk_gb = 0, addresses = 0;  // of each machine
  Length length;
  Duration deadline{};       // no machine lives longer
  std::optional<Money> cap;  // what machines may cost together
  UsageBeside beside;
  std::optional<Pool> host;  // the machine that would do the work otherwise
};

// Low and expected need a length. High never does: no machine outlives the deadline, none is paid
// beyond the highest price it can be billed, and all together stay below the cap. What has no known
// price is named in `unknown` and is in no sum. kInvalid: no pool, or an amount beyond counting.
Result<Quote> MakeQuote(const QuoteRequest& request, const PriceBook& book);

// Whether today's quote is within what was approved: no line costs more than the upper bound as a
// whole allows. kConflict names the line that grew most.
Status CheckWithin(const Quote& approved, const Quote& today);

}  // namespace mayfly::cost
