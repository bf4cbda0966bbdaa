// The regq families (specification 2.12; 2.1b with the window that includes the current row):
// y = a2 t^2 + a1 t + a0 by least squares over the last n rows, t = 0 .. n-1, given as what each
// term comes to at the last row.
//
// prediction and r2 are arithmetic on what is stored. About the window's middle the slope is
// (linear + quadratic) / (n - 1) and the bend quadratic / (n - 1)^2; the two are orthogonal, so
// their variances add up to what the parabola explains.
//
// r2 of a flat window: NULL in the bqx domain, 1 with compat_epsilon; 0 in the rate domain, whose
// first implementation had no epsilon and said so.

#include "engine/families/regq.h"

#include <fmt/format.h>

#include <array>
#include <limits>

#include "engine/families/regq_terms.h"

namespace mayfly::engine {
namespace {

constexpr std::size_t kLongest = kRegqWindows.back();
constexpr std::size_t kStored = 5;
constexpr double kEpsilon = 1e-10;
constexpr double kNull = std::numeric_limits<double>::quiet_NaN();

template <Domain domain>
void Compute(const Request& request, ColumnBlock& out) {
  if (!request.bars.Has(Input::kClose)) return;
  const RowRange range = request.range;
  const DomainSeries series(domain, request, kLongest - 1);
  RegqTerms terms;
  for (std::size_t w = 0; w < kRegqWindows.size(); ++w) {
    auto* const columns = &out.columns[w * kStored];
    const RowRange full = FullRows(kRegqWindows[w] - 1, range);
    const std::size_t cold = full.begin - range.begin;
    for (std::size_t c = 0; c < kStored; ++c) std::fill_n(columns[c].begin(), cold, kNull);
    terms.Compute(series.values(), kRegqWindows[w], full,
                  {columns[0].data() + cold, columns[1].data() + cold, columns[2].data() + cold,
                   columns[3].data() + cold, columns[4].data() + cold});
  }
}

Expression Prediction(const std::string& prefix) {
  return Expression::Column(prefix + "quadratic_term") +
         Expression::Column(prefix + "linear_term") + Expression::Column(prefix + "constant_term");
}

// The variance that the parabola explains.
Expression Explained(const std::string& prefix, std::size_t window) {
  const FitConstants of(window);
  const double last = of.n - 1;
  const Expression quadratic = Expression::Column(prefix + "quadratic_term");
  const Expression slope = Expression::Column(prefix + "linear_term") + quadratic;
  const double u2 = of.mean_square / (last * last);
  const double u4 = of.u4 / of.n / (last * last * last * last);
  return Expression::Constant(u2) * slope * slope +
         Expression::Constant(u4) * quadratic * quadratic;
}

Derivation R2(Domain domain, const std::string& prefix, std::size_t window) {
  const Expression rmse = Expression::Column(prefix + "rmse");
  const Expression explained = Explained(prefix, window);
  const Expression all = explained + rmse * rmse;
  if (domain == Domain::kRate) {
    const Expression not_zero = Expression::Constant(std::numeric_limits<double>::min());
    return {explained / Greatest(all, not_zero), std::nullopt};
  }
  const Expression one = Expression::Constant(1);
  const Expression epsilon = Expression::Constant(kEpsilon / static_cast<double>(window));
  return {one - rmse * rmse / all, one - rmse * rmse / (all + epsilon)};
}

// Adds the columns of one window, in the order of the specification.
void AddColumns(Domain domain, std::size_t window, std::vector<FamilyColumn>& columns) {
  const std::string prefix = fmt::format("w{}_", window);
  const std::string y = fmt::format("{}[t-{}..t]", DomainSymbol(domain), window - 1);
  auto add = [&](const char* name, std::string formula, std::optional<Derivation> derived) {
    const std::string_view figure = name;
    const bool at_level = figure == "constant_term" || figure == "prediction";
    columns.push_back({.name = prefix + name,
                       .inputs = {Input::kClose},
                       .lookback = window - 1 + LookbackOf(domain),
                       .level = at_level && IsLevel(domain),
                       .derived = std::move(derived),
                       .formula = std::move(formula)});
  };
  const std::string fit =
      fmt::format("y = a2 t^2 + a1 t + a0 fitted to {}, t = 0..{}", y, window - 1);
  add("quadratic_term", fmt::format("a2 {0}^2; {1}", window - 1, fit), std::nullopt);
  add("linear_term", fmt::format("a1 {0}; {1}", window - 1, fit), std::nullopt);
  add("constant_term", fmt::format("a0; {}", fit), std::nullopt);
  add("residual", fmt::format("y - prediction at the current row; {}", fit), std::nullopt);
  add("r2",
      fmt::format("1 - SSres / SStot of the fit to {0}; {1} where {0} is flat", y,
                  domain == Domain::kRate ? "0" : "NULL"),
      R2(domain, prefix, window));
  add("rmse", fmt::format("sqrt(SSres / n) of the fit to {}", y), std::nullopt);
  add("prediction", "quadratic_term + linear_term + constant_term",
      Derivation{Prediction(prefix), std::nullopt});
}

}  // namespace

Family MakeRegq(Domain domain) {
  std::vector<FamilyColumn> columns;
  for (const std::size_t window : kRegqWindows) AddColumns(domain, window, columns);
  const bool is_rate = domain == Domain::kRate;
  return {fmt::format("regq_{}", DomainName(domain)),
          is_rate ? "a parabola through the last 60 to 630 rows of the rate index"
                  : "a parabola through the last 60 to 630 rows of w15_bqx_return",
          std::move(columns), is_rate ? Compute<Domain::kRate> : Compute<Domain::kBqx>};
}

}  // namespace mayfly::engine
