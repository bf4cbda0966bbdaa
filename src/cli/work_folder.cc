#include "cli/work_folder.h"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <utility>

#include "cli/command.h"

namespace mayfly::cli {

namespace fs = std::filesystem;

Result<WorkFolder> WorkFolder::Open(const std::string& named, const std::string& what) {
  std::error_code error;
  if (!named.empty()) {
    fs::create_directories(named, error);
    if (error) return Denied(fmt::format("--state {}: {}", named, error.message()));
    return WorkFolder(fs::absolute(named).lexically_normal(), /*is_ours=*/false);
  }
  std::string name = (fs::temp_directory_path() / ("mayfly-" + what + "-XXXXXX")).string();
  if (mkdtemp(name.data()) == nullptr) return Unavailable("make the folder " + name);
  return WorkFolder(name, /*is_ours=*/true);
}

WorkFolder::WorkFolder(WorkFolder&& other) noexcept
    : path_(std::move(other.path_)), is_ours_(std::exchange(other.is_ours_, false)) {}

WorkFolder::~WorkFolder() {
  std::error_code error;
  if (is_ours_) fs::remove_all(path_, error);
  if (error) Say(fmt::format("mayfly: {} is left behind: {}", path_, error.message()));
}

}  // namespace mayfly::cli
