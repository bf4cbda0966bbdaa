#pragma once
// What a program or library file says of itself: its name, the libraries that it needs, and how new
// a C library they were linked against. Reads bytes; runs nothing.

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace mayfly::bundle {

struct GlibcVersion {
  int major = 0, minor = 0;
  friend auto operator<=>(const GlibcVersion&, const GlibcVersion&) = default;
};
std::string Format(GlibcVersion version);  // "2.34"

// "GLIBC_2.34", as a symbol's version is named. GLIBC_PRIVATE and other libraries' are nothing.
std::optional<GlibcVersion> ParseGlibcVersion(std::string_view name);

struct ElfFacts {
  std::string soname;                 // empty: it has none, as programs do
  std::vector<std::string> needed;    // in their order
  std::optional<GlibcVersion> glibc;  // the newest that a symbol of it was linked against
};

// kCorrupt: not a whole 64-bit ELF file of this kind of machine with a dynamic section. `name` is
// for messages.
Result<ElfFacts> ReadElf(std::string_view bytes, const std::string& name);

}  // namespace mayfly::bundle
