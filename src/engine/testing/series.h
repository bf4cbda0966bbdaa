#pragma once
// Series for the tests of the engine: the synthetic pair of the golden vectors, and random walks
// with everything that real bars have (NULLs, flat stretches, jumps, any scale).

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/rng.h"
#include "engine/family.h"

namespace mayfly::engine::testing {

// Bars that own their columns.
struct Bars {
  std::vector<std::int64_t> ts_us;
  std::vector<double> open, high, low, close;

  BarView View() const {
    return {.ts_us = ts_us, .open = open, .high = high, .low = low, .close = close};
  }
  void Truncate(std::size_t rows) {
    ts_us.resize(rows);
    for (auto* column : {&open, &high, &low, &close}) column->resize(rows);
  }
};

// The integer-LCG series of the specification, section 6: points of 1e-5, baseline 107356.
Bars GoldenBars(std::size_t rows);
inline constexpr double kGoldenBaseline = 107356;

struct WalkOptions {
  std::size_t rows = 0;
  double scale = 1;
  double null_chance = 0;
  double flat_chance = 0;  // of beginning a flat stretch of up to 150 rows
  double jump_chance = 0;  // of a step of up to half the price
};
Bars RandomBars(Rng& rng, const WalkOptions& options);

// Options that vary with the seed; every kind of trouble at some seed.
WalkOptions SomeTrouble(Rng& rng, std::size_t rows);

// The same bits, NaNs included.
bool SameBits(std::span<const double> a, std::span<const double> b);

}  // namespace mayfly::engine::testing
