#include "sweep/monthly.h"

#include <cmath>

#include "cost/snapshot_prices.h"
#include "cost/standing.h"

namespace mayfly::sweep {
namespace {

constexpr Duration kMonth = BilledMonths(1);
constexpr std::string_view kPricedDisk = "gp3";

std::optional<Item> ItemOf(const Thing& thing) {
  switch (thing.kind) {
    case ThingKind::kInstance:
      return thing.is_stopped ? Item::kDisk : Item::kCompute;
    case ThingKind::kVolume:
      return Item::kDisk;
    case ThingKind::kAddress:
      return Item::kPublicAddress;
    case ThingKind::kSnapshot:
      return Item::kSnapshot;
    case ThingKind::kUpload:
      return Item::kExportStorage;
    case ThingKind::kDatabaseFloor:
      return Item::kDatabaseCapacity;
    case ThingKind::kFleet:
    case ThingKind::kSpotRequest:
    case ThingKind::kInterface:
    case ThingKind::kGroup:
    case ThingKind::kTemplate:
    case ThingKind::kSchedule:
    case ThingKind::kParameter:
    case ThingKind::kMachineFolder:
      return std::nullopt;
  }
  return std::nullopt;
}

// In the item's own unit; see cost::Standing.
std::int64_t AmountOf(const Thing& thing, Item item) {
  if (item == Item::kCompute || item == Item::kPublicAddress) return 1;
  if (item == Item::kDatabaseCapacity) {
    return std::llround(1000 * (thing.floor.value_or(0) - thing.restore.value_or(0)));
  }
  return thing.gigabytes;
}

std::optional<Money> Price(const PriceKey& key, std::int64_t amount, const cost::PriceBook& book) {
  const Result<cost::StandingCost> cost = cost::PriceStanding({{key, amount}}, kMonth, book);
  if (!cost.ok() || !cost->unknown.empty()) return std::nullopt;
  return cost->total;
}

}  // namespace

std::optional<PriceKey> PriceOf(const Thing& thing) {
  const std::optional<Item> item = ItemOf(thing);
  const bool is_unpriced = item == Item::kDisk && thing.disk_type != kPricedDisk;
  if (!item || is_unpriced) return std::nullopt;
  PriceKey key{*item, {.region = thing.place, .market = Market::kOnDemand}};
  if (*item == Item::kCompute) {
    key.pool.zone = thing.zone;
    key.pool.instance_type = thing.instance_type;
    key.pool.market = thing.market;
  }
  return key;
}

std::optional<Monthly> MonthlyOf(const Thing& thing, const cost::PriceBook& book) {
  const std::optional<Item> item = ItemOf(thing);
  const std::int64_t amount = item ? AmountOf(thing, *item) : 0;
  if (amount <= 0) return Monthly{};
  std::optional<PriceKey> key = PriceOf(thing);
  if (!key) return std::nullopt;
  const bool is_at_most = item == Item::kSnapshot || item == Item::kExportStorage;
  if (std::optional<Money> money = Price(*key, amount, book)) {
    return Monthly{.money = *money, .is_at_most = is_at_most};
  }
  key->pool.region = cost::kSnapshotRegion;
  key->pool.zone.clear();
  std::optional<Money> money = Price(*key, amount, book);
  if (!money) return std::nullopt;
  return Monthly{.money = *money, .is_elsewhere = true, .is_at_most = is_at_most};
}

}  // namespace mayfly::sweep
