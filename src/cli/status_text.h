#pragma once
// Where a run stands, for people and for programs. Pure.

#include <string>

#include "cli/phase_money.h"
#include "cli/render.h"
#include "model/run.h"

namespace mayfly::cli {

// Without its money, that is left out.
std::string RenderStatus(const RunSnapshot& snapshot, const Paint& paint,
                         const RunMoney* money = nullptr);

// Keys: docs/cli/status.md.
std::string StatusToJson(const RunSnapshot& snapshot, const RunMoney* money = nullptr);

}  // namespace mayfly::cli
