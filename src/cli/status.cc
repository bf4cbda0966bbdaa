// status: where a run stands.

#include "cli/about_run.h"
#include "cli/closing_report.h"
#include "cli/status_text.h"

namespace mayfly::cli {
namespace {

Result<int> RunStatusCommand(const RunFlags& flags, const Session& session) {
  TRY_ASSIGN(OpenedRun opened, OpenRun(flags));
  TRY_ASSIGN(RunSnapshot snapshot, opened.ledger->reads().Load(opened.run));
  TRY_ASSIGN(RunMoney money, LoadMoney(*opened.ledger, snapshot));
  TRY_ASSIGN(const std::vector<closing::Line> checklist, LoadChecklist(*opened.ledger, snapshot));
  const StatusBeside beside{&money, &checklist};
  Print(flags.json ? StatusToJson(snapshot, beside)
                   : RenderStatus(snapshot, PaintForOutput(session), beside));
  return 0;
}

}  // namespace

void AddStatus(CLI::App& app, Session& session) {
  auto flags = std::make_shared<RunFlags>();
  CLI::App* command =
      app.add_subcommand("status", "Where a run stands: its stages, machines and verdict");
  AddRunArgument(*command, *flags);
  AddJsonFlag(*command, *flags);
  command->callback([flags, &session] {
    session.chosen = [flags, &session] { return RunStatusCommand(*flags, session); };
  });
}

}  // namespace mayfly::cli
