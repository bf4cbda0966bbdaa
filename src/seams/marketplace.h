#pragma once
// What a provider with several kinds of machines has to offer, and how much of it the account may
// have.

#include <vector>

#include "base/result.h"
#include "model/ladder.h"

namespace mayfly {

class Marketplace {
 public:
  virtual ~Marketplace() = default;

  // Every pool that the phase allows and that is offered where it may be, in the order of the
  // phase's wishes: markets, then types, then zones. kNotFound: none is.
  virtual Result<std::vector<MarketPool>> ListPools() = 0;

  // One line for each market; a limit that cannot be read is absent. May lag.
  virtual Result<std::vector<QuotaRoom>> ReadQuotas() = 0;
};

}  // namespace mayfly
