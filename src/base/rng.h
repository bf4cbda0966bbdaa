#pragma once
// A small seeded generator (splitmix64): the same numbers everywhere, for ever. Not for secrets.

#include <cstdint>

namespace mayfly {

class Rng {
 public:
  explicit Rng(std::uint64_t seed) : state_(seed) {}

  std::uint64_t Next() {
    state_ += 0x9E3779B97F4A7C15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }

  // Uniform in [0, bound); bound > 0. The modulo bias is below 2^-32 for bounds that fit 32 bits.
  std::uint64_t Below(std::uint64_t bound) { return Next() % bound; }

  // Uniform in [0, 1).
  double Unit() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }

  bool Chance(double probability) { return Unit() < probability; }

  // A generator for a named part of the work, independent of how many numbers were drawn here.
  Rng Fork(std::uint64_t salt) const {
    return Rng(state_ ^ (salt * 0xD1342543DE82EF95ULL + 0x2545F4914F6CDD1DULL));
  }

 private:
  std::uint64_t state_;
};

}  // namespace mayfly
