#include "adapters/embedded/postmaster.h"

#include <unistd.h>

#include <charconv>
#include <fstream>

#include "base/text.h"

namespace mayfly::embedded {
namespace {

bool WorksFor(pid_t pid, const std::string& data_dir) {
  return posix::WorkingFolder(pid) == data_dir && posix::ProgramName(pid) == "postgres";
}

}  // namespace

std::optional<Postmaster> FindPostmaster(const std::string& data_dir) {
  std::ifstream file(data_dir + "/postmaster.pid");
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  pid_t pid = 0;
  if (lines.empty()) return std::nullopt;
  const auto& first = lines.front();
  if (std::from_chars(first.data(), first.data() + first.size(), pid).ec != std::errc{}) {
    return std::nullopt;
  }
  const auto record = posix::Inspect(pid);
  if (!record || !record->is_running() || !WorksFor(pid, data_dir)) return std::nullopt;
  // Lines: pid, folder, start, port, socket folder, address, shared memory, status.
  const std::string status = lines.size() >= 8 ? std::string(Trim(lines[7])) : "starting";
  return Postmaster{record->id, status};
}

std::vector<posix::ProcessRecord> FindServerProcesses(const std::string& data_dir) {
  std::vector<posix::ProcessRecord> found;
  for (auto& record : posix::ListProcesses()) {
    const pid_t pid = record.id.pid;
    if (pid == getpid()) continue;
    if (WorksFor(pid, data_dir) || posix::ReadEnvironment(pid, kDataMarker) == data_dir) {
      found.push_back(std::move(record));
    }
  }
  return found;
}

}  // namespace mayfly::embedded
