#pragma once
// What stands bills on, used or not: a host, a disk that nothing is attached to, an address, a
// snapshot that was kept, a database's floor. What it comes to in a month or a year, and what is
// saved by taking some of it away. Pure.

#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "cost/price_book.h"

namespace mayfly::cost {

struct Standing {
  PriceKey what;
  std::int64_t amount = 1;  // machines, gigabytes, addresses, thousandths of a unit, secrets
};

struct StandingLine {
  std::string what;  // "500 GB of disk in us-east-1"
  Money money;
};

struct StandingCost {
  Money total;
  std::vector<StandingLine> lines;   // in the order of the things
  std::vector<std::string> unknown;  // what has no known price, and is in no sum
};

// What all of it bills in `length`. kInvalid: an item that is billed by its use, such as transfer,
// or an amount beyond counting.
Result<StandingCost> PriceStanding(const std::vector<Standing>& things, Duration length,
                                   const PriceBook& book);

}  // namespace mayfly::cost
