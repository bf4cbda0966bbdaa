// cost: the account of a run.

#include "cli/about_run.h"
#include "cli/money_text.h"

namespace mayfly::cli {
namespace {

struct Flags {
  RunFlags run;
  bool markdown = false;
};

Result<int> RunCostCommand(const Flags& flags, const Session& session) {
  if (flags.markdown && flags.run.json) {
    return Invalid("cost prints one form: either --json or --markdown");
  }
  TRY_ASSIGN(OpenedRun opened, OpenRun(flags.run));
  TRY_ASSIGN(RunSnapshot snapshot, opened.ledger->reads().Load(opened.run));
  TRY_ASSIGN(RunMoney money, LoadMoney(*opened.ledger, snapshot));
  if (flags.run.json) {
    Print(AccountToJson(snapshot, money));
  } else if (flags.markdown) {
    Print(AccountToMarkdown(snapshot, money));
  } else {
    Print(RenderAccount(snapshot, money, PaintForOutput(session)));
  }
  return 0;
}

}  // namespace

void AddCost(CLI::App& app, Session& session) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand(
      "cost",
      "The account of a run: what it cost by line, machine, stage and tag, beside its quote");
  AddRunArgument(*command, flags->run);
  AddJsonFlag(*command, flags->run);
  command->add_flag("--markdown", flags->markdown, "for documents");
  command->callback([flags, &session] {
    session.chosen = [flags, &session] { return RunCostCommand(*flags, session); };
  });
}

}  // namespace mayfly::cli
