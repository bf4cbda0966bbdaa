// The bollinger families (specification 2.1.1, and the same over the rate index): mean and sample
// standard deviation s of the last n rows, the current one among them.
//   middle = mean, upper and lower = mean +- 2 s, width = upper - lower
//   percent_b = (y - lower) / width     where in the band the current row stands, 0 to 1 within it
//   slope = width - the row before's width (the first implementation's, whatever its name says)
// upper and lower are derived. percent_b is computed about the mean: lower is at the price's level
// and has lost the digits.
//
// percent_b has no value where the prices are flat. Should the width be zero although they are not
// (returns may repeat to the bit), the row stands in the middle of nothing: one half. So whether
// there is a value can be told from the prices alone.

#include "engine/families/bollinger.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "engine/families/fill_column.h"
#include "engine/kernels/moments.h"

namespace mayfly::engine {
namespace {

struct Window {
  std::size_t rows;
  bool has_position;  // percent_b and slope
};
constexpr std::array kWindows = {Window{20, true}, Window{30, false}, Window{60, true},
                                 Window{120, false}};
constexpr std::size_t kLongest = kWindows.back().rows;
constexpr double kEpsilon = 1e-10;
constexpr double kNull = std::numeric_limits<double>::quiet_NaN();

// For each row of `rows`: what percent_b is where the width is zero. Reads `lookback` rows before.
std::vector<double> PercentOfFlat(std::span<const double> close, std::size_t lookback,
                                  RowRange rows) {
  std::vector<double> percent(rows.size());
  std::size_t same = 0;  // rows up to and with this one that have one price
  for (std::size_t row = rows.begin - std::min(rows.begin, lookback); row < rows.end; ++row) {
    const bool is_repeated = same > 0 && close[row] == close[row - 1];
    same = is_repeated ? same + 1 : 1;
    if (row >= rows.begin) percent[row - rows.begin] = same > lookback ? kNull : 0.5;
  }
  return percent;
}

// The columns of one window; percent_b and slope may be absent.
struct WindowColumns {
  double *middle, *width, *percent, *slope;
};

class BandMaker {
 public:
  BandMaker(const Stretch& series, const Options& options) : series_(series), options_(options) {}

  // Fills the columns over `range`; `of_flat` is PercentOfFlat of that range.
  void Make(std::size_t window, RowRange range, std::span<const double> of_flat,
            const WindowColumns& to) {
    const RowRange full = FullRows(window - 1, range);
    const std::size_t cold = full.begin - range.begin;
    for (double* column : {to.middle, to.width, to.percent, to.slope}) {
      if (column != nullptr) std::fill_n(column, cold, kNull);
    }
    ForEachTile(window, full, [&](RowRange tile) {
      const std::size_t at = tile.begin - range.begin;
      kernel_.Compute(series_, window, tile, sums_);
      FinishBands(window, to.middle + at, to.width + at);
      if (to.percent == nullptr) return;
      FinishPercent(window, series_.at(tile.begin), of_flat.subspan(at), to.width + at,
                    to.percent + at);
    });
    if (to.slope != nullptr && full.size() != 0) FinishSlope(window, range, to);
  }

 private:
  void FinishBands(std::size_t window, double* middle, double* width) const {
    const double* const reference = sums_.reference.data();
    const double* const sum = sums_.sum.data();
    const double* const squares = sums_.squares.data();
    const auto n = static_cast<double>(window);
    FillColumn(sums_.sum, middle, [=](std::size_t i) { return MeanOf(reference[i], sum[i], n); });
    FillColumn(sums_.sum, width,
               [=](std::size_t i) { return 4 * std::sqrt(VarianceOf(sum[i], squares[i], n)); });
  }

  void FinishPercent(std::size_t window, const double* y, std::span<const double> of_flat,
                     const double* width, double* percent) const {
    const double* const reference = sums_.reference.data();
    const double* const sum = sums_.sum.data();
    const double* const flat = of_flat.data();
    const auto n = static_cast<double>(window);
    if (options_.compat_epsilon) {
      FillColumn(sums_.sum, percent, [=](std::size_t i) {
        return ((y[i] - reference[i]) - sum[i] / n + width[i] / 2) / (width[i] + kEpsilon);
      });
      return;
    }
    FillColumn(sums_.sum, percent, [=](std::size_t i) {
      const double value = ((y[i] - reference[i]) - sum[i] / n) / width[i] + 0.5;
      return width[i] == 0 ? flat[i] : value;
    });
  }

