#pragma once
// The slow obvious twins of rate_index and bqx: straight from the definition, with the NULL rule
// applied by looking at the inputs.

#include <cstddef>
#include <span>
#include <string_view>

#include "engine/family.h"
#include "engine/naive/twin.h"

namespace mayfly::engine::naive {

// The value of a column of rate_index or bqx at one row of the history; NaN for NULL.
double RateIndexValue(const BarView& bars, double baseline, std::string_view column,
                      std::size_t row);
double BqxValue(const BarView& bars, double baseline, std::string_view column, std::size_t row);

// All columns of the family at one row; see twin.h.
void RateIndexCells(const RowRequest& request, std::span<Cell> out);
void BqxCells(const RowRequest& request, std::span<Cell> out);

}  // namespace mayfly::engine::naive
