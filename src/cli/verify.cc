// verify: evaluates every contract of a run again, from the data alone and as the reader. Nothing
// is recorded.

#include <fmt/format.h>

#include "cli/about_run.h"
#include "cli/judge_run.h"
#include "cli/phase_work.h"
#include "cli/verify_text.h"
#include "stages/verify_causality.h"

namespace mayfly::cli {
namespace {

// Another plan is compiled by another mayfly than the one that ran it: its verdict is about today's
// contracts. And what is not done yet cannot pass.
void TellOfDoubts(const PhasePlan& plan, const RunView& run) {
  if (!IsOver(run.state)) {
    Say(fmt::format("note: run {} is {}: what is not done cannot pass", run.id.value,
                    Name(run.state)));
  }
  if (plan.hash == run.plan_hash) return;
  Say(fmt::format(
      "note: this mayfly makes plan {} of what run {} made plan {}; it is judged by the "
      "contracts of this one",
      plan.hash, run.id.value, run.plan_hash));
}

// There is no data any more to judge from.
Error Dropped(const RunView& run) {
  return NotFound(
      fmt::format("the output of run {}, schema {}, was dropped {}, as one of more than "
                  "database.keep_runs; its verdict was {}",
                  run.id.value, run.schema, FormatInstant(*run.dropped),
                  run.verdict ? Name(*run.verdict) : "none"));
}

Result<int> RunVerifyCommand(const RunFlags& flags, const Session& session) {
  TRY_ASSIGN(OpenedRun opened, OpenRun(flags));
  ReadStore& reads = opened.ledger->reads();
  TRY_ASSIGN(RunSnapshot snapshot, reads.Load(opened.run));
  if (snapshot.run.dropped) return Dropped(snapshot.run);
  TRY_ASSIGN(StoredPlan stored, reads.LoadPlan(opened.run));
  TRY_ASSIGN(PhasePlan plan, CompileText(stored.canonical_toml, stored.findings_json));
  TellOfDoubts(plan, snapshot.run);
  TRY_ASSIGN(const PlannedStage* verify, VerifyStageOf(plan));
  TRY_ASSIGN(std::unique_ptr<DataProbe> probe, opened.ledger->Probe(opened.run));
  VerifyReport report{
      .run = opened.run, .phase = snapshot.run.phase, .assertion_stage = verify->spec.name};
  for (const PlannedStage& stage : plan.stages) {
    if (stage.skipped) {
      report.skipped.emplace_back(stage.spec.name, *stage.skipped);
    } else if (stage.shape || &stage == verify) {  // what writes nothing has nothing to judge
      report.stages.push_back(stage.spec.name);
    }
  }
  for (auto& left_out : stages::CausalityLeftOut(plan)) {
    report.skipped.push_back(std::move(left_out));
  }
  {
    std::unique_ptr<Clock> clock = MakeClock();
    StepProgress progress(session, *clock, "verifying");
    TRY_ASSIGN(report.findings, JudgeRun(plan, *probe, progress));
  }
  Print(flags.json ? VerifyToJson(report) : RenderVerify(report, PaintForOutput(session)));
  return report.verdict() == Verdict::kPass ? 0 : ExitCode(ErrorKind::kCorrupt);
}

}  // namespace

void AddVerify(CLI::App& app, Session& session) {
  auto flags = std::make_shared<RunFlags>();
  CLI::App* command = app.add_subcommand(
      "verify",
      "Evaluate every contract of a run again, from the data alone; exit 8 unless all hold");
  AddRunArgument(*command, *flags);
  AddJsonFlag(*command, *flags);
  command->callback([flags, &session] {
    session.chosen = [flags, &session] { return RunVerifyCommand(*flags, session); };
  });
}

}  // namespace mayfly::cli
