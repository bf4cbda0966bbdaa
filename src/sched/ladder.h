#pragma once
// The ladder: which pools to ask for the next machine, or what to wait for. Pure; what pools said
// before is in the ledger, so that a new controller stands on the same rung.
//
// Order: Spot pools of the wished types, then of each smaller type, then the same On-Demand where
// the phase's rule and the time allow it. All pools of a rung are asked at once, the cheapest
// first.

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/time.h"
#include "model/ec2_spec.h"
#include "model/ladder.h"
#include "model/price.h"

namespace mayfly::sched {

struct LadderRules {
  OnDemandRule on_demand = OnDemandRule::kNever;
  Duration on_demand_after = minutes(10);
  Duration dry_for = minutes(5);      // how long a pool that refused is not asked again
  Duration look_again = seconds(60);  // when only a limit or a price is in the way
  std::size_t least_for_fleet = 3;    // fewer pools are asked one at a time
};

// A pool and what it costs now. Above `highest` it is not asked.
struct Rung {
  MarketPool pool;
  Offer offer;
};

struct LadderView {
  std::vector<Rung> rungs;
  std::vector<SeenRefusal> refusals;  // of the run, in any order
  std::vector<QuotaRoom> quotas;      // of a market that is absent nothing is known
  std::optional<Instant> last_had;    // when a machine was last to be had
  Instant mended;                     // refusals from before were mended by the operator
  Instant now;
};

struct AskPools {
  std::vector<std::size_t> rungs;  // never empty
  std::string reason;              // "c7i.8xlarge spot in us-east-1a, the cheapest of 3 pools"
};
struct WaitForPools {
  Instant until;
  std::string reason;  // one sentence: why no pool can be asked, and what would change that
};
struct NoPool {  // asking again never helps
  std::string reason;
};
using Choice = std::variant<AskPools, WaitForPools, NoPool>;

Choice ChoosePools(const LadderView& view, const LadderRules& rules);

}  // namespace mayfly::sched
