#pragma once
// The pinned bundle that a rented machine is started from: this program, the shared libraries that
// it needs but the C library's own, and the phase's files for `command` and `load` stages.
//
//   bin/mayfly   lib/*.so.*   work/MANIFEST.json   work/phase/…   work/load/STAGE/…
//
// The program finds lib/ beside itself by its DT_RPATH, so nothing has to be installed or set. The
// same inputs give the same bytes: the sha256 is the bundle's identity.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "adapters/bundle/elf.h"
#include "base/result.h"
#include "model/carried.h"

namespace mayfly::bundle {

struct BundleLimits {
  std::int64_t file_bytes = std::int64_t{256} << 20;  // of one of the phase's files
  std::int64_t work_bytes = std::int64_t{512} << 20;  // of all of them together
  std::int64_t files = 100'000;
};

struct BundleRequest {
  std::string phase_folder;           // absolute; empty: no phase, no work/
  std::vector<NeededFolder> folders;  // below it or elsewhere (model/carried.h)
  std::string out;  // a folder: mayfly-SHA256.tar.gz in it; else the file. Empty: here
  BundleLimits limits;
};

struct Bundle {
  std::string path, sha256;
  std::int64_t bytes = 0;
  GlibcVersion glibc_needed;           // the machine's C library must be this or newer
  std::vector<std::string> libraries;  // file names, sorted
  int work_files = 0;
  std::int64_t work_bytes = 0;
  std::vector<std::string> notes;  // what was left out, and what leads out of it
};

// Packs the running program. kInvalid: the phase's files are more than the limits allow; kNotFound:
// a folder, or a library that the program needs, is not there. Whole or absent.
Result<Bundle> MakeBundle(const BundleRequest& request);

}  // namespace mayfly::bundle
