#pragma once
// The money of a simulated life: what its cloud charges, what its run may spend, and whether the
// meter agrees with the cloud's own bill (I11).

#include <optional>
#include <string>
#include <vector>

#include "base/rng.h"
#include "controller/purse.h"
#include "cost/meter.h"
#include "sim/memory_prices.h"
#include "sim/sim_market.h"
#include "sim/world/scene.h"

namespace mayfly::sim {

struct MoneyFate {
  Offer offer;  // of the first pool; the others are as dear at most
  std::vector<sched::Rung> rungs;
  SimMarket market;
  std::vector<PriceChange> fixed;  // of disk and address
  std::optional<Money> cap;
  PriceWeather weather;
};

MoneyFate DrawMoney(Rng& rng);

// The price source of a life: everything that its market will do, each when its time has come.
void FillPrices(MemoryPrices& prices, const MoneyFate& money, const VirtualTime& time);

// Beyond its deadline by the ledger, a machine has this much until somebody or something ends it.
inline constexpr Duration kCapReserve = seconds(60);

// A machine that the cap pays for less of is not asked for.
inline constexpr Duration kLeastLife = seconds(20);

// What all machines of the life have cost by the cloud's own bill.
Money OwedSoFar(const Scene& scene, const MoneyFate& money);

// I11, each answering what is wrong: the bill is never beyond the cap by more than a billing unit
// of each machine; nor beyond what the meter says, given the prices; a run that its cap stopped had
// too little left for a machine; and in the end bill and meter are the same.
std::optional<std::string> FindBeyondCap(const Scene& scene, const MoneyFate& money);
std::optional<std::string> FindBehind(const Scene& scene, const MoneyFate& money);
std::optional<std::string> WhyNotCapped(const Scene& scene, const MoneyFate& money);
std::optional<std::string> FindDifference(const Scene& scene, const MoneyFate& money,
                                          const cost::Facts& facts);

}  // namespace mayfly::sim
