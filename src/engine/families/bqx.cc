// The bqx family (specification 1.4).
//
// x is the rate index; a window is the W rows before the current one, which is not in it.
//   return   = sum over the window of (x[t-i] - x[t]) / x[t]; positive when the price FELL
//   endpoint = (x[t-W] - x[t]) / x[t]
//   max, min, avg, stdev (n - 1) of the window; agg_* are those of W = 75, and range and
//   volatility are its (max - min) and stdev over x[t].
//
// The textbook form of the return, W * (mean / x - 1), loses the digits that matter: mean / x is 1
// to five places in a quiet hour. The kernel's sums are of (x[t-i] - r) for an r inside the window,
// so the numerator is sum + W * (r - x[t]), a small number made of small numbers.
//
// Rows are done a tile at a time: kernels write a window's figures into scratch that stays in the
// first-level cache, and a straight loop finishes them into columns.

#include "engine/families/bqx.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "engine/kernels/extremes.h"
#include "engine/kernels/index.h"
#include "engine/kernels/moments.h"
#include "engine/kernels/stretch.h"

namespace mayfly::engine {
namespace {

constexpr std::array<std::size_t, 5> kWindows = {15, 30, 45, 60, 75};
constexpr std::size_t kLongest = kWindows.back();
constexpr std::size_t kColumnsPerWindow = 6;
constexpr std::size_t kAggregates = 1 + kWindows.size() * kColumnsPerWindow;
constexpr std::size_t kTileRows = 600;
constexpr double kNull = std::numeric_limits<double>::quiet_NaN();

// The six columns of one window, in the order of the catalogue.
struct WindowColumns {
  double *ret, *max, *min, *avg, *stdev, *endpoint;

