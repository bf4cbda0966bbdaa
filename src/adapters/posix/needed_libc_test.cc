#include "adapters/posix/needed_libc.h"

#include <gnu/libc-version.h>
#include <gtest/gtest.h>

#include <charconv>
#include <string_view>

namespace mayfly::posix {
namespace {

int MinorOf(std::string_view version) {
  int minor = -1;
  const std::string_view number = version.substr(version.find('.') + 1);
  std::from_chars(number.data(), number.data() + number.size(), minor);
  return minor;
}

// Since 2.34 a program's very first symbol, __libc_start_main, is of that version.
TEST(NeededLibc, IsNoOlderThanTheStartOfAProgramAndNoNewerThanWhatIsHere) {
  const std::string needed = NeededLibc();
  ASSERT_TRUE(needed.starts_with("2.")) << needed;
  EXPECT_GE(MinorOf(needed), 34);
  EXPECT_LE(MinorOf(needed), MinorOf(gnu_get_libc_version()));
}

}  // namespace
}  // namespace mayfly::posix
