#include "engine/families/rate_index.h"

#include <fmt/format.h>
#include <array>

#include "engine/kernels/index.h"

namespace mayfly::engine {
namespace {

// One baseline for all four and for the whole history, so that the four are on one scale in every
// month (specification 1.3; the first implementation rescaled open, high and low monthly).
struct IndexColumn {
  const char* name;
  Input input;
};
constexpr std::array kColumns = {
    IndexColumn{"rate_index", Input::kClose}, IndexColumn{"open_index", Input::kOpen},
    IndexColumn{"high_index", Input::kHigh}, IndexColumn{"low_index", Input::kLow}};

void Compute(const Request& request, ColumnBlock& out) {
  for (std::size_t c = 0; c < kColumns.size(); ++c) {
    const auto price = request.bars.Of(kColumns[c].input);
    if (!price.empty()) IndexPrices(price, request.options.baseline, request.range, out.columns[c]);
  }
}

}  // namespace

Family MakeRateIndex() {
  std::vector<FamilyColumn> columns;
  for (const IndexColumn& column : kColumns) {
    columns.push_back({.name = column.name,
                       .inputs = {column.input},
                       .level = true,
                       .formula = fmt::format("100 * {} / baseline", InputName(column.input))});
  }
  return {"rate_index", "prices as an index that is 100 at the baseline", std::move(columns),
          Compute};
}

}  // namespace mayfly::engine
