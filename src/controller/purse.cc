#include "controller/purse.h"

#include <fmt/format.h>

#include <algorithm>

#include "cost/price_book.h"
#include "sched/forecast.h"

namespace mayfly {
namespace {

constexpr std::string_view kUsedUp = "the cap pays for no further machine";
constexpr Duration kInForceBefore = hours(24);  // how far back the first point is looked for

int CountLiving(const RunSnapshot& snapshot) {
  return static_cast<int>(std::ranges::count_if(
      snapshot.machines, [](const MachineView& machine) { return IsAlive(machine.state); }));
}

int SlotsOf(const RunSnapshot& snapshot) {
  return snapshot.machines.empty() ? 1 : snapshot.machines.back().slots;
}

// Everything in `more` that `known` lacks.
bool Adds(const Billed& known, const Billed& more) {
  return (more.running && more.running != known.running) ||
         (more.ended && more.ended != known.ended) || (more.reclaimed && !known.reclaimed);
}

Instant LastPoint(const RunSnapshot& snapshot, const Pool& pool) {
  Instant last = Instant::min();
  for (const PriceChange& change : snapshot.prices) {
    if (change.key.pool == pool && change.key.item == Item::kCompute) {
      last = std::max(last, change.point.from);
    }
  }
  return last;
}

// Its pool is that of a machine, or one of those that a machine was asked for in.
bool MayHaveComeFrom(const RunSnapshot& snapshot, const Pool& pool) {
  return std::ranges::any_of(snapshot.machines, [&](const MachineView& machine) {
    bool is_open = machine.external_id.empty() && IsAlive(machine.state);
    auto offers = [&](const Offer& offer) { return offer.pool == pool; };
    return machine.money.offer.pool == pool ||
           (is_open && std::ranges::any_of(machine.offers, offers));
  });
}

// What an hour of the machine that works costs, else of the next one, at the price of now.
Offer AtTodaysPrice(const RunSnapshot& snapshot, const Offer& next) {
  Offer offer = next;
  for (const MachineView& machine : snapshot.machines) {
    if (IsAlive(machine.state) && !machine.external_id.empty()) offer = machine.money.offer;
  }
  offer.price = cost::PriceAt(snapshot.prices, offer, snapshot.now);
  offer.highest = offer.price;
  return offer;
}

}  // namespace

bool IsCapUsedUp(const RunView& run) {
  return run.state == RunState::kPaused && run.reason.starts_with(kUsedUp);
}

std::vector<Change> Purse::FindNews(const RunSnapshot& snapshot,
                                    const std::vector<MachineSighting>& seen, Duration mono) {
  std::vector<Change> news;
  trouble_.reset();
  FindBilled(snapshot, seen, news);
  FindPrices(snapshot, mono, news);
  return news;
}

void Purse::FindBilled(const RunSnapshot& snapshot, const std::vector<MachineSighting>& seen,
                       std::vector<Change>& news) const {
  for (const MachineSighting& sighting : seen) {
    auto machine = std::ranges::find(snapshot.machines, sighting.machine, &MachineView::id);
    if (machine == snapshot.machines.end()) continue;
    if (!Adds(machine->money.billed, sighting.billed)) continue;
    news.emplace_back(RecordBilled{sighting.machine, sighting.billed});
  }
}

// Only what a machine of the run may have come from is for its books.
void Purse::FindPrices(const RunSnapshot& snapshot, Duration mono, std::vector<Change>& news) {
  auto add = [&](const PriceChange& change) {
    bool is_known = std::ranges::find(snapshot.prices, change) != snapshot.prices.end();
    if (!is_known) news.emplace_back(RecordPrice{change});
  };
  for (const PriceChange& change : options_.fixed) add(change);
  AskPrices(snapshot, mono);
  // Oldest first: where recording breaks off, what is missing is after the last that is there.
  for (const auto& [pool, points] : told_) {
    if (!MayHaveComeFrom(snapshot, pool)) continue;
    for (const PricePoint& point : points) add({{Item::kCompute, pool}, point});
  }
}

void Purse::AskPrices(const RunSnapshot& snapshot, Duration mono) {
  bool is_due = !asked_ || mono - *asked_ >= options_.ask_every;
  if (options_.source == nullptr || !is_due) return;
  for (const sched::Rung& rung : options_.rungs) {
    const Pool& pool = rung.offer.pool;
    if (pool.market != Market::kSpot) continue;
    Instant since = std::max(LastPoint(snapshot, pool), snapshot.now - kInForceBefore);
    Result<std::vector<PricePoint>> points = options_.source->SpotHistory(pool, since);
    cost::PriceBook book(snapshot.now);
    Status judged = points.ok() ? book.AddSpotHistory(pool, *points) : Status(points.error());
    if (!judged.ok()) {
      trouble_ = judged.error();
      return;
    }
    std::ranges::sort(*points, {}, &PricePoint::from);
    told_[pool] = std::move(*points);
  }
  asked_ = mono;
}

cost::CapRules Purse::Rules() const {
  return {.cap = *options_.cap, .reserve = options_.reserve, .least_life = options_.least_life};
}

std::vector<sched::Rung> Purse::Rungs(const RunSnapshot& snapshot) const {
  std::vector<sched::Rung> rungs = options_.rungs;
  for (sched::Rung& rung : rungs) {
    auto told = told_.find(rung.offer.pool);
    if (told != told_.end() && !told->second.empty()) rung.offer.price = told->second.back().rate;
    rung.offer.price = cost::PriceAt(snapshot.prices, rung.offer, snapshot.now);
  }
  return rungs;
}

Result<std::optional<Instant>> Purse::NextDeadline(const RunSnapshot& snapshot, int machines,
                                                   const Offer& next) const {
  if (!options_.cap) return std::optional<Instant>();
  int share = std::max(machines - CountLiving(snapshot), 1);
  TRY_ASSIGN(std::optional<Duration> life,
             cost::NextMayLive(cost::FactsOf(snapshot), next, share, Rules()));
  if (!life) return std::optional<Instant>();
  return std::optional<Instant>(snapshot.now + *life);
}

// What it would cost to keep a machine, while somebody asks for that.
Status Purse::FindHolds(const RunSnapshot& snapshot, sched::MoneyKnown& known) const {
  if (!snapshot.hold) return {};
  for (const MachineView& machine : snapshot.machines) {
    if (!IsAlive(machine.state)) continue;
    sched::HoldTerms terms{cost::HighestRate(machine.money.offer, snapshot.prices), std::nullopt};
    if (options_.cap) {
      TRY_ASSIGN(terms.longest, cost::MayBeHeld(cost::FactsOf(snapshot), machine.id, Rules()));
    }
    known.holds.emplace(machine.id, terms);
  }
  return {};
}

Result<sched::MoneyKnown> Purse::Look(const RunSnapshot& snapshot, int machines,
                                      const Offer& next) const {
  sched::MoneyKnown known;
  for (const MachineView& machine : snapshot.machines) {
    const Billed& billed = machine.money.billed;
    bool is_known = billed.running || !machine.external_id.empty();
    bool is_told = billed.ended || machine.money.offer.pool.market == Market::kLocal;
    if (!is_known || is_told || !machine.gone) continue;
    Instant since = std::max(*machine.gone, billed.running.value_or(*machine.gone));
    if (snapshot.now - since < options_.account_patience) known.account_is_open = true;
  }
  TRY(FindHolds(snapshot, known));
  if (!options_.cap) return known;
  TRY_ASSIGN(cost::Account account, cost::Meter(cost::FactsOf(snapshot)));
  Offer today = AtTodaysPrice(snapshot, next);
  Rate hourly = cost::HighestRate(today, snapshot.prices);
  cost::RestOfWork rest{sched::ForecastSlotTime(snapshot), SlotsOf(snapshot)};
  known.crossing = cost::FindCrossing(account, rest, hourly, *options_.cap);
  TRY_ASSIGN(std::optional<Instant> deadline, NextDeadline(snapshot, machines, next));
  if (deadline && *deadline <= snapshot.now) {
    known.no_launch = fmt::format(
        "{}: {} of {} is spent, and at up to {} one needs more than is left, with its reserve; a "
        "plan "
        "with a larger budget starts over",
        kUsedUp, FormatMoney(account.total), FormatMoney(*options_.cap), FormatRate(next.highest));
  }
  return known;
}

}  // namespace mayfly
