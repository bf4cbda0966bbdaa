#pragma once
// What a hold is to people and programs: how long still, at what price, of how much money. Pure.

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "base/money.h"
#include "model/run.h"

namespace mayfly::cli {

// "machine 3 is held until 04:10:00 UTC (29 min 0 s), at 0.51 USD/h: at most 0.26 USD of the 2.10
// USD left". `left`: of the cap, where there is one. Empty where the machine is not held.
std::string HoldInALine(const MachineView& machine, const RunSnapshot& snapshot,
                        const std::optional<Money>& left);

// The wish that no machine was held for yet: "30 min asked by ann@host: promised, …"; empty: none.
std::string WishInALine(const RunSnapshot& snapshot);

// null where the machine is not held, or nothing is wished.
nlohmann::ordered_json JsonOfHold(const MachineView& machine, const RunSnapshot& snapshot);
nlohmann::ordered_json JsonOfWish(const RunSnapshot& snapshot);

}  // namespace mayfly::cli
