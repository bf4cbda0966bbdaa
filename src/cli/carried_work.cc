#include "cli/carried_work.h"

#include <cstdlib>
#include <filesystem>

namespace mayfly::cli {
namespace {

constexpr const char* kWorkRoot = "MAYFLY_WORK_ROOT";

std::string WorkFolder(const std::string& program) {
  const char* named = std::getenv(kWorkRoot);
  if (named != nullptr && *named != '\0') return named;
  return (std::filesystem::path(program).parent_path().parent_path() / "work").string();
}

}  // namespace

Result<CarriedWork> FindCarriedWork(FileSystem& files, const std::string& program) {
  CarriedWork work{.folder = WorkFolder(program)};
  Result<std::string> text = files.Read(work.folder + "/" + std::string(kManifestName));
  if (!text.ok() && text.error().kind() == ErrorKind::kNotFound) return work;
  TRY(text);
  TRY_ASSIGN(work.folders, ManifestFromJson(*text));
  return work;
}

std::string PhaseFolderOf(const CarriedWork& work) {
  if (work.folders.empty()) return "/";
  return work.folder + "/" + work.folders.front().at;
}

}  // namespace mayfly::cli
