// The engine's hot paths: every family on clean bars and on bars with trouble, its growth with
// rows, columns and slots; kernels by window. The series is the synthetic pair of the golden
// vectors, which bench/series.py builds again in Python, so that peers compute the same numbers.

#include <benchmark/benchmark.h>

#include <array>
#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "engine/catalogue.h"
#include "engine/families/domain.h"
#include "engine/families/fill_column.h"
#include "engine/kernels/extremes.h"
#include "engine/kernels/moments.h"
#include "engine/kernels/quadratic.h"
#include "engine/testing/series.h"

namespace mayfly::engine {
namespace {

constexpr std::size_t kDecade = 3'720'000;
constexpr std::size_t kPairYear = 372'000;
constexpr std::size_t kMonth = 31'000;

const testing::Bars& PairYear() {
  static const testing::Bars bars = testing::GoldenBars(kPairYear);
  return bars;
}

// Ten times as long: made only where it is asked for.
const testing::Bars& Decade() {
  static const testing::Bars bars = testing::GoldenBars(kDecade);
  return bars;
}

// The same year with a NULL in every 97th row, an hour without movement in every day, and two days
// missing after every five.
const testing::Bars& PairYearWithTrouble() {
  static const testing::Bars bars = [] {
    testing::Bars made = testing::GoldenBars(kPairYear);
    for (std::size_t row = 1; row < kPairYear; ++row) {
      if (row % 1440 < 60) made.close[row] = made.close[row - row % 1440];
      made.ts_us[row] += static_cast<std::int64_t>(row / 7200) * 2 * 86'400'000'000;
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

constexpr Options kOptions{.baseline = testing::kGoldenBaseline};

// One month into `block`; false where the engine refuses.
bool ComputePart(benchmark::State& state, const Family& family, const BarView& bars, RowRange range,
                 ColumnBlock& block) {
  const auto computed = family.Compute(bars, kOptions, range, block);
  if (!computed.ok()) state.SkipWithError(computed.error().message().c_str());
  benchmark::DoNotOptimize(block.columns.back().data());
  benchmark::ClobberMemory();
  return computed.ok();
}

void Count(benchmark::State& state, std::size_t rows, std::size_t columns) {
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(rows));
  state.counters["columns"] =
      benchmark::Counter(static_cast<double>(columns), benchmark::Counter::kAvgThreads);
}

// Families one after the other over each month, as a slot has them for a point.
void RunFamilies(benchmark::State& state, std::span<const Family* const> families,
                 const testing::Bars& bars, std::size_t rows) {
  ColumnBlock block;  // its memory is touched before the clock runs, as in a slot's second task
  std::size_t columns = 0;
  for (const Family* family : families) {
    if (!ComputePart(state, *family, bars.View(), {0, std::min(rows, kMonth)}, block)) return;
    columns += family->stored_columns().size();
  }
  for (auto _ : state) {
    for (std::size_t begin = 0; begin < rows; begin += kMonth) {
      const RowRange range{begin, std::min(rows, begin + kMonth)};
      for (const Family* family : families) {
        if (!ComputePart(state, *family, bars.View(), range, block)) return;
      }
    }
  }
  Count(state, rows, columns);
  state.counters["last_row_sum"] =
      benchmark::Counter(LastRowSum(block), benchmark::Counter::kAvgThreads);
}

// All columns that readers are offered, also those that a view computes for them otherwise.
void RunPublished(benchmark::State& state, const Family& family) {
  ColumnBlock stored, published;  // their memory is touched before the clock runs
  if (!ComputePart(state, family, PairYear().View(), {0, kMonth}, stored)) return;
  family.Derive(stored, kOptions, published);
  for (auto _ : state) {
    for (std::size_t begin = 0; begin < kPairYear; begin += kMonth) {
      const RowRange range{begin, std::min(kPairYear, begin + kMonth)};
      if (!ComputePart(state, family, PairYear().View(), range, stored)) return;
      family.Derive(stored, kOptions, published);
      benchmark::ClobberMemory();
    }
  }
  Count(state, kPairYear, family.columns().size());
  state.counters["last_row_sum"] = LastRowSum(published);
}

void RegisterFamily(const Family* family) {
  const std::string& name = family->name();
  auto over = [family](const auto& bars, std::size_t rows) {
    return [family, bars, rows](benchmark::State& state) {
      RunFamilies(state, std::span(&family, 1), bars(), rows);
    };
  };
  benchmark::RegisterBenchmark(("Clean/" + name).c_str(), over(PairYear, kPairYear));
  benchmark::RegisterBenchmark(("Trouble/" + name).c_str(), over(PairYearWithTrouble, kPairYear));
  benchmark::RegisterBenchmark(("Rows/" + name + "/30000").c_str(), over(PairYear, 30'000));
  benchmark::RegisterBenchmark(("Rows/" + name + "/372000").c_str(), over(PairYear, kPairYear));
  benchmark::RegisterBenchmark(("Rows/" + name + "/3720000").c_str(), over(Decade, kDecade));
  benchmark::RegisterBenchmark(("Slots/" + name).c_str(), over(PairYear, kPairYear))
      ->Threads(1)
      ->Threads(2)
      ->UseRealTime();
  benchmark::RegisterBenchmark(("Published/" + name).c_str(),
                               [family](benchmark::State& state) { RunPublished(state, *family); });
}

// The first `count` families of the catalogue.
void Several(benchmark::State& state) {
  RunFamilies(state, Families().first(static_cast<std::size_t>(state.range(0))), PairYear(),
              kPairYear);
}

const bool kRegistered = [] {
  for (const Family* family : Families()) RegisterFamily(family);
  return true;
}();
BENCHMARK(Several)->Arg(1)->Arg(2)->Arg(4)->Arg(10);

// A kernel over a month, into output that stays in cache: the cost of the window alone.
template <typename Kernel, typename Output>
void SlideOverMonth(std::size_t window, Kernel& kernel, Output& out) {
  const Stretch series{0, std::span(PairYear().close).first(kMonth)};
  const std::size_t tile = std::max<std::size_t>(1, 1440 / window) * window;
  for (std::size_t begin = window - 1; begin < kMonth; begin += tile) {
    kernel.Compute(series, window, {begin, std::min(kMonth, begin + tile)}, out);
    benchmark::ClobberMemory();
  }
}

template <typename Kernel, typename Output>
void RunKernel(benchmark::State& state) {
  const auto window = static_cast<std::size_t>(state.range(0));
  Kernel kernel;
  Output out;
  SlideOverMonth(window, kernel, out);
  for (auto _ : state) SlideOverMonth(window, kernel, out);
  Count(state, kMonth - window + 1, 1);
}
void Moments(benchmark::State& state) { RunKernel<RollingMoments, WindowMoments>(state); }
void Quadratic(benchmark::State& state) { RunKernel<RollingQuadratic, WindowFits>(state); }
void Extremes(benchmark::State& state) { RunKernel<RollingExtremes, WindowExtremes>(state); }

// One window carried to finished columns, as its peers do it.
template <std::size_t kColumns, typename Kernel, typename Output, typename Finish>
void RunWindow(benchmark::State& state, const Finish& finish) {
  const auto window = static_cast<std::size_t>(state.range(0));
  const Stretch series{0, std::span(PairYear().close).first(kMonth)};
  std::array<std::vector<double>, kColumns> columns;
  for (auto& column : columns) column.resize(kMonth);
  Kernel kernel;
  Output out;
  for (auto _ : state) {
    ForEachTile(window, {window - 1, kMonth}, [&](RowRange rows) {
      kernel.Compute(series, window, rows, out);
      std::array<double*, kColumns> to;
      for (std::size_t c = 0; c < kColumns; ++c) to[c] = columns[c].data() + rows.begin;
      finish(out, window, to);
    });
    benchmark::ClobberMemory();
  }
  Count(state, kMonth - window + 1, kColumns);
}

void MeanAndDeviation(benchmark::State& state) {
  auto finish = [](const WindowMoments& of, std::size_t window, const auto& to) {
    const auto n = static_cast<double>(window);
    FillColumn(of.sum, to[0], [&](std::size_t i) { return MeanOf(of.reference[i], of.sum[i], n); });
    FillColumn(of.sum, to[1],
               [&](std::size_t i) { return std::sqrt(VarianceOf(of.sum[i], of.squares[i], n)); });
  };
  RunWindow<2, RollingMoments, WindowMoments>(state, finish);
}

void Parabola(benchmark::State& state) {
  auto finish = [](const WindowFits& of, std::size_t window, const auto& to) {
    const FitConstants constants(window);
    const double square = constants.mean_square, scale = std::sqrt(square);
    FillColumn(of.rmse, to[0], [&](std::size_t i) { return of.bend[i] * square; });
    FillColumn(of.rmse, to[1], [&](std::size_t i) { return of.slope[i] * scale; });
    FillColumn(of.rmse, to[2], [&](std::size_t i) {
      return of.reference[i] + (of.offset[i] - of.bend[i] * square);
    });
    FillColumn(of.rmse, to[3], [&](std::size_t i) { return of.rmse[i]; });
  };
  RunWindow<4, RollingQuadratic, WindowFits>(state, finish);
}

// The first so many windows of the regression set.
void QuadraticWindows(benchmark::State& state) {
  RollingQuadratic kernel;
  WindowFits out;
  SlideOverMonth(15, kernel, out);
  for (auto _ : state) {
    for (std::int64_t k = 1; k <= state.range(0); ++k) {
      SlideOverMonth(static_cast<std::size_t>(15 * k), kernel, out);
    }
  }
  Count(state, kMonth, static_cast<std::size_t>(state.range(0)));
}

void AtWindows(benchmark::internal::Benchmark* bench) {
  for (const int window : {15, 60, 240, 720, 1440}) bench->Arg(window);
}
BENCHMARK(Moments)->Apply(AtWindows);
BENCHMARK(Quadratic)->Apply(AtWindows);
BENCHMARK(Extremes)->Apply(AtWindows);
BENCHMARK(MeanAndDeviation)->Apply(AtWindows);
BENCHMARK(Parabola)->Apply(AtWindows);
BENCHMARK(QuadraticWindows)->DenseRange(1, 6);

}  // namespace
}  // namespace mayfly::engine
