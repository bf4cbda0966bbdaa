#pragma once
// Spot prices: a moving series for each type and zone, the same for the same seed, with scripted
// moves over it.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/ec2/cloud.h"

namespace mayfly::ec2 {

// In force at an instant.
std::int64_t SpotPrice(const Cloud& cloud, const std::string& type, const std::string& zone,
                       Instant at);

struct PricePoint {
  Instant from;
  std::int64_t micro_usd_h = 0;
};

// Every change in (from, to), and first of all the price in force at `from`; oldest first.
std::vector<PricePoint> SpotSeries(const Cloud& cloud, const PoolKey& pool, Instant from,
                                   Instant to);

// Since when the price in force at `at` has been in force.
Instant PriceSince(const Cloud& cloud, const PoolKey& pool, Instant at);

// "0.446300": as EC2 writes prices.
std::string FormatPrice(std::int64_t micro_usd_h);
// Micro-dollars of "0.45"; nullopt where it is no price.
std::optional<std::int64_t> ReadPrice(std::string_view text);

}  // namespace mayfly::ec2
