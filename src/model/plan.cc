#include "model/plan.h"

#include <fmt/format.h>

#include <map>
#include <variant>

#include "base/text.h"

namespace mayfly {

std::size_t PhasePlan::LeafCount() const {
  std::size_t count = 0;
  for (const PlannedTask& task : tasks) count += task.leaves.size();
  return count;
}

const PlannedStage* PhasePlan::FindStage(std::string_view name) const {
  for (const PlannedStage& stage : stages) {
    if (stage.spec.name == name) return &stage;
  }
  return nullptr;
}

std::string ApprovedHash(std::string_view core, std::string_view bundle, Money upper_bound) {
  if (bundle.empty() && upper_bound == Money{}) return std::string(core);
  std::string text = fmt::format("{}\n{}\n{}", core, bundle, upper_bound.micro_usd);
  return fmt::format("{:012x}", Fnv1a(text) & 0xFFFFFFFFFFFFULL);
}

void AttachQuote(PhasePlan& plan, Quote quote, std::string bundle) {
  plan.hash = ApprovedHash(plan.core, bundle, quote.high);
  plan.bundle = std::move(bundle);
  plan.quote = std::move(quote);
}

std::vector<std::int64_t> BatchesOf(const PhasePlan& plan) {
  std::map<std::string, std::int64_t> shared;
  std::vector<std::int64_t> batches;
  std::int64_t next = 0;
  for (const PlannedTask& task : plan.tasks) {
    const StageSpec& stage = plan.stages[task.stage].spec;
    std::string key;
    if (std::holds_alternative<FeaturesSpec>(stage.kind)) key = "point " + task.point.Key();
    if (std::holds_alternative<SqlSpec>(stage.kind)) key = "stage " + stage.name;
    std::int64_t batch = key.empty() ? next : shared.try_emplace(key, next).first->second;
    if (batch == next) ++next;
    batches.push_back(batch);
  }
  return batches;
}

}  // namespace mayfly
