#include "adapters/bundle/elf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/bundle/program_files.h"
#include "adapters/posix/disk.h"

namespace mayfly::bundle {
namespace {

using testing::Contains;
using testing::Not;

TEST(Elf, VersionsOfTheCLibraryAreReadAndOthersAreNot) {
  EXPECT_EQ(ParseGlibcVersion("GLIBC_2.34"), (GlibcVersion{2, 34}));
  EXPECT_EQ(ParseGlibcVersion("GLIBC_2.2.5"), (GlibcVersion{2, 2}));
  for (const char* other : {"GLIBC_PRIVATE", "GLIBCXX_3.4.29", "GLIBC_ABI_DT_RELR", "GLIBC_",
                            "GLIBC_2", "GLIBC_2.", "GLIBC_2.3x", "OPENSSL_3.0.0", ""}) {
    EXPECT_EQ(ParseGlibcVersion(other), std::nullopt) << other;
  }
  EXPECT_LT((GlibcVersion{2, 9}), (GlibcVersion{2, 34}));
}

TEST(Elf, OurOwnProgramSaysWhatItNeeds) {
  Result<std::string> bytes = posix::Disk().Read("/proc/self/exe");
  ASSERT_TRUE(bytes.ok());
  Result<ElfFacts> facts = ReadElf(*bytes, "this test");
  ASSERT_TRUE(facts.ok()) << facts.error().message();
  EXPECT_EQ(facts->soname, "");
  EXPECT_THAT(facts->needed, Contains("libc.so.6"));
  ASSERT_TRUE(facts->glibc.has_value());
  EXPECT_GE(*facts->glibc, (GlibcVersion{2, 2}));
}

TEST(Elf, AFileThatIsCutAnywhereIsRefusedOrReadAndNeverReadBeyondItsEnd) {
  Result<std::string> bytes = posix::Disk().Read("/proc/self/exe");
  ASSERT_TRUE(bytes.ok());
  // The dynamic section and the table of texts lie in the first part; the rest is code.
  EXPECT_FALSE(ReadElf("", "nothing").ok());
  EXPECT_FALSE(ReadElf("#!/bin/sh\n", "a script").ok());
  for (std::size_t size = 1; size < bytes->size(); size += 1 + size / 16) {
    std::string cut = bytes->substr(0, size);
    Result<ElfFacts> facts = ReadElf(cut, "cut");
    if (!facts.ok()) continue;
    EXPECT_THAT(facts->needed, Contains("libc.so.6")) << size;
  }
  for (std::size_t at = 0; at < 4096; ++at) {
    std::string changed = bytes->substr(0, std::min<std::size_t>(bytes->size(), 1 << 20));
    changed[at] = static_cast<char>(changed[at] ^ 0x5A);
    (void)ReadElf(changed, "changed");  // whatever it says, it says it without a fault
  }
}

TEST(ProgramFiles, HoldTheLibrariesAndNothingOfTheCLibrary) {
  Result<ProgramFiles> files = ListProgramFiles();
  ASSERT_TRUE(files.ok()) << files.error().message();
  EXPECT_EQ(files->entries.front().name, "bin/mayfly");
  EXPECT_THAT(files->libraries, Contains("libstdc++.so.6"));
  EXPECT_THAT(files->libraries, Contains("libgcc_s.so.1"));
  EXPECT_THAT(files->libraries, Contains("libcrypto.so.3"));
  for (const char* own : {"libc.so.6", "libm.so.6", "ld-linux-x86-64.so.2"}) {
    EXPECT_TRUE(BelongsToCLibrary(own)) << own;
    EXPECT_THAT(files->libraries, Not(Contains(own)));
  }
  EXPECT_FALSE(BelongsToCLibrary("libcrypto.so.3"));
  EXPECT_FALSE(BelongsToCLibrary("libmagic.so.1"));
}

}  // namespace
}  // namespace mayfly::bundle
