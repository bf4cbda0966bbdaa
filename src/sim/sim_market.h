#pragma once
// The simulated cloud's own bill: what its machines cost, second by second. It shares no line with
// the meter (cost/meter), so that each can be held against the other.

#include <vector>

#include "sim/sim_cloud.h"

namespace mayfly::sim {

// The price by the hour from a moment on.
struct MarketMove {
  Duration at{};
  std::int64_t micro_usd = 0;
};

class SimMarket {
 public:
  // Oldest first; the first holds before it, too. Without any, everything is free.
  SimMarket() = default;
  SimMarket(std::vector<MarketMove> moves, std::int64_t disk_micro_usd,
            std::int64_t address_micro_usd)
      : moves_(std::move(moves)),
        disk_micro_usd_(disk_micro_usd),
        address_micro_usd_(address_micro_usd) {}

  std::int64_t PriceAt(Duration when) const;

  // What a machine has cost until now.
  Money Bill(const CloudMachine& machine, Duration now) const;

  const std::vector<MarketMove>& moves() const { return moves_; }

 private:
  std::vector<MarketMove> moves_;
  std::int64_t disk_micro_usd_ = 0;     // a GB and month of 730 hours
  std::int64_t address_micro_usd_ = 0;  // an hour
};

}  // namespace mayfly::sim
