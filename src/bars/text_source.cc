#include "bars/text_source.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <vector>

namespace mayfly::bars {
namespace {

constexpr std::size_t kPiece = 512 * 1024;
static_assert(kPiece > kLongestLine, "a piece must hold a whole line");

// zlib's stream, unpacking gzip members one behind the other.
class Inflater {
 public:
  explicit Inflater(std::string_view packed) : packed_(packed) {
    constexpr int kGzipOnly = 15 + 16;
    is_ready_ = inflateInit2(&stream_, kGzipOnly) == Z_OK;
  }
  ~Inflater() {
    if (is_ready_) inflateEnd(&stream_);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  bool is_done() const { return is_done_; }

  // Fills `out` as far as there is text; how many bytes that is.
  Result<std::size_t> Fill(char* out, std::size_t size) {
    if (!is_ready_) return Exhausted("no memory to unpack gzip");
    std::size_t filled = 0;
    while (filled < size && !is_done_) {
      TRY_ASSIGN(const std::size_t got, Step(out + filled, size - filled));
      filled += got;
    }
    return filled;
  }

 private:
  Result<std::size_t> Step(char* out, std::size_t size) {
    const std::size_t offered =
        std::min<std::size_t>(packed_.size() - at_, std::numeric_limits<uInt>::max() / 2);
    // zlib's interface is older than const; it does not write to its input.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed_.data() + at_));
    stream_.avail_in = static_cast<uInt>(offered);
    stream_.next_out = reinterpret_cast<Bytef*>(out);
    stream_.avail_out = static_cast<uInt>(size);
    const int status = inflate(&stream_, Z_NO_FLUSH);
    at_ += offered - stream_.avail_in;
    const std::size_t got = size - stream_.avail_out;
    if (status == Z_STREAM_END) {
      TRY(NextMember());
      return got;
    }
    if (status == Z_MEM_ERROR) return Exhausted("no memory to unpack gzip");
    if (status != Z_OK && status != Z_BUF_ERROR) {
      return Corrupt(fmt::format("the gzip is broken near byte {}: {}", at_,
                                 stream_.msg != nullptr ? stream_.msg : "bad data"));
    }
    if (got == 0 && at_ == packed_.size()) {
      return Corrupt(
          fmt::format("the gzip ends too early, after {} bytes; copy the file again", at_));
    }
    return got;
  }

  // Behind a member comes another one, padding with zeros, or nothing.
  Status NextMember() {
    const std::string_view rest = packed_.substr(at_);
    is_done_ = rest.find_first_not_of('\0') == std::string_view::npos;
    if (is_done_) return {};
    if (!IsGzip(rest)) {
      return Corrupt(fmt::format("something that is not gzip follows at byte {}", at_));
    }
    inflateReset(&stream_);
    return {};
  }

  std::string_view packed_;
  std::size_t at_ = 0;
  z_stream stream_{};
  bool is_ready_ = false;
  bool is_done_ = false;
};

}  // namespace

bool IsGzip(std::string_view bytes) { return bytes.starts_with("\x1F\x8B"); }

Status ForEachPiece(std::string_view file_bytes, const TextTaker& take) {
  if (!IsGzip(file_bytes)) {
    TRY(take(file_bytes, /*is_last=*/true));
    return {};
  }
  Inflater inflater(file_bytes);
  std::vector<char> buffer(kPiece + kLongestLine);
  std::size_t held = 0;
  while (!inflater.is_done()) {
    TRY_ASSIGN(const std::size_t got, inflater.Fill(buffer.data() + held, kPiece));
    held += got;
    TRY_ASSIGN(const std::size_t taken,
               take(std::string_view(buffer.data(), held), inflater.is_done()));
    held -= taken;
    if (held > kLongestLine) {
      return Corrupt(fmt::format("a line is longer than {} bytes", kLongestLine));
    }
    std::memmove(buffer.data(), buffer.data() + taken, held);
  }
  return {};
}

}  // namespace mayfly::bars
