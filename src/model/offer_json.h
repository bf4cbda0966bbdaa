#pragma once
// Offers as the ledger keeps them with an intent, so that repeating it asks for exactly the same.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/price.h"

namespace mayfly {

// The worst that an intent of these can become, for whoever must pay for it in advance: the pool
// and price of the first, and the highest price of any. Needs one at least.
Offer WorstOf(const std::vector<Offer>& offers);

std::string OffersToJson(const std::vector<Offer>& offers);

// kCorrupt: not what OffersToJson writes.
Result<std::vector<Offer>> OffersFromJson(std::string_view text);

}  // namespace mayfly
