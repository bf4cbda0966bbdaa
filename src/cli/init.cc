// init: a phase file that runs as it is, beside bars to run it on.

#include <fmt/format.h>

#include <filesystem>

#include "base/text.h"
#include "cli/about_run.h"
#include "cli/sample_files.h"
#include "model/init_template.h"

namespace mayfly::cli {
namespace {

constexpr int kPairs = 4;
constexpr const char* kEvery = "1h";

std::string InFolder(const std::string& folder, std::string_view name) {
  return (std::filesystem::path(folder) / name).lexically_normal().string();
}

Status RefuseExisting(FileSystem& files, const std::string& path) {
  Result<std::string> existing = files.Read(path);
  if (existing.ok()) {
    return Conflict(
        fmt::format("{} is there already and stays as it is; name another folder", path));
  }
  return existing.error().kind() == ErrorKind::kNotFound ? Status{} : existing.error();
}

// Bars that somebody put there are worth more than generated ones.
Result<std::string> ProvideBars(FileSystem& files, const std::string& folder) {
  Result<std::vector<FileEntry>> listed = files.List(folder);
  if (!listed.ok() && listed.error().kind() != ErrorKind::kNotFound) return listed.error();
  if (listed.ok() && !listed->empty()) {
    return fmt::format("{} has {} files, which are kept", folder, listed->size());
  }
  TRY_ASSIGN(bars::SampleSpec spec, bars::MakeSampleSpec({.pairs = kPairs, .every = kEvery}));
  auto go_on = [](std::size_t, std::size_t, std::string_view) { return Status{}; };
  TRY_ASSIGN(SampleTotals totals, WriteSample(files, spec, folder, /*gzip=*/false, go_on));
  return fmt::format("{} has {} generated hourly bars of {} pairs", folder, Thousands(totals.rows),
                     totals.files);
}

Result<int> RunInitCommand(const std::string& folder) {
  std::unique_ptr<Host> host = MakeHost();
  std::string phase = InFolder(folder, "phase.toml");
  TRY(RefuseExisting(host->files(), phase));
  TRY_ASSIGN(std::string bars, ProvideBars(host->files(), InFolder(folder, "bars")));
  TRY(host->files().Write(phase, InitTemplate()));  // last: what is there then is whole
  Say(fmt::format("{} is written; {}\nnext: mayfly run {}", phase, bars, phase));
  return 0;
}

}  // namespace

void AddInit(CLI::App& app, Session& session) {
  auto folder = std::make_shared<std::string>(".");
  CLI::App* command = app.add_subcommand(
      "init", "Write a commented phase file that runs as it is, and bars for it");
  command->add_option("DIR", *folder, "where; made if it is not there")->capture_default_str();
  command->callback(
      [folder, &session] { session.chosen = [folder] { return RunInitCommand(*folder); }; });
}

}  // namespace mayfly::cli
