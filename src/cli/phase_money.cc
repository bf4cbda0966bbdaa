#include "cli/phase_money.h"

#include <fmt/format.h>

#include <algorithm>

#include "cost/quote.h"

namespace mayfly::cli {
namespace {

const Pool kHere{};  // local machines

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

}  // namespace

cost::PriceBook BookOf(const PhaseSpec& spec, Instant now) {
  cost::PriceBook book(now);
  const MachinesSpec& machines = spec.machines;
  book.State({Item::kCompute, kHere}, machines.price, machines.max_price.value_or(machines.price));
  return book;
}

Status QuotePlan(Host& host, Ledger& ledger, PhasePlan& plan) {
  Instant now = host.clock().Wall();
  const PhaseSpec& spec = plan.spec;
  cost::QuoteRequest request{.pools = {kHere}, .machines = spec.machines.count};
  request.deadline = UntilDeadline(spec, now);
  request.cap = spec.budget;
  TRY_ASSIGN(request.length, LengthOf(ledger, spec));
  TRY_ASSIGN(Quote quote, cost::MakeQuote(request, BookOf(spec, now)));
  AttachQuote(plan, std::move(quote));
  return {};
}

Result<PurseOptions> PurseOf(const PhaseSpec& spec, Instant now) {
  PurseOptions purse;
  TRY_ASSIGN(purse.offer, BookOf(spec, now).MakeOffer(kHere));
  purse.cap = spec.budget;
  return purse;
}

bool IsApprovedAs(const PhasePlan& plan, const Quote& approved, const std::string& hash) {
  return ApprovedHash(plan.core, /*bundle=*/"", approved.high) == hash;
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

}  // namespace mayfly::cli
