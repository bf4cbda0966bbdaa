#include "adapters/embedded/server.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "adapters/embedded/embedded_postgres.h"
#include "adapters/embedded/postmaster.h"
#include "adapters/embedded/settings.h"
#include "adapters/posix/errno_error.h"
#include "adapters/posix/spawn.h"
#include "adapters/posix/unique_fd.h"
#include "base/text.h"

namespace mayfly::embedded {
namespace {

namespace fs = std::filesystem;

constexpr Duration kToolLimit = minutes(5);
constexpr Duration kStartLimit = minutes(10);  // recovery reads up to max_wal_size of log again
constexpr Duration kFastStopLimit = minutes(2);
constexpr Duration kKillLimit = seconds(20);
constexpr std::uintmax_t kLongLog = 16 << 20;

// The data folder and the user for it, from what is there.
struct Home {
  std::string data_dir;
  ServerUser user;
  bool has_data = false;
};

Result<Home> ChooseHome(const std::string& state_dir) {
  const std::string usual = state_dir + "/pg";
  const std::string away = "/var/tmp/mayfly-" + ShortName(state_dir) + "/pg";
  // Data that is away counts only if the state folder knows of it: else it is that of a folder with
  // the same name that was removed.
  const bool is_away = ReadRecord(state_dir).ok() && fs::exists(away + "/PG_VERSION");
  if (is_away || fs::exists(usual + "/PG_VERSION")) {
    const std::string& data_dir = is_away ? away : usual;
    TRY_ASSIGN(const ServerUser owner, OwnerOf(data_dir));
    return Home{data_dir, owner, /*has_data=*/true};
  }
  TRY_ASSIGN(const ServerUser user, ChooseServerUser(state_dir));
  return Home{CanReach(user, state_dir) ? usual : away, user};
}

// Whoever comes later keeps to the recorded place, as conninfos that name it are about; unless it
// went away with the login session that it belonged to.
Result<std::string> KeepSocketDir(const std::string& state_dir, const ServerUser& user) {
  const auto recorded = ReadRecord(state_dir);
  if (recorded.ok() && fs::exists(fs::path(recorded->socket_dir).parent_path())) {
    return recorded->socket_dir;
  }
  return ChooseSocketDir(state_dir, user.how == ServerUser::How::kSetuid);
}

std::string ReadVersion(const std::string& data_dir) {
  std::ifstream file(data_dir + "/PG_VERSION");
  std::string version;
  file >> version;
  return version;
}

// A file that exists only as a descriptor, at its beginning.
Result<posix::UniqueFd> MakeInput(std::string_view text) {
  posix::UniqueFd fd(memfd_create("mayfly-input", MFD_CLOEXEC));
  if (!fd.valid()) return posix::ErrnoError(errno, "make the input of a tool");
  if (pwrite(fd.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
    return posix::ErrnoError(errno, "write the input of a tool");
  }
  return fd;
}

// Keeps the owner: the file must stay readable for the server's user.
Status Overwrite(const std::string& path, std::string_view text) {
  std::ofstream file(path, std::ios::trunc);
  file << text;
  file.close();
  if (!file) return posix::ErrnoError(errno, "write " + path);
  return {};
}

Result<posix::UniqueFd> OpenLog(const std::string& path) {
  std::error_code ignored;  // no log yet
  if (fs::file_size(path, ignored) > kLongLog && !ignored) fs::rename(path, path + ".1", ignored);
  posix::UniqueFd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!fd.valid()) return posix::ErrnoError(errno, "open " + path);
  return fd;
}

posix::Environment ToolEnvironment(const std::string& marked) {
  return {{"PATH", "/usr/bin:/bin"}, {"LC_ALL", "C"}, {"TZ", "UTC"}, {kDataMarker, marked}};
}

}  // namespace

Server::Server(Places places, ServerUser user, bool has_data)
    : places_(std::move(places)), user_(user), has_data_(has_data) {}

Result<Server> Server::Open(const std::string& state_dir, Settings overrides) {
  Places places{.state_dir = state_dir};
  TRY_ASSIGN(Home home, ChooseHome(state_dir));
  places.data_dir = std::move(home.data_dir);
  TRY_ASSIGN(places.socket_dir, KeepSocketDir(state_dir, home.user));
  Server server(std::move(places), home.user, home.has_data);
  TRY_ASSIGN(server.programs_,
             FindServerPrograms(home.has_data ? ReadVersion(server.places_.data_dir) : ""));
  server.overrides_ = std::move(overrides);
  return server;
}

bool Server::IsServing() const {
  const auto postmaster = FindPostmaster(places_.data_dir);
  return postmaster && postmaster->status == "ready" && access(places_.socket().c_str(), F_OK) == 0;
}

Status Server::Start() {
  if (!has_data_) TRY(MakeData());
  if (const auto postmaster = FindPostmaster(places_.data_dir)) {
    // One that is starting becomes ready, one that is stopping ends; one without a socket, which
    // nobody can reach, has to make room.
    const bool ready = AwaitReady(postmaster->id).ok();
    if (ready && IsServing()) return {};
    if (ready) TRY(Stop());
  }
  TRY(EndLeftovers(places_.data_dir));
  TRY(RemoveSocket());
  TRY_ASSIGN(const auto launched, Launch());
  return AwaitReady(launched);
}

Status Server::Stop() {
  if (const auto postmaster = FindPostmaster(places_.data_dir)) {
    for (const auto& [signal, limit] :
         {std::pair{SIGINT, kFastStopLimit}, std::pair{SIGQUIT, kKillLimit}}) {
      (void)posix::Signal(postmaster->id, signal);  // gone already is what we want
      if (posix::WaitUntilGone({postmaster->id}, limit).ok()) break;
    }
  }
  TRY(EndLeftovers(places_.data_dir));
  return RemoveSocket();
}

// Built beside and renamed, so that a kill in the middle leaves nothing that looks like data.
Status Server::MakeData() {
  const fs::path data = places_.data_dir;
  const std::string beside = places_.data_dir + ".new";
  const bool away = data.parent_path() != places_.state_dir;
  const bool other = user_.how == ServerUser::How::kSetuid;
  const uid_t owner = other ? user_.uid : geteuid();
  const gid_t group = other ? user_.gid : getegid();
  if (away) TRY(MakePrivateDir(data.parent_path(), owner, group));
  for (const std::string& left : {beside, away ? places_.data_dir : beside}) {
    TRY(EndLeftovers(left));
    std::error_code error;
    fs::remove_all(left, error);
    if (error) return posix::ErrnoError(error.value(), "remove " + left);
  }
  TRY(MakePrivateDir(beside, owner, group));

  TRY(RunTool({programs_ + "/initdb", "-D", beside, "-U", "mayfly", "-E", "UTF8", "--locale=C",
               "--auth=trust", "--no-sync", "--no-instructions"},
              beside, -1));
  TRY_ASSIGN(const auto input, MakeInput("CREATE DATABASE mayfly;\n"));
  TRY(RunTool({programs_ + "/postgres", "--single", "-D", beside, "-c", "fsync=off", "-c",
               "exit_on_error=on", "template1"},
              beside, input.get()));
  TRY(Overwrite(beside + "/pg_hba.conf", kHostBasedAccess));
  if (rename(beside.c_str(), data.c_str()) != 0) {
    return posix::ErrnoError(errno, "move " + beside + " into place");
  }
  has_data_ = true;
  return {};
}

Status Server::RunTool(const std::vector<std::string>& argv, const std::string& marked, int input) {
  TRY_ASSIGN(const auto log, OpenLog(places_.log()));
  TRY_ASSIGN(const auto tool, posix::Spawn({.argv = argv,
                                            .inherit_environment = false,
                                            .env = ToolEnvironment(marked),
                                            .cwd = "/",
                                            .input = input,
                                            .output = log.get(),
                                            .before_exec = [this] { return Become(user_); }}));
  const Status ended = posix::WaitUntilGone({tool}, kToolLimit);
  if (!ended.ok()) {
    TRY(EndLeftovers(marked));
  }
  int status = 0;
  while (waitpid(tool.pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return Explain(fmt::format("{} failed", fs::path(argv[0]).filename().string()));
}

std::vector<std::string> Server::CommandLine() const {
  std::vector<std::string> argv = {programs_ + "/postgres", "-D", places_.data_dir};
  const int version = std::atoi(ReadVersion(places_.data_dir).c_str());
  for (const auto& [name, value] : MakeSettings(version, places_.socket_dir, overrides_)) {
    argv.emplace_back("-c");
    argv.push_back(name + "=" + value);
  }
  return argv;
}

Result<posix::ProcessId> Server::Launch() {
  const bool other = user_.how == ServerUser::How::kSetuid;
  TRY(MakePrivateDir(places_.socket_dir, other ? user_.uid : geteuid(),
                     other ? user_.gid : getegid()));
  TRY(WriteRecord(places_));  // before the act: whoever comes after us knows where to look
  TRY_ASSIGN(const auto log, OpenLog(places_.log()));
  auto started = posix::Spawn({.argv = CommandLine(),
                               .inherit_environment = false,
                               .env = ToolEnvironment(places_.data_dir),
                               .cwd = "/",
                               .output = log.get(),
                               .tie = posix::Tie::kDetached,
                               .before_exec = [this] { return Become(user_); }});
  if (!started.ok()) return started.error().Within("start the embedded database");
  return started;
}

// Waits on the two things that can happen: the postmaster writes its status, or it ends.
Status Server::AwaitReady(posix::ProcessId postmaster) {
  const posix::UniqueFd changes(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  const std::uint32_t kinds = IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_DELETE;
  if (inotify_add_watch(changes.get(), places_.data_dir.c_str(), kinds) < 0) {
    return posix::ErrnoError(errno, "watch " + places_.data_dir);
  }
  const posix::UniqueFd end(static_cast<int>(syscall(SYS_pidfd_open, postmaster.pid, 0)));
  const Duration deadline = posix::SinceBoot() + kStartLimit;
  while (posix::SinceBoot() < deadline) {
    if (!posix::IsRunning(postmaster)) return Explain("the embedded database does not start");
    const auto found = FindPostmaster(places_.data_dir);
    if (found && found->id == postmaster && found->status == "ready") return {};
    pollfd events[] = {{.fd = changes.get(), .events = POLLIN, .revents = 0},
                       {.fd = end.get(), .events = POLLIN, .revents = 0}};
    (void)poll(events, 2, /*ms=*/1000);  // what happened is looked at above
    char buffer[4096];
    while (read(changes.get(), buffer, sizeof buffer) > 0) {
    }
  }
  return Explain(
      fmt::format("the embedded database is not ready after {}", HumanDuration(kStartLimit)));
}

// Backends outlive a killed postmaster, hold its shared memory, and may still write: they go first.
// Only then is what it left on disk known to be nobody's.
Status Server::EndLeftovers(const std::string& data_dir) {
  const auto ended =
      posix::KillUntilGone([&] { return FindServerProcesses(data_dir); }, kKillLimit);
  if (!ended.ok()) return ended.error().Within("end what is left of the embedded database");
  const std::string pid_file = data_dir + "/postmaster.pid";
  if (unlink(pid_file.c_str()) != 0 && errno != ENOENT && errno != ENOTDIR) {
    return posix::ErrnoError(errno, "remove " + pid_file);
  }
  return {};
}

Status Server::RemoveSocket() {
  const auto recorded = ReadRecord(places_.state_dir);
  for (const auto& places : {recorded.ok() ? *recorded : places_, places_}) {
    if (places.socket_dir.empty()) continue;
    for (const auto& path : {places.socket(), places.socket() + ".lock"}) {
      if (unlink(path.c_str()) != 0 && errno != ENOENT) {
        return posix::ErrnoError(errno, "remove " + path);
      }
    }
    // A folder that somebody put something into stays; the server does not mind it.
    if (rmdir(places.socket_dir.c_str()) != 0 && errno != ENOENT && errno != ENOTEMPTY) {
      return posix::ErrnoError(errno, "remove " + places.socket_dir);
    }
  }
  return {};
}

Error Server::Explain(const std::string& what) const {
  const std::string said = Tail(places_.log(), 1500);
  const std::string message =
      fmt::format("{}; the end of {} says:\n{}", what, places_.log(), Trim(said));
  if (said.find("No space left on device") != std::string::npos) {
    return Exhausted(
        fmt::format("{}\nthe disk of {} is full: make room on it, then the same command goes on",
                    message, places_.data_dir));
  }
  return Unavailable(message);
}

}  // namespace mayfly::embedded
