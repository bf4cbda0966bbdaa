#include "adapters/posix/process_runner.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include "adapters/posix/errno_error.h"
#include "adapters/posix/spawn.h"

namespace mayfly::posix {
namespace {

constexpr std::size_t kTailBytes = 64 * 1024;
constexpr std::size_t kLongestLine = 16 * 1024;  // a longer one is cut, so that memory is bounded
constexpr Duration kEndLimit = seconds(10);
constexpr int kAskEvery = 100;  // milliseconds between two questions whether we are cancelled

struct Pipe {
  UniqueFd read, write;
};

Result<Pipe> MakePipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return ErrnoError(errno, "make a pipe");
  Pipe made{UniqueFd(ends[0]), UniqueFd(ends[1])};
  if (fcntl(made.read.get(), F_SETFL, O_NONBLOCK) != 0) return ErrnoError(errno, "set up a pipe");
  return made;
}

// Everything that can be read now.
template <typename Take>
void Drain(int fd, Take take) {
  std::array<char, 16 * 1024> buffer{};
  while (true) {
    ssize_t got = read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return;
    take(std::string_view(buffer.data(), static_cast<std::size_t>(got)));
  }
}

SpawnSpec SpawnOf(const ProcessSpec& spec, int output) {
  SpawnSpec spawn;
  spawn.argv = spec.argv;
  spawn.env = spec.env;
  spawn.unset_env = spec.unset_env;
  spawn.cwd = spec.cwd;
  spawn.output = output;
  spawn.memory_limit_bytes = spec.memory_limit_bytes;
  spawn.tie = spec.own_group ? Tie::kOwnGroup : Tie::kSameGroup;
  return spawn;
}

// The change of state of a child, if there is one; an ended child is reaped.
std::optional<ProcessChange> Changed(pid_t pid) {
  siginfo_t info{};
  info.si_pid = 0;
  int answer = waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WSTOPPED | WNOHANG);
  if (answer != 0 || info.si_pid == 0) return std::nullopt;
  ProcessChange change{ProcessHandle{pid}, ProcessChange::What::kExited, info.si_status};
  if (info.si_code == CLD_KILLED || info.si_code == CLD_DUMPED) {
    change.what = ProcessChange::What::kSignalled;
  } else if (info.si_code == CLD_STOPPED) {
    change.what = ProcessChange::What::kStopped;
  }
  return change;
}

void Reap(pid_t pid) {
  siginfo_t info{};
  while (waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED) != 0 && errno == EINTR) {
  }
}

void KeepTail(std::string& tail, std::string_view chunk) {
  tail += chunk;
  if (tail.size() > kTailBytes) tail.erase(0, tail.size() - kTailBytes);
}

std::vector<ProcessRecord> Running(std::vector<ProcessRecord> processes) {
  std::erase_if(processes, [](const ProcessRecord& process) { return !process.is_running(); });
  return processes;
}

}  // namespace

