#pragma once
// The cap: what the machines of a run may cost together. It counts what mayfly can end (compute,
// disk, address) and nothing else; the rest of a quote stands beside it.
//
// I11. Every machine is born with a deadline of its own that the cap can pay at the highest price
// the machine can be billed, together with all that is spent and with what every other living
// machine may still cost by its own deadline, less a reserve for what happens late: a drain, a
// launch that was slow, an end that nobody was there to order. So the cap holds with every
// controller dead.

#include <optional>
#include <string>

#include "cost/meter.h"

namespace mayfly::cost {

struct CapRules {
  Money cap;
  Duration reserve{};     // of each machine, beyond its deadline
  Duration least_life{};  // a machine that may live less is not worth asking for
};

// The most that a machine of this offer costs in an hour, disk and address with it.
Rate HighestRate(const Offer& offer, const std::vector<PriceChange>& prices);

// What is spent, and what living machines may still cost until their deadlines and the reserve.
Result<Money> Committed(const Facts& facts, Duration reserve);

// How long the next machine may live, where up to `share` machines are still to be launched and
// each gets the same; fewer of them where the cap does not pay for all. Absent: nothing bounds it,
// at that price. Zero: the cap is used up.
Result<std::optional<Duration>> NextMayLive(const Facts& facts, const Offer& next, int share,
                                            const CapRules& rules);

// From now on, the longest that a machine that lives may be kept: every other one until its own
// deadline and this one until then, each at its highest price and with the reserve, is what the cap
// pays for. Absent: it costs nothing. Zero: no time at all. Its own deadline bounds it as well
// (I11).
Result<std::optional<Duration>> MayBeHeld(const Facts& facts, MachineId machine,
                                          const CapRules& rules);

// Work that is left, as far as canaries tell.
struct RestOfWork {
  Duration slot_time{};  // summed over slots
  int slots = 1;         // of one machine
};

// Why the run should drain: what is spent, and the rest at today's price, comes to more than the
// cap.
std::optional<std::string> FindCrossing(const Account& spent, const RestOfWork& rest, Rate hourly,
                                        Money cap);

}  // namespace mayfly::cost
