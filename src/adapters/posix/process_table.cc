#include "adapters/posix/process_table.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <csignal>
#include <ctime>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <map>
#include <memory>
#include <set>

#include "adapters/posix/errno_error.h"
#include "adapters/posix/unique_fd.h"
#include "base/text.h"

namespace mayfly::posix {
namespace {

constexpr std::string_view kDeleted = " (deleted)";

std::string ProcPath(pid_t pid, std::string_view leaf) {
  return fmt::format("/proc/{}/{}", pid, leaf);
}

// /proc files have no size; reads to the end. Empty where the file cannot be read.
std::string ReadProc(const std::string& path) {
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  if (!fd.valid()) return text;
  char buffer[4096];
  while (true) {
    const ssize_t got = read(fd.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    text.append(buffer, static_cast<std::size_t>(got));
  }
}

std::string ReadLink(const std::string& path) {
  char buffer[4096];
  const ssize_t got = readlink(path.c_str(), buffer, sizeof buffer);
  std::string target(buffer, got > 0 ? static_cast<std::size_t>(got) : 0);
  if (target.ends_with(kDeleted)) target.resize(target.size() - kDeleted.size());
  return target;
}

template <typename Number>
bool ParseNumber(std::string_view text, Number& number) {
  const auto end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  return error == std::errc{} && rest == end;
}

// Every folder of /proc that is a process, ascending.
std::vector<pid_t> ListPids() {
  std::vector<pid_t> pids;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir("/proc"), closedir);
  if (!folder) return pids;
  while (const dirent* entry = readdir(folder.get())) {
    pid_t pid = 0;
    if (ParseNumber(std::string_view(entry->d_name), pid)) pids.push_back(pid);
  }
  std::sort(pids.begin(), pids.end());
  return pids;
}

// One listing of /proc is a photograph: whatever is born after it is not in it, and a chain of
// processes that each start the next and end can pass between the photograph and the look at each
// name. So it is listed again until a listing holds nothing new; a chain always holds something
// new, until one of its links is caught. Bounded, since other programs fork as well.
std::vector<ProcessRecord> ListWhere(const std::function<bool(const ProcessRecord&)>& wanted) {
  constexpr int kMaxListings = 200;
  std::vector<ProcessRecord> found;
  std::set<pid_t> seen;
  bool news = true;
  for (int listing = 0; news && listing < kMaxListings; ++listing) {
    news = false;
    for (const pid_t pid : ListPids()) {
      if (!seen.insert(pid).second) continue;
      news = true;
      const auto record = Inspect(pid);
      if (record && record->is_running() && wanted(*record)) found.push_back(*record);
    }
  }
  const auto by_pid = [](const auto& a, const auto& b) { return a.id.pid < b.id.pid; };
  std::sort(found.begin(), found.end(), by_pid);
  return found;
}

Error StillThere(const std::vector<ProcessId>& left, Duration limit) {
  std::vector<std::string> names;
  for (const ProcessId id : left) {
    const auto record = Inspect(id.pid);
    names.push_back(fmt::format("{} ({}, state {})", id.pid, record ? record->name : "?",
                                record ? record->state : '?'));
  }
  return Unavailable(fmt::format("still there {} after they were told to end: process {}",
                                 HumanDuration(limit), Join(names, ", ")));
}

// A descriptor that becomes readable when exactly this process ends; invalid if it is gone already.
UniqueFd OpenProcess(ProcessId id) {
  UniqueFd fd(static_cast<int>(syscall(SYS_pidfd_open, id.pid, 0)));
  // Opened first, looked at second: the number cannot have changed hands in between.
  if (fd.valid() && !IsRunning(id)) fd.Reset();
  return fd;
}

}  // namespace

std::string FormatProcessId(ProcessId id) { return fmt::format("{}:{}", id.pid, id.start_ticks); }

Result<ProcessId> ParseProcessId(std::string_view text) {
  const auto colon = text.find(':');
  ProcessId id;
  if (colon == std::string_view::npos || !ParseNumber(text.substr(0, colon), id.pid) ||
      !ParseNumber(text.substr(colon + 1), id.start_ticks) || id.pid <= 0) {
    return Invalid(fmt::format("'{}' is not a process id of the form pid:start", text));
  }
  return id;
}

std::optional<ProcessRecord> Inspect(pid_t pid) {
  const std::string text = ReadProc(ProcPath(pid, "stat"));
  // The name is in brackets and may itself hold brackets and spaces: the last one counts.
  const auto open_at = text.find('(');
  const auto close_at = text.rfind(')');
  if (open_at == std::string::npos || close_at == std::string::npos) return std::nullopt;
  ProcessRecord record;
  record.id.pid = pid;
  record.name = text.substr(open_at + 1, close_at - open_at - 1);
  const auto fields = Split(Trim(std::string_view(text).substr(close_at + 1)), ' ');
  std::int64_t pages = 0;  // fields[i] is field i + 3 of proc(5)
  if (fields.size() < 22 || fields[0].size() != 1 || !ParseNumber(fields[1], record.parent) ||
      !ParseNumber(fields[2], record.group) || !ParseNumber(fields[3], record.session) ||
      !ParseNumber(fields[19], record.id.start_ticks) || !ParseNumber(fields[21], pages)) {
    return std::nullopt;
  }
  record.state = fields[0][0];
  record.resident_bytes = pages * sysconf(_SC_PAGESIZE);
  return record;
}

bool IsRunning(ProcessId id) {
  const auto record = Inspect(id.pid);
  return record && record->id == id && record->is_running();
}

std::vector<ProcessRecord> ListProcesses() {
  return ListWhere([](const ProcessRecord&) { return true; });
}

std::optional<std::string> ReadEnvironment(pid_t pid, std::string_view name) {
  const std::string text = ReadProc(ProcPath(pid, "environ"));
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\0'), rest.size());
    const auto entry = rest.substr(0, end);
    if (entry.size() > name.size() && entry.starts_with(name) && entry[name.size()] == '=') {
      return std::string(entry.substr(name.size() + 1));
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return std::nullopt;
}

std::vector<ProcessRecord> FindByEnvironment(std::string_view name, std::string_view value) {
  return ListWhere([&](const ProcessRecord& record) {
    const auto found = ReadEnvironment(record.id.pid, name);
    return found && *found == value;
  });
}

std::vector<ProcessRecord> FindTree(pid_t root,
                                    const std::function<bool(const ProcessRecord&)>& descend) {
  std::map<pid_t, std::vector<ProcessRecord>> children;
  std::vector<ProcessRecord> tree;
  for (auto& record : ListProcesses()) {
    if (record.id.pid == root) tree.push_back(record);
    children[record.parent].push_back(std::move(record));
  }
  std::set<pid_t> seen{root};
  const auto adopt = [&](pid_t parent) {
    for (const auto& child : children[parent]) {
      if (descend(child) && seen.insert(child.id.pid).second) tree.push_back(child);
    }
  };
  if (tree.empty()) return tree;
  for (std::size_t i = 0; i < tree.size(); ++i) adopt(tree[i].id.pid);
  return tree;
}

std::vector<ProcessRecord> FindGroup(pid_t group) {
  return ListWhere([=](const ProcessRecord& record) { return record.group == group; });
}

std::vector<ProcessRecord> FindSession(pid_t session) {
  return ListWhere([=](const ProcessRecord& record) { return record.session == session; });
}

std::vector<ProcessRecord> ListChildren() {
  std::vector<ProcessRecord> children;
  const pid_t self = getpid();
  const std::unique_ptr<DIR, int (*)(DIR*)> tasks(opendir("/proc/self/task"), closedir);
  while (const dirent* task = tasks ? readdir(tasks.get()) : nullptr) {
    if (task->d_name[0] == '.') continue;
    const auto text = ReadProc(fmt::format("/proc/self/task/{}/children", task->d_name));
    for (const auto& word : Split(text, ' ')) {
      pid_t pid = 0;
      if (!ParseNumber(Trim(word), pid)) continue;
      const auto record = Inspect(pid);
      if (record && record->parent == self) children.push_back(*record);
    }
  }
  return children;
}

std::string WorkingFolder(pid_t pid) { return ReadLink(ProcPath(pid, "cwd")); }

std::string ProgramName(pid_t pid) {
  const std::string path = ReadLink(ProcPath(pid, "exe"));
  return path.substr(path.rfind('/') + 1);
}

Status Signal(ProcessId id, int signal) {
  const UniqueFd fd = OpenProcess(id);
  if (!fd.valid()) return NotFound(fmt::format("process {} is gone", id.pid));
  if (syscall(SYS_pidfd_send_signal, fd.get(), signal, nullptr, 0) == 0) return {};
  return ErrnoError(errno, fmt::format("signal {} to process {}", signal, id.pid));
}

Status WaitUntilGone(const std::vector<ProcessId>& ids, Duration limit) {
  const Duration deadline = SinceBoot() + limit;
  std::vector<ProcessId> left = ids;
  while (true) {
    std::erase_if(left, [](ProcessId id) { return !IsRunning(id); });
    if (left.empty()) return {};
    const UniqueFd fd = OpenProcess(left.front());
    const Duration remaining = deadline - SinceBoot();
    if (remaining <= Duration::zero()) return StillThere(left, limit);
    if (!fd.valid()) continue;
    pollfd ended{.fd = fd.get(), .events = POLLIN, .revents = 0};
    (void)poll(&ended, 1, static_cast<int>(remaining / milliseconds(1)) + 1);  // looked at above
  }
}

Result<int> KillUntilGone(const FindProcesses& find, Duration limit) {
  const Duration deadline = SinceBoot() + limit;
  std::set<ProcessId> ended;
  int empty_looks = 0;
  while (empty_looks < 2) {
    std::vector<ProcessId> ids;
    for (const auto& record : find()) ids.push_back(record.id);
    empty_looks = ids.empty() ? empty_looks + 1 : 0;
    for (const ProcessId id : ids) {
      const Status killed = Signal(id, SIGKILL);
      if (!killed.ok() && killed.error().kind() != ErrorKind::kNotFound) return killed.error();
    }
    const Duration remaining = deadline - SinceBoot();
    if (!ids.empty() && remaining <= Duration::zero()) return StillThere(ids, limit);
    TRY(WaitUntilGone(ids, remaining));
    ended.insert(ids.begin(), ids.end());
  }
  return static_cast<int>(ended.size());
}

std::string BootId() { return std::string(Trim(ReadProc("/proc/sys/kernel/random/boot_id"))); }

Duration SinceBoot() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return seconds(now.tv_sec) +
         std::chrono::duration_cast<Duration>(std::chrono::nanoseconds(now.tv_nsec));
}

}  // namespace mayfly::posix
