#pragma once
// The phase's files that came to this machine in its bundle.

#include <string>
#include <vector>

#include "base/result.h"
#include "model/carried.h"
#include "seams/file_system.h"

namespace mayfly::cli {

struct CarriedWork {
  std::string folder;  // the bundle's work/
  std::vector<CarriedFolder> folders;
};

// In MAYFLY_WORK_ROOT, else in work/ beside the folder of `program`; nothing where no bundle was
// unpacked there. kCorrupt: its manifest cannot be read.
Result<CarriedWork> FindCarriedWork(FileSystem& files, const std::string& program);

// Where the phase file's own folder is; the root where there is no work.
std::string PhaseFolderOf(const CarriedWork& work);

}  // namespace mayfly::cli