  WindowColumns From(std::size_t row) const {
    return {ret + row, max + row, min + row, avg + row, stdev + row, endpoint + row};
  }
  void Null(std::size_t rows) const {
    for (double* column : {ret, max, min, avg, stdev, endpoint}) std::fill_n(column, rows, kNull);
  }
};

WindowColumns ColumnsOf(ColumnBlock& out, std::size_t window_index) {
  auto* first = &out.columns[1 + window_index * kColumnsPerWindow];
  return {first[0].data(), first[1].data(), first[2].data(),
          first[3].data(), first[4].data(), first[5].data()};
}

// Scratch of one call.
struct Kernels {
  RollingMoments moments;
  RollingExtremes extremes;
  WindowMoments sums;
  WindowExtremes bounds;
};

void FinishTile(const Kernels& from, const double* x, std::size_t window, std::size_t rows,
                const WindowColumns& to) {
  const double* const reference = from.sums.reference.data();
  const double* const sum = from.sums.sum.data();
  const double* const squares = from.sums.squares.data();
  const double* const high = from.bounds.max.data();
  const double* const low = from.bounds.min.data();
  const double* const oldest = x - window;
  double* __restrict const ret = to.ret;
  double* __restrict const max = to.max;
  double* __restrict const min = to.min;
  double* __restrict const avg = to.avg;
  double* __restrict const stdev = to.stdev;
  double* __restrict const endpoint = to.endpoint;
  const double n = static_cast<double>(window);
  // One loop per figure, and no branch: this is the shape that compilers turn into vectors.
  auto is_full = [&](std::size_t i) { return (sum[i] == sum[i]) & (x[i] == x[i]); };
  auto divides = [&](std::size_t i) { return is_full(i) & (x[i] != 0); };
  for (std::size_t i = 0; i < rows; ++i) {
    const double value = (sum[i] + n * (reference[i] - x[i])) / x[i];
    ret[i] = divides(i) ? value : kNull;
  }
  for (std::size_t i = 0; i < rows; ++i) {
    const double value = high[i];
    max[i] = is_full(i) ? value : kNull;
  }
  for (std::size_t i = 0; i < rows; ++i) {
    const double value = low[i];
    min[i] = is_full(i) ? value : kNull;
  }
  for (std::size_t i = 0; i < rows; ++i) {
    const double value = MeanOf(reference[i], sum[i], n);
    avg[i] = is_full(i) ? value : kNull;
  }
  for (std::size_t i = 0; i < rows; ++i) {
    const double value = std::sqrt(VarianceOf(sum[i], squares[i], n));
    stdev[i] = is_full(i) ? value : kNull;
  }
  for (std::size_t i = 0; i < rows; ++i) {
    const double value = (oldest[i] - x[i]) / x[i];
    endpoint[i] = divides(i) ? value : kNull;
  }
}

void ComputeWindow(const Stretch& index, std::size_t window, RowRange range, Kernels& kernels,
                   const WindowColumns& to) {
  const std::size_t first_full = std::clamp(window, range.begin, range.end);
  to.Null(first_full - range.begin);
  const std::size_t tile = kTileRows / window * window;  // whole blocks: no prefix is begun twice
  for (std::size_t row = first_full; row < range.end;) {
    const std::size_t end = std::min(range.end, (row / tile + 1) * tile);
    const RowRange windows{row - 1, end - 1};  // the current row is not in its window
    kernels.moments.Compute(index, window, windows, kernels.sums);
    kernels.extremes.Compute(index, window, windows, kernels.bounds);
    FinishTile(kernels, index.at(row), window, end - row, to.From(row - range.begin));
    row = end;
  }
}

// agg_* repeat the longest window; range and volatility are relative to the current index.
void ComputeAggregates(const double* x, std::size_t rows, ColumnBlock& out) {
  const WindowColumns longest = ColumnsOf(out, kWindows.size() - 1);
  auto* agg = &out.columns[kAggregates];
  const std::array<const double*, 5> repeated = {longest.ret, longest.max, longest.min, longest.avg,
                                                 longest.stdev};
  for (std::size_t k = 0; k < repeated.size(); ++k) {
    std::copy_n(repeated[k], rows, agg[k].data());
  }
  double* __restrict const range = agg[5].data();
  double* __restrict const volatility = agg[6].data();
  for (std::size_t i = 0; i < rows; ++i) {
    const bool divides = (longest.ret[i] == longest.ret[i]);
    range[i] = divides ? (longest.max[i] - longest.min[i]) / x[i] : kNull;
    volatility[i] = divides ? longest.stdev[i] / x[i] : kNull;
  }
}

void Compute(const Request& request, ColumnBlock& out) {
  const RowRange range = request.range;
  if (!request.bars.Has(Input::kClose)) return;
  const std::size_t first = range.begin - std::min(range.begin, kLongest);
  std::vector<double> values(range.end - first);
  IndexPrices(request.bars.close, request.options.baseline, {first, range.end}, values);
  const Stretch index{first, values};

  std::copy_n(index.at(range.begin), range.size(), out.columns[0].data());
  Kernels kernels;
  for (std::size_t w = 0; w < kWindows.size(); ++w) {
    ComputeWindow(index, kWindows[w], range, kernels, ColumnsOf(out, w));
  }
  ComputeAggregates(index.at(range.begin), range.size(), out);
}

std::vector<FamilyColumn> MakeColumns() {
  std::vector<FamilyColumn> columns;
  auto is_level = [](std::string_view name) {
    return name.ends_with("_index") && !name.ends_with("stdev_index");
  };
  auto add = [&](std::string name, std::size_t lookback, std::string formula) {
    const bool level = is_level(name);
    columns.push_back({.name = std::move(name),
                       .inputs = {Input::kClose},
                       .lookback = lookback,
                       .level = level,
                       .formula = std::move(formula)});
  };
  add("rate_index", 0, "x = 100 * close / baseline");
  for (std::size_t w : kWindows) {
    const std::string prefix = fmt::format("w{}_bqx_", w);
    const std::string p = fmt::format("x[t-{}..t-1]", w);
    add(prefix + "return", w, fmt::format("sum((p - x[t]) / x[t]) for p in {}", p));
    add(prefix + "max_index", w, fmt::format("max({})", p));
    add(prefix + "min_index", w, fmt::format("min({})", p));
    add(prefix + "avg_index", w, fmt::format("mean({})", p));
    add(prefix + "stdev_index", w, fmt::format("sample standard deviation of {}", p));
    add(prefix + "endpoint", w, fmt::format("(x[t-{}] - x[t]) / x[t]", w));
  }
  for (const char* figure : {"return", "max_index", "min_index", "avg_index", "stdev_index"}) {
    add(fmt::format("agg_bqx_{}", figure), kLongest, fmt::format("w{}_bqx_{}", kLongest, figure));
  }
  const std::string longest = fmt::format("w{}_bqx_", kLongest);
  add("agg_bqx_range", kLongest, fmt::format("({0}max_index - {0}min_index) / x[t]", longest));
  add("agg_bqx_volatility", kLongest, fmt::format("{}stdev_index / x[t]", longest));
  return columns;
}

}  // namespace

Family MakeBqx() {
  return {"bqx", "where the last 15 to 75 rows stood relative to now (positive: price fell)",
          MakeColumns(), Compute};
}

}  // namespace mayfly::engine
