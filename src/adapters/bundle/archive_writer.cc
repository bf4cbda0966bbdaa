#include "adapters/bundle/archive_writer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <numeric>

#include "adapters/posix/errno_error.h"
#include "adapters/posix/unique_fd.h"

namespace mayfly::bundle {
namespace {

constexpr std::size_t kBlock = 512;
constexpr std::size_t kChunk = std::size_t{64} << 10;
constexpr std::size_t kLongestName = 100;  // of a header without another before it

enum class Type : char { kFile = '0', kLink = '2', kFolder = '5', kPax = 'x' };

struct Header {
  std::string name, link;
  Type type = Type::kFile;
  int mode = 0644;
  std::int64_t bytes = 0;
};

// Where a field of a ustar header is, and how long.
struct Field {
  std::size_t at, length;
};

void SetText(std::array<char, kBlock>& block, Field field, std::string_view text) {
  std::copy_n(text.begin(), std::min(text.size(), field.length), block.begin() + field.at);
}

// Octal digits up to one zero byte, as the format has numbers.
void SetNumber(std::array<char, kBlock>& block, Field field, std::int64_t number) {
  SetText(block, field, fmt::format("{:0{}o}", number, field.length - 1));
}

std::array<char, kBlock> BlockOf(const Header& header) {
  std::array<char, kBlock> block{};
  SetText(block, {0, 100}, header.name);
  SetNumber(block, {100, 8}, header.mode);
  SetNumber(block, {108, 8}, 0);  // user: root
  SetNumber(block, {116, 8}, 0);  // group: root
  SetNumber(block, {124, 12}, header.bytes);
  SetNumber(block, {136, 12}, 0);        // time
  SetText(block, {148, 8}, "        ");  // the sum is made over spaces in its own place
  block[156] = static_cast<char>(header.type);
  SetText(block, {157, 100}, header.link);
  SetText(block, {257, 8}, std::string_view("ustar\00000", 8));
  int sum = std::accumulate(block.begin(), block.end(), 0, [](int so_far, char c) {
    return so_far + static_cast<unsigned char>(c);
  });
  SetNumber(block, {148, 7}, sum);
  return block;
}

// "27 path=some/long/name\n", whose number counts itself.
std::string PaxLine(std::string_view key, std::string_view value) {
  const std::size_t rest = key.size() + value.size() + 3;  // a space, '=' and the line's end
  std::size_t length = rest + 1;
  while (rest + std::to_string(length).size() != length) ++length;
  return fmt::format("{} {}={}\n", length, key, value);
}

Header HeaderOf(const ArchiveEntry& entry) {
  using Kind = ArchiveEntry::Kind;
  Header header{.name = entry.name};
  if (entry.is_executable || entry.kind == Kind::kFolder) header.mode = 0755;
  switch (entry.kind) {
    case Kind::kFile:
      header.bytes = entry.bytes;
      break;
    case Kind::kText:
      header.bytes = std::ssize(entry.source);
      break;
    case Kind::kLink:
      header.type = Type::kLink;
      header.mode = 0777;
      header.link = entry.source;
      break;
    case Kind::kFolder:
      header.type = Type::kFolder;
      header.name += "/";
      break;
  }
  return header;
}

class TarWriter {
 public:
  explicit TarWriter(GzipFile& out) : out_(out) {}

  Status Add(const ArchiveEntry& entry) {
    TRY(PutHeader(HeaderOf(entry)));
    if (entry.kind == ArchiveEntry::Kind::kText) return PutContents(entry.source);
    if (entry.kind == ArchiveEntry::Kind::kFile) return Copy(entry);
    return {};
  }

  // Two blocks of nothing end a tar.
  Status Close() { return out_.Put(std::string(2 * kBlock, '\0')); }

 private:
  Status PutHeader(const Header& header) {
    std::string longer;
    if (header.name.size() > kLongestName) longer += PaxLine("path", header.name);
    if (header.link.size() > kLongestName) longer += PaxLine("linkpath", header.link);
    if (!longer.empty()) {
      TRY(PutBlock({.name = "pax", .type = Type::kPax, .bytes = std::ssize(longer)}));
      TRY(PutContents(longer));
    }
    return PutBlock(header);
  }

  Status PutBlock(const Header& header) {
    std::array<char, kBlock> block = BlockOf(header);
    return out_.Put(std::string_view(block.data(), block.size()));
  }

  Status PutContents(std::string_view bytes) {
    TRY(out_.Put(bytes));
    return Fill(std::ssize(bytes));
  }

  // Contents end at the end of a block.
  Status Fill(std::int64_t bytes) {
    const std::size_t over = static_cast<std::size_t>(bytes) % kBlock;
    return out_.Put(std::string(over == 0 ? 0 : kBlock - over, '\0'));
  }

  Status Copy(const ArchiveEntry& entry) {
    posix::UniqueFd fd(open(entry.source.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (!fd.valid()) return posix::ErrnoError(errno, "read " + entry.source);
    std::array<char, kChunk> buffer{};
    std::int64_t copied = 0;
    while (true) {
      ssize_t got = read(fd.get(), buffer.data(), buffer.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return posix::ErrnoError(errno, "read " + entry.source);
      copied += got;
      if (got == 0 || copied > entry.bytes) break;
      TRY(out_.Put(std::string_view(buffer.data(), static_cast<std::size_t>(got))));
    }
    if (copied == entry.bytes) return Fill(copied);
    return Conflict(entry.source + " changed while it was packed; again when nobody writes it");
  }

  GzipFile& out_;
};

Result<WrittenFile> WriteEntries(const std::vector<ArchiveEntry>& entries,
                                 const std::string& path) {
  TRY_ASSIGN(GzipFile file, GzipFile::Create(path));
  TarWriter tar(file);
  for (const ArchiveEntry& entry : entries) TRY(tar.Add(entry));
  TRY(tar.Close());
  return file.Finish();
}

}  // namespace

Result<WrittenFile> WriteArchive(std::vector<ArchiveEntry> entries, const std::string& path) {
  std::sort(entries.begin(), entries.end(),
            [](const ArchiveEntry& a, const ArchiveEntry& b) { return a.name < b.name; });
  Result<WrittenFile> written = WriteEntries(entries, path);
  if (!written.ok()) (void)unlink(path.c_str());  // the failure is told; half a bundle is none
  return written;
}

}  // namespace mayfly::bundle
