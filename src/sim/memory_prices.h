#pragma once
// A price source in memory, on virtual time: it tells what has come to pass, and now and then it is
// away or answers nonsense.

#include <map>
#include <vector>

#include "base/rng.h"
#include "seams/price_source.h"
#include "sim/sim_clock.h"

namespace mayfly::sim {

struct PriceWeather {
  double away = 0;      // kUnavailable
  double nonsense = 0;  // zero, negative, absurd, of tomorrow, of another unit
};

class MemoryPrices : public PriceSource {
 public:
  // `time` must outlive it.
  MemoryPrices(const VirtualTime& time, PriceWeather weather, std::uint64_t seed)
      : time_(time), weather_(weather), rng_(seed) {}

  void Put(const PriceKey& key, PricePoint point) { points_[key].push_back(point); }

  Result<PricePoint> ListPrice(const PriceKey& key) override;
  Result<std::vector<PricePoint>> SpotHistory(const Pool& pool, Instant since) override;

  // From now on it answers, and rightly.
  void ClearUp() { weather_ = {}; }
  int refusals() const { return refusals_; }

 private:
  Result<std::vector<PricePoint>> Told(const PriceKey& key);
  void Spoil(PricePoint& point);

  const VirtualTime& time_;
  PriceWeather weather_;
  Rng rng_;
  std::map<PriceKey, std::vector<PricePoint>> points_;  // oldest first
  int refusals_ = 0;
};

}  // namespace mayfly::sim
