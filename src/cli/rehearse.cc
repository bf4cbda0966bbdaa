// rehearse: the whole life of a phase on a simulated EC2, with real processes and a throw-away
// database.

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/closing_report.h"
#include "cli/money_text.h"
#include "cli/open_provider.h"
#include "cli/phase_money.h"
#include "cli/rehearsal.h"
#include "cli/run_phase.h"
#include "cli/sample_files.h"
#include "cli/work_folder.h"

namespace mayfly::cli {
namespace {

struct Flags {
  PhaseFlags phase;
  RunWishes wishes;
  std::string faults;  // a script instead of the usual ones
};

// Everything of a rehearsal, in the order in which it is made, so that it ends the other way round.
struct Stage {
  std::unique_ptr<Host> host;
  WorkFolder folder;
  std::unique_ptr<HttpClient> http;
  Phase phase;
  std::unique_ptr<Ledger> ledger;
  std::unique_ptr<SimulatedCloud> cloud;
};

Status WriteBars(Host& host, const std::string& folder) {
  const bars::SampleOptions options{.pairs = 3, .from = "2024-07", .to = "2024-08", .every = "1m"};
  TRY_ASSIGN(const bars::SampleSpec spec, bars::MakeSampleSpec(options));
  const auto step = [](std::size_t, std::size_t, std::string_view) { return Status(); };
  TRY(WriteSample(host.files(), spec, folder, /*gzip=*/false, step));
  return {};
}

// The phase as it is, then turned to the simulated cloud.
Result<Phase> TurnPhase(Host& host, const Flags& flags, const std::string& folder) {
  PhaseFlags turned = flags.phase;
  turned.state_dir = folder + "/state";
  turned.bars_instead = folder + "/bars";
  TRY_ASSIGN(const Phase as_it_is, LoadPhase(host, flags.phase));
  for (std::string& set : RehearsalSets(as_it_is.parsed.spec.machines, host.cores())) {
    turned.sets.push_back(std::move(set));
  }
  return LoadPhase(host, turned);
}

// With the cluster whose floor the phase raises. A script that cannot be read is the cloud's to
// say.
std::string WithCluster(const std::string& script, const PhaseSpec& spec) {
  auto steps = nlohmann::json::parse(script, nullptr, /*allow_exceptions=*/false);
  if (!spec.database.capacity || steps.is_discarded()) return script;
  if (!steps.is_array()) steps = nlohmann::json::array({steps});
  const double floor = static_cast<double>(spec.database.capacity->floor_milli) / 1000;
  steps.push_back({{"do", "cluster"},
                   {"name", spec.database.capacity->cluster},
                   {"least", std::min(0.5, floor)},
                   {"most", floor}});
  return steps.dump();
}

Result<std::string> ReadFaults(Host& host, const Flags& flags, const PhaseSpec& spec) {
  if (flags.faults.empty()) {
    return WithCluster(UsualFaults(spec.machines.ec2->types.front()).dump(), spec);
  }
  TRY_ASSIGN(const std::string script, host.files().Read(flags.faults));
  return WithCluster(script, spec);
}

// The folder of the database's socket, which instances have to see.
std::string SocketFolder(const std::string& conninfo) {
  constexpr std::string_view kKey = "host='";
  const std::size_t at = conninfo.find(kKey);
  CHECK(at != std::string::npos, "the embedded database has a socket");
  const std::size_t begin = at + kKey.size();
  return conninfo.substr(begin, conninfo.find('\'', begin) - begin);
}

Result<std::unique_ptr<Stage>> SetStage(const Flags& flags, const Session& session) {
  std::unique_ptr<Host> host = MakeHost();
  TRY_ASSIGN(WorkFolder folder, WorkFolder::Open(flags.phase.state_dir, "rehearsal"));
  TRY(WriteBars(*host, folder.path() + "/bars"));
  TRY_ASSIGN(Phase phase, TurnPhase(*host, flags, folder.path()));
  TRY_ASSIGN(const std::string faults, ReadFaults(*host, flags, phase.parsed.spec));
  TRY_ASSIGN(std::unique_ptr<Ledger> ledger, OpenLedger(phase.place));
  TRY(RememberLedger(*host, phase.place));
  auto stage = std::make_unique<Stage>(Stage{std::move(host), std::move(folder), MakeHttpClient(),
                                             std::move(phase), std::move(ledger), nullptr});
  TRY_ASSIGN(stage->cloud,
             SimulatedCloud::Start(*stage->host, *stage->http,
                                   {.program = session.program,
                                    .folder = stage->folder.path() + "/cloud",
                                    .shared = {SocketFolder(stage->ledger->conninfo())},
                                    .script = faults}));
  for (const auto& [name, value] : stage->cloud->environment()) {
    setenv(name.c_str(), value.c_str(), /*overwrite=*/1);
  }
  return stage;
}

// The checklist, and then the last lines: verdict, residue, cost. Meter and bill are counted by
// different hands, and a difference beyond a second of each machine is a defect of one of them.
Result<int> Conclude(Stage& stage, const RunEnd& end) {
  TRY_ASSIGN(const RunMoney money, LoadMoney(*stage.ledger, *end.snapshot));
  TRY_ASSIGN(const Money bill, stage.cloud->ReadBill());
  const RunSnapshot& run = *end.snapshot;
  TRY_ASSIGN(const std::vector<closing::Line> checklist, LoadChecklist(*stage.ledger, run));
  fmt::print(stderr, "{}", RenderChecklist(checklist, Paint(/*has_colours=*/false)));
  const Money difference = money.account.total - bill;
  Money tolerance;
  for (const MachineView& machine : run.machines) {
    if (machine.external_id.empty()) continue;
    TRY_ASSIGN(const Money second, Charge(machine.money.offer.highest, ForTime(2 * kBillingUnit)));
    tolerance += second;
  }
  const bool agrees = difference <= tolerance && Money{} - difference <= tolerance;
  TRY_ASSIGN(const std::vector<std::string> standing, stage.cloud->ListStanding());
  Say(fmt::format("verdict {}", run.run.verdict ? Name(*run.run.verdict) : "none"));
  Say("residue " + (standing.empty() ? "none" : Join(standing, ", ")));
  Say(fmt::format("cost {} by the meter, {} by the cloud's bill",
                  FormatExactMoney(money.account.total), FormatExactMoney(bill)));
  if (!standing.empty()) return Corrupt("by the cloud's own account something is left");
  if (agrees) return end.exit_code;
  return Corrupt(fmt::format("meter and bill differ by {}", FormatExactMoney(difference)));
}

Result<int> RunRehearsal(const Flags& flags, const Session& session) {
  TRY_ASSIGN(const std::unique_ptr<Stage> stage, SetStage(flags, session));
  const Phase& phase = stage->phase;
  Host& host = *stage->host;
  TRY_ASSIGN(Provider provider, OpenProvider({host, *stage->ledger, phase.parsed.spec, phase.place,
                                              session, phase.folder,
                                              /*machines_are_here=*/true}));
  TRY(provider.machines->Preflight());
  TRY_ASSIGN(PhasePlan plan, MakePlan(host, *stage->ledger, phase, session));
  TRY(QuotePlan(host, *stage->ledger, provider, plan));
  Reclaimer reclaimer(*stage->cloud);
  Drive drive{host, *stage->ledger, provider, plan.spec, session, std::nullopt};
  if (flags.faults.empty()) drive.also = &reclaimer;
  const bool is_kept = !flags.phase.state_dir.empty();
  if (is_kept) drive.reports = ReportFolder(phase.place);
  TRY_ASSIGN(const RunEnd end, RunPhase(drive, plan, flags.wishes));
  return Conclude(*stage, end);
}

}  // namespace

void AddRehearse(CLI::App& app, Session& session) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand(
      "rehearse",
      "The whole life of a phase on a simulated EC2: real processes, a throw-away database, "
      "generated bars, and what can go wrong");
  AddPhaseFlags(*command, flags->phase);
  command->add_flag("--yes", flags->wishes.yes, "approve the plan as it is");
  command->add_flag("--json", flags->wishes.json, "the closing report for programs");
  command->add_option("--faults", flags->faults,
                      "a script of what shall go wrong (docs/cli/ec2sim.md) instead of the usual: "
                      "three dry pools, a quota wall, a reclaim with notice and one without");
  command->footer(
      "Never opens the phase's own database, account or network. With --state DIR everything is "
      "kept there:\n"
      "  mayfly status --state DIR/state      mayfly cost --state DIR/state\n"
      "  DIR/cloud/instances/*/console.log    what each machine printed at birth");
  command->callback([flags, &session] {
    session.chosen = [flags, &session] { return RunRehearsal(*flags, session); };
  });
}

}  // namespace mayfly::cli