  // The first row's predecessor is before the range: its width is computed for this alone.
  void FinishSlope(std::size_t window, RowRange range, const WindowColumns& to) {
    double before = kNull, middle = kNull;
    if (range.begin >= window) {
      kernel_.Compute(series_, window, {range.begin - 1, range.begin}, sums_);
      FinishBands(window, &middle, &before);
    }
    const std::span<const double> width(to.width, range.size());
    to.slope[0] = std::isnan(width[0] - before) ? kNull : width[0] - before;
    const double* const previous = to.width;
    FillColumn(width.subspan(1), to.slope + 1, [=](std::size_t i) {
      const double value = previous[i + 1] - previous[i];
      return value == value ? value : kNull;
    });
  }

  Stretch series_;
  const Options& options_;
  RollingMoments kernel_;
  WindowMoments sums_;
};

template <Domain domain>
void Compute(const Request& request, ColumnBlock& out) {
  if (!request.bars.Has(Input::kClose)) return;
  const RowRange range = request.range;
  const DomainSeries series(domain, request, kLongest - 1);
  BandMaker maker(series.values(), request.options);
  auto column = out.columns.begin();
  for (const Window& window : kWindows) {
    WindowColumns to{(column++)->data(), (column++)->data(), nullptr, nullptr};
    std::vector<double> of_flat;
    if (window.has_position) {
      to.percent = (column++)->data();
      to.slope = (column++)->data();
      of_flat = PercentOfFlat(request.bars.close, window.rows - 1 + LookbackOf(domain), range);
    }
    maker.Make(window.rows, range, of_flat, to);
  }
}

// Adds the columns of one window, in the order of the specification.
void AddColumns(Domain domain, const Window& window, std::vector<FamilyColumn>& columns) {
  const std::size_t n = window.rows;
  const std::string y = fmt::format("{}[t-{}..t]", DomainSymbol(domain), n - 1);
  auto add = [&](const char* name, std::string formula, bool level) -> FamilyColumn& {
    columns.push_back({.name = fmt::format("bb_{}_{}", name, n),
                       .inputs = {Input::kClose},
                       .lookback = n - 1 + LookbackOf(domain),
                       .level = level && IsLevel(domain),
                       .formula = std::move(formula)});
    return columns.back();
  };
  const Expression middle = Expression::Column(fmt::format("bb_middle_{}", n));
  const Expression half_width =
      Expression::Constant(0.5) * Expression::Column(fmt::format("bb_width_{}", n));
  add("middle", fmt::format("mean({})", y), true);
  add("upper", "middle + 2 sample standard deviations", true).derived =
      Derivation{middle + half_width, std::nullopt};
  add("lower", "middle - 2 sample standard deviations", true).derived =
      Derivation{middle - half_width, std::nullopt};
  add("width", fmt::format("4 sample standard deviations of {}", y), false);
  if (!window.has_position) return;
  add("percent_b",
      fmt::format("({}[t] - lower) / width; NULL where prices are flat", DomainSymbol(domain)),
      false)
      .null_when_flat = true;
  add("slope", "width - width at t-1", false).lookback += 1;
}

}  // namespace

Family MakeBollinger(Domain domain) {
  std::vector<FamilyColumn> columns;
  for (const Window& window : kWindows) AddColumns(domain, window, columns);
  const bool is_rate = domain == Domain::kRate;
  return {fmt::format("bollinger_{}", DomainName(domain)),
          is_rate ? "bands about the last 20 to 120 rows of the rate index"
                  : "bands about the last 20 to 120 rows of w15_bqx_return",
          std::move(columns), is_rate ? Compute<Domain::kRate> : Compute<Domain::kBqx>};
}

}  // namespace mayfly::engine
