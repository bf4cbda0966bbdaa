#pragma once
// Files: the user's input files (read only) and scratch. Nothing durable is kept in files.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace mayfly {

struct FileEntry {
  std::string name;  // without the folder
  std::int64_t bytes = 0;
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;

  // Regular files of a folder, sorted by name. kNotFound names the folder.
  virtual Result<std::vector<FileEntry>> List(const std::string& folder) = 0;
  virtual Result<std::string> Read(const std::string& path) = 0;

  // Whole or absent: written beside and renamed. Creates the folder.
  virtual Status Write(const std::string& path, std::string_view bytes) = 0;
  virtual Status RemoveTree(const std::string& path) = 0;
};

}  // namespace mayfly
