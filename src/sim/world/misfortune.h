#pragma once
// What befalls a simulated life, drawn from its seed before it begins.

#include <string_view>
#include <vector>

#include "base/rng.h"
#include "sim/world/operators.h"
#include "sim/world/scene.h"

namespace mayfly::sim {

enum class Misfortune {
  kSlotKilled,
  kSlotStopped,
  kSlotHangs,
  kSupervisorKilled,
  kSupervisorHangs,
  kMachineVanishes,
  kMachineStalls,
  kMachineCutOff,
  kMachineTakenAway,
  kControllerKilled,
  kControllerStalls,
  kRivalController,
  kDatabaseRestarts,
  kOperatorPauses,
  kOperatorCancels,
  kNobodyIsThere,
  kNoControllerIsThere,
};

std::string_view Name(Misfortune what);

struct Incident {
  Duration at{};
  Misfortune what = Misfortune::kSlotKilled;
  Duration lasts{};  // where it lasts
};

// Everything about a life but its phase.
struct Fate {
  int machines = 1, slots = 1, group = 1, replacements = 8;
  CallWeather calls;
  CloudWeather clouds;
  std::vector<Incident> incidents;
  std::vector<OperatorAct> operators;
  Duration silence = minutes(5);  // that a machine bears
  bool operator_mends = false;    // what failed for good works from the next `run` on
};

// From then on nothing goes wrong any more, and the run must come to rest.
inline constexpr Duration kClearsUp = minutes(3);

Fate DrawFate(Rng& rng);

}  // namespace mayfly::sim
