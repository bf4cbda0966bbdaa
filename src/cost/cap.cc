#include "cost/cap.h"

#include <fmt/format.h>

#include <algorithm>

namespace mayfly::cost {
namespace {

constexpr std::int64_t kHoursOfMonth = 730;

std::int64_t NewestRate(const std::vector<PriceChange>& prices, Item item,
                        const std::string& region) {
  const PriceChange* newest = nullptr;
  for (const PriceChange& change : prices) {
    if (change.key.item != item || change.key.pool.region != region) continue;
    if (newest == nullptr || change.point.from > newest->point.from) newest = &change;
  }
  return newest == nullptr ? 0 : newest->point.rate.micro_usd;
}

// A machine that is not known to have ended, by its deadline and the reserve at its dearest. What
// it was billed so far may be less; the minimum is part of every life.
Result<Money> WorstOf(const MachineFacts& machine, const Facts& facts, Duration reserve) {
  Instant begun = machine.begun.value_or(facts.now);
  Instant ends = std::max(machine.deadline + reserve, facts.now);
  Duration length = std::max(ends - begun, machine.offer.terms.minimum) + kBillingUnit;
  return Charge(HighestRate(machine.offer, facts.prices), ForTime(length));
}

bool GoesOn(const MachineFacts& machine) { return !machine.over.has_value(); }

// The life that this much money pays for; zero where it is not worth asking for.
std::optional<Duration> LifeFor(Money money, Rate hourly, const Offer& offer,
                                const CapRules& rules) {
  std::optional<Duration> paid = TimeFor(money, hourly);
  if (!paid) return std::nullopt;
  Duration life = *paid - rules.reserve - kBillingUnit;
  bool pays_minimum = *paid >= offer.terms.minimum + kBillingUnit;
  return life >= rules.least_life && pays_minimum ? life : Duration(0);
}

}  // namespace

Rate HighestRate(const Offer& offer, const std::vector<PriceChange>& prices) {
  std::int64_t disk = NewestRate(prices, Item::kDisk, offer.pool.region) * offer.disk_gb;
  std::int64_t address =
      NewestRate(prices, Item::kPublicAddress, offer.pool.region) * offer.addresses;
  std::int64_t hourly_disk = (disk + kHoursOfMonth - 1) / kHoursOfMonth;
  return {std::max(offer.highest, offer.price).micro_usd + hourly_disk + address, Unit::kHour};
}

Result<Money> Committed(const Facts& facts, Duration reserve) {
  Facts ended = facts;
  std::erase_if(ended.machines, GoesOn);
  TRY_ASSIGN(Account account, Meter(ended));
  Money sum = account.total;
  for (const MachineFacts& machine : facts.machines) {
    if (machine.may_appear) {
      // It may have been launched all the same, and lives until it finds that nobody wants it.
      Duration length = std::max(reserve, machine.offer.terms.minimum);
      TRY_ASSIGN(Money most, Charge(HighestRate(machine.offer, facts.prices), ForTime(length)));
      sum += most;
    }
    if (!GoesOn(machine)) continue;
    TRY_ASSIGN(Money worst, WorstOf(machine, facts, reserve));
    sum += worst;
  }
  return sum;
}

Result<std::optional<Duration>> NextMayLive(const Facts& facts, const Offer& next, int share,
                                            const CapRules& rules) {
  TRY_ASSIGN(Money committed, Committed(facts, rules.reserve));
  Money left = std::max(rules.cap - committed, Money{});
  Rate hourly = HighestRate(next, facts.prices);
  for (int machines = std::max(share, 1); machines > 1; --machines) {
    std::optional<Duration> life = LifeFor(Money{left.micro_usd / machines}, hourly, next, rules);
    if (!life || *life > Duration(0)) return life;
  }
  return LifeFor(left, hourly, next, rules);
}

Result<std::optional<Duration>> MayBeHeld(const Facts& facts, MachineId machine,
                                          const CapRules& rules) {
  auto held = std::ranges::find(facts.machines, machine, &MachineFacts::id);
  if (held == facts.machines.end()) return std::optional<Duration>(Duration(0));
  Facts others = facts;
  std::erase_if(others.machines, [&](const MachineFacts& m) { return m.id == machine; });
  TRY_ASSIGN(Money committed, Committed(others, rules.reserve));
  Money left = std::max(rules.cap - committed, Money{});
  std::optional<Duration> paid = TimeFor(left, HighestRate(held->offer, facts.prices));
  if (!paid) return std::optional<Duration>();
  Duration lived = facts.now - held->begun.value_or(facts.now);
  return std::optional<Duration>(
      std::max(*paid - lived - rules.reserve - kBillingUnit, Duration(0)));
}

std::optional<std::string> FindCrossing(const Account& spent, const RestOfWork& rest, Rate hourly,
                                        Money cap) {
  Duration machine_time = rest.slot_time / std::max(rest.slots, 1);
  Result<Money> more = Charge(hourly, ForTime(machine_time));
  bool fits = more.ok() && spent.total + *more <= cap;
  if (fits) return std::nullopt;
  return fmt::format(
      "{} is spent and by its canaries the rest takes at least {} more, beyond the cap of {}; "
      "`run` "
      "again goes on until the cap is used up, a plan with a larger budget starts over",
      FormatMoney(spent.total), more.ok() ? FormatMoney(*more) : "more than can be counted",
      FormatMoney(cap));
}

}  // namespace mayfly::cost
