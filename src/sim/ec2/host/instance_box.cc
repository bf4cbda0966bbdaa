#include "sim/ec2/host/instance_box.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <cstddef>
#include <cstdlib>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "adapters/posix/errno_error.h"
#include "adapters/posix/spawn.h"
#include "sim/ec2/host/box_scripts.h"

namespace mayfly::ec2 {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMark = "MAYFLY_EC2SIM";
constexpr Duration kKillLimit = seconds(10);
constexpr std::array<const char*, 9> kShimNames{"shutdown", "reboot",    "poweroff", "halt", "init",
                                                "telinit",  "systemctl", "off",      "again"};

Status WriteFile(const std::string& path, std::string_view text, bool is_program) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file) return Unavailable("write " + path);
  std::error_code error;
  if (is_program) fs::permissions(path, fs::perms::owner_all, error);
  if (error) return Unavailable("make a program of " + path);
  return {};
}

std::string ReadFile(const std::string& path) {
  const std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string ShimFor(const std::string& run) {
  std::string text(kShimScript);
  return text.replace(text.find(kRunFolderMark), kRunFolderMark.size(), run);
}

// The shims where the host has its own, in the layer that takes an instance's writes.
Status OverlayShims(const std::string& upper, const std::string& shim) {
  for (const char* folder : {"/sbin", "/usr/sbin", "/bin", "/usr/bin"}) {
    if (!fs::is_directory(fs::symlink_status(folder))) continue;
    std::error_code error;
    fs::create_directories(upper + folder, error);
    if (error) return Unavailable("make " + upper + folder);
    for (const char* name : kShimNames) {
      if (std::string_view(name) == "off" || std::string_view(name) == "again") continue;
      TRY(WriteFile(fmt::format("{}{}/{}", upper, folder, name), shim, true));
    }
  }
  return {};
}

// Everything that Start needs, in the instance's folder; what is there from an earlier boot stays.
Status PrepareFolder(const std::string& folder, Isolation isolation, const std::string& user_data) {
  std::error_code error;
  fs::remove(folder + "/run/init.pid", error);  // of an earlier boot
  for (const char* part : {"/run/shims", "/run/jobs", "/upper", "/work"}) {
    fs::create_directories(folder + part, error);
    if (error) return Unavailable(fmt::format("make {}{}: {}", folder, part, error.message()));
  }
  const std::string run = isolation == Isolation::kShims ? folder + "/run" : "/run/ec2sim";
  const std::string shim = ShimFor(run);
  for (const char* name : kShimNames) {
    TRY(WriteFile(fmt::format("{}/run/shims/{}", folder, name), shim, true));
  }
  if (isolation == Isolation::kRoot) TRY(OverlayShims(folder + "/upper", shim));
  TRY(WriteFile(folder + "/run/init", kInitScript, true));
  TRY(WriteFile(folder + "/box", kBoxScript, true));
  return WriteFile(folder + "/run/user-data", user_data, true);
}

// kill(-1, …) would reach every process of this user. The filter stays with all descendants.
int ForbidSignalsToAll() {
#if defined(__x86_64__)
  constexpr std::uint32_t kArch = AUDIT_ARCH_X86_64;
#else
  constexpr std::uint32_t kArch = AUDIT_ARCH_AARCH64;
#endif
  std::array<sock_filter, 8> filter{{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kArch, 0, 5),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_kill, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0xFFFFFFFFU, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  sock_fprog program{.len = filter.size(), .filter = filter.data()};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0 ? 0 : errno;
}

// A process group leader that keeps what it is orphaned with, and cannot signal to all.
int BecomeKeeper() {
  if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) return errno;
  return ForbidSignalsToAll();
}

std::vector<std::string> StartArguments(Isolation isolation, const std::string& folder,
                                        const std::vector<std::string>& shared) {
  if (isolation == Isolation::kShims) return {"/bin/sh", folder + "/run/init", folder + "/run"};
  std::vector<std::string> argv{"unshare"};
  if (isolation == Isolation::kUser) argv.insert(argv.end(), {"--user", "--map-root-user"});
  argv.insert(argv.end(),
              {"--mount", "--pid", "--ipc", "--uts", "--fork", "--kill-child", "/bin/sh",
               folder + "/box", folder, isolation == Isolation::kRoot ? "root" : "user"});
  argv.insert(argv.end(), shared.begin(), shared.end());
  return argv;
}

// Only set in tests: computers that deny namespaces are hard to come by.
bool NamespacesAreForbidden() { return std::getenv("MAYFLY_TEST_NO_NAMESPACES") != nullptr; }

// Does an instance come up like this? Asked of the system by trying, up to its process 1.
Status Try(Isolation isolation, const BoxSettings& settings) {
  const std::string folder = settings.folder + "/probe";
  TRY(PrepareFolder(folder, isolation, ""));
  TRY(WriteFile(folder + "/run/probe", "", false));
  const posix::UniqueFd log(
      open((folder + "/console.log").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  TRY_ASSIGN(const posix::ProcessId process,
             posix::Spawn({.argv = StartArguments(isolation, folder, settings.shared),
                           .env = {{"HOME", "/root"}},
                           .cwd = "/",
                           .output = log.get()}));
  int status = 0;
  while (waitpid(process.pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return Denied(fmt::format("instances as {}: {}", IsolationName(isolation),
                            ReadConsole(settings.folder, "probe")));
}

Result<Isolation> Choose(const BoxSettings& settings) {
  const Isolation best = geteuid() == 0 ? Isolation::kRoot : Isolation::kUser;
  const Status works =
      NamespacesAreForbidden() ? Status(Denied("by the test")) : Try(best, settings);
  std::error_code error;
  fs::remove_all(settings.folder + "/probe", error);
  if (works.ok()) return best;
  if (geteuid() != 0) return Isolation::kShims;
  return Denied(works.error().message() +
                "; as root, instances run in namespaces of their own or not at all: run this as "
                "another user, or where mount namespaces are allowed");
}

posix::Environment EnvironmentOf(const BoxSettings& settings, Isolation isolation,
                                 const std::string& id, const std::string& mark) {
  const std::string run =
      isolation == Isolation::kShims ? settings.folder + "/" + id + "/run" : "/run/ec2sim";
  return {{"PATH", run + "/shims:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
          {"HOME", isolation == Isolation::kShims ? run : "/root"},
          {"LANG", "C.UTF-8"},
          {"AWS_ENDPOINT_URL", settings.endpoint},
          {"AWS_EC2_METADATA_SERVICE_ENDPOINT", settings.endpoint + "/_imds/" + id},
          {kMark, mark}};
}

}  // namespace

std::string_view IsolationName(Isolation isolation) {
  switch (isolation) {
    case Isolation::kRoot:
      return "private namespaces over a copy of this computer's files";
    case Isolation::kUser:
      return "private namespaces of an ordinary user, this computer's files read-only";
    case Isolation::kShims:
      return "plain processes with shims for shutdown and the like";
  }
  return "";
}

std::string ReadConsole(const std::string& folder, const std::string& id) {
  return ReadFile(fmt::format("{}/{}/console.log", folder, id));
}

std::optional<ShellEnd> ReadJob(const std::string& folder, const std::string& id,
                                const std::string& job) {
  const std::string name = fmt::format("{}/{}/run/jobs/{}", folder, id, job);
  const std::string code = ReadFile(name + ".code");
  if (code.empty()) return std::nullopt;
  return ShellEnd{std::atoi(code.c_str()), ReadFile(name + ".out"), ReadFile(name + ".err")};
}

Result<InstanceBoxes> InstanceBoxes::Open(BoxSettings settings) {
  std::error_code error;
  fs::create_directories(settings.folder, error);
  if (error) return Unavailable(fmt::format("make {}: {}", settings.folder, error.message()));
  TRY_ASSIGN(const Isolation isolation, Choose(settings));
  InstanceBoxes boxes(std::move(settings), isolation);
  boxes.mark_ = fmt::format("{}-{}", getpid(), posix::SinceBoot().count());
  if (isolation == Isolation::kShims) TRY(boxes.Watch());
  return boxes;
}

Status InstanceBoxes::Watch() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return posix::ErrnoError(errno, "make a pipe");
  const pid_t watcher = fork();
  if (watcher < 0) return posix::ErrnoError(errno, "fork a watcher");
  if (watcher == 0) {
    setsid();
    close(ends[1]);
    char byte = 0;
    while (read(ends[0], &byte, 1) < 0 && errno == EINTR) {
    }
    const std::string mark = mark_;
    const auto killed =
        posix::KillUntilGone([mark] { return posix::FindByEnvironment(kMark, mark); }, kKillLimit);
    _exit(killed.ok() ? 0 : 1);
  }
  close(ends[0]);
  alive_.Reset(ends[1]);
  return {};
}

Result<posix::ProcessId> InstanceBoxes::Start(const std::string& id) {
  const std::string folder = FolderOf(id);
  const std::string log = folder + "/console.log";
  const posix::UniqueFd console(open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!console.valid()) return posix::ErrnoError(errno, "open " + log);
  posix::SpawnSpec spec{.argv = StartArguments(isolation_, folder, settings_.shared),
                        .inherit_environment = false,
                        .env = EnvironmentOf(settings_, isolation_, id, mark_),
                        .cwd = "/",
                        .output = console.get()};
  if (isolation_ == Isolation::kShims) spec.before_exec = BecomeKeeper;
  return posix::Spawn(spec);
}

Status InstanceBoxes::Boot(const Instance& instance, bool is_first_boot) {
  const std::string& id = instance.id;
  const std::string folder = FolderOf(id);
  TRY(PrepareFolder(folder, isolation_, instance.asked.user_data));
  const bool is_script = instance.asked.user_data.starts_with("#!");
  if (is_first_boot && is_script) TRY(WriteFile(folder + "/run/first-boot", "", false));
  if (is_first_boot && !is_script && !instance.asked.user_data.empty()) {
    TRY(WriteFile(folder + "/console.log",
                  "ec2sim: the user data does not begin with #! and is not run\n", false));
  }
  TRY_ASSIGN(running_[id], Start(id));
  return {};
}

// Its process 1 begins what lies there when it starts, and when it is told.
Status InstanceBoxes::Run(const std::string& id, const std::string& job,
                          const std::string& script) {
  const auto found = running_.find(id);
  if (found == running_.end()) return {};
  const std::string name = fmt::format("{}/run/jobs/{}", FolderOf(id), job);
  TRY(WriteFile(name + ".part", script + "\n", false));
  std::error_code error;
  fs::rename(name + ".part", name + ".job", error);
  if (error) return Unavailable(fmt::format("rename {}.part: {}", name, error.message()));
  if (!fs::exists(FolderOf(id) + "/run/init.pid")) return {};
  const pid_t top = found->second.pid;
  for (const posix::ProcessRecord& record : posix::FindTree(top)) {
    const bool is_init =
        isolation_ == Isolation::kShims ? record.id.pid == top : record.parent == top;
    if (is_init) return posix::Signal(record.id, SIGHUP);
  }
  return {};
}

Status InstanceBoxes::ShutDown(const std::string& id) {
  const auto found = running_.find(id);
  if (found == running_.end()) return {};
  const pid_t top = found->second.pid;
  // The top process and, in namespaces, the process 1 below it go on until they are killed.
  const bool has_init = isolation_ != Isolation::kShims;
  for (const posix::ProcessRecord& record : posix::FindTree(top)) {
    const bool stays = record.id.pid == top || (has_init && record.parent == top);
    if (!stays) (void)posix::Signal(record.id, SIGTERM);  // gone meanwhile is as good
  }
  return {};
}

Status InstanceBoxes::Kill(const std::string& id, bool is_for_good) {
  const auto found = running_.find(id);
  if (found != running_.end()) {
    const pid_t top = found->second.pid;
    TRY(posix::KillUntilGone([top] { return posix::FindTree(top); }, kKillLimit));
    while (waitpid(top, nullptr, 0) < 0 && errno == EINTR) {
    }
    running_.erase(found);
  }
  if (isolation_ == Isolation::kShims) TRY(KillStrays(id));
  if (!is_for_good) return {};
  std::error_code error;
  for (const char* part : {"/upper", "/work", "/run", "/root", "/dev", "/memory"}) {
    fs::remove_all(FolderOf(id) + part, error);
    if (error)
      return Unavailable(fmt::format("remove {}{}: {}", FolderOf(id), part, error.message()));
  }
  return {};
}

// Without a process namespace the end of process 1 is not the end of the others.
Status InstanceBoxes::KillStrays(const std::string& id) const {
  const std::string address = settings_.endpoint + "/_imds/" + id;
  TRY(posix::KillUntilGone(
      [&] { return posix::FindByEnvironment("AWS_EC2_METADATA_SERVICE_ENDPOINT", address); },
      kKillLimit));
  return {};
}

std::vector<BoxEnd> InstanceBoxes::Reap() {
  std::vector<BoxEnd> ends;
  for (const auto& [id, process] : running_) {
    int status = 0;
    if (waitpid(process.pid, &status, WNOHANG) != process.pid) continue;
    BoxEnd end{.instance = id};
    if (WIFEXITED(status) && WEXITSTATUS(status) == kPowerOff) end.how = BoxEnd::How::kPowerOff;
    if (WIFEXITED(status) && WEXITSTATUS(status) == kReboot) end.how = BoxEnd::How::kReboot;
    ends.push_back(std::move(end));
  }
  for (const BoxEnd& end : ends) running_.erase(end.instance);
  return ends;
}

Status InstanceBoxes::KillAll() {
  while (!running_.empty()) {
    const std::string id = running_.begin()->first;
    TRY(Kill(id, /*is_for_good=*/true));
  }
  return {};
}

}  // namespace mayfly::ec2
