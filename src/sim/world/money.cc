#include "sim/world/money.h"

#include <fmt/format.h>

#include <algorithm>

namespace mayfly::sim {
namespace {

Pool SpotPool() {
  return {
      .region = "sim-1", .zone = "sim-1a", .instance_type = "sim.large", .market = Market::kSpot};
}

PriceKey RegionKey(Item item) { return {item, {.region = "sim-1", .market = Market::kOnDemand}}; }

Duration Between(Rng& rng, Duration low, Duration high) {
  auto span = static_cast<std::uint64_t>((high - low).count()) + 1;
  return low + Duration(static_cast<std::int64_t>(rng.Below(span)));
}

std::int64_t DrawPrice(Rng& rng, std::int64_t highest) {
  if (rng.Chance(0.3)) return highest;
  return 1 + static_cast<std::int64_t>(rng.Below(static_cast<std::uint64_t>(highest)));
}

const CloudMachine* FindMachine(const Scene& scene, MachineId id) {
  for (const CloudMachine& machine : scene.cloud.machines()) {
    if (machine.machine == id) return &machine;
  }
  return nullptr;
}

// The ledger closed its books on a machine that nobody ever saw, and the cloud gave it after all.
bool IsUnknown(const MachineRow& row) {
  return row.state == MachineState::kGone && row.external_id.empty() && !row.money.billed.running;
}

sched::Rung RungOf(Offer offer, std::string zone, int step_down, Market market) {
  offer.pool.zone = std::move(zone);
  offer.pool.market = market;
  if (step_down > 0) offer.pool.instance_type = "sim.medium";
  if (market == Market::kOnDemand) {
    offer.price = offer.highest;
    offer.terms.free_if_reclaimed = Duration(0);
  }
  return {{offer.pool, step_down > 0 ? 2 : 4, 4096, step_down}, offer};
}

// One pool or the whole ladder: zones, a smaller type, On-Demand.
std::vector<sched::Rung> DrawRungs(Rng& rng, const Offer& first) {
  std::vector<sched::Rung> rungs{RungOf(first, "sim-1a", 0, Market::kSpot)};
  if (rng.Chance(0.3)) return rungs;
  rungs.push_back(RungOf(first, "sim-1b", 0, Market::kSpot));
  if (rng.Chance(0.7)) rungs.push_back(RungOf(first, "sim-1c", 0, Market::kSpot));
  if (rng.Chance(0.5)) rungs.push_back(RungOf(first, "sim-1a", 1, Market::kSpot));
  if (rng.Chance(0.5)) rungs.push_back(RungOf(first, "sim-1b", 0, Market::kOnDemand));
  return rungs;
}

}  // namespace

MoneyFate DrawMoney(Rng& rng) {
  MoneyFate money;
  std::int64_t highest = 100'000 + static_cast<std::int64_t>(rng.Below(2'000'000));
  std::vector<MarketMove> moves{{Duration(0), DrawPrice(rng, highest)}};
  for (std::uint64_t left = rng.Below(8); left > 0; --left) {
    Duration later = Between(rng, milliseconds(200), seconds(60));
    moves.push_back({moves.back().at + later, DrawPrice(rng, highest)});
  }
  std::int64_t disk = 80'000, address = 5'000;
  money.market = SimMarket(moves, disk, address);
  money.offer = {.pool = SpotPool(),
                 .price = {moves.front().micro_usd, Unit::kHour},
                 .highest = {highest, Unit::kHour},
                 .terms = {.minimum = Between(rng, Duration(0), seconds(60)),
                           .free_if_reclaimed = Between(rng, seconds(5), seconds(90))},
                 .disk_gb = static_cast<int>(rng.Below(3)) * 50,
                 .addresses = static_cast<int>(rng.Below(2))};
  money.rungs = DrawRungs(rng, money.offer);
  Instant before = VirtualTime{}.Wall() - hours(1);
  money.fixed = {{RegionKey(Item::kDisk), {before, {disk, Unit::kGbMonth}}},
                 {RegionKey(Item::kPublicAddress), {before, {address, Unit::kHour}}}};
  if (rng.Chance(0.5)) {
    // Machine time at the highest price, beyond what the reserve takes of it.
    Duration paid = kCapReserve + Between(rng, seconds(15), minutes(6));
    money.cap = *Charge(money.offer.highest, ForTime(paid));
  }
  if (rng.Chance(0.3)) money.weather.away = 0.3;
  if (rng.Chance(0.3)) money.weather.nonsense = 0.3;
  return money;
}

void FillPrices(MemoryPrices& prices, const MoneyFate& money, const VirtualTime& time) {
  Instant begin = time.Wall() - time.now;
  bool is_first = true;
  for (const MarketMove& move : money.market.moves()) {
    Instant from = is_first ? begin - hours(1) : begin + move.at;
    for (const sched::Rung& rung : money.rungs) {
      if (rung.offer.pool.market != Market::kSpot) continue;
      prices.Put({Item::kCompute, rung.offer.pool}, {from, {move.micro_usd, Unit::kHour}});
    }
    is_first = false;
  }
}

Money OwedSoFar(const Scene& scene, const MoneyFate& money) {
  Money owed;
  for (const CloudMachine& machine : scene.cloud.machines()) {
    owed += money.market.Bill(machine, scene.time.now);
  }
  return owed;
}

std::optional<std::string> FindBeyondCap(const Scene& scene, const MoneyFate& money) {
  if (!money.cap) return std::nullopt;
  Money owed = OwedSoFar(scene, money);
  auto machines = static_cast<std::int64_t>(scene.cloud.machines().size());
  Money unit = *Charge(money.offer.highest, ForTime(kBillingUnit, machines));
  if (owed <= *money.cap + unit) return std::nullopt;
  return fmt::format("{} is owed and the cap is {}", FormatExactMoney(owed),
                     FormatExactMoney(*money.cap));
}

std::optional<std::string> FindBehind(const Scene& scene, const MoneyFate& money) {
  const MemoryLedger& ledger = scene.ledger;
  if (ledger.runs.empty()) return std::nullopt;
  cost::Facts facts = cost::FactsOf(ledger.Snapshot(ledger.runs.front()));
  // Prices as they were: how soon the ledger hears of them is the price source's affair.
  facts.prices = money.fixed;
  for (const MarketMove& move : money.market.moves()) {
    Instant from = scene.time.Wall() - scene.time.now + move.at;
    for (const sched::Rung& rung : money.rungs) {
      if (rung.offer.pool.market != Market::kSpot) continue;
      facts.prices.push_back(
          {{Item::kCompute, rung.offer.pool}, {from, {move.micro_usd, Unit::kHour}}});
    }
  }
  Result<cost::Account> account = cost::Meter(facts);
  if (!account.ok()) return account.error().message();
  for (const cost::MachineAccount& metered : account->machines) {
    const CloudMachine* machine = FindMachine(scene, metered.id);
    const MachineRow& row = ledger.machines[static_cast<std::size_t>(metered.id.value - 1)];
    if (machine == nullptr || IsUnknown(row)) continue;
    // Dear seconds before it ran may hide behind cheap ones only where nobody knows when it began.
    if (!row.money.billed.running) continue;
    Money owed = money.market.Bill(*machine, scene.time.now);
    // One that ended within its minimum, unknown to the ledger: the minimum costs what was in force
    // then, and the meter thinks that it went on, at less.
    bool is_told = row.money.billed.ended.has_value();
    if (!is_told) owed = owed - *Charge(money.offer.highest, ForTime(money.offer.terms.minimum));
    if (owed <= metered.total()) continue;
    return fmt::format("machine {} owes {} and the meter says {}", metered.id.value,
                       FormatExactMoney(owed), FormatExactMoney(metered.total()));
  }
  return std::nullopt;
}

std::optional<std::string> WhyNotCapped(const Scene& scene, const MoneyFate& money) {
  std::int64_t unseen = std::ranges::count_if(
      scene.ledger.machines, [](const MachineRow& row) { return row.external_id.empty(); });
  Rate hourly = cost::HighestRate(money.offer, money.fixed);
  Duration needs = std::max(kCapReserve + kLeastLife, money.offer.terms.minimum) + seconds(2);
  // What may still appear has its reserve, too; and what the ledger learned late it took for dear.
  auto machines = static_cast<std::int64_t>(scene.ledger.machines.size());
  Duration taken = needs + unseen * kCapReserve + machines * seconds(60);
  Money least = *Charge(hourly, ForTime(taken));
  Money left = *money.cap - OwedSoFar(scene, money);
  if (left <= least) return std::nullopt;
  return fmt::format("its cap stopped it with {} left, and {} pays for a machine",
                     FormatExactMoney(left), FormatExactMoney(least));
}

std::optional<std::string> FindDifference(const Scene& scene, const MoneyFate& money,
                                          const cost::Facts& facts) {
  Result<cost::Account> account = cost::Meter(facts);
  if (!account.ok()) return account.error().message();
  Money owed = OwedSoFar(scene, money);
  if (account->total == owed) return std::nullopt;
  return fmt::format("the meter says {} and the cloud's bill {}", FormatExactMoney(account->total),
                     FormatExactMoney(owed));
}

}  // namespace mayfly::sim
