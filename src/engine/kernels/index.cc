#include "engine/kernels/index.h"

#include <limits>

namespace mayfly::engine {

void IndexPrices(std::span<const double> price, double baseline, RowRange range,
                 std::span<double> index) {
  constexpr double kNull = std::numeric_limits<double>::quiet_NaN();
  const double* from = price.data() + range.begin;
  for (std::size_t i = 0; i < range.size(); ++i) {
    const double value = 100 * from[i] / baseline;
    index[i] = value == value ? value : kNull;
  }
}

}  // namespace mayfly::engine
