#pragma once
// The closing account of a run: stages, rows, rates, checks, machines, proof.

#include <string>

#include "base/result.h"
#include "cli/world.h"
#include "model/run.h"

namespace mayfly::cli {

Result<std::string> RenderRunReport(Ledger& ledger, const RunSnapshot& snapshot, bool json);

}  // namespace mayfly::cli
