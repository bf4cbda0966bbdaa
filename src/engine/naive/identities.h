#pragma once
// What holds between the columns of one row, whatever the bars were: needs no history, so it judges
// stored values by themselves.

#include <span>
#include <string>
#include <vector>

#include "engine/family.h"

namespace mayfly::engine::naive {

// The value of `column` lies within [low, high]; NaN for both: it is NULL.
struct Identity {
  std::string column;
  double low = 0;
  double high = 0;
  double value = 0;  // what it is

  bool holds() const;
};

// All identities of the family over the published columns of one row (in the order of
// family.columns()); those whose columns are NULL are left out. `relative` is how far sums of them
// may be off. Empty: the family has none (rate_index, regq_cov_*).
std::vector<Identity> IdentitiesOf(const Family& family, std::span<const double> row,
                                   double relative);

}  // namespace mayfly::engine::naive
