// run: carries the phase from plan to proof.

#include <memory>

#include "cli/closing_report.h"
#include "cli/open_provider.h"
#include "cli/phase_money.h"
#include "cli/run_phase.h"

namespace mayfly::cli {
namespace {

struct Flags {
  PhaseFlags phase;
  RunWishes wishes;
  bool local = false;
  std::string interrupt_after;
};

Status CheckTry(const RunWishes& wishes) {
  if (wishes.only.empty() && wishes.dry) {
    return Invalid("--dry tries one task; name it with --only STAGE@POINT");
  }
  if (!wishes.only.empty() && !wishes.dry) {
    return Invalid(
        "--only tries one task and publishes nothing: say so with --dry. A whole phase is run "
        "without --only");
  }
  return {};
}

Result<int> RunRunCommand(const Flags& flags, const Session& session) {
  TRY(CheckTry(flags.wishes));
  std::unique_ptr<Host> host = MakeHost();
  TRY_ASSIGN(Phase phase, LoadPhase(*host, flags.phase));
  std::optional<Duration> interrupt_after;
  if (!flags.interrupt_after.empty()) {
    TRY_ASSIGN(interrupt_after, ParseDuration(flags.interrupt_after));
  }
  TRY_ASSIGN(std::unique_ptr<Ledger> ledger, OpenLedger(phase.place));
  TRY(RememberLedger(*host, phase.place));
  TRY_ASSIGN(Provider provider,
             OpenProvider({*host, *ledger, phase.parsed.spec, phase.place, session, phase.folder}));
  TRY(provider.machines->Preflight());
  TRY_ASSIGN(PhasePlan plan, MakePlan(*host, *ledger, phase, session));
  TRY(QuotePlan(*host, *ledger, provider, plan));
  Drive drive{*host, *ledger, provider, plan.spec, session, interrupt_after};
  drive.reports = ReportFolder(phase.place);
  TRY_ASSIGN(RunEnd end, RunPhase(drive, plan, flags.wishes));
  return end.exit_code;
}

}  // namespace

void AddRun(CLI::App& app, Session& session) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand(
      "run",
      "Carry the phase from plan to proof: the same plan continues an open run and reports a "
      "closed one");
  AddPhaseFlags(*command, flags->phase);
  command->add_flag("--yes", flags->wishes.yes, "approve the plan as it is");
  command->add_option("--approve", flags->wishes.approve,
                      "approve exactly the plan with this hash");
  command->add_flag("--new", flags->wishes.start_over,
                    "start over: an open run of the phase is cancelled first");
  command->add_flag("--local", flags->local, "on this computer, whatever provider the file names");
  command->add_option("--interrupt-after", flags->interrupt_after,
                      "rehearse an interruption: the first machine is told so long after its birth "
                      "that it will be taken away");
  command->add_option("--only", flags->wishes.only,
                      "with --dry: this task alone and what it needs, such as load@eurusd");
  command->add_flag("--dry", flags->wishes.dry,
                    "try the task of --only on a machine: show its rows and checks, keep nothing");
  command->add_flag("--json", flags->wishes.json, "the closing report for programs");
  command->callback([flags, &session] {
    if (flags->local) flags->phase.sets.emplace_back("machines.provider=local");
    session.chosen = [flags, &session] { return RunRunCommand(*flags, session); };
  });
}

}  // namespace mayfly::cli
