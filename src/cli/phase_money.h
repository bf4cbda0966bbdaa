#pragma once
// The money of a phase: its quote before, the purse of its controller during, its account after.

#include <optional>
#include <string>

#include "base/result.h"
#include "cli/world.h"
#include "controller/keeping.h"
#include "controller/purse.h"
#include "cost/meter.h"
#include "cost/price_book.h"
#include "model/plan.h"

namespace mayfly::cli {

// What is known of prices for this phase: what it states, what the provider's market says, and the
// snapshot. What the market could not say is told on stderr, and is then not known from it.
Result<cost::PriceBook> BookOf(const PhaseSpec& spec, const Provider& provider, Instant now);

// Quotes the plan and puts the quote into it, and its upper bound and the bundle into the plan's
// hash. The length is the stated one, else that of the phase's newest run if that is closed, else
// not measured. kNotFound: no pool of the phase has a price that anybody knows.
Status QuotePlan(Host& host, Ledger& ledger, const Provider& provider, PhasePlan& plan);

// What the controller of this phase may spend, and on which pools.
Result<PurseOptions> PurseOf(const PhaseSpec& spec, const Provider& provider, Instant now);

// What the controller of this phase may keep and raise.
Result<KeepingOptions> KeepingOf(const PhaseSpec& spec, const Provider& provider, Instant now);

// Whether a plan with this hash is this plan at the price that was approved with it, whatever
// today's quote says; that is judged by cost::CheckWithin.
bool IsApprovedAs(const PhasePlan& plan, const Quote& approved, const std::string& hash);

// The account of a run as it stands, and the quote that it was approved with; absent for a run that
// was planned before there were quotes.
struct RunMoney {
  cost::Account account;
  std::optional<Quote> quote;
};
Result<RunMoney> LoadMoney(Ledger& ledger, const RunSnapshot& snapshot);

// What is left of the cap; absent: there is none.
std::optional<Money> LeftOfCap(const RunMoney& money);

}  // namespace mayfly::cli
