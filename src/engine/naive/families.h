#pragma once
// The slow obvious twins of families/: one value at a time, straight from the definition, with the
// NULL rule applied by looking at the inputs. For tests and benchmarks.

#include <cstddef>
#include <string_view>

#include "engine/family.h"

namespace mayfly::engine::naive {

// The value of a column of rate_index or bqx at one row of the history; NaN for NULL.
double RateIndexValue(const BarView& bars, double baseline, std::string_view column,
                      std::size_t row);
double BqxValue(const BarView& bars, double baseline, std::string_view column, std::size_t row);

}  // namespace mayfly::engine::naive
