#pragma once
// A tar.gz whose bytes depend on nothing but its entries: fixed times, owners and rights, sorted
// names, no time of its own. POSIX ustar, with a pax header before names that do not fit.

#include <cstdint>
#include <string>
#include <vector>

#include "adapters/bundle/gzip_file.h"
#include "base/result.h"

namespace mayfly::bundle {

struct ArchiveEntry {
  enum class Kind { kFile, kText, kLink, kFolder };
  std::string name;  // in the archive, relative
  Kind kind = Kind::kFile;
  std::string source;      // kFile: the path it is read from; kText: the bytes; kLink: the target
  std::int64_t bytes = 0;  // kFile: its size when it was listed
  bool is_executable = false;
};

// Writes a new file at `path` and syncs it; a failure leaves none. kConflict: an entry's file
// changed its size since it was listed. kExhausted: the disk is full.
Result<WrittenFile> WriteArchive(std::vector<ArchiveEntry> entries, const std::string& path);

}  // namespace mayfly::bundle
