#include "bars/read_bars.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/time.h"

namespace mayfly::bars {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string Gzip(std::string_view text) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string packed(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

ReadResult Read(std::string_view text, const ReadPolicy& policy = {}) {
  auto result = ReadBars(text, "eurusd.csv", policy);
  EXPECT_TRUE(result.ok()) << result.error().message();
  return result.ok() ? std::move(result).value() : ReadResult{};
}

std::string Refusal(std::string_view text, ErrorKind kind, const ReadPolicy& policy = {}) {
  const auto result = ReadBars(text, "eurusd.csv", policy);
  if (result.ok()) return "read: " + Describe(result->report);
  EXPECT_EQ(result.error().kind(), kind) << result.error().message();
  return result.error().message();
}

std::vector<double> Closes(std::string_view text, const ReadPolicy& policy = {}) {
  return Read(text, policy).bars.column(BarColumn::kClose);
}

// A hundred good rows of `time,close`, a minute apart on the last of June.
std::string GoodRows() {
  std::string text = "time,open,high,low,close,volume\n";
  for (int i = 0; i < 100; ++i) {
    text += "2024-06-30 0" + std::to_string(i / 60) + ":" + (i % 60 < 10 ? "0" : "") +
            std::to_string(i % 60) + ",1.1,1.3,1.0,1.2,5\n";
  }
  return text;
}

TEST(ReadBars, FillsColumnsAndReport) {
  const ReadResult result = Read(
      "time,open,high,low,close,volume\n"
      "2024-07-01 00:00,1.10,1.30,1.00,1.20,5\n"
      "2024-07-01 00:01,1.20,1.20,1.20,1.20,7\n");
  EXPECT_THAT(result.bars.ts_us, ElementsAre(1719792000000000, 1719792060000000));
  EXPECT_THAT(result.bars.column(BarColumn::kOpen), ElementsAre(1.1, 1.2));
  EXPECT_THAT(result.bars.column(BarColumn::kHigh), ElementsAre(1.3, 1.2));
  EXPECT_THAT(result.bars.column(BarColumn::kLow), ElementsAre(1.0, 1.2));
  EXPECT_THAT(result.bars.column(BarColumn::kClose), ElementsAre(1.2, 1.2));
  EXPECT_THAT(result.bars.column(BarColumn::kVolume), ElementsAre(5, 7));
  EXPECT_FALSE(result.bars.has(BarColumn::kBidOpen));
  EXPECT_EQ(Describe(result.report), "2 rows, 2 kept");
}

TEST(ReadBars, EmptyFilesHaveNoRows) {
  for (std::string_view text :
       {"", "\n", "\r\n \r\n", "\xEF\xBB\xBF", "time,close", "ts;close\n"}) {
    const ReadResult result = Read(text);
    EXPECT_EQ(result.bars.rows(), 0U) << text;
    EXPECT_EQ(result.report.rows_read, 0U) << text;
  }
}

TEST(ReadBars, DoesNotMindMarksBlanksAndAMissingEnd) {
  const std::vector<double> expected = {1.5, 2.5};
  EXPECT_EQ(
      Closes("\xEF\xBB\xBFtime,close\r\n\r\n2024-07-01 00:00,1.5\r\n\r\n2024-07-02 00:00,2.5"),
      expected);
  EXPECT_EQ(Closes("\xEF\xBB\xBF"
                   "2024-07-01 00:00,1.5\n\n2024-07-02 00:00,2.5\n\x1a"),
            expected);
}

TEST(ReadBars, ReadsNumbersOfAnyLengthAndScale) {
  EXPECT_THAT(
      Closes("time,close\n"
             "2024-07-01,1.0735600000000000000000000000000000000001\n"
             "2024-07-02,0.00001\n2024-07-03,100000.12345\n2024-07-04,1e-5\n2024-07-05,1E5\n"
             "2024-07-06,123456789012345678901234567890123456789012.5\n2024-07-07,+1.5\n"
             "2024-07-08, 2.5 \n2024-07-09,.5\n2024-07-10,\"3.5\"\n"),
      ElementsAre(1.07356, 1e-5, 100000.12345, 1e-5, 1e5,
                  123456789012345678901234567890123456789012.5, 1.5, 2.5, 0.5, 3.5));
}

TEST(ReadBars, ReadsADecimalCommaUnlessItSeparates) {
  EXPECT_THAT(Closes("2024-07-01;1,23456\n2024-07-02;0,5\n"), ElementsAre(1.23456, 0.5));
  EXPECT_THAT(Closes("2024-07-01\t1,25\n"), ElementsAre(1.25));
  EXPECT_THAT(Refusal("2024-07-01;1,234,567\n", ErrorKind::kCorrupt), HasSubstr("bad_number"));
  EXPECT_THAT(Refusal("2024-07-01;1,234.5\n", ErrorKind::kCorrupt), HasSubstr("bad_number"));
}

TEST(ReadBars, TakesEmptyFieldsForNull) {
  const ReadResult result = Read(
      "time,open,high,low,close,volume\n2024-07-01,,1.3,1.0,1.2,\n2024-07-02,1.1,1.3,1.0,\\N,"
      "NULL\n");
  EXPECT_EQ(result.report.rows_kept, 2U);
  EXPECT_TRUE(std::isnan(result.bars.column(BarColumn::kOpen)[0]));
  EXPECT_TRUE(std::isnan(result.bars.column(BarColumn::kVolume)[0]));
  EXPECT_TRUE(std::isnan(result.bars.column(BarColumn::kClose)[1]));
  EXPECT_EQ(result.bars.column(BarColumn::kHigh)[1], 1.3);
}

struct BadLine {
  std::string_view name, line;
  DefectKind kind;
};

class Defective : public testing::TestWithParam<BadLine> {};

TEST_P(Defective, IsRejectedAndReportedByLine) {
  const std::string text = GoodRows() + "\n" + std::string(GetParam().line) + "\n" +
                           "2024-07-02 00:00,1.1,1.3,1.0,1.2,5\n";
  const ReadResult result = Read(text);
  EXPECT_EQ(result.report.rows_read, 102U);
  EXPECT_EQ(result.report.rows_kept, 101U);
  EXPECT_EQ(result.report.Count(GetParam().kind), 1U);
  EXPECT_EQ(result.report.bad_rows(), 1U);
  ASSERT_EQ(result.report.defects.size(), 1U);
  EXPECT_EQ(result.report.defects[0].line, 103U);  // a header, 100 rows, a blank line
  EXPECT_EQ(result.report.defects[0].kind, GetParam().kind);
  EXPECT_THAT(Refusal(text, ErrorKind::kCorrupt, {.bad_rows = BadRows::kFail}),
              HasSubstr("eurusd.csv: line 103: " + std::string(DefectKindName(GetParam().kind))));
}

INSTANTIATE_TEST_SUITE_P(
    Table, Defective,
    testing::Values(
        BadLine{"Word", "2024-07-01 00:00,1.1,1.3,1.0,abc,5", DefectKind::kBadNumber},
        BadLine{"TwoPoints", "2024-07-01 00:00,1.1,1.3,1.0,1.2.3,5", DefectKind::kBadNumber},
        BadLine{"Nan", "2024-07-01 00:00,1.1,1.3,1.0,nan,5", DefectKind::kBadNumber},
        BadLine{"Inf", "2024-07-01 00:00,1.1,inf,1.0,1.2,5", DefectKind::kBadNumber},
        BadLine{"TooLarge", "2024-07-01 00:00,1.1,1e999,1.0,1.2,5", DefectKind::kBadNumber},
        BadLine{"Hexadecimal", "2024-07-01 00:00,1.1,0x1p3,1.0,1.2,5", DefectKind::kBadNumber},
        BadLine{"MinusVolume", "2024-07-01 00:00,1.1,1.3,1.0,1.2,-5", DefectKind::kBadNumber},
        BadLine{"Date", "2024-07-32 00:00,1.1,1.3,1.0,1.2,5", DefectKind::kBadTimestamp},
        BadLine{"NoDate", ",1.1,1.3,1.0,1.2,5", DefectKind::kBadTimestamp},
        BadLine{"Short", "2024-07-01 00:00,1.1,1.3,1.0", DefectKind::kWrongColumnCount},
        BadLine{"Long", "2024-07-01 00:00,1.1,1.3,1.0,1.2,5,6", DefectKind::kWrongColumnCount},
        BadLine{"Zero", "2024-07-01 00:00,0,1.3,0,1.2,5", DefectKind::kNonPositivePrice},
        BadLine{"Negative", "2024-07-01 00:00,1.1,1.3,-1.0,1.2,5", DefectKind::kNonPositivePrice},
        BadLine{"HighBelowLow", "2024-07-01 00:00,1.1,1.0,1.3,1.2,5",
                DefectKind::kInconsistentOhlc},
        BadLine{"CloseAboveHigh", "2024-07-01 00:00,1.1,1.3,1.0,1.4,5",
                DefectKind::kInconsistentOhlc}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(ReadBars, FailsAFileWithTooManyBadRows) {
  std::string text = GoodRows();
  for (int i = 0; i < 4; ++i) text += "what is this\n";
  EXPECT_THAT(Refusal(text, ErrorKind::kCorrupt),
              testing::AllOf(HasSubstr("eurusd.csv: 4 of 104 rows are bad"),
                             HasSubstr("line 102: wrong_column_count: 'what is this'")));
  EXPECT_EQ(Read(text, {.max_bad_share = 0.05}).report.rows_kept, 100U);
}

TEST(ReadBars, ToleratesAFewBadRowsInASmallFile) {
  const std::string good = "2024-07-01,1.5\n2024-07-02,1.5\n";
  EXPECT_EQ(Read(good + "2024-07-03,x\n").report.rows_kept, 2U);
  EXPECT_THAT(Refusal(good + "2024-07-03,x\n2024-07-04,x\n", ErrorKind::kCorrupt),
              HasSubstr("2 of 4 rows"));
  EXPECT_THAT(Refusal(good + "2024-07-03,x\n", ErrorKind::kCorrupt, {.max_bad_share = 0}),
              HasSubstr("1 of 3 rows"));
}

TEST(ReadBars, KeepsOneOfEachTimeStamp) {
  const std::string text =
      "2024-07-01,1\n2024-07-02,2\n2024-07-02,3\n2024-07-02,4\n2024-07-03,5\n2024-07-01,6\n";
  const ReadResult result = Read(text);
  EXPECT_THAT(result.bars.column(BarColumn::kClose), ElementsAre(1, 2, 5));
  EXPECT_EQ(result.report.Count(DefectKind::kDuplicateTimestamp), 3U);
  EXPECT_EQ(result.report.Count(DefectKind::kOutOfOrder), 1U);
  EXPECT_EQ(result.report.bad_rows(), 0U);
  EXPECT_EQ(result.report.defects[0].line, 3U);
  EXPECT_EQ(result.report.defects[0].excerpt, "2024-07-02T00:00:00Z");
  EXPECT_THAT(Closes(text, {.duplicates = Duplicates::kKeepLast}), ElementsAre(6, 4, 5));
  EXPECT_THAT(Refusal(text, ErrorKind::kCorrupt, {.duplicates = Duplicates::kFail}),
              HasSubstr("3 rows are duplicate_timestamp; first: line 3"));
}

TEST(ReadBars, SortsOrRefusesDisorder) {
  const std::string text = "2024-07-03,3\n2024-07-01,1\n2024-07-02,2\n2024-07-04,4\n";
  const ReadResult result = Read(text);
  EXPECT_THAT(result.bars.column(BarColumn::kClose), ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(result.report.Count(DefectKind::kOutOfOrder), 2U);
  EXPECT_EQ(result.report.rows_kept, 4U);
  EXPECT_THAT(Refusal(text, ErrorKind::kCorrupt, {.disorder = Disorder::kFail}),
              HasSubstr("2 rows are out_of_order; first: line 2"));
}

// A hundred rows of open and close, an hour apart.
Bars SomeRows() {
  Bars rows;
  for (int i = 0; i < 100; ++i) {
    rows.ts_us.push_back(i * 3'600'000'000LL);
    rows.column(BarColumn::kOpen).push_back(1.1);
    rows.column(BarColumn::kClose).push_back(1.2 + i);
  }
  return rows;
}

TEST(TakeBars, LeavesOutBadRowsAndRepeatsAsAFileDoes) {
  Bars rows = SomeRows();
  rows.column(BarColumn::kOpen)[1] = 0;
  rows.column(BarColumn::kClose)[2] = std::numeric_limits<double>::quiet_NaN();  // NULL is fine
  rows.ts_us[98] = rows.ts_us[97];
  rows.ts_us[99] = kNoTime;
  auto result = TakeBars(rows, "table t", {.max_bad_share = 0.05});
  ASSERT_TRUE(result.ok()) << result.error().message();
  EXPECT_EQ(result->bars.rows(), 97U);
  EXPECT_EQ(result->report.Count(DefectKind::kNonPositivePrice), 1U);
  EXPECT_EQ(result->report.Count(DefectKind::kBadTimestamp), 1U);
  EXPECT_EQ(result->report.Count(DefectKind::kDuplicateTimestamp), 1U);
  EXPECT_TRUE(std::isnan(result->bars.column(BarColumn::kClose)[1]));
  EXPECT_FALSE(result->bars.has(BarColumn::kVolume));
}

TEST(TakeBars, RefusesMoreBadRowsThanThePolicyBears) {
  Bars rows = SomeRows();
  for (int i = 10; i < 20; ++i) rows.column(BarColumn::kClose)[i] = -1;
  const auto result = TakeBars(rows, "table src.t", {});
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().kind(), ErrorKind::kCorrupt);
  EXPECT_THAT(
      result.error().message(),
      testing::AllOf(HasSubstr("table src.t: 10 of 100 rows are bad"), HasSubstr("line 11")));
  EXPECT_FALSE(TakeBars(rows, "table src.t", {.bad_rows = BadRows::kFail}).ok());
}

TEST(TakeBars, SortsOrRefusesDisorder) {
  Bars rows = SomeRows();
  std::swap(rows.ts_us[3], rows.ts_us[4]);
  const auto sorted = TakeBars(rows, "table t", {});
  ASSERT_TRUE(sorted.ok());
  EXPECT_EQ(sorted->bars.column(BarColumn::kClose)[3], 5.2);
  EXPECT_FALSE(TakeBars(rows, "table t", {.disorder = Disorder::kFail}).ok());
}

TEST(ReadBars, ListsTheFirstDefectsByLine) {
  std::string text = "time,close\n2024-07-01,1\n";
  for (int i = 0; i < 30; ++i) text += "2024-07-01,x\n2024-07-01,2\n";
  const ReadResult result = Read(text, {.max_bad_share = 1, .listed_defects = 5});
  EXPECT_EQ(result.report.Count(DefectKind::kDuplicateTimestamp), 30U);
  EXPECT_EQ(result.report.Count(DefectKind::kBadNumber), 30U);
  std::vector<std::uint64_t> lines;
  for (const Defect& defect : result.report.defects) lines.push_back(defect.line);
  EXPECT_THAT(lines, ElementsAre(3, 4, 5, 6, 7));
}

TEST(ReadBars, RefusesWhatIsNoText) {
  using std::string_literals::operator""s;
  const auto kind = ErrorKind::kCorrupt;
  EXPECT_THAT(Refusal("\xFF\xD8\xFF\xE0\0\x10JFIF\0"s, kind), HasSubstr("JPEG"));
  EXPECT_THAT(Refusal(Gzip("\xFF\xD8\xFF\xE0\0\x10JFIF\0"s), kind), HasSubstr("JPEG"));
  EXPECT_THAT(Refusal("PK\x03\x04xyz", kind), HasSubstr("ZIP"));
  EXPECT_THAT(Refusal("\xFF\xFEt\0i\0"s, kind), HasSubstr("UTF-16"));
  EXPECT_THAT(Refusal("t\0i\0m\0e\0"s, kind), HasSubstr("byte 1 is 0x00"));
  EXPECT_THAT(Refusal(GoodRows() + std::string(70000, '\n') + "\0"s, kind), HasSubstr("NUL byte"));
  EXPECT_THAT(Refusal("2024-07-01,1\n" + std::string(70000, '1'), kind),
              HasSubstr("line 2 is longer"));
  EXPECT_THAT(Refusal("{\"a\": 1}", ErrorKind::kInvalid), HasSubstr("eurusd.csv: "));
}

TEST(ReadBars, UnpacksGzipInPieces) {
  std::string text = "time,close\n";
  for (int i = 0; i < 100'000; ++i) text += std::to_string(1'700'000'000 + i * 60) + ",1.25\n";
  const ReadResult packed = Read(Gzip(text));
  EXPECT_EQ(packed.bars.rows(), 100'000U);
  EXPECT_EQ(packed.bars.ts_us, Read(text).bars.ts_us);
}

TEST(ReadBars, ReadsSeveralGzipMembersAsOneText) {
  const std::string packed = Gzip("2024-07-01,1\n2024-") + Gzip("07-02,2\n");
  EXPECT_THAT(Closes(packed), ElementsAre(1, 2));
  EXPECT_THAT(Closes(packed + std::string(512, '\0')), ElementsAre(1, 2));
}

TEST(ReadBars, RefusesABrokenGzip) {
  const std::string packed = Gzip(GoodRows());
  const auto kind = ErrorKind::kCorrupt;
  for (std::size_t length :
       {std::size_t{2}, std::size_t{10}, packed.size() / 2, packed.size() - 1}) {
    EXPECT_THAT(Refusal(packed.substr(0, length), kind), HasSubstr("ends too early")) << length;
  }
  std::string wrong_sum = packed;
  wrong_sum[packed.size() - 6] ^= 1;
  EXPECT_THAT(Refusal(wrong_sum, kind), HasSubstr("gzip is broken"));
  EXPECT_THAT(Refusal(packed + "rubbish", kind), HasSubstr("not gzip"));
  EXPECT_THAT(Refusal(Gzip("2024-07-01,1\n" + std::string(1'000'000, '1')), kind),
              HasSubstr("longer than"));
  EXPECT_EQ(Read(Gzip("")).bars.rows(), 0U);
}

TEST(ReadBars, KnowsThePolicyWords) {
  EXPECT_EQ(DuplicatesFromName("keep_last"), Duplicates::kKeepLast);
  EXPECT_EQ(DisorderFromName("fail"), Disorder::kFail);
  EXPECT_EQ(BadRowsFromName("reject"), BadRows::kReject);
  EXPECT_EQ(BadRowsFromName("ignore"), std::nullopt);
}

TEST(ReadBars, ReadsTheRealFilesWithoutLoss) {
  const char* shared = std::getenv("MAYFLY_SHARED");
  if (shared == nullptr) GTEST_SKIP() << "MAYFLY_SHARED is not set";
  int files = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::path(shared) / "data/real-h4")) {
    if (entry.path().extension() != ".gz") continue;
    std::ifstream stream(entry.path(), std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(stream)), {});
    const ReadResult result = Read(bytes);
    EXPECT_GT(result.report.rows_kept, 25'000U) << entry.path();
    EXPECT_EQ(result.report.rows_kept, result.report.rows_read) << entry.path();
    ++files;
  }
  EXPECT_EQ(files, 19);
}

}  // namespace
}  // namespace mayfly::bars
