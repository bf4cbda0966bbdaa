#include "adapters/bundle/gzip_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <unistd.h>
#include <zlib.h>

#include <array>
#include <cerrno>
#include <utility>

#include "adapters/posix/errno_error.h"
#include "adapters/posix/unique_fd.h"
#include "base/check.h"

namespace mayfly::bundle {
namespace {

struct FreeDigest {
  void operator()(EVP_MD_CTX* it) const { EVP_MD_CTX_free(it); }
};

std::string Hex(const unsigned char* bytes, unsigned size) {
  std::string hex;
  for (unsigned i = 0; i < size; ++i) hex += fmt::format("{:02x}", bytes[i]);
  return hex;
}

}  // namespace

struct GzipFile::Parts {
  explicit Parts(std::string where) : path(std::move(where)) {
    // 16 more than the window asks for a gzip header; its time stays 0.
    constexpr int kGzip = 16 + MAX_WBITS, kMemory = 8;
    int ready = deflateInit2(&deflated, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzip, kMemory,
                             Z_DEFAULT_STRATEGY);
    CHECK(ready == Z_OK, "zlib cannot begin");
    CHECK(digest && EVP_DigestInit_ex(digest.get(), EVP_sha256(), nullptr) == 1,
          "OpenSSL has no SHA-256");
  }
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;
  ~Parts() { deflateEnd(&deflated); }

  Status Write(std::string_view out) {
    CHECK(EVP_DigestUpdate(digest.get(), out.data(), out.size()) == 1, "a digest takes any bytes");
    while (!out.empty()) {
      ssize_t wrote = write(fd.get(), out.data(), out.size());
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote < 0) return posix::ErrnoError(errno, "write " + path);
      out.remove_prefix(static_cast<std::size_t>(wrote));
      bytes += wrote;
    }
    return {};
  }

  // All of the input through the compressor; with Z_FINISH also what it still holds.
  Status Deflate(std::string_view in, int how) {
    std::array<char, 64 << 10> out{};
    deflated.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
    deflated.avail_in = static_cast<uInt>(in.size());
    do {
      deflated.next_out = reinterpret_cast<Bytef*>(out.data());
      deflated.avail_out = out.size();
      CHECK(deflate(&deflated, how) != Z_STREAM_ERROR, "zlib lost its state");
      TRY(Write(std::string_view(out.data(), out.size() - deflated.avail_out)));
    } while (deflated.avail_out == 0);
    return {};
  }

  std::string path;
  posix::UniqueFd fd;
  z_stream deflated{};
  std::unique_ptr<EVP_MD_CTX, FreeDigest> digest{EVP_MD_CTX_new()};
  std::int64_t bytes = 0;
};

GzipFile::GzipFile(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
GzipFile::GzipFile(GzipFile&&) noexcept = default;
GzipFile::~GzipFile() = default;

Result<GzipFile> GzipFile::Create(const std::string& path) {
  auto parts = std::make_unique<Parts>(path);
  parts->fd.Reset(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!parts->fd.valid()) return posix::ErrnoError(errno, "create " + path);
  return GzipFile(std::move(parts));
}

Status GzipFile::Put(std::string_view bytes) {
  constexpr std::size_t kPiece = std::size_t{1} << 30;  // zlib counts its input in 32 bits
  for (; bytes.size() > kPiece; bytes.remove_prefix(kPiece)) {
    TRY(parts_->Deflate(bytes.substr(0, kPiece), Z_NO_FLUSH));
  }
  return parts_->Deflate(bytes, Z_NO_FLUSH);
}

Result<WrittenFile> GzipFile::Finish() {
  TRY(parts_->Deflate({}, Z_FINISH));
  if (fsync(parts_->fd.get()) != 0) return posix::ErrnoError(errno, "sync " + parts_->path);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  CHECK(EVP_DigestFinal_ex(parts_->digest.get(), digest.data(), &size) == 1, "a digest ends once");
  return WrittenFile{Hex(digest.data(), size), parts_->bytes};
}

}  // namespace mayfly::bundle
