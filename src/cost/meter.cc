#include "cost/meter.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace mayfly::cost {
namespace {

__extension__ using Wide = __int128;

std::int64_t WholeSeconds(Duration length) {
  return (std::max(length, Duration(0)) + kBillingUnit - Duration(1)) / kBillingUnit;
}

// How long a machine was there, and how long it is billed for.
struct Span {
  Instant begun;
  std::int64_t seconds = 0;         // that it was there
  std::int64_t billed_seconds = 0;  // at least the minimum
};

std::optional<Span> SpanOf(const MachineFacts& machine, Instant now) {
  if (!machine.begun) return std::nullopt;
  Duration length = machine.over.value_or(now) - *machine.begun;
  std::int64_t seconds = WholeSeconds(length);
  return Span{*machine.begun, seconds,
              std::max(seconds, WholeSeconds(machine.offer.terms.minimum))};
}

bool IsFree(const MachineFacts& machine) {
  const Billed& billed = machine.billed;
  return billed.reclaimed && billed.running && billed.ended &&
         *billed.ended - *billed.running < machine.offer.terms.free_if_reclaimed;
}

// The compute prices of a pool, oldest first.
std::vector<PricePoint> PointsOf(const std::vector<PriceChange>& prices, const Pool& pool) {
  std::vector<PricePoint> points;
  for (const PriceChange& change : prices) {
    if (change.key == PriceKey{Item::kCompute, pool}) points.push_back(change.point);
  }
  std::ranges::sort(points, {}, &PricePoint::from);
  return points;
}

// Seconds times micro-dollars by the hour, exactly.
Wide SumCompute(const MachineFacts& machine, const Span& span,
                const std::vector<PriceChange>& prices) {
  Rate rate = machine.offer.price;
  std::int64_t since = 0;
  Wide sum = 0;
  auto close = [&](std::int64_t until) {
    sum += Wide{rate.micro_usd} * (until - since);
    since = until;
  };
  for (const PricePoint& point : PointsOf(prices, machine.offer.pool)) {
    // The first second that begins at or after the change.
    std::int64_t from = WholeSeconds(point.from - span.begun);
    if (from > 0 && from >= span.seconds) break;
    close(from);
    rate = point.rate;
  }
  close(span.billed_seconds);
  return sum;
}

Money Round(Wide hourly_micros) {
  return Money{static_cast<std::int64_t>((2 * hourly_micros + 3600) / 7200)};
}

std::optional<Rate> RegionRate(const std::vector<PriceChange>& prices, Item item,
                               const std::string& region, Instant at) {
  const PriceChange* newest = nullptr;
  for (const PriceChange& change : prices) {
    bool is_meant = change.key.item == item && change.key.pool.region == region;
    if (!is_meant || change.point.from > at) continue;
    if (newest == nullptr || change.point.from > newest->point.from) newest = &change;
  }
  return newest == nullptr ? std::nullopt : std::optional<Rate>(newest->point.rate);
}

class Metering {
 public:
  explicit Metering(const Facts& facts) : facts_(facts) {}

  Result<Account> Run() {
    for (const MachineFacts& machine : facts_.machines) TRY(AddMachine(machine));
    TRY(AddFloors());
    for (const auto& [item, money] : by_item_) {
      if (money.micro_usd > 0) account_.lines.push_back({std::string(Name(item)), money});
    }
    for (const std::string& stage : stage_order_) {
      account_.stages.push_back({stage, by_stage_[stage]});
    }
    Money idle = account_.total;
    for (const Share& share : account_.stages) idle = idle - share.money;
    if (idle.micro_usd > 0) account_.stages.push_back({std::string(kIdle), idle});
    for (const auto& [key, value] : facts_.tags) {
      account_.tags.push_back({key + "=" + value, account_.total});
    }
    return account_;
  }

 private:
  Status AddFloors() {
    Money sum;
    for (const FloorFacts& floor : facts_.floors) {
      if (floor.milli_above == 0) continue;
      std::optional<Rate> rate = RateOf(Item::kDatabaseCapacity, floor.begun);
      if (!rate) {
        NoteUnknown(std::string(Name(Item::kDatabaseCapacity)));
        continue;
      }
      const Duration length = floor.over.value_or(facts_.now) - floor.begun;
      TRY_ASSIGN(Money money,
                 Charge(*rate, ForCapacity(floor.milli_above, std::max(length, Duration(0)))));
      sum += money;
    }
    if (sum.micro_usd > 0) {
      account_.beside.push_back({std::string(Name(Item::kDatabaseCapacity)), sum});
    }
    return {};
  }

  // A database is in one region, and the run's prices of it are that region's.
  std::optional<Rate> RateOf(Item item, Instant at) const {
    for (const PriceChange& change : facts_.prices) {
      if (change.key.item != item) continue;
      std::optional<Rate> rate = RegionRate(facts_.prices, item, change.key.pool.region, at);
      if (rate) return rate;
    }
    return std::nullopt;
  }

  void NoteUnknown(std::string what) {
    if (std::ranges::find(account_.unknown, what) != account_.unknown.end()) return;
    account_.unknown.push_back(std::move(what));
  }

