#include "engine/naive/families.h"

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

double Index(std::span<const double> price, double baseline, std::size_t row) {
  return price.empty() ? kNull : 100 * price[row] / baseline;
}

// "w15_bqx_return" is {15, "return"}, "agg_bqx_range" is {75, "range"}.
struct BqxColumn {
  std::size_t window = 75;
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

}  // namespace mayfly::engine::naive
