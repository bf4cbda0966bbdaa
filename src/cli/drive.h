#pragma once
// Drives a run from where it stands to where it rests, as its controller: `run` and its tries.

#include <optional>
#include <string>

#include "base/result.h"
#include "cli/command.h"
#include "cli/world.h"
#include "controller/controller.h"
#include "model/phase_spec.h"
#include "model/run.h"

namespace mayfly::cli {

// Everything that driving a run needs; all of it outlives the drive.
struct Drive {
  Host& host;
  Ledger& ledger;
  Provider& provider;
  const PhaseSpec& spec;
  const Session& session;
  std::optional<Duration> interrupt_after;
  bool only_tries = false;             // the run is a slice that is tried and never judged
  ControllerObserver* also = nullptr;  // watches beside the progress that people see
  std::string reports;                 // folder in which closing reports are kept
};

// Ctrl-C once drains and pauses, twice stops at once. `resume`: a paused or failed run goes on.
Result<RunSnapshot> DriveRun(const Drive& drive, RunId run, bool resume);

// Ends an open run for good, so that another may start; its output is dropped.
Status CancelOpen(const Drive& drive, RunId run);

}  // namespace mayfly::cli
