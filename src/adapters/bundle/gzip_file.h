#pragma once
// A new file of gzip, and the SHA-256 of its bytes, while they are written.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace mayfly::bundle {

struct WrittenFile {
  std::string sha256;  // lower-case hexadecimal
  std::int64_t bytes = 0;
};

// Not thread-safe. Whoever drops it before Finish has a file that is not whole.
class GzipFile {
 public:
  // Replaces what is at `path`.
  static Result<GzipFile> Create(const std::string& path);
  GzipFile(GzipFile&&) noexcept;
  GzipFile& operator=(GzipFile&&) = delete;
  ~GzipFile();

  // kExhausted: the disk is full.
  Status Put(std::string_view bytes);

  // Ends and syncs it; nothing may be put any more.
  Result<WrittenFile> Finish();

 private:
  struct Parts;
  explicit GzipFile(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace mayfly::bundle
