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
constexpr Duration kAskEvery = milliseconds(100);  // whether we are cancelled
// What is read at one go: more than a pipe holds, and little enough that a process that never stops
// writing cannot keep us from looking at the time.
constexpr std::size_t kDrainBytes = 1 << 20;
constexpr int kOrphanRounds = 100;

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

// What can be read now, within kDrainBytes. False at the end of the stream.
template <typename Take>
bool Drain(int fd, Take take) {
  std::array<char, 16 * 1024> buffer{};
  for (std::size_t taken = 0; taken < kDrainBytes;) {
    ssize_t got = read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return true;
    if (got == 0) return false;
    take(std::string_view(buffer.data(), static_cast<std::size_t>(got)));
    taken += static_cast<std::size_t>(got);
  }
  return true;
}

SpawnSpec SpawnOf(const ProcessSpec& spec, int output) {
  SpawnSpec spawn;
  spawn.argv = spec.argv;
  spawn.env = spec.env;
  spawn.unset_env = spec.unset_env;
  spawn.inherit_environment = spec.inherit_env;
  spawn.cwd = spec.cwd;
  spawn.output = output;
  spawn.memory_limit_bytes = spec.memory_limit_bytes;
  spawn.tie = spec.own_group ? Tie::kOwnGroup : Tie::kSameGroup;
  return spawn;
}

// The end of a child, if it has ended; it stays a zombie, so that its pid, which is also the name
// of its group, is not given to another before everything in the group was ended.
std::optional<ProcessChange> Ended(pid_t pid);

// The change of state of a child, if there is one. An ended child is not reaped.
std::optional<ProcessChange> Changed(pid_t pid) {
  if (std::optional<ProcessChange> ended = Ended(pid)) return ended;
  siginfo_t info{};
  int answer = waitid(P_PID, static_cast<id_t>(pid), &info, WSTOPPED | WNOHANG);
  if (answer != 0 || info.si_pid == 0) return std::nullopt;
  return ProcessChange{ProcessHandle{pid}, ProcessChange::What::kStopped, info.si_status};
}

std::optional<ProcessChange> Ended(pid_t pid) {
  siginfo_t info{};
  int answer = waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT);
  if (answer != 0 || info.si_pid == 0) return std::nullopt;
  ProcessChange change{ProcessHandle{pid}, ProcessChange::What::kExited, info.si_status};
  bool by_signal = info.si_code == CLD_KILLED || info.si_code == CLD_DUMPED;
  if (by_signal) change.what = ProcessChange::What::kSignalled;
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
  // Read only now and then; a larger pipe, where allowed, spares the child from waiting for us.
  (void)fcntl(pipe.read.get(), F_SETPIPE_SZ, static_cast<int>(kDrainBytes));
  TRY_ASSIGN(ProcessId id, Spawn(SpawnOf(spec, pipe.write.get())));
  children_[id.pid] = Child{id, std::move(pipe.read), std::move(on_output), {}, spec.by_lines};
  return ProcessHandle{id.pid};
}

void PosixProcessRunner::Deliver(Child& child, bool at_end) {
  ProcessHandle handle{child.id.pid};
  Drain(child.output.get(), [&](std::string_view chunk) {
    if (!child.by_lines) return child.sink(handle, chunk);
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
    if (ended) EndEnded(child.id);
    Deliver(child, ended);
    if (change) changes.push_back(*change);
  }
  for (const ProcessChange& change : changes) {
    if (change.what != ProcessChange::What::kStopped) children_.erase(change.process.pid);
  }
  TRY(EndOrphans());
  return changes;
}

// A child that is a zombie: first its group in one blow, which no fork can escape, while the zombie
// still holds the group's name; then the zombie. What left the group is an orphan of ours by now.
void PosixProcessRunner::EndEnded(ProcessId id) {
  (void)kill(-id.pid, SIGKILL);  // no such group: nothing is left in it
  Reap(id.pid);
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

// Ending an orphan may make orphans of its children, so it is done until there are none.
Status PosixProcessRunner::EndOrphans() {
  for (int round = 0; round < kOrphanRounds; ++round) {
    std::vector<ProcessRecord> orphans = Orphans();
    if (orphans.empty()) return {};
    for (const ProcessRecord& orphan : orphans) {
      TRY(KillUntilGone([&] { return FindTree(orphan.id.pid); }, kEndLimit));
      Reap(orphan.id.pid);
    }
  }
  return Unavailable("what a command left behind starts new processes faster than they are ended");
}

// The process, its group, and everything below it, again until nothing is left; what it leaves
// behind on the way becomes an orphan of ours.
Status PosixProcessRunner::EndTree(ProcessId root) {
  auto find = [root] {
    std::vector<ProcessRecord> found = FindTree(root.pid);
    std::vector<ProcessRecord> group = FindGroup(root.pid);
    found.insert(found.end(), group.begin(), group.end());
    return found;
  };
  TRY(KillUntilGone(find, kEndLimit));
  return {};
}

Status PosixProcessRunner::Kill(ProcessHandle process) {
  auto found = children_.find(process.pid);
  if (found == children_.end()) return {};
  TRY(EndTree(found->second.id));
  EndEnded(found->second.id);
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
  std::optional<ProcessChange> end;
  for (bool open = true; !(end = Ended(id.pid));) {
    Duration left = std::max(deadline - SinceBoot(), Duration(0));
    exit.timed_out = left == Duration(0);
    exit.cancelled = !exit.timed_out && cancelled();
    if (exit.timed_out || exit.cancelled) break;
    // A descriptor below zero is not watched: a command may close its output and go on.
    std::array<pollfd, 2> watched{
        {{open ? pipe.read.get() : -1, POLLIN, 0}, {ended.get(), POLLIN, 0}}};
    auto wait = std::chrono::ceil<milliseconds>(std::min(left, kAskEvery));
    (void)poll(watched.data(), watched.size(), static_cast<int>(wait.count()));
    if (open) open = Drain(pipe.read.get(), take);
  }
  if (end) {
    bool signalled = end->what == ProcessChange::What::kSignalled;
    (signalled ? exit.signal : exit.exit_code) = end->value;
  }
  // Whatever is left was re-parented to us, or is below something that was, and could go on
  // writing.
  for (const ProcessRecord& orphan : Orphans()) {
    if (end && orphan.id != id && orphan.is_running()) ++exit.stragglers;
  }
  if (!end) TRY(EndTree(id));
  EndEnded(id);
  TRY(EndOrphans());
  (void)Drain(pipe.read.get(), take);  // nobody is left to write more than a pipe holds
  return exit;
}

}  // namespace mayfly::posix
