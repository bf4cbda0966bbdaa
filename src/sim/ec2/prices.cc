#include "sim/ec2/prices.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/rng.h"
#include "base/text.h"

namespace mayfly::ec2 {
namespace {

// A Spot price changes a few times a day: every step has a price of its own around a level that
// belongs to the type and the zone.
constexpr Duration kStep = hours(6);

std::int64_t StepOf(Instant at) { return at.time_since_epoch() / kStep; }

std::int64_t NaturalPrice(const Cloud& cloud, const PoolKey& pool, std::int64_t step) {
  const InstanceType* type = FindType(pool.type);
  if (type == nullptr) return 0;
  Rng level(Fnv1a(pool.type + " " + pool.zone, cloud.seed));
  const auto level_per_mille = static_cast<std::int64_t>(290 + level.Below(60));
  Rng noise = level.Fork(static_cast<std::uint64_t>(step));
  const auto noise_per_mille = static_cast<std::int64_t>(950 + noise.Below(100));
  const std::int64_t price =
      type->on_demand_micro_usd_h * level_per_mille / 1000 * noise_per_mille / 1000;
  return price / 100 * 100;  // EC2 has four digits
}

// The scripted move in force at an instant, if there is one: the latest that began.
const PriceMove* MoveAt(const Cloud& cloud, const PoolKey& pool, Instant at) {
  const PriceMove* found = nullptr;
  for (const PriceMove& move : cloud.weather.prices) {
    const bool fits = MatchesGlob(move.type, pool.type) && MatchesGlob(move.zone, pool.zone);
    if (!fits || move.from > at) continue;
    if (found == nullptr || move.from >= found->from) found = &move;
  }
  return found;
}

}  // namespace

std::int64_t SpotPrice(const Cloud& cloud, const std::string& type, const std::string& zone,
                       Instant at) {
  const PoolKey pool{type, zone, Market::kSpot};
  const PriceMove* move = MoveAt(cloud, pool, at);
  // A move holds until the next one: a script that moves a price has said what it is.
  return move != nullptr ? move->micro_usd_h : NaturalPrice(cloud, pool, StepOf(at));
}

Instant PriceSince(const Cloud& cloud, const PoolKey& pool, Instant at) {
  const PriceMove* move = MoveAt(cloud, pool, at);
  return move != nullptr ? move->from : Instant(StepOf(at) * kStep);
}

std::vector<PricePoint> SpotSeries(const Cloud& cloud, const PoolKey& pool, Instant from,
                                   Instant to) {
  std::vector<Instant> moments{from};
  for (std::int64_t step = StepOf(from) + 1; Instant(step * kStep) < to; ++step) {
    moments.emplace_back(step * kStep);
  }
  for (const PriceMove& move : cloud.weather.prices) {
    if (move.from > from && move.from < to) moments.push_back(move.from);
  }
  std::sort(moments.begin(), moments.end());
  std::vector<PricePoint> series;
  for (Instant moment : moments) {
    const std::int64_t price = SpotPrice(cloud, pool.type, pool.zone, moment);
    if (series.empty() || series.back().micro_usd_h != price) series.push_back({moment, price});
  }
  return series;
}

std::string FormatPrice(std::int64_t micro_usd_h) {
  return fmt::format("{}.{:06d}", micro_usd_h / 1'000'000, micro_usd_h % 1'000'000);
}

std::optional<std::int64_t> ReadPrice(std::string_view text) {
  const auto point = std::min(text.find('.'), text.size());
  std::string digits(text.substr(0, point));
  std::string fraction(text.substr(std::min(point + 1, text.size())));
  if (fraction.size() > 6 || digits.size() > 9 || (digits + fraction).empty()) return std::nullopt;
  fraction.resize(6, '0');
  digits += fraction;
  if (digits.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  return std::stoll(digits);
}

}  // namespace mayfly::ec2
