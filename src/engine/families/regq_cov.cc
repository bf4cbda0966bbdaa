// The covariances of the regq terms (specification 2.14): over the last n rows, the sample
// covariances of quadratic_term, linear_term, constant_term and residual, each of which was fitted
// to n rows itself. So a value hangs on 2 (n - 1) rows before its own; all of them are computed
// again from the prices, and a range of rows has the bits of the whole.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "engine/families/regq.h"
#include "engine/families/regq_terms.h"
#include "engine/kernels/covariance.h"

namespace mayfly::engine {
namespace {

constexpr double kNull = std::numeric_limits<double>::quiet_NaN();
constexpr std::array<const char*, 4> kTerms = {"quad", "lin", "const", "resid"};
constexpr std::array<const char*, 4> kTermColumns = {"quadratic_term", "linear_term",
                                                     "constant_term", "residual"};
constexpr std::size_t kPairs = 6;
// The pairs of terms, in the order of RollingCovariance.
constexpr std::array<std::array<std::size_t, 2>, kPairs> kPairOf = {
    {{0, 1}, {0, 2}, {0, 3}, {1, 2}, {1, 3}, {2, 3}}};

std::size_t TermRowsBefore(std::size_t window) { return 2 * (window - 1); }

template <Domain domain>
void Compute(const Request& request, ColumnBlock& out) {
  if (!request.bars.Has(Input::kClose)) return;
  const RowRange range = request.range;
  const DomainSeries series(domain, request, TermRowsBefore(kRegqWindows.back()));
  RegqTerms terms;
  RollingCovariance kernel;
  std::array<std::vector<double>, kTerms.size()> values;
  for (std::size_t w = 0; w < kRegqWindows.size(); ++w) {
    const std::size_t window = kRegqWindows[w];
    auto* const columns = &out.columns[w * kPairs];
    const RowRange full = FullRows(TermRowsBefore(window), range);
    const std::size_t cold = full.begin - range.begin;
    for (std::size_t c = 0; c < kPairs; ++c) std::fill_n(columns[c].begin(), cold, kNull);
    if (full.size() == 0) continue;
    const RowRange rows{full.begin - (window - 1), full.end};
    for (auto& term : values) term.resize(rows.size());
    terms.Compute(
        series.values(), window, rows,
        {values[0].data(), values[1].data(), values[2].data(), values[3].data(), nullptr});
    RollingCovariance::Columns to;
    for (std::size_t c = 0; c < kPairs; ++c) to[c] = columns[c].data() + cold;
    kernel.Compute(
        {rows.begin, {values[0].data(), values[1].data(), values[2].data(), values[3].data()}},
        window, full, to);
  }
}

}  // namespace

Family MakeRegqCov(Domain domain) {
  std::vector<FamilyColumn> columns;
  for (const std::size_t window : kRegqWindows) {
    for (const auto& [a, b] : kPairOf) {
      columns.push_back(
          {.name = fmt::format("w{}_cov_{}_{}", window, kTerms[a], kTerms[b]),
           .inputs = {Input::kClose},
           .lookback = TermRowsBefore(window) + LookbackOf(domain),
           .formula = fmt::format("sample covariance of w{0}_{1} and w{0}_{2} over {0} rows",
                                  window, kTermColumns[a], kTermColumns[b])});
    }
  }
  const bool is_rate = domain == Domain::kRate;
  return {fmt::format("regq_cov_{}", DomainName(domain)),
          fmt::format("how the terms of regq_{} vary with one another", DomainName(domain)),
          std::move(columns), is_rate ? Compute<Domain::kRate> : Compute<Domain::kBqx>};
}

}  // namespace mayfly::engine
