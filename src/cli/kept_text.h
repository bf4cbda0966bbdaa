#pragma once
// What a run keeps or holds up beside its machines, for people and for programs. Pure.

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <vector>

#include "model/run.h"

namespace mayfly::cli {

// A word and a sentence for each: {"disk", "snap-1 of machine 2, complete, …"}.
std::vector<std::pair<std::string, std::string>> KeptFacts(const RunSnapshot& snapshot);

// {"disk": null or {…}, "floors": […]}.
nlohmann::ordered_json JsonOfKept(const RunSnapshot& snapshot);

}  // namespace mayfly::cli
