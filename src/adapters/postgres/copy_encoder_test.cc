#include "adapters/postgres/copy_encoder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace mayfly::postgres {
namespace {

TableShape Shape() {
  return {.name = "t",
          .columns = {{"ts", ColumnType::kTimestamptz},
                      {"a", ColumnType::kFloat8},
                      {"b", ColumnType::kFloat8}}};
}

struct Encoded {
  std::string bytes;
  std::size_t pieces = 0;
};

Encoded Encode(const TableShape& shape, std::size_t rows, std::span<const ColumnData> data,
               std::size_t piece) {
  Encoded encoded;
  Status status = EncodeRows(shape, rows, data, piece, [&](std::span<const char> bytes) -> Status {
    encoded.bytes.append(bytes.data(), bytes.size());
    ++encoded.pieces;
    return {};
  });
  EXPECT_TRUE(status.ok());
  return encoded;
}

TEST(CopyEncoder, WhatIsEncodedIsDecodedWhateverThePieces) {
  std::vector<std::int64_t> ts{0, 1720000000000000, -5};
  std::vector<double> a{1.5, std::nan(""), -0.0};
  std::vector<double> b{1e300, 2, std::numeric_limits<double>::infinity()};
  std::vector<ColumnData> data{std::span<const std::int64_t>(ts), std::span<const double>(a),
                               std::span<const double>(b)};
  Encoded small = Encode(Shape(), 3, data, 64);
  EXPECT_GT(small.pieces, 2U);
  EXPECT_EQ(small.bytes, Encode(Shape(), 3, data, 1 << 20).bytes);
  for (std::size_t cut : {1U, 7U, 1000U}) {
    SeriesDecoder decoder(2);
    for (std::size_t at = 0; at < small.bytes.size(); at += cut) {
      ASSERT_TRUE(decoder.Take(std::string_view(small.bytes).substr(at, cut)).ok());
    }
    Series series = std::move(decoder).Finish();
    EXPECT_EQ(series.ts_us, ts);
    EXPECT_TRUE(std::isnan(series.columns[0][1]));
    EXPECT_EQ(series.columns[0][0], 1.5);
    EXPECT_EQ(series.columns[1], b);
  }
}

TEST(CopyEncoder, ATimeThatIsNullOrInfiniteIsNoTime) {
  auto row = [](const std::string& field) { return std::string("\0\1", 2) + field; };
  std::string stream("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
  stream += row("\xFF\xFF\xFF\xFF");
  stream += row(std::string("\0\0\0\x08\x7F", 5) + std::string(7, '\xFF'));
  stream += row(std::string("\0\0\0\x08\x80", 5) + std::string(7, '\0'));
  stream += row(std::string("\0\0\0\x08", 4) + std::string(8, '\0'));
  SeriesDecoder decoder(0);
  ASSERT_TRUE(decoder.Take(stream + "\xFF\xFF").ok());
  Series series = std::move(decoder).Finish();
  EXPECT_EQ(series.ts_us, (std::vector<std::int64_t>{kNoTime, kNoTime, kNoTime, 946684800000000}));
}

TEST(CopyEncoder, DataThatDoesNotSuitTheColumnIsADefect) {
  std::vector<double> a{1.0};
  std::vector<ColumnData> data{std::span<const double>(a), std::span<const double>(a),
                               std::span<const double>(a)};
  auto ignore = [](std::span<const char>) -> Status { return {}; };
  EXPECT_EQ(EncodeRows(Shape(), 1, data, 64, ignore).error().kind(), ErrorKind::kDefect);
  data[0] = std::string_view("x");
  EXPECT_EQ(EncodeRows(Shape(), 1, data, 64, ignore).error().kind(), ErrorKind::kDefect);
}

TEST(CopyEncoder, ATooShortColumnIsADefect) {
  std::vector<std::int64_t> ts{1};
  std::vector<double> a{1.0};
  std::vector<ColumnData> data{std::span<const std::int64_t>(ts), std::span<const double>(a),
                               std::span<const double>(a)};
  auto ignore = [](std::span<const char>) -> Status { return {}; };
  EXPECT_EQ(EncodeRows(Shape(), 2, data, 64, ignore).error().kind(), ErrorKind::kDefect);
}

}  // namespace
}  // namespace mayfly::postgres
