#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "adapters/embedded/embedded_postgres.h"
#include "base/text.h"

namespace mayfly {
namespace {

namespace fs = std::filesystem;

bool HasPrograms(const std::string& folder) {
  return access((folder + "/initdb").c_str(), X_OK) == 0 &&
         access((folder + "/postgres").c_str(), X_OK) == 0;
}

struct Installed {
  std::string version;  // major; empty where the folder does not say
  std::string folder;
};

// "/usr/lib/postgresql/15/bin" (Debian) and "/usr/pgsql-15/bin" (the makers' own packages).
void AddVersioned(const std::string& parent, const std::string& prefix,
                  std::vector<Installed>& found) {
  std::error_code ignored;  // a folder that is not there holds nothing
  for (const auto& entry : fs::directory_iterator(parent, ignored)) {
    const std::string name = entry.path().filename();
    const std::string folder = entry.path().string() + "/bin";
    if (name.starts_with(prefix) && HasPrograms(folder)) {
      found.push_back({name.substr(prefix.size()), folder});
    }
  }
}

std::vector<Installed> ListInstalled() {
  std::vector<Installed> found;
  AddVersioned("/usr/lib/postgresql", "", found);
  AddVersioned("/usr", "pgsql-", found);
  std::sort(found.begin(), found.end(), [](const Installed& a, const Installed& b) {
    return std::atoi(a.version.c_str()) > std::atoi(b.version.c_str());
  });
  const char* path = std::getenv("PATH");
  for (const auto& folder : Split(path != nullptr ? path : "", ':')) {
    if (!folder.empty() && HasPrograms(folder)) found.push_back({"", folder});
  }
  if (HasPrograms("/usr/local/pgsql/bin")) found.push_back({"", "/usr/local/pgsql/bin"});
  return found;
}

}  // namespace

Result<std::string> FindServerPrograms(const std::string& version) {
  if (const char* named = std::getenv("MAYFLY_PG_BIN")) {
    if (HasPrograms(named)) return std::string(named);
    return NotFound(
        fmt::format("MAYFLY_PG_BIN is {}, where there is no initdb and postgres; unset it or mend "
                    "it (the Debian package postgresql has them: apt-get install postgresql)",
                    named));
  }
  const auto found = ListInstalled();
  for (const auto& one : found) {
    if (version.empty() || one.version.empty() || one.version == version) return one.folder;
  }
  if (found.empty()) {
    return NotFound(
        "the embedded database needs the PostgreSQL server, which is not installed; install the "
        "Debian package postgresql (apt-get install postgresql), or give a database; `mayfly "
        "doctor` checks the installation");
  }
  return NotFound(fmt::format(
      "the data was made by PostgreSQL {0}, and only version {1} is installed; install the Debian "
      "package postgresql-{0}; `mayfly doctor` checks the installation",
      version, found.front().version));
}

}  // namespace mayfly
