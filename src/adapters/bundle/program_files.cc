#include "adapters/bundle/program_files.h"

#include <fmt/format.h>
#include <link.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <optional>
#include <set>

#include "adapters/posix/disk.h"

namespace mayfly::bundle {
namespace {

namespace fs = std::filesystem;

constexpr const char* kOwnPath = "/proc/self/exe";

// Paths of everything that the loader has mapped, but the program itself and what the kernel maps.
std::vector<std::string> ListLoaded() {
  std::vector<std::string> paths;
  auto take = [](dl_phdr_info* info, size_t, void* into) {
    std::string path = info->dlpi_name == nullptr ? "" : info->dlpi_name;
    if (path.find('/') != std::string::npos) {
      static_cast<std::vector<std::string>*>(into)->push_back(std::move(path));
    }
    return 0;
  };
  dl_iterate_phdr(take, &paths);
  return paths;
}

struct Loaded {
  std::string path;
  ElfFacts facts;
};

Result<Loaded> ReadLoaded(const std::string& path) {
  TRY_ASSIGN(std::string bytes, posix::Disk().Read(path));
  TRY_ASSIGN(ElfFacts facts, ReadElf(bytes, path));
  return Loaded{path, std::move(facts)};
}

using LibraryMap = std::map<std::string, Loaded>;  // by the name that others need them under

Result<LibraryMap> ReadLibraries() {
  LibraryMap libraries;
  for (const std::string& path : ListLoaded()) {
    const std::string file = fs::path(path).filename().string();
    if (BelongsToCLibrary(file)) continue;
    TRY_ASSIGN(Loaded loaded, ReadLoaded(path));
    std::string name = loaded.facts.soname.empty() ? file : loaded.facts.soname;
    libraries.emplace(std::move(name), std::move(loaded));
  }
  return libraries;
}

Result<ArchiveEntry> FileEntryOf(const std::string& name, const std::string& path) {
  std::error_code code;
  fs::path real = fs::canonical(path, code);
  std::uintmax_t bytes = code ? 0 : fs::file_size(real, code);
  if (code) return NotFound(fmt::format("{}: {}", path, code.message()));
  return ArchiveEntry{.name = name,
                      .source = real.string(),
                      .bytes = static_cast<std::int64_t>(bytes),
                      .is_executable = true};
}

}  // namespace

bool BelongsToCLibrary(std::string_view soname) {
  constexpr std::array<std::string_view, 16> kStems{
      "libc",       "libm",         "libmvec",           "libpthread",  "libdl",
      "librt",      "libresolv",    "libutil",           "libanl",      "libBrokenLocale",
      "libnsl",     "libthread_db", "libc_malloc_debug", "libmemusage", "libpcprofile",
      "libSegFault"};
  if (soname.starts_with("ld-linux") || soname.starts_with("libnss_")) return true;
  std::string_view stem = soname.substr(0, soname.find(".so"));
  return std::find(kStems.begin(), kStems.end(), stem) != kStems.end();
}

// What is needed, by need of need, and nothing that merely happens to be loaded: so the same
// program gives the same list always.
Result<ProgramFiles> ListProgramFiles() {
  TRY_ASSIGN(LibraryMap libraries, ReadLibraries());
  TRY_ASSIGN(Loaded program, ReadLoaded(kOwnPath));
  ProgramFiles files;
  TRY_ASSIGN(ArchiveEntry own, FileEntryOf("bin/mayfly", kOwnPath));
  files.entries.push_back(std::move(own));
  std::optional<GlibcVersion> glibc = program.facts.glibc;
  std::vector<std::string> waiting = program.facts.needed;
  std::set<std::string> seen;
  while (!waiting.empty()) {
    std::string name = std::move(waiting.back());
    waiting.pop_back();
    if (BelongsToCLibrary(name) || !seen.insert(name).second) continue;
    auto found = libraries.find(name);
    if (found == libraries.end()) {
      return NotFound(fmt::format("library {} is needed and was not loaded under that name", name));
    }
    const auto& [path, facts] = found->second;
    glibc = std::max(glibc, facts.glibc);
    waiting.insert(waiting.end(), facts.needed.begin(), facts.needed.end());
    TRY_ASSIGN(ArchiveEntry entry, FileEntryOf("lib/" + name, path));
    files.entries.push_back(std::move(entry));
  }
  files.libraries.assign(seen.begin(), seen.end());
  if (!glibc) return Defect("this program needs no version of the C library");
  files.glibc_needed = *glibc;
  return files;
}

}  // namespace mayfly::bundle
