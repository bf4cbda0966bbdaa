// Seeded mutations of small bar files: whatever the bytes are, reading ends in an error or in bars
// that keep their promises. Meant to run under the sanitizers too; MAYFLY_FUZZ_CASES asks for more
// cases than the few thousand of every build.

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdlib>

#include "bars/read_bars.h"
#include "base/rng.h"
#include "base/testing/mutate.h"

namespace mayfly::bars {
namespace {

constexpr std::array<std::string_view, 8> kSeeds = {
    "Time\tOpen\tHigh\tLow\tClose\tVolume\n2007-07-16 "
    "12:00:00\t0.87\t0.88\t0.86\t0.87\t347\n2007-07-16 16:00:00\t0.87\t0.88\t0.86\t0.87\t5\n",
    "2007-08-29 20:00,0.98,0.99,0.98,0.98,779\n2007-08-30 00:00,0.98,0.99,0.97,0.98,3775\n",
    "20240701 000000;1,07;1,08;1,06;1,07;0\r\n20240701 000100;1,07;1,08;1,06;1,07;0\r\n",
    "\xEF\xBB\xBFts,close\n1719792000,1.07\n1719792060,1.08\n\n1719792060,1.09\n",
    "2024.07.01,00:00,1.07,1.08,1.06,1.07,12\n2024.07.01,00:01,1.07,1.08,1.06,1.07,12\n",
    "2024-07-01 00:00 1.07 1.08 1.06 1.07 12\n2024-07-01 00:05 1.07 1.08 1.06 1.07 12\n",
    "date,time,close,bid,ask,x\n2024-07-01,01:00,1,0.9,1.1,?\n2024-07-01,00:00,1,,\\N,\"\"\n",
    "1719792000000.5,1e-5\n1719792060000,99999.123456789012345678901234567890\n",
};

constexpr std::array<std::string_view, 18> kTokens = {",",
                                                      ";",
                                                      "\t",
                                                      "\n",
                                                      "\r\n",
                                                      "\"",
                                                      "-",
                                                      ".",
                                                      " ",
                                                      "T",
                                                      "Z",
                                                      "nan",
                                                      "1e999",
                                                      "0",
                                                      "\\N",
                                                      "+",
                                                      "99999999999999999999",
                                                      "2024-02-30"};

ReadPolicy AnyPolicy(Rng& rng) {
  ReadPolicy policy;
  policy.duplicates = static_cast<Duplicates>(rng.Below(3));
  policy.disorder = static_cast<Disorder>(rng.Below(2));
  policy.bad_rows = rng.Chance(0.1) ? BadRows::kFail : BadRows::kReject;
  policy.max_bad_share = rng.Chance(0.5) ? 1.0 : 0.01;
  policy.listed_defects = rng.Below(4);
  if (rng.Chance(0.1)) policy.dialect.header = rng.Chance(0.5);
  if (rng.Chance(0.1)) policy.dialect.columns = {"ts", "close"};
  if (rng.Chance(0.1)) policy.dialect.time_format = "epoch";
  if (rng.Chance(0.1)) policy.dialect.separator = rng.Chance(0.5) ? "space" : "comma";
  return policy;
}

void ExpectPromises(const ReadResult& result) {
  const Bars& bars = result.bars;
  for (std::size_t i = 1; i < bars.rows(); ++i) ASSERT_LT(bars.ts_us[i - 1], bars.ts_us[i]);
  for (BarColumn column : kBarColumns) {
    if (!bars.has(column)) continue;
    ASSERT_EQ(bars.column(column).size(), bars.rows());
    for (double value : bars.column(column)) ASSERT_FALSE(std::isinf(value));
  }
  const ReadReport& report = result.report;
  ASSERT_EQ(report.rows_kept, bars.rows());
  ASSERT_EQ(report.rows_read,
            report.rows_kept + report.bad_rows() + report.Count(DefectKind::kDuplicateTimestamp));
}

std::uint64_t Cases() {
  const char* asked = std::getenv("MAYFLY_FUZZ_CASES");
  return asked == nullptr ? 6000 : std::strtoull(asked, nullptr, 10);
}

TEST(Fuzz, AnyBytesGiveKeptPromisesOrAnError) {
  const std::uint64_t cases = Cases();
  std::size_t read = 0;
  std::size_t refused = 0;
  for (std::uint64_t seed = 0; seed < cases; ++seed) {
    Rng rng = Rng(seed).Fork(17);
    const std::string text = Mutate(std::string(kSeeds[seed % kSeeds.size()]), kTokens, rng);
    const auto result = ReadBars(text, "fuzz.csv", AnyPolicy(rng));
    SCOPED_TRACE(testing::Message() << "seed " << seed << "\n" << text);
    if (result.ok()) {
      ASSERT_NO_FATAL_FAILURE(ExpectPromises(*result));
      ++read;
    } else {
      ASSERT_TRUE(result.error().kind() == ErrorKind::kInvalid ||
                  result.error().kind() == ErrorKind::kCorrupt);
      ++refused;
    }
  }
  EXPECT_GT(read, cases / 6);
  EXPECT_GT(refused, cases / 6);
}

TEST(Fuzz, AnyBytesBehindAGzipMagicGiveAnError) {
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    Rng rng = Rng(seed).Fork(18);
    std::string bytes("\x1F\x8B\x08", 3);
    for (std::uint64_t left = rng.Below(200); left > 0; --left) {
      bytes.push_back(static_cast<char>(rng.Below(256)));
    }
    EXPECT_FALSE(ReadBars(bytes, "fuzz.csv.gz", {}).ok()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace mayfly::bars
