#pragma once
// Simulated lives by the thousand: what `mayfly simulate` shows.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/world/world.h"

namespace mayfly::sim {

struct SeedViolation {
  std::uint64_t seed = 0;
  Violation violation;
};

struct SimReport {
  std::int64_t seeds = 0;
  LifeFigures figures;  // the sum over all lives, each counted once
  std::int64_t closed = 0, failed = 0, cancelled = 0, capped = 0;
  Money billed;                           // by the simulated clouds
  std::vector<SeedViolation> violations;  // the first hundred
  std::int64_t violations_total = 0;
  std::vector<std::uint64_t> unrepeatable;  // seeds whose second life had another trace
  Duration virtual_time{};
};

// Every seed of [first_seed, first_seed + count) lives twice; the traces must match. `go_on` is
// asked before each seed, with the number done; false ends the report there.
SimReport RunSeeds(std::uint64_t first_seed, std::int64_t count,
                   const std::function<bool(std::int64_t done)>& go_on = {});

// "10,000 seeds twice: …", the one line that ends `mayfly simulate`. `wall` is what it took.
std::string Summarise(const SimReport& report, Duration wall);

// One life as a story, a sentence a line, each with its virtual time.
std::string Narrate(std::uint64_t seed);

// How many seeds it takes to see that checks are missing, or a defect planted. The test-only proof
// that they matter.
struct Detection {
  std::optional<std::uint64_t> median_seeds;  // absent: more than half of the trials saw nothing
  std::vector<Violation> found;               // what each trial saw first
};

// Each trial tries fresh seeds from first_seed on, at most `patience` of them.
Detection FindMedianSeeds(const LifeOptions& options, std::uint64_t first_seed, int trials,
                          std::uint64_t patience);

}  // namespace mayfly::sim