  Status AddMachine(const MachineFacts& machine) {
    std::optional<Span> span = SpanOf(machine, facts_.now);
    if (!span) return {};
    MachineAccount account{.id = machine.id, .pool = machine.offer.pool};
    account.billed = span->billed_seconds * kBillingUnit;
    account.was_free = IsFree(machine);
    if (!account.was_free) account.compute = Round(SumCompute(machine, *span, facts_.prices));
    TRY_ASSIGN(account.disk,
               ChargeBeside(machine, Item::kDisk, ForDisk(machine.offer.disk_gb, account.billed)));
    TRY_ASSIGN(account.address, ChargeBeside(machine, Item::kPublicAddress,
                                             ForTime(account.billed, machine.offer.addresses)));
    by_item_[Item::kCompute] += account.compute;
    by_item_[Item::kDisk] += account.disk;
    by_item_[Item::kPublicAddress] += account.address;
    account_.total += account.total();
    ShareOut(machine, account.total(), *span);
    account_.machines.push_back(std::move(account));
    return {};
  }

  Result<Money> ChargeBeside(const MachineFacts& machine, Item item, Quantity quantity) {
    if (quantity.parts == 0) return Money{};
    const std::string& region = machine.offer.pool.region;
    std::optional<Rate> rate = RegionRate(facts_.prices, item, region, *machine.begun);
    if (rate) return Charge(*rate, quantity);
    NoteUnknown(fmt::format("{} in {}", Name(item), region));
    return Money{};
  }

  // Each stage pays for the part of the machine's slot time that it took; parts are rounded down,
  // so that together they are never more than the whole.
  void ShareOut(const MachineFacts& machine, Money total, const Span& span) {
    Duration taken{};
    for (const SlotTime& slot : facts_.slots) {
      if (slot.machine == machine.id) taken += slot.length;
    }
    Duration whole = std::max(span.billed_seconds * kBillingUnit * machine.slots, taken);
    if (whole <= Duration(0)) return;
    for (const SlotTime& slot : facts_.slots) {
      if (slot.machine != machine.id) continue;
      Wide part = Wide{total.micro_usd} * slot.length.count() / whole.count();
      Money money{static_cast<std::int64_t>(part)};
      auto [at, is_new] = by_stage_.try_emplace(slot.stage);
      if (is_new) stage_order_.push_back(slot.stage);
      at->second += money;
      if (slot.lost) account_.lost += money;
    }
  }

  const Facts& facts_;
  Account account_;
  std::map<Item, Money> by_item_;
  std::map<std::string, Money> by_stage_;
  std::vector<std::string> stage_order_;
};

// Gone, and nobody ever learned that it existed.
bool IsUnseen(const MachineView& machine) {
  return machine.state == MachineState::kGone && machine.external_id.empty() &&
         !machine.money.billed.running && machine.money.offer.pool.market != Market::kLocal;
}

// From which a machine is taken to be billed. One whose end was told and never that it ran has not
// run: it died unborn.
std::optional<Instant> BegunOf(const MachineView& machine) {
  const Billed& billed = machine.money.billed;
  if (billed.running) return billed.running;
  if (billed.ended) return std::nullopt;
  if (machine.money.offer.pool.market == Market::kLocal) return machine.born;
  return IsUnseen(machine) ? std::nullopt : machine.intended;
}

// Until when. One that began to run after the ledger had closed its books on it goes on until the
// provider tells its end.
std::optional<Instant> OverOf(const MachineView& machine) {
  const Billed& billed = machine.money.billed;
  if (billed.ended) return billed.ended;
  bool came_late = billed.running && machine.gone && *machine.gone < *billed.running;
  return came_late ? std::nullopt : machine.gone;
}

}  // namespace

Facts FactsOf(const RunSnapshot& snapshot, std::vector<SlotTime> slots) {
  Facts facts{.now = snapshot.now, .prices = snapshot.prices, .slots = std::move(slots)};
  for (const MachineView& machine : snapshot.machines) {
    const Billed& billed = machine.money.billed;
    facts.machines.push_back({.id = machine.id,
                              .offer = machine.money.offer,
                              .billed = billed,
                              .slots = machine.slots,
                              .begun = BegunOf(machine),
                              .over = OverOf(machine),
                              .deadline = snapshot.now + machine.deadline_in,
                              .may_appear = IsUnseen(machine) && !machine.was_refused});
  }
  for (const RaisedFloor& floor : snapshot.floors) {
    if (!floor.asked) continue;
    facts.floors.push_back({floor.floor_milli - floor.before_milli, *floor.asked, floor.over});
  }
  facts.tags = {{"run", std::to_string(snapshot.run.id.value)},
                {"phase", snapshot.run.phase},
                {"purpose", "worker"}};
  return facts;
}

Result<Account> Meter(const Facts& facts) { return Metering(facts).Run(); }

Rate PriceAt(const std::vector<PriceChange>& prices, const Offer& offer, Instant at) {
  Rate rate = offer.price;
  for (const PricePoint& point : PointsOf(prices, offer.pool)) {
    if (point.from <= at) rate = point.rate;
  }
  return rate;
}

}  // namespace mayfly::cost
