#pragma once
// The running program and the libraries that it needs, as the loader found them.

#include <string>
#include <string_view>
#include <vector>

#include "adapters/bundle/archive_writer.h"
#include "adapters/bundle/elf.h"
#include "base/result.h"

namespace mayfly::bundle {

struct ProgramFiles {
  std::vector<ArchiveEntry> entries;  // bin/mayfly, lib/…
  std::vector<std::string> libraries;
  GlibcVersion glibc_needed;
};

// kNotFound: a library that is needed was not loaded under its name.
Result<ProgramFiles> ListProgramFiles();

// Comes with the C library, whose parts must all be of one version: the machine's own are taken.
bool BelongsToCLibrary(std::string_view soname);

}  // namespace mayfly::bundle
