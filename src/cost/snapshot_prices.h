#pragma once
// Prices that ship with the binary, for when nobody can be asked. They are old on the day they are
// built: whoever uses one shows its date and where it is from.

#include <span>
#include <string_view>

#include "base/time.h"
#include "model/price.h"

namespace mayfly::cost {

struct SnapshotPrice {
  Item item = Item::kCompute;
  std::string_view instance_type;  // of compute
  Market market = Market::kOnDemand;
  std::int64_t micro_usd = 0;  // for the item's unit
};

inline constexpr std::string_view kSnapshotRegion = "us-east-1";
inline constexpr std::string_view kSnapshotWords =
    "snapshot shipped with mayfly, from the project's own records of November 2025";

Instant SnapshotDate();
std::span<const SnapshotPrice> SnapshotPrices();

}  // namespace mayfly::cost
