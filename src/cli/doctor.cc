// doctor: checks the installation and says how to mend it.

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/about_run.h"

namespace mayfly::cli {
namespace {

struct Flags {
  LedgerFlags ledger;
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

Result<int> RunDoctorCommand(const Flags& flags, const Session& session) {
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
  AddLedgerFlags(*command, flags->ledger);
  command->add_flag("--json", flags->json, "for programs");
  command->callback([flags, &session] {
    session.chosen = [flags, &session] { return RunDoctorCommand(*flags, session); };
  });
}

}  // namespace mayfly::cli
