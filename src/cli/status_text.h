#pragma once
// Where a run stands, for people and for programs. Pure.

#include <string>
#include <vector>

#include "cli/phase_money.h"
#include "cli/render.h"
#include "closing/checklist.h"
#include "model/run.h"

namespace mayfly::cli {

// What is told beside the snapshot; what is absent is left out.
struct StatusBeside {
  const RunMoney* money = nullptr;
  const std::vector<closing::Line>* checklist = nullptr;
};

std::string RenderStatus(const RunSnapshot& snapshot, const Paint& paint,
                         const StatusBeside& beside = {});

// Keys: docs/cli/status.md.
std::string StatusToJson(const RunSnapshot& snapshot, const StatusBeside& beside = {});

}  // namespace mayfly::cli
