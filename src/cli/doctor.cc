// doctor: checks the installation, or what a provider would give a phase, and says how to mend it.

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/about_run.h"
#include "cli/check_provider.h"
#include "cli/phase_work.h"

namespace mayfly::cli {
namespace {

struct Flags {
  LedgerFlags ledger;
  std::string provider;
  PhaseFlags phase;
  std::string ledger_name;
  bool json = false;
};

// The ledger that other commands would use; before there is one, the embedded database that the
// first run would start.
Result<Place> PlaceOf(const LedgerFlags& flags) {
  Result<Place> found = FindLedger(flags.database, flags.state_dir);
  if (found.ok() || found.error().kind() != ErrorKind::kNotFound) return found;
  std::string folder = flags.state_dir.empty() ? ".mayfly" : flags.state_dir;
  std::error_code code;
  std::filesystem::path absolute = std::filesystem::absolute(folder, code);
  if (code) return Invalid(fmt::format("--state {}: {}", folder, code.message()));
  return Place{"embedded", absolute.lexically_normal().string()};
}

std::string ForPeople(const std::vector<Diagnosis>& diagnoses, const Paint& paint) {
  Table table({{"what"}, {""}, {"found"}, {"next step"}});
  for (const Diagnosis& d : diagnoses) {
    table.Add({{d.what},
               {d.ok ? "ok" : "fails", d.ok ? Tone::kGood : Tone::kBad},
               {d.found},
               {d.next_step}});
  }
  return table.Render(paint);
}

std::string ForPrograms(const std::vector<Diagnosis>& diagnoses, bool ok) {
  nlohmann::ordered_json json{{"ok", ok}, {"checks", nlohmann::ordered_json::array()}};
  for (const Diagnosis& d : diagnoses) {
    json["checks"].push_back(
        {{"what", d.what}, {"ok", d.ok}, {"found", d.found}, {"next_step", d.next_step}});
  }
  return DumpJson(json);
}

Result<std::vector<PreflightCheck>> CheckForPhase(Host& host, const Flags& flags) {
  PhaseFlags named = flags.phase;
  named.state_dir = flags.ledger.state_dir;
  TRY_ASSIGN(Phase phase, LoadPhase(host, named));
  if (!flags.ledger.database.empty()) phase.place.database = flags.ledger.database;
  const PhaseSpec& spec = phase.parsed.spec;
  if (!spec.machines.ec2) {
    return Invalid(fmt::format("{} has no [machines.ec2]; a table of that name says what to rent",
                               flags.phase.file));
  }
  ProviderQuestion question{.spec = &spec, .room = MeasureRoom(phase.place)};
  question.ledger_name = flags.ledger_name;
  if (question.ledger_name.empty()) {
    const Result<std::string> identity = FindIdentity(phase.place);
    question.ledger_name = identity.ok() ? *identity : spec.name;  // before there is a ledger
  }
  return CheckProvider(host, question);
}

Result<int> RunForProvider(const Flags& flags, const Session& session) {
  std::unique_ptr<Host> host = MakeHost();
  std::vector<PreflightCheck> checks;
  if (flags.phase.file.empty()) {
    checks = CheckProvider(*host, {});
  } else {
    TRY_ASSIGN(checks, CheckForPhase(*host, flags));
  }
  Print(flags.json ? PreflightToJson(checks) : RenderPreflight(checks, PaintForOutput(session)));
  return AnyBlocks(checks) ? ExitCode(ErrorKind::kExhausted) : 0;
}

Result<int> RunDoctorCommand(const Flags& flags, const Session& session) {
  if (!flags.provider.empty()) return RunForProvider(flags, session);
  if (!flags.phase.file.empty()) {
    return Invalid("a phase is looked at for a provider: doctor --provider ec2 " +
                   flags.phase.file);
  }
  TRY_ASSIGN(Place place, PlaceOf(flags.ledger));
  std::vector<Diagnosis> diagnoses = Diagnose(place);
  bool ok = std::all_of(diagnoses.begin(), diagnoses.end(), [](const auto& d) { return d.ok; });
  Print(flags.json ? ForPrograms(diagnoses, ok) : ForPeople(diagnoses, PaintForOutput(session)));
  return ok ? 0 : ExitCode(ErrorKind::kExhausted);
}

}  // namespace

void AddDoctor(CLI::App& app, Session& session) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand(
      "doctor", "Check the installation and say how to mend it; exit 6 if something is missing");
  command->add_option("PHASE", flags->phase.file,
                      "with --provider: the phase file whose machines are meant (default: who we "
                      "are, and no more)");
  command
      ->add_option("--provider", flags->provider,
                   "look at what this provider would give instead: identity, quota, permissions, "
                   "image, network, bucket, price, database")
      ->check(CLI::IsMember({"ec2"}));
  command->add_option("--set", flags->phase.sets, "override a key of the phase file, as run does")
      ->allow_extra_args(false);
  command->add_option("--ledger", flags->ledger_name,
                      "the ledger's name in tags of machines (default: what it calls itself, and "
                      "before there is one the phase's name)");
  AddLedgerFlags(*command, flags->ledger);
  command->add_flag("--json", flags->json, "for programs");
  command->callback([flags, &session] {
    session.chosen = [flags, &session] { return RunDoctorCommand(*flags, session); };
  });
}

}  // namespace mayfly::cli
