#pragma once
// What the source of a point has, counted once for all the stages that read it: rows, and rows at
// which a column has a value by its rule. Internal to verification.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "contract/contract.h"
#include "model/plan.h"
#include "seams/run_data.h"

namespace mayfly::stages {

// The leaves of a stage that belong to a point: those that the plan gave to its tasks there.
std::vector<Leaf> LeavesAt(const PhasePlan& plan, std::size_t stage, const Point& point);

// The rule by which a promised column has its values; nothing is promised without inputs.
WindowRule RuleOf(const contract::ColumnPromise& promise);

class SourceCounts {
 public:
  // All must outlive this.
  SourceCounts(const PhasePlan& plan, const Point& point, DataProbe& probe)
      : plan_(plan), point_(point), probe_(probe) {}

  // Reads the source of a stage, unless it was read for another one. A stage that promises nothing
  // of a source has none.
  Status Count(const PlannedStage& stage);

  // After Count; absent where the stage has no source, or the rule no inputs.
  std::optional<std::int64_t> Rows(const PlannedStage& stage, const Leaf& leaf) const;
  std::optional<std::int64_t> Due(const PlannedStage& stage, const Leaf& leaf,
                                  const WindowRule& rule) const;

 private:
  struct Counted {
    SourceQuestion question;
    std::vector<SourceAnswer> answers;
  };
  SourceQuestion AskAbout(const LoadSpec& bars) const;
  const SourceAnswer* Find(const PlannedStage& stage, const Leaf& leaf) const;

  const PhasePlan& plan_;
  const Point& point_;
  DataProbe& probe_;
  std::map<std::string, Counted> counted_;  // by the table of the bars
};

}  // namespace mayfly::stages
