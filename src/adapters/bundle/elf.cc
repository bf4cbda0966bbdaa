#include "adapters/bundle/elf.h"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace mayfly::bundle {
namespace {

// Views of a file's bytes, each checked against its end.
class Image {
 public:
  explicit Image(std::string_view bytes) : bytes_(bytes) {}

  template <typename T>
  std::optional<T> At(std::uint64_t offset) const {
    if (offset > bytes_.size() || bytes_.size() - offset < sizeof(T)) return std::nullopt;
    T value;
    std::memcpy(&value, bytes_.data() + offset, sizeof(T));
    return value;
  }

  // The text up to its zero byte; nothing where there is none.
  std::optional<std::string> Text(std::uint64_t offset) const {
    if (offset >= bytes_.size()) return std::nullopt;
    std::size_t end = bytes_.find('\0', offset);
    if (end == std::string_view::npos) return std::nullopt;
    return std::string(bytes_.substr(offset, end - offset));
  }

 private:
  std::string_view bytes_;
};

struct Dynamic {
  std::vector<std::uint64_t> needed;  // offsets into the table of texts
  std::optional<std::uint64_t> soname;
  std::uint64_t texts = 0;     // addresses, as they are when loaded
  std::uint64_t versions = 0;  // 0: none
};

// The parts of a file, as the loader would find them: by program headers, since sections may be
// stripped.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : image_(bytes) {}

  std::optional<ElfFacts> Read() {
    if (!ReadHeaders() || !ReadDynamic()) return std::nullopt;
    std::optional<std::uint64_t> texts = OffsetOf(dynamic_.texts);
    if (!texts) return std::nullopt;
    ElfFacts facts;
    for (std::uint64_t offset : dynamic_.needed) {
      std::optional<std::string> name = image_.Text(*texts + offset);
      if (!name) return std::nullopt;
      facts.needed.push_back(*name);
    }
    if (dynamic_.soname) {
      std::optional<std::string> name = image_.Text(*texts + *dynamic_.soname);
      if (!name) return std::nullopt;
      facts.soname = *name;
    }
    if (!ReadVersions(*texts, facts)) return std::nullopt;
    return facts;
  }

 private:
  bool ReadHeaders() {
    auto header = image_.At<Elf64_Ehdr>(0);
    if (!header || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0) return false;
    bool ours = header->e_ident[EI_CLASS] == ELFCLASS64 && header->e_ident[EI_DATA] == ELFDATA2LSB;
    if (!ours || header->e_phentsize != sizeof(Elf64_Phdr)) return false;
    for (int i = 0; i < header->e_phnum; ++i) {
      auto part = image_.At<Elf64_Phdr>(header->e_phoff + std::uint64_t(i) * sizeof(Elf64_Phdr));
      if (!part) return false;
      headers_.push_back(*part);
    }
    return true;
  }

  bool ReadDynamic() {
    auto found = std::find_if(headers_.begin(), headers_.end(),
                              [](const Elf64_Phdr& part) { return part.p_type == PT_DYNAMIC; });
    if (found == headers_.end()) return false;
    for (std::uint64_t at = found->p_offset;; at += sizeof(Elf64_Dyn)) {
      auto entry = image_.At<Elf64_Dyn>(at);
      if (!entry) return false;
      if (entry->d_tag == DT_NULL) return true;
      Take(*entry);
    }
  }

  void Take(const Elf64_Dyn& entry) {
    if (entry.d_tag == DT_NEEDED) dynamic_.needed.push_back(entry.d_un.d_val);
    if (entry.d_tag == DT_SONAME) dynamic_.soname = entry.d_un.d_val;
    if (entry.d_tag == DT_STRTAB) dynamic_.texts = entry.d_un.d_ptr;
    if (entry.d_tag == DT_VERNEED) dynamic_.versions = entry.d_un.d_ptr;
  }

  std::optional<std::uint64_t> OffsetOf(std::uint64_t address) const {
    for (const Elf64_Phdr& part : headers_) {
      bool inside = part.p_type == PT_LOAD && address >= part.p_vaddr &&
                    address - part.p_vaddr < part.p_filesz;
      if (inside) return part.p_offset + (address - part.p_vaddr);
    }
    return std::nullopt;
  }

  // The chain of libraries, and for each the chain of versions that are needed of it. A chain only
  // goes forward, so that it ends with the file.
  bool ReadVersions(std::uint64_t texts, ElfFacts& facts) const {
    if (dynamic_.versions == 0) return true;
    std::optional<std::uint64_t> at = OffsetOf(dynamic_.versions);
    while (at) {
      auto library = image_.At<Elf64_Verneed>(*at);
      if (!library) return false;
      std::uint64_t version_at = *at + library->vn_aux;
      for (int i = 0; i < library->vn_cnt; ++i) {
        auto version = image_.At<Elf64_Vernaux>(version_at);
        if (!version) return false;
        std::optional<std::string> name = image_.Text(texts + version->vna_name);
        if (!name) return false;
        facts.glibc = std::max(facts.glibc, ParseGlibcVersion(*name));
        version_at += version->vna_next;
      }
      if (library->vn_next == 0) return true;
      at = *at + library->vn_next;
    }
    return false;
  }

  Image image_;
  std::vector<Elf64_Phdr> headers_;
  Dynamic dynamic_;
};

}  // namespace

std::string Format(GlibcVersion version) {
  return fmt::format("{}.{}", version.major, version.minor);
}

std::optional<GlibcVersion> ParseGlibcVersion(std::string_view name) {
  constexpr std::string_view kPrefix = "GLIBC_";
  if (!name.starts_with(kPrefix)) return std::nullopt;
  name.remove_prefix(kPrefix.size());
  GlibcVersion version;
  const char* end = name.data() + name.size();
  auto [dot, bad_major] = std::from_chars(name.data(), end, version.major);
  if (bad_major != std::errc{} || dot == end || *dot != '.') return std::nullopt;
  auto [rest, bad_minor] = std::from_chars(dot + 1, end, version.minor);
  // "2.2.5": what comes third decides nothing, since there is always a later 2.x.
  if (bad_minor != std::errc{} || (rest != end && *rest != '.')) return std::nullopt;
  return version;
}

Result<ElfFacts> ReadElf(std::string_view bytes, const std::string& name) {
  std::optional<ElfFacts> facts = Reader(bytes).Read();
  if (facts) return std::move(*facts);
  return Corrupt(name + " is not a whole ELF file with a dynamic section");
}

}  // namespace mayfly::bundle
