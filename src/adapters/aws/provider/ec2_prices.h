#pragma once
// Prices as AWS tells them: Spot histories from EC2, list prices from Pricing.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "adapters/aws/caller.h"
#include "adapters/aws/ec2_market.h"
#include "seams/price_source.h"

namespace mayfly::aws {

// The caller outlives it. One thread.
class Ec2Prices final : public PriceSource {
 public:
  // The types that will be asked about: one answer of EC2 tells of all of them.
  Ec2Prices(Caller& caller, std::vector<std::string> types);

  // Compute, disk (gp3), public address, snapshot and database capacity; kept for an hour, as what
  // they cost changes in years.
  // kNotFound: anything else.
  Result<PricePoint> ListPrice(const PriceKey& key) override;

  // Kept for a minute.
  Result<std::vector<PricePoint>> SpotHistory(const Pool& pool, Instant since) override;

 private:
  struct Kept {
    Instant from;
    Duration asked_at{};
    std::vector<SpotPrice> prices;
  };
  struct KeptPrice {
    PricePoint point;
    Duration asked_at{};
  };

  Status Refresh(const Pool& pool, Instant from);
  Result<Money> AskListPrice(const PriceKey& key);

  Caller& caller_;
  std::set<std::string> types_;
  std::map<std::string, Kept> kept_;  // by region
  std::map<PriceKey, KeptPrice> list_;
};

}  // namespace mayfly::aws
