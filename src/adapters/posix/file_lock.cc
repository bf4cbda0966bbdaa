#include "adapters/posix/file_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/file.h>

#include <cerrno>

#include "adapters/posix/errno_error.h"
#include "adapters/posix/process_table.h"

namespace mayfly::posix {
namespace {

// flock has no form with a time limit, and the signal that could cut it short belongs to others; so
// the lock is tried again, seldom enough to cost nothing, often enough not to be noticed.
constexpr int kRetryMs = 10;

// true: taken; false: somebody else holds it.
Result<bool> TryLock(int fd, int operation, const std::string& path) {
  while (flock(fd, operation | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return false;
    if (errno != EINTR) return ErrnoError(errno, "lock " + path);
  }
  return true;
}

}  // namespace

Result<FileLock> FileLock::Take(const std::string& path, Mode mode, Duration limit) {
  UniqueFd fd(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd.valid()) return ErrnoError(errno, "open " + path);
  const Duration deadline = SinceBoot() + limit;
  const int operation = mode == Mode::kShared ? LOCK_SH : LOCK_EX;
  while (true) {
    TRY_ASSIGN(const bool taken, TryLock(fd.get(), operation, path));
    if (taken) return FileLock(std::move(fd), path);
    if (SinceBoot() >= deadline) {
      return Conflict(fmt::format("{} is locked by another process for more than {}", path,
                                  HumanDuration(limit)));
    }
    (void)poll(nullptr, 0, kRetryMs);  // the lock itself is looked at again above
  }
}

Result<bool> FileLock::TryUpgrade() { return TryLock(fd_.get(), LOCK_EX, path_); }

}  // namespace mayfly::posix
