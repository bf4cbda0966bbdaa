#include "engine/testing/series.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>

namespace mayfly::engine::testing {
namespace {

constexpr std::int64_t kMinute = 60'000'000;

void Append(Bars& bars, std::array<double, 4> open_high_low_close) {
  bars.ts_us.push_back(static_cast<std::int64_t>(bars.ts_us.size()) * kMinute);
  bars.open.push_back(open_high_low_close[0]);
  bars.high.push_back(open_high_low_close[1]);
  bars.low.push_back(open_high_low_close[2]);
  bars.close.push_back(open_high_low_close[3]);
}

}  // namespace

Bars GoldenBars(std::size_t rows) {
  Bars bars;
  std::int64_t s = 12345;
  std::int64_t close = 107356;
  Append(bars, {kGoldenBaseline, kGoldenBaseline, kGoldenBaseline, kGoldenBaseline});
  for (std::size_t k = 1; k < rows; ++k) {
    s = (1103515245 * s + 12345) % (std::int64_t{1} << 31);
    const std::int64_t open = close;
    close = open + ((s >> 16) % 21) - 10;
    const std::int64_t high = std::max(open, close) + ((s >> 8) % 5);
    const std::int64_t low = std::min(open, close) - ((s >> 12) % 5);
    Append(bars, {static_cast<double>(open), static_cast<double>(high), static_cast<double>(low),
                  static_cast<double>(close)});
  }
  return bars;
}

Bars RandomBars(Rng& rng, const WalkOptions& options) {
  Bars bars;
  double price = 1;
  std::size_t flat_rows = 0;
  for (std::size_t row = 0; row < options.rows; ++row) {
    if (flat_rows == 0 && rng.Chance(options.flat_chance)) flat_rows = rng.Below(150);
    const double open = price;
    if (flat_rows > 0) {
      --flat_rows;
    } else {
      price *= 1 + 1e-4 * (rng.Unit() - 0.5);
      if (rng.Chance(options.jump_chance)) price *= 0.75 + 0.5 * rng.Unit();
    }
    const double high = std::max(open, price) * (1 + 1e-5 * rng.Unit());
    const double low = std::min(open, price) * (1 - 1e-5 * rng.Unit());
    std::array<double, 4> bar = {open, high, low, price};
    for (double& value : bar) {
      value *= options.scale;
      if (rng.Chance(options.null_chance)) value = std::numeric_limits<double>::quiet_NaN();
    }
    Append(bars, bar);
  }
  return bars;
}

WalkOptions SomeTrouble(Rng& rng, std::size_t rows) {
  return {.rows = rows,
          .scale = std::pow(10.0, static_cast<double>(rng.Below(11)) - 5),
          .null_chance = rng.Chance(0.5) ? 0 : 0.02 * rng.Unit(),
          .flat_chance = rng.Chance(0.5) ? 0 : 0.02,
          .jump_chance = rng.Chance(0.5) ? 0 : 0.01};
}

bool SameBits(std::span<const double> a, std::span<const double> b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0);
}

}  // namespace mayfly::engine::testing
