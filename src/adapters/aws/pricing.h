#pragma once
// Pricing: what AWS asks for by its list.

#include <string>
#include <string_view>
#include <vector>

#include "adapters/aws/caller.h"
#include "base/money.h"

namespace mayfly::aws {

struct PriceFilter {
  std::string field, value;  // "instanceType", "c7i.8xlarge"
};

struct ListPrice {
  std::string sku, unit, description;  // unit: "Hrs", "GB-Mo", …
  Money per_unit;
  std::vector<std::pair<std::string, std::string>> attributes;  // "regionCode", "usagetype", …
};

// The On-Demand prices of what fits all filters (TERM_MATCH); those of zero are left out.
// kNotFound: nothing fits. kCorrupt: a price in another currency, or none where one belongs.
Result<std::vector<ListPrice>> GetProducts(Caller& caller, const std::string& service_code,
                                           const std::vector<PriceFilter>& filters);

// The one price in a unit. kNotFound: none; kConflict: several, the question was too wide.
Result<Money> OnlyPrice(const std::vector<ListPrice>& prices, std::string_view unit,
                        std::string_view what);

// An hour of a Linux machine, On-Demand, shared hardware. kConflict: the list has several prices.
Result<Money> OnDemandPrice(Caller& caller, const std::string& instance_type,
                            const std::string& region);

}  // namespace mayfly::aws
