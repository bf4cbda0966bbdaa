#include "adapters/posix/needed_libc.h"

#include <link.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

namespace mayfly::posix {
namespace {

// What is not taken along: the C library in all its parts, and what the kernel maps in.
bool IsOfLibc(std::string_view path) {
  constexpr auto kParts =
      std::to_array<std::string_view>({"/libc.so", "/libm.so", "/libpthread.so", "/libdl.so",
                                       "/librt.so", "/libresolv.so", "/ld-linux", "linux-vdso"});
  for (std::string_view part : kParts) {
    if (path.find(part) != std::string_view::npos) return true;
  }
  return false;
}

// The names of a loaded object's symbols and of the versions that it needs, one after the other.
std::string_view NamesOf(const dl_phdr_info& object) {
  const ElfW(Dyn)* dynamic = nullptr;
  for (int i = 0; i < object.dlpi_phnum; ++i) {
    const ElfW(Phdr)& part = object.dlpi_phdr[i];
    if (part.p_type != PT_DYNAMIC) continue;
    // NOLINTNEXTLINE(*-reinterpret-cast,performance-no-int-to-ptr): so the loader tells addresses
    dynamic = reinterpret_cast<const ElfW(Dyn)*>(object.dlpi_addr + part.p_vaddr);
  }
  ElfW(Addr) names = 0;
  std::size_t size = 0;
  for (; dynamic != nullptr && dynamic->d_tag != DT_NULL; ++dynamic) {
    if (dynamic->d_tag == DT_STRTAB) names = dynamic->d_un.d_ptr;
    if (dynamic->d_tag == DT_STRSZ) size = dynamic->d_un.d_val;
  }
  if (names == 0) return {};
  if (names < object.dlpi_addr) names += object.dlpi_addr;  // the loader left it as in the file
  // NOLINTNEXTLINE(*-reinterpret-cast,performance-no-int-to-ptr): so the loader tells addresses
  return {reinterpret_cast<const char*>(names), size};
}

// The newest N of "GLIBC_2.N" among the names.
int NewestOf(std::string_view names) {
  constexpr std::string_view kVersion = "GLIBC_2.";
  int newest = -1;
  for (std::size_t at = names.find(kVersion); at != std::string_view::npos;
       at = names.find(kVersion, at + 1)) {
    const std::string_view number = names.substr(at + kVersion.size());
    int minor = -1;
    std::from_chars(number.data(), number.data() + number.size(), minor);
    newest = std::max(newest, minor);
  }
  return newest;
}

int TakeNewest(dl_phdr_info* object, std::size_t /*size*/, void* newest) {
  int& so_far = *static_cast<int*>(newest);
  if (!IsOfLibc(object->dlpi_name)) so_far = std::max(so_far, NewestOf(NamesOf(*object)));
  return 0;  // and the next one
}

}  // namespace

std::string NeededLibc() {
  int newest = -1;
  dl_iterate_phdr(&TakeNewest, &newest);
  return newest < 0 ? std::string() : "2." + std::to_string(newest);
}

}  // namespace mayfly::posix
