#pragma once
// Locks between processes (flock): released by closing, by exec, and by death of the holder.

#include <string>

#include "adapters/posix/unique_fd.h"
#include "base/result.h"
#include "base/time.h"

namespace mayfly::posix {

class FileLock {
 public:
  enum class Mode { kShared, kExclusive };

  // Opens (creates, 0600) the file and takes the lock, waiting at most `limit`. kConflict when the
  // limit passes; the message names the file.
  static Result<FileLock> Take(const std::string& path, Mode mode, Duration limit);

  // From shared to exclusive without waiting: true if nobody else holds it. False leaves no lock
  // at all, so it is for those who are leaving anyway.
  Result<bool> TryUpgrade();

  int fd() const { return fd_.get(); }

 private:
  FileLock(UniqueFd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  UniqueFd fd_;
  std::string path_;
};

}  // namespace mayfly::posix
