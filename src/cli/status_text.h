#pragma once
// Where a run stands, for people and for programs. Pure.

#include <string>

#include "cli/render.h"
#include "model/run.h"

namespace mayfly::cli {

std::string RenderStatus(const RunSnapshot& snapshot, const Paint& paint);

// Keys: docs/cli/status.md.
std::string StatusToJson(const RunSnapshot& snapshot);

}  // namespace mayfly::cli
