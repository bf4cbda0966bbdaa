// bundle: what a rented machine is started from, as one file that is known by its sha256.

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/phase_bundle.h"

namespace mayfly::cli {
namespace {

struct Flags {
  PhaseFlags phase;
  std::string out;
  bool json = false;
};

std::string ToJson(const bundle::Bundle& made) {
  nlohmann::ordered_json json;
  json["path"] = made.path;
  json["sha256"] = made.sha256;
  json["bytes"] = made.bytes;
  json["glibc_needed"] = bundle::Format(made.glibc_needed);
  json["libraries"] = made.libraries;
  json["work_files"] = made.work_files;
  json["work_bytes"] = made.work_bytes;
  json["notes"] = made.notes;
  return json.dump(2) + "\n";
}

std::string Render(const bundle::Bundle& made) {
  std::string text = fmt::format("bundle    {}\nsize      {} bytes\nsha256    {}\n", made.path,
                                 Thousands(made.bytes), made.sha256);
  text +=
      fmt::format("holds     the program, {} libraries, {} files of the phase ({})\n",
                  made.libraries.size(), Thousands(made.work_files), HumanBytes(made.work_bytes));
  text += fmt::format("needs     the C library (glibc) {} or newer, and nothing else\n",
                      bundle::Format(made.glibc_needed));
  for (const std::string& note : made.notes) text += "note      " + note + "\n";
  return text;
}

Result<int> RunBundle(const Flags& flags) {
  bundle::Bundle made;
  if (flags.phase.file.empty()) {
    TRY_ASSIGN(made, BundleProgram(flags.out));
  } else {
    std::unique_ptr<Host> host = MakeHost();
    TRY_ASSIGN(Phase phase, LoadPhase(*host, flags.phase));
    TRY_ASSIGN(made, BundlePhase(phase, flags.out));
  }
  Print(flags.json ? ToJson(made) : Render(made));
  return 0;
}

}  // namespace

void AddBundle(CLI::App& app, Session& session) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("bundle",
                                         "Packs what a rented machine is started from: this "
                                         "program, its libraries, the phase's files");
  command->add_option("PHASE", flags->phase.file,
                      "the phase file; without one the program is packed alone");
  command
      ->add_option("--set", flags->phase.sets,
                   "override a key of the file, as for `run`: key=value")
      ->allow_extra_args(false);
  command->add_option(
      "--out", flags->out,
      "the file, or a folder (default: mayfly-SHA256.tar.gz in the current folder)");
  command->add_flag("--json", flags->json, "as JSON");
  command->callback([flags, &session] { session.chosen = [flags] { return RunBundle(*flags); }; });
}

}  // namespace mayfly::cli
