// rollback: readers see the previous published run again.

#include <fmt/format.h>

#include "cli/about_run.h"

namespace mayfly::cli {
namespace {

struct Flags {
  LedgerFlags ledger;
  std::string phase;
};

Result<std::string> PhaseMeant(ReadStore& reads, const std::string& named) {
  if (!named.empty()) return named;
  TRY_ASSIGN(RunId newest, reads.NewestRun(""));
  TRY_ASSIGN(RunSnapshot snapshot, reads.Load(newest));
  return snapshot.run.phase;
}

Result<int> RunRollbackCommand(const Flags& flags) {
  TRY_ASSIGN(std::unique_ptr<Ledger> ledger, OpenNamedLedger(flags.ledger));
  TRY_ASSIGN(std::string phase, PhaseMeant(ledger->reads(), flags.phase));
  TRY_ASSIGN(RunId run, ledger->RollBack(phase));
  TRY_ASSIGN(RunSnapshot snapshot, ledger->reads().Load(run));
  Print(fmt::format("schema {} shows run {} of {} again, from {}\n", snapshot.run.reader_schema,
                    run.value, phase, snapshot.run.schema));
  return 0;
}

}  // namespace

void AddRollback(CLI::App& app, Session& session) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command =
      app.add_subcommand("rollback", "Readers see the previous published run of a phase again");
  command->add_option("PHASE", flags->phase,
                      "the phase's name, not its file (default: the phase of the newest run)");
  AddLedgerFlags(*command, flags->ledger);
  command->callback(
      [flags, &session] { session.chosen = [flags] { return RunRollbackCommand(*flags); }; });
}

}  // namespace mayfly::cli
