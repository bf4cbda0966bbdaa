#pragma once
// Files of this computer.

#include "seams/file_system.h"

namespace mayfly::posix {

// Errors name the path. Write puts the bytes on disk (fsync) under a temporary name beside the
// target before it renames; a full disk is kExhausted and leaves the old file as it was.
class Disk final : public FileSystem {
 public:
  Result<std::vector<FileEntry>> List(const std::string& folder) override;
  Result<std::string> Read(const std::string& path) override;
  Status Write(const std::string& path, std::string_view bytes) override;
  Status RemoveTree(const std::string& path) override;
};

}  // namespace mayfly::posix
