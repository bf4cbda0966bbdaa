#pragma once
// The phase's own files, as they go into a bundle's work/.

#include <string>
#include <vector>

#include "adapters/bundle/archive_writer.h"
#include "adapters/bundle/bundle.h"
#include "base/result.h"

namespace mayfly::bundle {

struct WorkFiles {
  std::vector<ArchiveEntry> entries;  // work/…, the manifest among them
  int files = 0;
  std::int64_t bytes = 0;
  std::vector<std::string> notes;
};

// Left out: .mayfly, .git, __pycache__, sockets, pipes and devices; and, with a note each, what
// usually holds secrets (I12). A link is packed as a link. kInvalid names the file or folder that
// is too large and what to do; kNotFound the folder that is not there.
Result<WorkFiles> ListWorkFiles(const BundleRequest& request);

}  // namespace mayfly::bundle
