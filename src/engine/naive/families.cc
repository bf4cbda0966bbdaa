#include "engine/naive/families.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "base/check.h"
#include "engine/naive/windows.h"

namespace mayfly::engine::naive {
namespace {

constexpr double kNull = std::numeric_limits<double>::quiet_NaN();
constexpr double kUlps = 8 * std::numeric_limits<double>::epsilon();
constexpr std::size_t kLongest = 75;

double Index(std::span<const double> price, double baseline, std::size_t row) {
  return price.empty() ? kNull : 100 * price[row] / baseline;
}

// "w15_bqx_return" is {15, "return"}, "agg_bqx_range" is {75, "range"}.
struct BqxColumn {
  std::size_t window = kLongest;
  std::string_view figure;
};

BqxColumn Parse(std::string_view name) {
  BqxColumn column;
  const std::size_t split = name.find("_bqx_");
  CHECK(split != std::string_view::npos, "a bqx column is named w15_bqx_return or agg_bqx_return");
  if (name[0] == 'w') std::from_chars(name.data() + 1, name.data() + split, column.window);
  column.figure = name.substr(split + 5);
  return column;
}

long double SumOfReturns(std::span<const double> window, double x) {
  long double sum = 0;
  for (double past : window) sum += (static_cast<long double>(past) - x) / x;
  return sum;
}

double Figure(std::string_view figure, std::span<const double> window, double x) {
  const WindowFigures of = Figures(window);
  if (of.has_null || std::isnan(x)) return kNull;
  if (figure == "max_index") return of.max;
  if (figure == "min_index") return of.min;
  if (figure == "avg_index") return static_cast<double>(of.mean);
  if (figure == "stdev_index") return static_cast<double>(of.stdev);
  if (x == 0) return kNull;
  if (figure == "return") return static_cast<double>(SumOfReturns(window, x));
  if (figure == "endpoint") return (window.front() - x) / x;
  if (figure == "range") return (of.max - of.min) / x;
  if (figure == "volatility") return static_cast<double>(of.stdev / x);
  CHECK(false, "an unknown figure of bqx");
}

}  // namespace

double RateIndexValue(const BarView& bars, double baseline, std::string_view column,
                      std::size_t row) {
  if (column == "rate_index") return Index(bars.close, baseline, row);
  if (column == "open_index") return Index(bars.open, baseline, row);
  if (column == "high_index") return Index(bars.high, baseline, row);
  CHECK(column == "low_index", "an unknown column of rate_index");
  return Index(bars.low, baseline, row);
}

double BqxValue(const BarView& bars, double baseline, std::string_view column, std::size_t row) {
  if (column == "rate_index") return Index(bars.close, baseline, row);
  const BqxColumn parsed = Parse(column);
  if (row < parsed.window) return kNull;
  std::vector<double> window;
  for (std::size_t past = row - parsed.window; past < row; ++past) {
    window.push_back(Index(bars.close, baseline, past));
  }
  return Figure(parsed.figure, window, Index(bars.close, baseline, row));
}

void RateIndexCells(const RowRequest& request, std::span<Cell> out) {
  for (std::size_t c = 0; c < out.size(); ++c) {
    const double value = RateIndexValue(request.bars, request.options.baseline,
                                        request.family.columns()[c].name, request.row);
    out[c] = {value, 0, kUlps * std::fabs(value)};
  }
}

void BqxCells(const RowRequest& request, std::span<Cell> out) {
  const double baseline = request.options.baseline;
  const double x = Index(request.bars.close, baseline, request.row);
  // spreads[n]: how far the last n rows and this one lie apart.
  std::array<double, kLongest + 1> spreads{};
  double max = x, min = x;
  for (std::size_t n = 1; n <= std::min(kLongest, request.row); ++n) {
    const double past = Index(request.bars.close, baseline, request.row - n);
    max = std::fmax(max, past);
    min = std::fmin(min, past);
    spreads[n] = max - min;
  }
  for (std::size_t c = 0; c < out.size(); ++c) {
    const std::string_view name = request.family.columns()[c].name;
    const double value = BqxValue(request.bars, baseline, name, request.row);
    const std::size_t window = name == "rate_index" ? 0 : Parse(name).window;
    const bool is_level = name.ends_with("_index") && !name.ends_with("stdev_index");
    const double terms = name.ends_with("_return") ? static_cast<double>(window) : 1;
    const double unit = name.ends_with("_index") ? 1 : std::fabs(x);
    out[c] = {value, std::fmax(spreads[window] * terms / unit, is_level ? 0 : std::fabs(value)),
              kUlps * std::fabs(value)};
  }
}

}  // namespace mayfly::engine::naive
