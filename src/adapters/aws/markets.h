#pragma once
// What a phase's rule about On-Demand means for the markets. Pure.

#include <vector>

#include "model/ec2_spec.h"
#include "model/price.h"

namespace mayfly::aws {

// The markets that the rule uses, in the order in which they are tried.
inline std::vector<Market> MarketsOf(OnDemandRule rule) {
  switch (rule) {
    case OnDemandRule::kNever:
      return {Market::kSpot};
    case OnDemandRule::kAfterSpot:
      return {Market::kSpot, Market::kOnDemand};
    case OnDemandRule::kOnly:
      return {Market::kOnDemand};
  }
  return {};
}

}  // namespace mayfly::aws
