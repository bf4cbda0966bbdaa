#pragma once
// `run --only STAGE@POINT --dry`: one task and what it needs, run as any run is (ledger, machine,
// slots), shown, judged, and dropped again. For writing a stage.

#include <string>

#include "base/result.h"
#include "cli/drive.h"
#include "model/plan.h"

namespace mayfly::cli {

struct TryFlags {
  std::string task;
  bool json = false;
};

// The exit code: 0 if the task is done and its checks pass, 8 if not, 130 if it was interrupted.
Result<int> TryTask(const Drive& drive, const PhasePlan& plan, const TryFlags& flags);

}  // namespace mayfly::cli
