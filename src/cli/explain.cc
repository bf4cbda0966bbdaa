// explain: why a task is where it is.

#include <fmt/format.h>

#include "cli/about_run.h"
#include "cli/task_text.h"

namespace mayfly::cli {
namespace {

struct Flags {
  RunFlags run;
  std::string task;
};

Result<int> RunExplainCommand(const Flags& flags, const Session& session) {
  TRY_ASSIGN(OpenedRun opened, OpenRun(flags.run));
  TRY_ASSIGN(TaskStory story, opened.ledger->reads().Explain(opened.run, flags.task));
  TRY_ASSIGN(RunSnapshot snapshot, opened.ledger->reads().Load(opened.run));
  if (snapshot.run.dropped) {
    Say(fmt::format("note: the output of run {}, schema {}, was dropped {}", opened.run.value,
                    snapshot.run.schema, FormatInstant(*snapshot.run.dropped)));
  }
  Print(flags.run.json ? StoryToJson(snapshot, story)
                       : RenderStory(snapshot, story, PaintForOutput(session)));
  return 0;
}

}  // namespace

void AddExplain(CLI::App& app, Session& session) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command =
      app.add_subcommand("explain", "Why a task is where it is: needs, attempts, errors, events");
  command->add_option("TASK", flags->task, "its number, or stage@point such as load@eurusd")
      ->required();
  AddRunOption(*command, flags->run);
  AddJsonFlag(*command, flags->run);
  command->callback([flags, &session] {
    session.chosen = [flags, &session] { return RunExplainCommand(*flags, session); };
  });
}

}  // namespace mayfly::cli
