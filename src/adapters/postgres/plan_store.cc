#include "adapters/postgres/plan_store.h"

#include "adapters/postgres/migrate.h"
#include "adapters/postgres/queries.gen.h"

namespace mayfly::postgres {

PgPlanStore::PgPlanStore(std::string conninfo)
    : session_(std::move(conninfo), {.application_name = "mayfly plan", .role = kController}) {}

Status PgPlanStore::Keep(const PhasePlan& plan) {
  CHECK(plan.quote.has_value(), "a plan is shown with a quote");
  Params params;
  params.Add(plan.hash).Add(plan.core).Add(plan.spec.name).Add(QuoteToJson(*plan.quote));
  TRY(session_.Write(sql::kKeepPlan, params));
  return {};
}

Result<std::optional<KeptPlan>> PgPlanStore::Find(const std::string& hash) {
  TRY_ASSIGN(Rows rows, session_.Read(sql::kFindKeptPlan, Params().Add(hash)));
  if (rows.size() == 0) return std::optional<KeptPlan>();
  TRY_ASSIGN(Quote quote, QuoteFromJson(rows.Text(0, 1)));
  return std::optional<KeptPlan>(KeptPlan{hash, std::string(rows.Text(0, 0)), std::move(quote)});
}

}  // namespace mayfly::postgres
