#pragma once
// Plans that were shown to somebody, by their hash, until one of them is approved.

#include <optional>
#include <string>

#include "base/result.h"
#include "model/plan.h"

namespace mayfly {

struct KeptPlan {
  std::string hash, core;
  Quote quote;
};

class PlanStore {
 public:
  virtual ~PlanStore() = default;

  // Needs a plan with a quote. The same hash again replaces what was kept: prices of the minute may
  // differ below the same upper bound.
  virtual Status Keep(const PhasePlan& plan) = 0;

  virtual Result<std::optional<KeptPlan>> Find(const std::string& hash) = 0;
};

}  // namespace mayfly
