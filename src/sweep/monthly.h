#pragma once
// What a thing bills in a month of 730 hours, if it stays as it is. Pure.

#include <optional>

#include "base/money.h"
#include "cost/price_book.h"
#include "model/thing.h"

namespace mayfly::sweep {

struct Monthly {
  Money money;
  bool is_elsewhere = false;  // at the snapshot's region's prices: this region's are not known
  bool is_at_most = false;    // of a snapshot and an upload: what is the same is kept once
};

// What is asked of a price book for it; absent: it bills nothing by itself, or nobody is asked what
// it costs.
std::optional<PriceKey> PriceOf(const Thing& thing);

// Absent: its price is not known. Of a stopped instance it is its disks'. A disk has a price where
// it is gp3, and no faster than its size pays for.
std::optional<Monthly> MonthlyOf(const Thing& thing, const cost::PriceBook& book);

}  // namespace mayfly::sweep
