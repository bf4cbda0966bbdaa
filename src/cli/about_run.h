#pragma once
// What the commands about an existing run have in common: which run is meant, and its ledger.

#include <memory>
#include <string>

#include "base/result.h"
#include "cli/command.h"
#include "cli/render.h"
#include "cli/world.h"

namespace mayfly::cli {

struct RunFlags {
  LedgerFlags ledger;
  std::string run;  // a number, or a phase whose newest run is meant; empty: the newest of all
  bool json = false;
};

// RUN as an argument of the command, or as --run where the argument is something else; and the
// flags of the ledger.
void AddRunArgument(CLI::App& command, RunFlags& flags);
void AddRunOption(CLI::App& command, RunFlags& flags);
void AddJsonFlag(CLI::App& command, RunFlags& flags);

struct OpenedRun {
  std::unique_ptr<Ledger> ledger;
  Place place;
  RunId run;
};

// Opens the ledger and finds the run. kNotFound says how to name the ledger, or start a run.
Result<OpenedRun> OpenRun(const RunFlags& flags);

// The ledger alone.
Result<std::unique_ptr<Ledger>> OpenNamedLedger(const LedgerFlags& flags);

// Colours on stdout: only on a terminal, and not where NO_COLOR says otherwise.
Paint PaintForOutput(const Session& session);

// A count that is drawn over itself on a terminal, and told every other second elsewhere; nothing
// is said in the first two seconds.
class StepProgress {
 public:
  StepProgress(const Session& session, Clock& clock, std::string what);
  ~StepProgress();
  StepProgress(const StepProgress&) = delete;
  StepProgress& operator=(const StepProgress&) = delete;

  void Tell(std::size_t done, std::size_t of, const std::string& at);

 private:
  bool draws_;
  bool drew_ = false;
  Clock& clock_;
  Duration told_;
  std::string what_;
};

}  // namespace mayfly::cli
