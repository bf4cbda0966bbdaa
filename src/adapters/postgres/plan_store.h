#pragma once
// Plans that were shown, in the ledger.

#include <string>

#include "adapters/postgres/session.h"
#include "seams/plan_store.h"

namespace mayfly::postgres {

// One session; not thread-safe.
class PgPlanStore final : public PlanStore {
 public:
  explicit PgPlanStore(std::string conninfo);

  Status Keep(const PhasePlan& plan) override;
  Result<std::optional<KeptPlan>> Find(const std::string& hash) override;

 private:
  Session session_;
};

}  // namespace mayfly::postgres
