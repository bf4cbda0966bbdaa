// report: the closing report of a run, from the ledger alone.

#include <nlohmann/json.hpp>

#include "cli/about_run.h"
#include "cli/closing_report.h"

namespace mayfly::cli {
namespace {

struct Flags {
  RunFlags run;
  bool markdown = false;  // which is what is printed without it, too
};

Result<int> RunReportCommand(const Flags& flags) {
  if (flags.markdown && flags.run.json) {
    return Invalid("report prints one form: either --json or --markdown");
  }
  TRY_ASSIGN(OpenedRun opened, OpenRun(flags.run));
  TRY_ASSIGN(const RunSnapshot snapshot, opened.ledger->reads().Load(opened.run));
  TRY_ASSIGN(const closing::Report report, LoadClosingReport(*opened.ledger, snapshot));
  Print(flags.run.json ? DumpJson(closing::ReportToJson(report))
                       : closing::ReportToMarkdown(report));
  return 0;
}

}  // namespace

void AddReport(CLI::App& app, Session& session) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand(
      "report",
      "The closing report of a run: its termination checklist, and what was planned beside what "
      "came of it");
  AddRunArgument(*command, flags->run);
  AddJsonFlag(*command, flags->run);
  command->add_flag("--markdown", flags->markdown, "for people and documents (the default)");
  command->callback(
      [flags, &session] { session.chosen = [flags] { return RunReportCommand(*flags); }; });
}

}  // namespace mayfly::cli
