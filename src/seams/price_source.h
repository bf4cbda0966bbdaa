#pragma once
// What something costs, as whoever sells it says. It may be away, know nothing, or answer nonsense:
// whoever asks judges the answer (cost/price_book) and takes none of it on trust.

#include <vector>

#include "base/result.h"
#include "model/price.h"

namespace mayfly {

class PriceSource {
 public:
  virtual ~PriceSource() = default;

  // The list price that holds now; of a machine, the On-Demand one. kNotFound: it has none.
  virtual Result<PricePoint> ListPrice(const PriceKey& key) = 0;

  // Spot prices of a pool, in any order: the one in force at `since`, and every change after it.
  // kNotFound: the pool has none.
  virtual Result<std::vector<PricePoint>> SpotHistory(const Pool& pool, Instant since) = 0;
};

}  // namespace mayfly
