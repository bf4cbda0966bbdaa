#include "adapters/posix/spawn.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "adapters/posix/errno_error.h"
#include "adapters/posix/unique_fd.h"
#include "base/text.h"

extern char** environ;

namespace mayfly::posix {
namespace {

// What the child tells its parent: its pid, and then, only if a step failed, which and why.
struct Report {
  enum Step : int { kStarted, kFork, kSession, kLimits, kFolder, kOutput, kBefore, kExec } step;
  int value;  // kStarted: the pid; else an errno
};

constexpr std::string_view StepName(int step) {
  constexpr std::string_view kNames[] = {"start",      "fork",         "new session",
                                         "set limits", "enter folder", "redirect output",
                                         "prepare",    "run"};
  return kNames[step];
}

// Everything the child needs, laid out before fork: the child allocates nothing.
struct Prepared {
  std::string path;
  std::vector<std::string> env_text;
  std::vector<char*> argv;
  std::vector<char*> envp;
  UniqueFd null;
  UniqueFd report_read;
  UniqueFd report_write;
  pid_t parent = getpid();
};

std::vector<std::string> MakeEnvironment(const SpawnSpec& spec) {
  std::vector<std::string> dropped = spec.unset_env;
  for (const auto& [name, value] : spec.env) dropped.push_back(name);
  dropped.emplace_back(kDetachedMarker);
  std::vector<std::string> text;
  for (char** entry = environ; spec.inherit_environment && *entry != nullptr; ++entry) {
    const std::string_view item = *entry;
    const auto name = item.substr(0, item.find('='));
    if (std::find(dropped.begin(), dropped.end(), name) == dropped.end()) text.emplace_back(item);
  }
  for (const auto& [name, value] : spec.env)
    text.push_back(std::string(name).append("=").append(value));
  if (spec.tie == Tie::kDetached) text.push_back(std::string(kDetachedMarker) + "=1");
  return text;
}

Result<Prepared> Prepare(const SpawnSpec& spec) {
  Prepared prepared;
  TRY_ASSIGN(prepared.path, FindProgram(spec.argv.empty() ? "" : spec.argv[0], spec.cwd));
  prepared.env_text = MakeEnvironment(spec);
  for (const auto& word : spec.argv) prepared.argv.push_back(const_cast<char*>(word.c_str()));
  for (const auto& item : prepared.env_text) {
    prepared.envp.push_back(const_cast<char*>(item.c_str()));
  }
  prepared.argv.push_back(nullptr);
  prepared.envp.push_back(nullptr);
  prepared.null.Reset(open("/dev/null", O_RDWR | O_CLOEXEC));
  int ends[2];
  if (!prepared.null.valid() || pipe2(ends, O_CLOEXEC) != 0) {
    return ErrnoError(errno, "start " + spec.argv[0]);
  }
  prepared.report_read.Reset(ends[0]);
  prepared.report_write.Reset(ends[1]);
  return prepared;
}

void Tell(int fd, Report::Step step, int value) {
  const Report report{step, value};
  (void)!write(fd, &report, sizeof report);  // a parent that is gone needs no report
}

[[noreturn]] void Give(int fd, Report::Step step, int number) {
  Tell(fd, step, number);
  _exit(127);
}

void ResetSignals() {
  struct sigaction normal{};
  normal.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) sigaction(number, &normal, nullptr);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

// Ties the child to its parent or cuts it off. Returns an errno.
int ApplyTie(Tie tie, pid_t parent) {
  if (tie == Tie::kDetached) return 0;  // its session was made before the second fork
  if (tie == Tie::kOwnGroup && setpgid(0, 0) != 0) return errno;
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return errno;
  if (getppid() != parent) _exit(127);  // the parent died before the line above
  return 0;
}

int ApplyLimit(const SpawnSpec& spec) {
  if (!spec.memory_limit_bytes) return 0;
  const auto bytes = static_cast<rlim_t>(*spec.memory_limit_bytes);
  const rlimit limit{.rlim_cur = bytes, .rlim_max = bytes};
  return setrlimit(RLIMIT_DATA, &limit) == 0 ? 0 : errno;
}

int Redirect(const SpawnSpec& spec, int null) {
  // Copies above 2 first, so that one redirection cannot overwrite the source of the next.
  const int input = fcntl(spec.input >= 0 ? spec.input : null, F_DUPFD_CLOEXEC, 3);
  const int output = fcntl(spec.output >= 0 ? spec.output : null, F_DUPFD_CLOEXEC, 3);
  if (input < 0 || output < 0) return errno;
  if (dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0) return errno;
  return 0;
}

[[noreturn]] void BecomeProgram(const SpawnSpec& spec, const Prepared& prepared) {
  const int fd = prepared.report_write.get();
  Tell(fd, Report::kStarted, getpid());
  if (const int error = ApplyTie(spec.tie, prepared.parent)) Give(fd, Report::kSession, error);
  if (!spec.cwd.empty() && chdir(spec.cwd.c_str()) != 0) Give(fd, Report::kFolder, errno);
  if (const int error = Redirect(spec, prepared.null.get())) Give(fd, Report::kOutput, error);
  if (spec.before_exec) {
    if (const int error = spec.before_exec()) Give(fd, Report::kBefore, error);
  }
  if (const int error = ApplyLimit(spec)) Give(fd, Report::kLimits, error);
  ResetSignals();
  (void)close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);  // descriptors of libraries that forgot to
  execve(prepared.path.c_str(), prepared.argv.data(), prepared.envp.data());
  Give(fd, Report::kExec, errno);
}

// In the first child of a detached start: a session, then the program in a second child of it.
[[noreturn]] void Detach(const SpawnSpec& spec, const Prepared& prepared) {
  const pid_t second = fork();
  if (second < 0) Give(prepared.report_write.get(), Report::kFork, errno);
  if (second > 0) _exit(0);
  if (setsid() < 0) Give(prepared.report_write.get(), Report::kSession, errno);
  BecomeProgram(spec, prepared);
}

void Reap(pid_t pid) {
  while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

// Reads the child's reports up to the end of the pipe, which is its exec or its death.
Result<pid_t> Await(Prepared& prepared, const std::string& name) {
  prepared.report_write.Reset();
  pid_t pid = 0;
  Report report{};
  while (true) {
    const ssize_t got = read(prepared.report_read.get(), &report, sizeof report);
    if (got < 0 && errno == EINTR) continue;
    if (got != sizeof report) break;
    if (report.step != Report::kStarted) {
      return ErrnoError(report.value, fmt::format("{} {}", StepName(report.step), name));
    }
    pid = report.value;
  }
  if (pid == 0) return Unavailable(fmt::format("{} was killed before it could start", name));
  return pid;
}

}  // namespace

Result<std::string> FindProgram(const std::string& program, const std::string& cwd) {
  const auto runnable = [](const std::string& path) {
    struct stat info{};
    return stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) &&
           access(path.c_str(), X_OK) == 0;
  };
  if (program.empty()) return Invalid("no program is named: the command is empty");
  if (program.find('/') != std::string::npos) {
    const bool below = program.front() != '/' && !cwd.empty();
    const std::string path = below ? cwd + "/" + program : program;
    if (runnable(path)) return program;  // exec happens in cwd
    return NotFound(fmt::format("there is no program {}", path));
  }
  const char* search = std::getenv("PATH");
  for (const auto& folder : Split(search != nullptr ? search : "/usr/bin:/bin", ':')) {
    const std::string path = (folder.empty() ? "." : folder) + "/" + program;
    if (runnable(path)) return path;
  }
  return NotFound(
      fmt::format("there is no program '{}' in PATH; install it, or name its path", program));
}

Result<ProcessId> Spawn(const SpawnSpec& spec) {
  TRY_ASSIGN(Prepared prepared, Prepare(spec));
  const std::string& name = spec.argv[0];
  const pid_t child = fork();
  if (child < 0) return ErrnoError(errno == EAGAIN ? ENOMEM : errno, "fork for " + name);
  if (child == 0) {
    if (spec.tie == Tie::kDetached) Detach(spec, prepared);
    BecomeProgram(spec, prepared);
  }
  if (spec.tie == Tie::kDetached) Reap(child);
  auto pid = Await(prepared, name);
  if (!pid.ok()) {
    if (spec.tie != Tie::kDetached) Reap(child);
    return pid.error();
  }
  // Our child cannot vanish before we reap it, but a detached one may have ended already.
  const auto record = Inspect(*pid);
  return ProcessId{*pid, record ? record->id.start_ticks : 0};
}

}  // namespace mayfly::posix
