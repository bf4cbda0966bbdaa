#include "engine/families/domain.h"

#include <algorithm>
#include <limits>

#include "engine/kernels/index.h"
#include "engine/kernels/moments.h"

namespace mayfly::engine {
namespace {

constexpr std::size_t kReturnWindow = 15;
constexpr double kNull = std::numeric_limits<double>::quiet_NaN();

// The family bqx's return, over all of `q`: see families/bqx.cc for the formula.
void ComputeReturns(const Stretch& index, RowRange rows, std::span<double> q) {
  constexpr double n = kReturnWindow;
  RollingMoments kernel;
  WindowMoments sums;
  const RowRange full = FullRows(kReturnWindow, rows);
  std::fill_n(q.begin(), full.begin - rows.begin, kNull);
  // The current row is not in its window.
  ForEachTile(kReturnWindow, {full.begin - 1, full.end - 1}, [&](RowRange windows) {
    kernel.Compute(index, kReturnWindow, windows, sums);
    const double* const x = index.at(windows.begin + 1);
    const double* const reference = sums.reference.data();
    const double* const sum = sums.sum.data();
    double* const out = q.data() + (windows.begin + 1 - rows.begin);
    for (std::size_t i = 0; i < windows.size(); ++i) {
      const double value = (sum[i] + n * (reference[i] - x[i])) / x[i];
      const bool is_there = (sum[i] == sum[i]) & (x[i] == x[i]) & (x[i] != 0);
      out[i] = is_there ? value : kNull;
    }
  });
}

}  // namespace

std::string_view DomainName(Domain domain) { return domain == Domain::kRate ? "rate" : "bqx"; }
std::string_view DomainSymbol(Domain domain) { return domain == Domain::kRate ? "x" : "q"; }
std::size_t LookbackOf(Domain domain) { return domain == Domain::kRate ? 0 : kReturnWindow; }
bool IsLevel(Domain domain) { return domain == Domain::kRate; }

RowRange FullRows(std::size_t lookback, RowRange range) {
  return {std::clamp(lookback, range.begin, range.end), range.end};
}

DomainSeries::DomainSeries(Domain domain, const Request& request, std::size_t before)
    : first_(request.range.begin - std::min(request.range.begin, before)) {
  const RowRange rows{first_, request.range.end};
  const std::size_t lookback = LookbackOf(domain);
  const std::size_t read = first_ - std::min(first_, lookback);
  std::vector<double> index(rows.end - read);
  IndexPrices(request.bars.close, request.options.baseline, {read, rows.end}, index);
  if (domain == Domain::kRate) {
    values_ = std::move(index);
    return;
  }
  values_.resize(rows.size());
  ComputeReturns({read, index}, rows, values_);
}

}  // namespace mayfly::engine
