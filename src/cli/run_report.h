#pragma once
// The closing account of a run: stages, rows, rates, checks, machines, proof.

#include <string>
#include <vector>

#include "base/result.h"
#include "cli/world.h"
#include "closing/checklist.h"
#include "model/run.h"

namespace mayfly::cli {

// `checklist`: the run's.
Result<std::string> RenderRunReport(Ledger& ledger, const RunSnapshot& snapshot,
                                    const std::vector<closing::Line>& checklist, bool json);

}  // namespace mayfly::cli
