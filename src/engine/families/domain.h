#pragma once
// The two series that families of figures are made over: a family named *_rate is over the rate
// index, its sister *_bqx over w15_bqx_return, the family bqx's shortest return.

#include <string_view>
#include <vector>

#include "engine/family.h"
#include "engine/kernels/stretch.h"

namespace mayfly::engine {

enum class Domain { kRate, kBqx };

// "rate", "bqx": what names of families end in.
std::string_view DomainName(Domain domain);

// One symbol for formulas: "x" or "q".
std::string_view DomainSymbol(Domain domain);

// Rows of prices before the current one that one value of the series is made of.
std::size_t LookbackOf(Domain domain);

// The rate index stands at the price's level (100 or so); bqx returns are around zero.
bool IsLevel(Domain domain);

// The series over the request's range and up to `before` rows ahead of it, NULL where it has no
// value (which includes its first LookbackOf rows of the history). The bits of a value are those
// of the column rate_index or w15_bqx_return, wherever the series is begun.
// Needs the input close.
class DomainSeries {
 public:
  DomainSeries(Domain domain, const Request& request, std::size_t before);

  Stretch values() const { return {first_, values_}; }

 private:
  std::size_t first_ = 0;
  std::vector<double> values_;
};

// The first row at which a column of this look-back has a value, within the range.
RowRange FullRows(std::size_t lookback, RowRange range);

// Where figures of a window are computed tile by tile: tiles are whole blocks, so that no prefix is
// begun twice, and short, so that scratch stays in the first-level cache. Calls
// visit(RowRange) for consecutive parts of `rows`.
template <typename Visit>
void ForEachTile(std::size_t window, RowRange rows, const Visit& visit) {
  constexpr std::size_t kTileRows = 600;
  const std::size_t tile = kTileRows < window ? window : kTileRows / window * window;
  for (std::size_t begin = rows.begin; begin < rows.end;) {
    // A window's first row decides on its block.
    const std::size_t next = (begin + 1 - window) / tile * tile + tile + window - 1;
    const std::size_t end = next < rows.end ? next : rows.end;
    visit(RowRange{begin, end});
    begin = end;
  }
}

}  // namespace mayfly::engine
