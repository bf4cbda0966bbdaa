#pragma once
// A phase carried from plan to proof on some provider: what `run` and `rehearse` have in common.

#include <optional>
#include <string>

#include "cli/drive.h"
#include "cli/phase_work.h"

namespace mayfly::cli {

// What whoever typed the command wants of the run.
struct RunWishes {
  bool yes = false;
  std::string approve;  // exactly the plan with this hash
  bool start_over = false;
  bool json = false;
  std::string only;  // STAGE@POINT, with dry
  bool dry = false;
};

struct RunEnd {
  int exit_code = 0;
  std::optional<RunSnapshot> snapshot;  // absent: it was only a try
};

// Needs a plan with its quote. Shows it, has it approved, continues or starts the run, drives it to
// its rest and prints the report.
Result<RunEnd> RunPhase(const Drive& drive, PhasePlan plan, const RunWishes& wishes);

}  // namespace mayfly::cli
