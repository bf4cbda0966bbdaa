#include "model/run.h"

#include <algorithm>

namespace mayfly {

TaskCounts RunSnapshot::Totals() const {
  TaskCounts sum;
  for (const StageView& stage : stages) {
    sum.blocked += stage.tasks.blocked;
    sum.ready += stage.tasks.ready;
    sum.leased += stage.tasks.leased;
    sum.done += stage.tasks.done;
    sum.quarantined += stage.tasks.quarantined;
    sum.skipped += stage.tasks.skipped;
  }
  return sum;
}

Verdict Conclude(const std::vector<Finding>& findings) {
  bool all_pass = std::all_of(findings.begin(), findings.end(), [](const Finding& finding) {
    return finding.verdict == Verdict::kPass;
  });
  if (findings.empty()) return Verdict::kCannotTell;
  return all_pass ? Verdict::kPass : Verdict::kFail;
}

}  // namespace mayfly
