#pragma once
// What EC2 offers a phase, and how much of it the account may have.

#include <vector>

#include "adapters/aws/caller.h"
#include "adapters/aws/provider/places.h"
#include "model/ec2_spec.h"
#include "seams/marketplace.h"

namespace mayfly::aws {

// The caller outlives it. One thread. What is offered where changes in months and is asked once.
class Ec2Marketplace final : public Marketplace {
 public:
  Ec2Marketplace(Caller& caller, Ec2Spec spec, Ec2Places places)
      : caller_(caller), spec_(std::move(spec)), places_(std::move(places)) {}

  // Pools in zones of which a subnet is known, or in all where none is; and only types for the
  // image's architecture. kNotFound: none is left.
  Result<std::vector<MarketPool>> ListPools() override;

  // The quota of the families of the phase's first type, for each market that the phase uses. Used
  // are vCPUs of what is pending or runs, and of Spot requests that are open or whose machine has
  // ended while they are not closed.
  Result<std::vector<QuotaRoom>> ReadQuotas() override;

 private:
  Result<std::vector<MarketPool>> AskPools();

  Caller& caller_;
  Ec2Spec spec_;
  Ec2Places places_;
  std::vector<MarketPool> pools_;
};

}  // namespace mayfly::aws
