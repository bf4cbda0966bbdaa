#include "sim/memory_prices.h"

namespace mayfly::sim {

// What has come to pass by now, in the order in which it did.
Result<std::vector<PricePoint>> MemoryPrices::Told(const PriceKey& key) {
  if (rng_.Chance(weather_.away)) {
    ++refusals_;
    return Unavailable("the price source does not answer");
  }
  std::vector<PricePoint> told;
  for (const PricePoint& point : points_[key]) {
    if (point.from <= time_.Wall()) told.push_back(point);
  }
  if (told.empty()) return NotFound("the price source has no price of " + Describe(key));
  if (rng_.Chance(weather_.nonsense)) {
    ++refusals_;
    Spoil(told[rng_.Below(told.size())]);
  }
  return told;
}

void MemoryPrices::Spoil(PricePoint& point) {
  switch (rng_.Below(5)) {
    case 0:
      point.rate.micro_usd = 0;
      break;
    case 1:
      point.rate.micro_usd = -point.rate.micro_usd;
      break;
    case 2:
      point.rate.micro_usd *= 1'000'000'000;
      break;
    case 3:
      point.from = time_.Wall() + hours(24);
      break;
    default:
      point.rate.unit = Unit::kGbMonth;
  }
}

Result<PricePoint> MemoryPrices::ListPrice(const PriceKey& key) {
  TRY_ASSIGN(std::vector<PricePoint> told, Told(key));
  return told.back();
}

Result<std::vector<PricePoint>> MemoryPrices::SpotHistory(const Pool& pool, Instant since) {
  TRY_ASSIGN(std::vector<PricePoint> told, Told({Item::kCompute, pool}));
  // All but what was over before `since`; newest first, as clouds tell it.
  std::vector<PricePoint> wanted;
  for (std::size_t i = told.size(); i-- > 0;) {
    wanted.push_back(told[i]);
    if (told[i].from <= since) break;
  }
  return wanted;
}

}  // namespace mayfly::sim
