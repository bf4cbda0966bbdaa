#include "cli/open_provider.h"
#include "cli/phase_money.h"
#include "cli/phase_work.h"

namespace mayfly::cli {
namespace {

struct Flags {
  PhaseFlags phase;
  bool json = false;
};

Result<int> RunPlanCommand(const Flags& flags, const Session& session) {
  std::unique_ptr<Host> host = MakeHost();
  TRY_ASSIGN(Phase phase, LoadPhase(*host, flags.phase));
  TRY_ASSIGN(std::unique_ptr<Ledger> ledger, OpenLedger(phase.place));
  TRY(RememberLedger(*host, phase.place));
  TRY_ASSIGN(PhasePlan plan, MakePlan(*host, *ledger, phase, session));
  TRY_ASSIGN(Provider provider,
             OpenProvider({*host, *ledger, phase.parsed.spec, phase.place, session, phase.folder}));
  TRY(provider.machines->Preflight());
  TRY(QuotePlan(*host, *ledger, provider, plan));
  TRY(ledger->plans().Keep(plan));
  Print(flags.json ? PlanToJson(plan) : RenderPlan(plan));
  return 0;
}

}  // namespace

void AddPlan(CLI::App& app, Session& session) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand(
      "plan", "Read the data, check everything that can be known before paying, print the plan");
  AddPhaseFlags(*command, flags->phase);
  command->add_flag("--json", flags->json, "for programs");
  command->callback([flags, &session] {
    session.chosen = [flags, &session] { return RunPlanCommand(*flags, session); };
  });
}

}  // namespace mayfly::cli
