#include "adapters/embedded/server_user.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "adapters/posix/errno_error.h"
#include "adapters/posix/process_table.h"
#include "adapters/posix/spawn.h"

namespace mayfly::embedded {
namespace {

int WriteOnce(const char* path, const char* text) {
  const int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return errno;
  const ssize_t put = write(fd, text, strlen(text));
  const int error = put < 0 ? errno : 0;
  close(fd);
  return error;
}

// A namespace in which exactly one user exists: outside ourselves, inside `uid`.
int EnterNamespace(uid_t uid, gid_t gid) {
  char users[64];
  char groups[64];
  (void)snprintf(users, sizeof users, "%u %u 1", uid, geteuid());
  (void)snprintf(groups, sizeof groups, "%u %u 1", gid, getegid());
  if (unshare(CLONE_NEWUSER) != 0) return errno;
  if (const int error = WriteOnce("/proc/self/setgroups", "deny")) return error;
  if (const int error = WriteOnce("/proc/self/uid_map", users)) return error;
  return WriteOnce("/proc/self/gid_map", groups);
}

int BecomeOther(uid_t uid, gid_t gid) {
  if (setgroups(0, nullptr) != 0 || setgid(gid) != 0 || setuid(uid) != 0) return errno;
  return 0;
}

// initdb wants its user to have a name, so the number must be that of somebody in passwd.
Result<ServerUser> SomebodyNamed(ServerUser::How how) {
  for (const char* name : {"postgres", "nobody", "daemon"}) {
    const passwd* entry = getpwnam(name);
    if (entry != nullptr && entry->pw_uid != 0) {
      return ServerUser{how, entry->pw_uid, entry->pw_gid};
    }
  }
  return NotFound(
      "PostgreSQL does not run as root, and there is no user postgres, nobody or daemon to run it "
      "as; add one (useradd --system postgres)");
}

// Only set in tests: systems that deny namespaces to root are hard to come by.
bool NamespacesAreForbidden() { return std::getenv("MAYFLY_TEST_NO_USERNS") != nullptr; }

}  // namespace

Result<ServerUser> OwnerOf(const std::string& data_dir) {
  struct stat info{};
  if (stat(data_dir.c_str(), &info) != 0) return posix::ErrnoError(errno, "look at " + data_dir);
  const bool root = geteuid() == 0;
  if (info.st_uid == geteuid()) {
    return root ? SomebodyNamed(ServerUser::How::kNamespace) : ServerUser{};
  }
  if (root) return ServerUser{ServerUser::How::kSetuid, info.st_uid, info.st_gid};
  return Denied(fmt::format(
      "{} belongs to user number {}; run as that user, or use another state folder (--state)",
      data_dir, info.st_uid));
}

Result<ServerUser> ChooseServerUser(const std::string& folder) {
  if (geteuid() != 0) return ServerUser{};
  TRY_ASSIGN(const ServerUser mapped, SomebodyNamed(ServerUser::How::kNamespace));
  if (CanReach(mapped, folder)) return mapped;
  return SomebodyNamed(ServerUser::How::kSetuid);
}

bool CanReach(const ServerUser& user, const std::string& folder) {
  const auto probe = posix::Spawn(
      {.argv = {"test", "-x", folder}, .cwd = "/", .before_exec = [user] { return Become(user); }});
  if (!probe.ok()) return false;  // it cannot even be that user
  int status = 0;
  while (waitpid(probe->pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int Become(const ServerUser& user) {
  int tie = 0;
  (void)prctl(PR_GET_PDEATHSIG, &tie);
  int error = 0;
  if (user.how == ServerUser::How::kNamespace) {
    error = NamespacesAreForbidden() ? EPERM : EnterNamespace(user.uid, user.gid);
  }
  if (user.how == ServerUser::How::kSetuid) error = BecomeOther(user.uid, user.gid);
  // A change of user takes the tie to the parent away.
  if (error == 0 && prctl(PR_SET_PDEATHSIG, tie) != 0) error = errno;
  return error;
}

}  // namespace mayfly::embedded
