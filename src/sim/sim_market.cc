#include "sim/sim_market.h"

#include <algorithm>

namespace mayfly::sim {
namespace {

constexpr std::int64_t kHour = 3600;  // seconds
constexpr std::int64_t kMonth = 730 * kHour;

std::int64_t Nearest(std::int64_t number, std::int64_t by) { return (2 * number + by) / (2 * by); }

}  // namespace

std::int64_t SimMarket::PriceAt(Duration when) const {
  if (moves_.empty()) return 0;
  std::int64_t price = moves_.front().micro_usd;
  for (const MarketMove& move : moves_) {
    if (move.at <= when) price = move.micro_usd;
  }
  return price;
}

Money SimMarket::Bill(const CloudMachine& machine, Duration now) const {
  if (machine.appears > now || machine.dies_unborn) return Money{};
  Duration end = std::min(machine.billed_until.value_or(now), now);
  bool is_on_demand = machine.offer.pool.market == Market::kOnDemand;
  auto price_at = [&](Duration at) {
    return is_on_demand ? machine.offer.price.micro_usd : PriceAt(at);
  };
  std::int64_t second = 0, paid = 0, price = price_at(machine.appears);
  for (Duration at = machine.appears; at < end; at += seconds(1), ++second) {
    price = price_at(at);
    paid += price;
  }
  for (; seconds(second) < machine.offer.terms.minimum; ++second) paid += price;
  bool taken_early = machine.reclaimed && machine.ended && *machine.ended <= now &&
                     *machine.ended - machine.appears < machine.offer.terms.free_if_reclaimed;
  std::int64_t compute = taken_early ? 0 : Nearest(paid, kHour);
  std::int64_t disk = Nearest(machine.offer.disk_gb * disk_micro_usd_ * second, kMonth);
  std::int64_t address = Nearest(machine.offer.addresses * address_micro_usd_ * second, kHour);
  return Money{compute + disk + address};
}

}  // namespace mayfly::sim
