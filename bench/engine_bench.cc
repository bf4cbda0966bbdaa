// The engine's hot paths: families by rows, by the way the history is cut, and with NULLs; kernels
// by window. One thread. The series is the synthetic pair of the golden vectors, which
// bench/sections builds again in Python, so that peers compute the same numbers.

#include <benchmark/benchmark.h>

#include <cmath>
#include <limits>

#include "engine/catalogue.h"
#include "engine/kernels/extremes.h"
#include "engine/kernels/moments.h"
#include "engine/kernels/quadratic.h"
#include "engine/testing/series.h"

namespace mayfly::engine {
namespace {

constexpr std::size_t kPairYear = 372'000;
constexpr std::size_t kMonth = 31'000;

const testing::Bars& PairYear() {
  static const testing::Bars bars = testing::GoldenBars(kPairYear);
  return bars;
}

// The same with a NULL in every 97th row and an hour without movement in every day.
const testing::Bars& PairYearWithTrouble() {
  static const testing::Bars bars = [] {
    testing::Bars made = testing::GoldenBars(kPairYear);
    for (std::size_t row = 1; row < kPairYear; ++row) {
      if (row % 1440 < 60) made.close[row] = made.close[row - row % 1440];
    }
    for (std::size_t row = 50; row < kPairYear; row += 97) {
      made.close[row] = std::numeric_limits<double>::quiet_NaN();
    }
    return made;
  }();
  return bars;
}

// What the last row's columns add up to: the peers must come to the same.
double LastRowSum(const ColumnBlock& block) {
  double sum = 0;
  for (const auto& column : block.columns) sum += column.back();
  return sum;
}

void RunFamily(benchmark::State& state, const char* name, const testing::Bars& bars,
               std::size_t part) {
  const Family& family = *FindFamily(name);
  const auto rows = static_cast<std::size_t>(state.range(0));
  ColumnBlock block;  // its memory is touched before the clock runs, as in a slot's second task
  (void)family.Compute(bars.View(), {.baseline = testing::kGoldenBaseline},
                       {0, std::min(rows, part)}, block);
  for (auto _ : state) {
    for (std::size_t begin = 0; begin < rows; begin += part) {
      const RowRange range{begin, std::min(rows, begin + part)};
      const auto computed =
          family.Compute(bars.View(), {.baseline = testing::kGoldenBaseline}, range, block);
      if (!computed.ok()) return state.SkipWithError(computed.error().message().c_str());
      benchmark::DoNotOptimize(block.columns.back().data());
      benchmark::ClobberMemory();
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(rows));
  state.counters["columns"] = static_cast<double>(family.columns().size());
  state.counters["last_row_sum"] = LastRowSum(block);
}

void RateIndex(benchmark::State& state) {
  RunFamily(state, "rate_index", PairYear(), static_cast<std::size_t>(state.range(0)));
}
void Bqx(benchmark::State& state) {
  RunFamily(state, "bqx", PairYear(), static_cast<std::size_t>(state.range(0)));
}
void BqxByMonth(benchmark::State& state) { RunFamily(state, "bqx", PairYear(), kMonth); }
void BqxWithNulls(benchmark::State& state) {
  RunFamily(state, "bqx", PairYearWithTrouble(), kMonth);
}

void ByMonth(benchmark::State& state, const char* family) {
  RunFamily(state, family, PairYear(), kMonth);
}
void WithNulls(benchmark::State& state, const char* family) {
  RunFamily(state, family, PairYearWithTrouble(), kMonth);
}

BENCHMARK(RateIndex)->Arg(kPairYear);
BENCHMARK(Bqx)->Arg(30'000)->Arg(kPairYear);
BENCHMARK(BqxByMonth)->Arg(kPairYear);
BENCHMARK(BqxWithNulls)->Arg(kPairYear);
BENCHMARK_CAPTURE(ByMonth, regn_rate, "regn_rate")->Arg(kPairYear);
BENCHMARK_CAPTURE(ByMonth, regn_bqx, "regn_bqx")->Arg(kPairYear);
BENCHMARK_CAPTURE(ByMonth, regq_rate, "regq_rate")->Arg(kPairYear);
BENCHMARK_CAPTURE(ByMonth, regq_cov_bqx, "regq_cov_bqx")->Arg(kPairYear);
BENCHMARK_CAPTURE(ByMonth, bollinger_rate, "bollinger_rate")->Arg(kPairYear);
BENCHMARK_CAPTURE(WithNulls, regn_rate, "regn_rate")->Arg(kPairYear);

// A kernel over a month, into output that stays in cache: the cost of the window alone.
template <typename Kernel, typename Output>
void RunKernel(benchmark::State& state) {
  const auto window = static_cast<std::size_t>(state.range(0));
  const Stretch series{0, std::span(PairYear().close).first(kMonth)};
  const std::size_t tile = std::max<std::size_t>(1, 1440 / window) * window;
  Kernel kernel;
  Output out;
  for (auto _ : state) {
    for (std::size_t begin = window - 1; begin < kMonth; begin += tile) {
      kernel.Compute(series, window, {begin, std::min(kMonth, begin + tile)}, out);
      benchmark::ClobberMemory();
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kMonth - window + 1));
}
void Moments(benchmark::State& state) { RunKernel<RollingMoments, WindowMoments>(state); }
void Quadratic(benchmark::State& state) { RunKernel<RollingQuadratic, WindowFits>(state); }
void Extremes(benchmark::State& state) { RunKernel<RollingExtremes, WindowExtremes>(state); }

BENCHMARK(Moments)->Arg(15)->Arg(60)->Arg(240)->Arg(1440);
BENCHMARK(Quadratic)->Arg(15)->Arg(60)->Arg(240)->Arg(1440);
BENCHMARK(Extremes)->Arg(15)->Arg(60)->Arg(240)->Arg(1440);

}  // namespace
}  // namespace mayfly::engine
