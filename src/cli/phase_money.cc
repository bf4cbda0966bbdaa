#include "cli/phase_money.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/command.h"
#include "cost/quote.h"

namespace mayfly::cli {
namespace {

const Pool kHere{};  // local machines
constexpr Duration kHistory = hours(24);

// The machine time of the phase's newest run, for each of `machines`; absent where it has none that
// is closed.
Result<cost::Length> FindHistory(Ledger& ledger, const std::string& phase, int machines) {
  Result<RunId> newest = ledger.reads().NewestRun(phase);
  if (!newest.ok() && newest.error().kind() == ErrorKind::kNotFound) return cost::Length{};
  TRY(newest);
  TRY_ASSIGN(RunSnapshot run, ledger.reads().Load(*newest));
  if (run.run.state != RunState::kClosed) return cost::Length{};
  Duration total{};
  for (const MachineView& machine : run.machines) {
    if (machine.born && machine.gone) total += *machine.gone - *machine.born;
  }
  if (total <= Duration(0)) return cost::Length{};
  Duration each = std::chrono::ceil<std::chrono::seconds>(total / machines);
  return cost::Length{each, fmt::format("run {}: {}", newest->value, HumanDuration(each))};
}

Result<cost::Length> LengthOf(Ledger& ledger, const PhaseSpec& spec) {
  if (spec.expect) return cost::Length{spec.expect, "stated: " + FormatDuration(*spec.expect)};
  return FindHistory(ledger, spec.name, spec.machines.count);
}

Duration UntilDeadline(const PhaseSpec& spec, Instant now) {
  if (const auto* after = std::get_if<Duration>(&spec.deadline)) return *after;
  return std::max(std::get<Instant>(spec.deadline) - now, Duration(0));
}

bool IsRented(const PhaseSpec& spec) { return spec.machines.provider == "ec2"; }

PriceKey InRegion(Item item, const std::string& region) {
  return {item, {.region = region, .market = Market::kOnDemand}};
}

// A source that does not know, or is away, leaves what is known otherwise; one that answers
// nonsense is not to be traded with.
Status Judge(const Error& error, const PriceKey& key) {
  if (error.kind() == ErrorKind::kNotFound) return {};
  if (error.kind() == ErrorKind::kCorrupt) return error;
  Say(fmt::format("mayfly: the price of {} could not be asked for: {}", Describe(key),
                  error.message()));
  return {};
}

Status AskPrices(cost::PriceBook& book, const Pool& pool, PriceSource& source, Instant now) {
  Pool listed = pool;
  listed.market = Market::kOnDemand;
  const PriceKey key{Item::kCompute, listed};
  Result<PricePoint> list = source.ListPrice(key);
  TRY(list.ok() ? book.AddListPrice(key, *list) : Judge(list.error(), key));
  if (pool.market != Market::kSpot) return {};
  Result<std::vector<PricePoint>> history = source.SpotHistory(pool, now - kHistory);
  return history.ok() ? book.AddSpotHistory(pool, *history)
                      : Judge(history.error(), {Item::kCompute, pool});
}

// What a phase uses that has one price in a region.
std::vector<Item> ItemsOf(const PhaseSpec& spec) {
  std::vector<Item> items{Item::kDisk};
  if (spec.machines.ec2->public_address) items.push_back(Item::kPublicAddress);
  if (spec.machines.ec2->snapshot) items.push_back(Item::kSnapshot);
  if (spec.database.capacity) items.push_back(Item::kDatabaseCapacity);
  return items;
}

// In force since before the run.
std::vector<PriceChange> FixedPrices(const cost::PriceBook& book, const PhaseSpec& spec,
                                     const std::string& region, Instant now) {
  std::vector<PriceChange> fixed;
  for (Item item : ItemsOf(spec)) {
    PriceKey key = InRegion(item, region);
    Result<cost::Price> price = book.Find(key);
    if (price.ok()) fixed.push_back({key, {now - kHistory, price->rate}});
  }
  return fixed;
}

}  // namespace

Result<cost::PriceBook> BookOf(const PhaseSpec& spec, const Provider& provider, Instant now) {
  cost::PriceBook book(now);
  const MachinesSpec& machines = spec.machines;
  if (provider.prices == nullptr) {
    book.State({Item::kCompute, kHere}, machines.price,
               machines.max_price.value_or(machines.price));
    return book;
  }
  if (machines.max_price) book.Limit(*machines.max_price);
  for (const MarketPool& pool : provider.pools) {
    TRY(AskPrices(book, pool.pool, *provider.prices, now));
  }
  for (Item item : ItemsOf(spec)) {
    const PriceKey key = InRegion(item, provider.pools.front().pool.region);
    Result<PricePoint> list = provider.prices->ListPrice(key);
    TRY(list.ok() ? book.AddListPrice(key, *list) : Judge(list.error(), key));
  }
  return book;
}

namespace {

// What is beside the machines, as far as it is known before the run. A cluster that is not there,
// or has no floor, is found out here, before anything is paid.
Result<cost::UsageBeside> BesideOf(const PhaseSpec& spec, const Provider& provider) {
  cost::UsageBeside beside;
  if (provider.disks != nullptr) beside.snapshot_gb = spec.machines.ec2->disk_gib;
  if (provider.floors == nullptr) return beside;
  TRY_ASSIGN(const FloorSight sight, provider.floors->Look(spec.database.capacity->cluster));
  const std::int64_t before = sight.mark ? sight.mark->before_milli : sight.least_milli;
  beside.capacity_milli_above_floor =
      std::max<std::int64_t>(spec.database.capacity->floor_milli - before, 0);
  return beside;
}

}  // namespace

Status QuotePlan(Host& host, Ledger& ledger, const Provider& provider, PhasePlan& plan) {
  Instant now = host.clock().Wall();
  const PhaseSpec& spec = plan.spec;
  cost::QuoteRequest request{.machines = spec.machines.count};
  for (const MarketPool& pool : provider.pools) request.pools.push_back(pool.pool);
  if (IsRented(spec)) {
    request.disk_gb = spec.machines.ec2->disk_gib;
    request.addresses = spec.machines.ec2->public_address ? 1 : 0;
  }
  request.deadline = UntilDeadline(spec, now);
  request.cap = spec.budget;
  TRY_ASSIGN(request.beside, BesideOf(spec, provider));
  TRY_ASSIGN(request.length, LengthOf(ledger, spec));
  TRY_ASSIGN(cost::PriceBook book, BookOf(spec, provider, now));
  TRY_ASSIGN(Quote quote, cost::MakeQuote(request, book));
  AttachQuote(plan, std::move(quote), provider.bundle);
  return {};
}

Result<PurseOptions> PurseOf(const PhaseSpec& spec, const Provider& provider, Instant now) {
  PurseOptions purse;
  TRY_ASSIGN(cost::PriceBook book, BookOf(spec, provider, now));
  purse.rungs.clear();
  std::string unknown;
  for (const MarketPool& pool : provider.pools) {
    Result<Offer> offer = book.MakeOffer(pool.pool);
    if (!offer.ok()) {  // what nobody knows the price of is not bought
      unknown = offer.error().message();
      continue;
    }
    if (IsRented(spec)) {
      offer->disk_gb = spec.machines.ec2->disk_gib;
      offer->addresses = spec.machines.ec2->public_address ? 1 : 0;
    }
    purse.rungs.push_back({pool, *offer});
  }
  if (purse.rungs.empty()) return NotFound("no pool can be paid for: " + unknown);
  if (IsRented(spec))
    purse.fixed = FixedPrices(book, spec, purse.rungs.front().offer.pool.region, now);
  purse.source = provider.prices.get();
  purse.cap = spec.budget;
  return purse;
}

Result<KeepingOptions> KeepingOf(const PhaseSpec& spec, const Provider& provider, Instant now) {
  KeepingOptions keeping{.disks = provider.disks.get(), .floors = provider.floors.get()};
  if (keeping.floors != nullptr) {
    keeping.cluster = spec.database.capacity->cluster;
    keeping.floor_milli = spec.database.capacity->floor_milli;
  }
  if (keeping.disks == nullptr) return keeping;
  keeping.keep = spec.machines.ec2->snapshot->keep;
  keeping.disk_gb = spec.machines.ec2->disk_gib;
  TRY_ASSIGN(const cost::PriceBook book, BookOf(spec, provider, now));
  const std::string& region = provider.pools.front().pool.region;
  Result<cost::Price> price = book.Find(InRegion(Item::kSnapshot, region));
  if (!price.ok())
    return keeping;  // the snapshot is kept at a price that nobody knows, and said so
  TRY_ASSIGN(keeping.monthly, Charge(price->rate, ForDisk(keeping.disk_gb, BilledMonths(1))));
  return keeping;
}

bool IsApprovedAs(const PhasePlan& plan, const Quote& approved, const std::string& hash) {
  return ApprovedHash(plan.core, plan.bundle, approved.high) == hash;
}

Result<RunMoney> LoadMoney(Ledger& ledger, const RunSnapshot& snapshot) {
  TRY_ASSIGN(std::vector<SlotTime> slots, ledger.reads().ReadSlotTime(snapshot.run.id));
  TRY_ASSIGN(StoredPlan stored, ledger.reads().LoadPlan(snapshot.run.id));
  RunMoney money;
  TRY_ASSIGN(money.account, cost::Meter(cost::FactsOf(snapshot, std::move(slots))));
  if (!stored.quote_json.empty()) {
    TRY_ASSIGN(money.quote, QuoteFromJson(stored.quote_json));
  }
  return money;
}

std::optional<Money> LeftOfCap(const RunMoney& money) {
  if (!money.quote || !money.quote->cap) return std::nullopt;
  return std::max(*money.quote->cap - money.account.total, Money{});
}

}  // namespace mayfly::cli
