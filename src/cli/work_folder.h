#pragma once
// A folder that is there while this lives; one that nobody named goes with it.

#include <string>

#include "base/result.h"

namespace mayfly::cli {

class WorkFolder {
 public:
  // `named` as --state has it; empty: a temporary one, called after `what`. kDenied: it cannot be
  // made.
  static Result<WorkFolder> Open(const std::string& named, const std::string& what);

  WorkFolder(WorkFolder&& other) noexcept;
  WorkFolder& operator=(WorkFolder&&) = delete;
  WorkFolder(const WorkFolder&) = delete;
  WorkFolder& operator=(const WorkFolder&) = delete;
  ~WorkFolder();

  const std::string& path() const { return path_; }  // absolute
  bool is_temporary() const { return is_ours_; }

 private:
  WorkFolder(std::string path, bool is_ours) : path_(std::move(path)), is_ours_(is_ours) {}

  std::string path_;
  bool is_ours_ = false;
};

}  // namespace mayfly::cli
