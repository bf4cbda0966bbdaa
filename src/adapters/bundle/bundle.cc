#include "adapters/bundle/bundle.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "adapters/bundle/archive_writer.h"
#include "adapters/bundle/program_files.h"
#include "adapters/bundle/work_files.h"
#include "adapters/posix/errno_error.h"

namespace mayfly::bundle {
namespace {

namespace fs = std::filesystem;

// Where it is written to: the file as named, or its immutable name in a folder.
fs::path PathOf(const std::string& out, const std::string& sha256) {
  std::error_code code;
  bool in_folder = out.empty() || fs::is_directory(out, code);
  if (!in_folder) return fs::path(out);
  return fs::path(out.empty() ? "." : out) / fmt::format("mayfly-{}.tar.gz", sha256);
}

}  // namespace

Result<Bundle> MakeBundle(const BundleRequest& request) {
  TRY_ASSIGN(ProgramFiles program, ListProgramFiles());
  WorkFiles work;
  if (!request.phase_folder.empty()) {
    TRY_ASSIGN(work, ListWorkFiles(request));
  }
  std::vector<ArchiveEntry> entries = std::move(program.entries);
  entries.insert(entries.end(), work.entries.begin(), work.entries.end());
  for (const char* folder : {"bin", "lib"}) {
    entries.push_back({.name = folder, .kind = ArchiveEntry::Kind::kFolder});
  }
  // Beside its place under a name of ours, and renamed when it is whole.
  const fs::path folder = PathOf(request.out, "").parent_path();
  const fs::path half = folder / fmt::format(".mayfly-bundle-{}.tmp", getpid());
  TRY_ASSIGN(WrittenFile written, WriteArchive(std::move(entries), half.string()));
  Bundle bundle{.path = PathOf(request.out, written.sha256).string(),
                .sha256 = written.sha256,
                .bytes = written.bytes,
                .glibc_needed = program.glibc_needed,
                .libraries = std::move(program.libraries),
                .work_files = work.files,
                .work_bytes = work.bytes,
                .notes = std::move(work.notes)};
  if (std::rename(half.c_str(), bundle.path.c_str()) == 0) return bundle;
  int number = errno;
  (void)unlink(half.c_str());
  return posix::ErrnoError(number, "rename to " + bundle.path);
}

}  // namespace mayfly::bundle
