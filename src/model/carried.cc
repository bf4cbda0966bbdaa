#include "model/carried.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

namespace mayfly {
namespace {

using nlohmann::json;

constexpr std::string_view kPhaseAt = "phase";

// "/a/b/" is "/a/b"; the root stays.
std::string WithoutSlash(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

// "" for the folder itself, "/rest" for what is below it, nothing for what is elsewhere.
std::optional<std::string> Below(const std::string& path, const std::string& folder) {
  if (!path.starts_with(folder)) return std::nullopt;
  std::string rest = path.substr(folder.size());
  if (rest.empty() || rest.front() == '/') return rest;
  return std::nullopt;
}

std::optional<NeededFolder> FolderOf(const StageSpec& stage, const std::string& phase_folder) {
  NeededFolder folder{.stage = stage.name};
  if (const auto* command = std::get_if<CommandSpec>(&stage.kind)) {
    folder.path = WithoutSlash(command->cwd);
  } else if (const auto* load = std::get_if<LoadSpec>(&stage.kind)) {
    folder.path = WithoutSlash(load->dir);
    folder.whole = false;
  }
  if (folder.path.empty()) return std::nullopt;
  std::optional<std::string> below = Below(folder.path, phase_folder);
  folder.at = below ? std::string(kPhaseAt) + *below : "load/" + stage.name;
  return folder;
}

bool IsCovered(const NeededFolder& folder, const std::vector<NeededFolder>& others) {
  return std::any_of(others.begin(), others.end(), [&](const NeededFolder& other) {
    if (&other == &folder || (!other.whole && other.path != folder.path)) return false;
    if (!Below(folder.path, other.path)) return false;
    // Of two that are the same the whole one stays, else the first.
    if (other.path != folder.path) return true;
    return other.whole != folder.whole ? other.whole : &other < &folder;
  });
}

Error BadManifest() {
  return Corrupt(fmt::format("{} of the bundle is not a list of folders", kManifestName));
}

}  // namespace

Result<std::vector<NeededFolder>> ListNeededFolders(const PhaseSpec& spec,
                                                    const std::string& phase_folder) {
  const std::string home = WithoutSlash(phase_folder);
  std::vector<NeededFolder> all;
  for (const StageSpec& stage : spec.stages) {
    std::optional<NeededFolder> folder = FolderOf(stage, home);
    if (!folder) continue;
    if (folder->whole && !Below(folder->path, home)) {
      return Invalid(fmt::format(
          "stage \"{}\" runs in {}, which is not below the phase file's folder {}: only what is "
          "there goes to a rented machine; move it there, or the phase file",
          stage.name, folder->path, home));
    }
    all.push_back(std::move(*folder));
  }
  std::vector<NeededFolder> needed;
  for (const NeededFolder& folder : all) {
    if (!IsCovered(folder, all)) needed.push_back(folder);
  }
  std::sort(needed.begin(), needed.end(),
            [](const NeededFolder& a, const NeededFolder& b) { return a.at < b.at; });
  return needed;
}

std::vector<CarriedFolder> ListCarried(const std::vector<NeededFolder>& needed,
                                       const std::string& phase_folder) {
  const std::string home = WithoutSlash(phase_folder);
  std::vector<CarriedFolder> carried{{home, std::string(kPhaseAt)}};
  for (const NeededFolder& folder : needed) {
    if (!Below(folder.path, home)) carried.push_back({folder.path, folder.at});
  }
  return carried;
}

std::string ManifestToJson(const std::vector<CarriedFolder>& carried) {
  json folders = json::array();
  for (const CarriedFolder& folder : carried) {
    folders.push_back({{"from", folder.from}, {"at", folder.at}});
  }
  return json{{"folders", folders}}.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

Result<std::vector<CarriedFolder>> ManifestFromJson(std::string_view text) {
  json object = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object() || !object.contains("folders")) return BadManifest();
  std::vector<CarriedFolder> carried;
  for (const json& folder : object["folders"]) {
    bool whole = folder.is_object() && folder.contains("from") && folder.contains("at") &&
                 folder["from"].is_string() && folder["at"].is_string();
    if (!whole) return BadManifest();
    carried.push_back({folder["from"].get<std::string>(), folder["at"].get<std::string>()});
  }
  return carried;
}

std::string CarriedPath(const std::string& path, const std::vector<CarriedFolder>& carried,
                        const std::string& work) {
  for (const CarriedFolder& folder : carried) {
    std::optional<std::string> below = Below(path, folder.from);
    if (below) return WithoutSlash(fmt::format("{}/{}{}", work, folder.at, *below));
  }
  return path;
}

void CarryPaths(PhasePlan& plan, const std::vector<CarriedFolder>& carried,
                const std::string& work) {
  auto carry = [&](std::string& path) { path = CarriedPath(path, carried, work); };
  auto carry_stage = [&](StageSpec& stage) {
    if (auto* load = std::get_if<LoadSpec>(&stage.kind)) carry(load->dir);
    auto* command = std::get_if<CommandSpec>(&stage.kind);
    if (command == nullptr) return;
    carry(command->cwd);
    for (std::string& word : command->argv) carry(word);
    for (auto& [name, value] : command->env) carry(value);
  };
  for (PlannedStage& stage : plan.stages) carry_stage(stage.spec);
  for (StageSpec& stage : plan.spec.stages) carry_stage(stage);
}

}  // namespace mayfly
