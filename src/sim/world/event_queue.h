#pragma once
// The driver's queue: what happens when, in virtual time. Things due at the same time happen in an
// order drawn from the seed, so that many seeds try many orders.

#include <functional>
#include <optional>
#include <vector>

#include "base/rng.h"
#include "sim/sim_clock.h"

namespace mayfly::sim {

class EventQueue {
 public:
  // `time` must outlive it; RunNext moves it.
  EventQueue(VirtualTime& time, std::uint64_t seed) : time_(time), ties_(seed) {}

  // Not before now.
  void At(Duration when, std::function<void()> what);

  std::optional<Duration> NextAt() const;

  // Needs a next one.
  void RunNext();

 private:
  struct Entry {
    Duration at{};
    std::uint64_t tie = 0;
    std::function<void()> what;
  };
  static bool Later(const Entry& a, const Entry& b);

  VirtualTime& time_;
  Rng ties_;
  std::vector<Entry> heap_;
};

}  // namespace mayfly::sim
