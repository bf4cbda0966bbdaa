#include "model/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <variant>

#include "base/text.h"

namespace mayfly {
namespace {

std::int64_t MonthNumber(Instant instant) {
  std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(instant));
  return std::int64_t{static_cast<int>(date.year())} * 12 + static_cast<unsigned>(date.month());
}

}  // namespace

std::int64_t PairBars::rows() const {
  return std::accumulate(by_month.begin(), by_month.end(), std::int64_t{0});
}

std::int64_t PairBars::RowsIn(const std::optional<Instant>& begin,
                              const std::optional<Instant>& end) const {
  if (!first) return 0;
  // Where the month that a bound begins is in the list.
  auto at = [&](const std::optional<Instant>& bound, std::int64_t otherwise) {
    std::int64_t place = bound ? MonthNumber(*bound) - MonthNumber(*first) : otherwise;
    return std::clamp<std::int64_t>(place, 0, std::ssize(by_month));
  };
  std::int64_t from = at(begin, 0), to = at(end, std::ssize(by_month));
  return std::accumulate(by_month.begin() + from, by_month.begin() + std::max(from, to),
                         std::int64_t{0});
}

const PairBars* LoadFindings::Find(std::string_view pair) const {
  auto found = std::ranges::find(pairs, pair, &PairBars::pair);
  return found == pairs.end() ? nullptr : &*found;
}

const LoadFindings* Findings::FindLoad(std::string_view stage) const {
  auto found = std::ranges::find(loads, stage, &LoadFindings::stage);
  return found == loads.end() ? nullptr : &*found;
}

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
