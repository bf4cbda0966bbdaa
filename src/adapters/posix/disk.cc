#include "adapters/posix/disk.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "adapters/posix/errno_error.h"
#include "adapters/posix/unique_fd.h"

namespace mayfly::posix {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kChunk = std::size_t{1} << 20;

Status WriteAll(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return ErrnoError(errno, "write " + path);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Status WriteDurably(const std::string& path, std::string_view bytes) {
  UniqueFd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!fd.valid()) return ErrnoError(errno, "create " + path);
  TRY(WriteAll(fd.get(), bytes, path));
  if (fsync(fd.get()) != 0) return ErrnoError(errno, "sync " + path);
  return {};
}

}  // namespace

Result<std::vector<FileEntry>> Disk::List(const std::string& folder) {
  std::error_code code;
  fs::directory_iterator entries(folder, code);
  if (code) return ErrnoError(code.value(), "list folder " + folder);
  std::vector<FileEntry> files;
  for (; entries != fs::directory_iterator(); entries.increment(code)) {
    std::error_code passing;  // a file that goes away while we look is not there
    bool regular = entries->is_regular_file(passing);
    std::uintmax_t bytes = regular ? entries->file_size(passing) : 0;
    if (!regular || passing) continue;
    files.push_back({entries->path().filename().string(), static_cast<std::int64_t>(bytes)});
  }
  if (code) return ErrnoError(code.value(), "list folder " + folder);
  std::sort(files.begin(), files.end(),
            [](const FileEntry& a, const FileEntry& b) { return a.name < b.name; });
  return files;
}

Result<std::string> Disk::Read(const std::string& path) {
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return ErrnoError(errno, "read " + path);
  struct stat about{};
  if (fstat(fd.get(), &about) != 0) return ErrnoError(errno, "read " + path);
  if (S_ISDIR(about.st_mode)) return Invalid(path + " is a folder, not a file");
  std::string bytes;
  bytes.reserve(static_cast<std::size_t>(about.st_size));
  while (true) {
    std::size_t before = bytes.size();
    bytes.resize(before + kChunk);
    ssize_t got = read(fd.get(), bytes.data() + before, kChunk);
    bytes.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got < 0 && errno != EINTR) return ErrnoError(errno, "read " + path);
    if (got == 0) return bytes;
  }
}

Status Disk::Write(const std::string& path, std::string_view bytes) {
  std::error_code code;
  fs::path folder = fs::path(path).parent_path();
  if (!folder.empty()) fs::create_directories(folder, code);
  if (code) return ErrnoError(code.value(), "make folder " + folder.string());
  std::string beside = fmt::format("{}.{}.part", path, getpid());
  Status written = WriteDurably(beside, bytes);
  if (written.ok() && rename(beside.c_str(), path.c_str()) != 0) {
    written = ErrnoError(errno, "rename to " + path);
  }
  if (!written.ok()) fs::remove(beside, code);  // the first error is the one to tell
  return written;
}

Status Disk::RemoveTree(const std::string& path) {
  std::error_code code;
  fs::remove_all(path, code);
  if (code) return ErrnoError(code.value(), "remove " + path);
  return {};
}

}  // namespace mayfly::posix