PosixProcessRunner::PosixProcessRunner() {
  // Cannot fail on a kernel that has it (3.4); without it, orphans are found by their group only.
  (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
}

PosixProcessRunner::~PosixProcessRunner() {
  while (!children_.empty()) {
    // A destructor has nobody to tell; the kernel ends what is left when we are gone.
    if (!Kill(ProcessHandle{children_.begin()->first}).ok()) children_.erase(children_.begin());
  }
  (void)prctl(PR_SET_CHILD_SUBREAPER, 0);  // nobody is left to look after orphans
}

Result<ProcessHandle> PosixProcessRunner::Start(const ProcessSpec& spec, OutputSink on_output) {
  TRY_ASSIGN(Pipe pipe, MakePipe());
  TRY_ASSIGN(ProcessId id, Spawn(SpawnOf(spec, pipe.write.get())));
  children_[id.pid] = Child{id, std::move(pipe.read), std::move(on_output), {}};
  return ProcessHandle{id.pid};
}

void PosixProcessRunner::Deliver(Child& child, bool at_end) {
  ProcessHandle handle{child.id.pid};
  Drain(child.output.get(), [&](std::string_view chunk) {
    child.partial += chunk;
    std::size_t from = 0;
    for (std::size_t end = child.partial.find('\n'); end != std::string::npos;
         end = child.partial.find('\n', from)) {
      child.sink(handle, std::string_view(child.partial).substr(from, end - from));
      from = end + 1;
    }
    child.partial.erase(0, from);
    if (child.partial.size() > kLongestLine) {
      child.sink(handle, std::exchange(child.partial, {}));
    }
  });
  if (at_end && !child.partial.empty()) child.sink(handle, std::exchange(child.partial, {}));
}

Result<std::vector<ProcessChange>> PosixProcessRunner::Poll() {
  std::vector<ProcessChange> changes;
  for (auto& [pid, child] : children_) {
    std::optional<ProcessChange> change = Changed(child.id.pid);
    bool ended = change && change->what != ProcessChange::What::kStopped;
    Deliver(child, ended);
    if (change) changes.push_back(*change);
  }
  for (const ProcessChange& change : changes) {
    if (change.what != ProcessChange::What::kStopped) children_.erase(change.process.pid);
  }
  TRY(EndOrphans());
  return changes;
}

// Children of ours that we did not start: their parents are gone.
std::vector<ProcessRecord> PosixProcessRunner::Orphans() const {
  std::vector<ProcessRecord> orphans;
  for (const ProcessRecord& child : ListChildren()) {
    bool ours = children_.contains(child.id.pid);
    bool meant_to_live = ReadEnvironment(child.id.pid, kDetachedMarker).has_value();
    if (!ours && !meant_to_live) orphans.push_back(child);
  }
  return orphans;
}

Status PosixProcessRunner::EndOrphans() {
  for (const ProcessRecord& orphan : Orphans()) {
    if (orphan.is_running()) {
      TRY(KillUntilGone([&] { return Running(FindTree(orphan.id.pid)); }, kEndLimit));
    }
    Reap(orphan.id.pid);
  }
  return {};
}

// The process, its group, and everything below it, again until nothing is left; what it leaves
// behind on the way becomes an orphan of ours.
Result<int> PosixProcessRunner::EndTree(ProcessId root) {
  auto find = [root] {
    std::vector<ProcessRecord> found = FindTree(root.pid);
    std::vector<ProcessRecord> group = FindGroup(root.pid);
    found.insert(found.end(), group.begin(), group.end());
    return Running(std::move(found));
  };
  TRY_ASSIGN(int ended, KillUntilGone(find, kEndLimit));
  return ended;
}

Status PosixProcessRunner::Kill(ProcessHandle process) {
  auto found = children_.find(process.pid);
  if (found == children_.end()) return {};
  TRY(EndTree(found->second.id));
  Reap(found->second.id.pid);
  Deliver(found->second, /*at_end=*/true);
  children_.erase(found);
  return EndOrphans();
}

Status PosixProcessRunner::Terminate(ProcessHandle process) {
  auto found = children_.find(process.pid);
  if (found == children_.end()) return {};
  Status sent = Signal(found->second.id, SIGTERM);
  bool gone = !sent.ok() && sent.error().kind() == ErrorKind::kNotFound;
  return gone ? Status() : sent;
}

Result<CommandExit> PosixProcessRunner::Run(
    const ProcessSpec& spec, Duration timeout,
    const std::function<void(std::string_view chunk)>& on_output,
    const std::function<bool()>& cancelled) {
  TRY_ASSIGN(Pipe pipe, MakePipe());
  TRY_ASSIGN(ProcessId id, Spawn(SpawnOf(spec, pipe.write.get())));
  pipe.write.Reset();
  UniqueFd ended(static_cast<int>(syscall(SYS_pidfd_open, id.pid, 0)));
  CommandExit exit;
  auto take = [&](std::string_view chunk) {
    KeepTail(exit.tail, chunk);
    on_output(chunk);
  };
  Duration deadline = SinceBoot() + timeout;
  std::optional<ProcessChange> change;
  while (!change || change->what == ProcessChange::What::kStopped) {
    std::array<pollfd, 2> watched{{{pipe.read.get(), POLLIN, 0}, {ended.get(), POLLIN, 0}}};
    (void)poll(watched.data(), watched.size(), kAskEvery);  // a spurious return only asks again
    Drain(pipe.read.get(), take);
    change = Changed(id.pid);
    if (change && change->what != ProcessChange::What::kStopped) break;
    exit.timed_out = SinceBoot() >= deadline;
    exit.cancelled = !exit.timed_out && cancelled();
    if (!exit.timed_out && !exit.cancelled) continue;
    TRY(EndTree(id));
    Reap(id.pid);
    break;
  }
  if (change) {
    bool signalled = change->what == ProcessChange::What::kSignalled;
    (signalled ? exit.signal : exit.exit_code) = change->value;
  }
  // Whatever is still in its group or was re-parented to us could go on writing.
  TRY_ASSIGN(int in_group, EndTree(id));
  std::vector<ProcessRecord> orphans = Running(Orphans());
  exit.stragglers = in_group + static_cast<int>(orphans.size());
  TRY(EndOrphans());
  Drain(pipe.read.get(), take);
  return exit;
}

}  // namespace mayfly::posix
