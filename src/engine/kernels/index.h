#pragma once
// Prices as an index that is 100 at the baseline.

#include <cstddef>

#include "engine/family.h"

namespace mayfly::engine {

// index[i] = 100 * price[begin + i] / baseline; NULL where the price is.
void IndexPrices(std::span<const double> price, double baseline, RowRange range,
                 std::span<double> index);

}  // namespace mayfly::engine
