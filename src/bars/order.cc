#include "bars/order.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "base/time.h"

namespace mayfly::bars {
namespace {

template <typename T>
void Keep(std::vector<T>& column, std::span<const std::uint32_t> rows) {
  if (column.empty()) return;
  std::vector<T> kept;
  kept.reserve(rows.size());
  for (std::uint32_t row : rows) kept.push_back(column[row]);
  column = std::move(kept);
}

}  // namespace

void PutInOrder(Bars& bars, std::span<const std::uint32_t> lines, Duplicates duplicates,
                DefectLog& log) {
  const std::vector<std::int64_t>& ts = bars.ts_us;
  std::vector<std::uint32_t> rows(ts.size());
  std::iota(rows.begin(), rows.end(), 0U);
  if (!std::is_sorted(ts.begin(), ts.end())) {
    std::stable_sort(rows.begin(), rows.end(),
                     [&ts](std::uint32_t a, std::uint32_t b) { return ts[a] < ts[b]; });
  }
  std::size_t kept = 0;
  for (std::uint32_t row : rows) {
    if (kept == 0 || ts[rows[kept - 1]] != ts[row]) {
      rows[kept++] = row;
      continue;
    }
    log.Add(lines[row], DefectKind::kDuplicateTimestamp, FormatInstant(Instant(Duration(ts[row]))));
    if (duplicates == Duplicates::kKeepLast) rows[kept - 1] = row;
  }
  rows.resize(kept);
  for (std::vector<double>& column : bars.columns) Keep(column, rows);
  Keep(bars.ts_us, rows);
}

}  // namespace mayfly::bars
