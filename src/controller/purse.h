#pragma once
// The controller's money: what a machine is offered at, what the ledger should learn of prices and
// of what was billed, and what the cap says (I11). Single-threaded; asks the price source and
// nobody else.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cost/cap.h"
#include "cost/meter.h"
#include "model/run.h"
#include "sched/decide.h"
#include "seams/machine_provider.h"
#include "seams/price_source.h"
#include "seams/run_store.h"

namespace mayfly {

struct PurseOptions {
  // As approved, each at its highest; a price is the newest that is known when it is used. By
  // default this computer, which costs nothing.
  std::vector<sched::Rung> rungs{sched::Rung{}};
  std::optional<Money> cap;                // absent: nothing is refused
  Duration reserve = minutes(2);           // see cost::CapRules
  Duration least_life = minutes(1);        // see cost::CapRules
  std::vector<PriceChange> fixed;          // of disk and address
  PriceSource* source = nullptr;           // must outlive the purse; absent: prices stay as offered
  Duration ask_every = minutes(1);         // the source
  Duration account_patience = minutes(1);  // for the provider to tell how a machine ended
};

// Is this why the run is paused: the cap pays for no further machine?
bool IsCapUsedUp(const RunView& run);

class Purse {
 public:
  explicit Purse(PurseOptions options) : options_(std::move(options)) {}

  // Facts that the ledger lacks: what the sightings tell of running and ended, and points of the
  // price history. An answer of the source that fails or is nonsense is in trouble() and changes
  // nothing; it is asked again later.
  std::vector<Change> FindNews(const RunSnapshot& snapshot,
                               const std::vector<MachineSighting>& seen, Duration mono);

  // What the run's money says, `machines` being how many may work at once, and the next one bought
  // at `next`.
  Result<sched::MoneyKnown> Look(const RunSnapshot& snapshot, int machines,
                                 const Offer& next) const;

  // Every pool at its newest price.
  std::vector<sched::Rung> Rungs(const RunSnapshot& snapshot) const;

  // Until when a machine of this offer may live. Absent: nothing but the run bounds it.
  Result<std::optional<Instant>> NextDeadline(const RunSnapshot& snapshot, int machines,
                                              const Offer& next) const;

  // What the last FindNews could not use.
  const std::optional<Error>& trouble() const { return trouble_; }

 private:
  void FindBilled(const RunSnapshot& snapshot, const std::vector<MachineSighting>& seen,
                  std::vector<Change>& news) const;
  void FindPrices(const RunSnapshot& snapshot, Duration mono, std::vector<Change>& news);
  void AskPrices(const RunSnapshot& snapshot, Duration mono);
  Status FindHolds(const RunSnapshot& snapshot, sched::MoneyKnown& known) const;
  cost::CapRules Rules() const;

  PurseOptions options_;
  std::optional<Duration> asked_;
  std::map<Pool, std::vector<PricePoint>> told_;  // the source's last answers, oldest first
  std::optional<Error> trouble_;
};

}  // namespace mayfly
