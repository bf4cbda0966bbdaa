#include "adapters/bundle/work_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>
#include <string_view>

#include "base/text.h"

namespace mayfly::bundle {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 3> kNeverPacked{".mayfly", ".git", "__pycache__"};
constexpr std::array<std::string_view, 6> kSecretPlaces{".env", ".pgpass", ".netrc",
                                                        ".aws", ".ssh",    ".pg_service.conf"};

template <std::size_t kSize>
bool Holds(const std::array<std::string_view, kSize>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool LeadsOut(const fs::path& link, const fs::path& target, const fs::path& root) {
  if (target.is_absolute()) return true;
  fs::path goal = (link.parent_path() / target).lexically_normal();
  return !goal.string().starts_with(root.string() + "/") && goal != root;
}

// Takes one folder after the other into the list, within the limits of all of them.
class Collector {
 public:
  explicit Collector(const BundleLimits& limits) : limits_(limits) {}

  Status Take(const NeededFolder& folder) {
    folder_ = &folder;
    root_ = fs::path(folder.path);
    AddFolders("work/" + folder.at);
    return Walk(root_, "work/" + folder.at);
  }

  // Every folder on the way, so that the archive holds what it promises to hold.
  void AddFolders(const std::string& name) {
    for (std::size_t slash = name.find('/');; slash = name.find('/', slash + 1)) {
      std::string part = name.substr(0, slash);
      if (folders_.insert(part).second) {
        found_.entries.push_back({.name = part, .kind = ArchiveEntry::Kind::kFolder});
      }
      if (slash == std::string::npos) return;
    }
  }

  WorkFiles Finish() && {
    std::sort(found_.notes.begin(), found_.notes.end());
    return std::move(found_);
  }

 private:
  Status Walk(const fs::path& folder, const std::string& at) {
    std::error_code code;
    fs::directory_iterator entries(folder, code);
    if (code) return Unreadable(folder, code);
    for (; entries != fs::directory_iterator(); entries.increment(code)) {
      if (code) break;
      TRY(TakeEntry(*entries, at + "/" + entries->path().filename().string()));
    }
    if (code) return Unreadable(folder, code);
    return {};
  }

  Status TakeEntry(const fs::directory_entry& entry, const std::string& at) {
    const std::string name = entry.path().filename().string();
    if (Holds(kNeverPacked, name)) return {};
    if (Holds(kSecretPlaces, name)) {
      found_.notes.push_back(
          fmt::format("left out: {}, a usual place of secrets", entry.path().string()));
      return {};
    }
    std::error_code code;
    fs::file_status status = entry.symlink_status(code);
    if (code) return Unreadable(entry.path(), code);
    switch (status.type()) {
      case fs::file_type::symlink:
        return TakeLink(entry.path(), at);
      case fs::file_type::directory:
        if (!folder_->whole) return {};
        AddFolders(at);
        return Walk(entry.path(), at);
      case fs::file_type::regular:
        return TakeFile(entry, at, (status.permissions() & fs::perms::owner_exec) != fs::perms{});
      default:
        return {};  // sockets, pipes, devices: nothing that could be carried
    }
  }

  Status TakeLink(const fs::path& link, const std::string& at) {
    std::error_code code;
    fs::path target = fs::read_symlink(link, code);
    if (code) return Unreadable(link, code);
    if (LeadsOut(link, target, root_)) {
      found_.notes.push_back(fmt::format("{} leads to {}, which the machine must have of its own",
                                         link.string(), target.string()));
    }
    found_.entries.push_back(
        {.name = at, .kind = ArchiveEntry::Kind::kLink, .source = target.string()});
    return {};
  }

  Status TakeFile(const fs::directory_entry& entry, const std::string& at, bool is_executable) {
    std::error_code code;
    auto bytes = static_cast<std::int64_t>(entry.file_size(code));
    if (code) return Unreadable(entry.path(), code);
    if (bytes > limits_.file_bytes) {
      return TooMuch(fmt::format("{} has {}, and a file that goes to a rented machine may have {}",
                                 entry.path().string(), HumanBytes(bytes),
                                 HumanBytes(limits_.file_bytes)));
    }
    found_.bytes += bytes;
    if (found_.bytes > limits_.work_bytes || ++found_.files > limits_.files) {
      return TooMuch(fmt::format(
          "with {} the phase's files are more than {} or {} files, which is the most that goes to "
          "a rented machine",
          entry.path().string(), HumanBytes(limits_.work_bytes), Thousands(limits_.files)));
    }
    found_.entries.push_back({.name = at,
                              .source = entry.path().string(),
                              .bytes = bytes,
                              .is_executable = is_executable});
    return {};
  }

  Status TooMuch(const std::string& what) const {
    std::string next_step =
        folder_->whole ? "move it out of that folder, or fetch it in [machines.setup]"
                       : "put the bars into the database and say source = { table = \"…\" }";
    return Invalid(fmt::format("stage \"{}\": {}; {}", folder_->stage, what, next_step));
  }

  Status Unreadable(const fs::path& path, const std::error_code& code) const {
    std::string text =
        fmt::format("stage \"{}\": {}: {}", folder_->stage, path.string(), code.message());
    if (code == std::errc::permission_denied) return Denied(std::move(text));
    return NotFound(std::move(text));
  }

  const BundleLimits& limits_;
  const NeededFolder* folder_ = nullptr;
  fs::path root_;
  std::set<std::string> folders_;
  WorkFiles found_;
};

}  // namespace

Result<WorkFiles> ListWorkFiles(const BundleRequest& request) {
  Collector collector(request.limits);
  collector.AddFolders("work/phase");
  for (const NeededFolder& folder : request.folders) TRY(collector.Take(folder));
  WorkFiles work = std::move(collector).Finish();
  work.entries.push_back(
      {.name = fmt::format("work/{}", kManifestName),
       .kind = ArchiveEntry::Kind::kText,
       .source = ManifestToJson(ListCarried(request.folders, request.phase_folder))});
  return work;
}

}  // namespace mayfly::bundle
