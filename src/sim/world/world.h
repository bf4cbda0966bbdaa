#pragma once
// One simulated life: a seed becomes a phase, machines, weather and misfortunes, and the real loops
// carry the run through them on virtual time. After every step that may have changed something the
// invariants are asserted; at the end the run is at rest for a reason that holds, and nothing is
// left.

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "sim/world/invariants.h"
#include "sim/world/keeping.h"
#include "sim/world/misfortune.h"
#include "sim/world/money.h"
#include "sim/world/random_phase.h"
#include "sim/world/scene.h"
#include "sim/world/sim_controller.h"
#include "sim/world/sim_machine.h"

namespace mayfly::sim {

struct LifeOptions {
  LedgerChecks checks;                              // test-only: which are on
  std::function<void(Duration, std::string)> tell;  // hears the story, if anybody does
  // Test-only: plants a defect in what the meter is given, or in how a controller counts.
  std::function<void(cost::Facts&)> spoil_meter;
  std::function<void(PurseOptions&)> spoil_purse;
  std::function<void(KeepingOptions&)> spoil_keeping;
  // Test-only: has the last word on what befalls the life, and on its money.
  std::function<void(Fate&, MoneyFate&)> shape;
  std::function<void(KeepingFate&)> shape_keeping;
};

struct LifeResult {
  std::uint64_t trace = 0;  // the same seed gives the same
  std::optional<Violation> violation;
  LifeFigures figures;
  RunState state = RunState::kApproved;
  Duration lasted{};
  Money billed;            // by the cloud
  bool is_capped = false;  // it ended because its cap was used up
};

// Deterministic in the seed. Needs a few milliseconds and no more memory than a few megabytes.
LifeResult Live(std::uint64_t seed, const LifeOptions& options = {});

}  // namespace mayfly::sim
