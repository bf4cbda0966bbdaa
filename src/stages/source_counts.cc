#include "stages/source_counts.h"

#include <algorithm>

#include "stages/verify.h"

namespace mayfly::stages {
namespace {

// Where the rows of a stage come from; nothing for what users compute themselves.
const LoadSpec* BarsOf(const PhasePlan& plan, const PlannedStage& stage) {
  if (const auto* load = std::get_if<LoadSpec>(&stage.spec.kind)) return load;
  const auto* features = std::get_if<FeaturesSpec>(&stage.spec.kind);
  if (features == nullptr) return nullptr;
  return &std::get<LoadSpec>(plan.FindStage(features->bars)->spec.kind);
}

bool HasSameBounds(const Leaf& a, const Leaf& b) { return a.begin == b.begin && a.end == b.end; }

void AddOnce(std::vector<WindowRule>& rules, const WindowRule& rule) {
  if (std::find(rules.begin(), rules.end(), rule) == rules.end()) rules.push_back(rule);
}

void AddOnce(std::vector<Leaf>& leaves, const Leaf& leaf) {
  bool known = std::any_of(leaves.begin(), leaves.end(),
                           [&](const Leaf& other) { return HasSameBounds(other, leaf); });
  if (!known) leaves.push_back(leaf);
}

}  // namespace

// The leaves of a stage that belong to a point: those that the plan gave to its tasks there.
std::vector<Leaf> LeavesAt(const PhasePlan& plan, std::size_t stage, const Point& point) {
  std::vector<Leaf> leaves;
  for (const PlannedTask& task : plan.tasks) {
    if (task.stage != stage || !task.point.Meets(point)) continue;
    leaves.insert(leaves.end(), task.leaves.begin(), task.leaves.end());
  }
  // The tasks of a stage begin with its canary; its leaves are looked at in the order of time.
  std::ranges::stable_sort(leaves, {}, &Leaf::begin);
  return leaves;
}

WindowRule RuleOf(const contract::ColumnPromise& promise) {
  return {promise.inputs, promise.lookback, promise.null_when_flat};
}

// Every leaf and every rule of the stages that read these bars, once.
SourceQuestion SourceCounts::AskAbout(const LoadSpec& bars) const {
  SourceQuestion question{bars.table, "ts", {}, {}, {}};
  if (auto pair = point_.Label(kPairDimension)) {
    question.equals.emplace_back(kPairDimension, *pair);
  }
  for (std::size_t i = 0; i < plan_.stages.size(); ++i) {
    const PlannedStage& stage = plan_.stages[i];
    const LoadSpec* read = stage.skipped ? nullptr : BarsOf(plan_, stage);
    if (read == nullptr || read->table != bars.table) continue;
    for (const Leaf& leaf : LeavesAt(plan_, i, point_)) AddOnce(question.leaves, leaf);
    for (const contract::ColumnPromise& column : ContractOf(stage).columns) {
      if (!column.inputs.empty()) AddOnce(question.rules, RuleOf(column));
    }
  }
  return question;
}

Status SourceCounts::Count(const PlannedStage& stage) {
  const LoadSpec* bars = BarsOf(plan_, stage);
  if (bars == nullptr || counted_.contains(bars->table)) return {};
  Counted counted{AskAbout(*bars), {}};
  TRY_ASSIGN(counted.answers, probe_.CountSource(counted.question));
  counted_.emplace(bars->table, std::move(counted));
  return {};
}

const SourceAnswer* SourceCounts::Find(const PlannedStage& stage, const Leaf& leaf) const {
  const LoadSpec* bars = BarsOf(plan_, stage);
  auto counted = bars == nullptr ? counted_.end() : counted_.find(bars->table);
  if (counted == counted_.end()) return nullptr;
  const std::vector<Leaf>& leaves = counted->second.question.leaves;
  auto found = std::find_if(leaves.begin(), leaves.end(),
                            [&](const Leaf& other) { return HasSameBounds(other, leaf); });
  auto at = static_cast<std::size_t>(found - leaves.begin());
  return at < counted->second.answers.size() ? &counted->second.answers[at] : nullptr;
}

std::optional<std::int64_t> SourceCounts::Rows(const PlannedStage& stage, const Leaf& leaf) const {
  const SourceAnswer* answer = Find(stage, leaf);
  return answer == nullptr ? std::nullopt : std::optional(answer->rows);
}

std::optional<std::int64_t> SourceCounts::Due(const PlannedStage& stage, const Leaf& leaf,
                                              const WindowRule& rule) const {
  const SourceAnswer* answer = Find(stage, leaf);
  if (answer == nullptr || rule.inputs.empty()) return std::nullopt;
  const std::vector<WindowRule>& rules = counted_.at(BarsOf(plan_, stage)->table).question.rules;
  auto found = std::find(rules.begin(), rules.end(), rule);
  CHECK(found != rules.end(), "a rule was asked about that no stage of these bars has");
  return answer->non_null[static_cast<std::size_t>(found - rules.begin())];
}

}  // namespace mayfly::stages
