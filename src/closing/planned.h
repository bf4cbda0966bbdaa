#pragma once
// How long a quote said that the machines would work. Pure.

#include <optional>
#include <string_view>

#include "base/time.h"
#include "model/quote.h"

namespace mayfly::closing {

// Of all machines together; absent: it was not measured, or is said in no known way.
std::optional<Duration> PlannedMachineTime(const Quote& quote);

// What HumanDuration wrote, to the precision that it wrote: "41 min 10 s".
std::optional<Duration> ReadHumanDuration(std::string_view text);

}  // namespace mayfly::closing
