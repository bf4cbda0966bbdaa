#include "adapters/postgres/copy_encoder.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace mayfly::postgres {
namespace {

constexpr std::int64_t kEpochShift = 946684800LL * 1000000;  // 2000-01-01 in UTC microseconds
constexpr std::string_view kHeader("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);

std::uint64_t Big(std::uint64_t value) { return __builtin_bswap64(value); }
std::uint32_t Big(std::uint32_t value) { return __builtin_bswap32(value); }
std::uint16_t Big(std::uint16_t value) { return __builtin_bswap16(value); }

template <typename Value>
char* Put(char* at, Value value) {
  Value big = Big(value);
  std::memcpy(at, &big, sizeof big);
  return at + sizeof big;
}

char* PutNull(char* at) { return Put(at, std::uint32_t{0xFFFFFFFF}); }

enum class Form { kTimestamp, kInt8, kInt4, kFloat8, kFloat4, kText };

struct Source {
  Form form = Form::kFloat8;
  const std::int64_t* integers = nullptr;
  const double* numbers = nullptr;
  std::string_view text;
};

Result<Source> SourceOf(const Column& column, std::size_t rows, const ColumnData& data) {
  Error wrong = Defect(fmt::format("column {}: the data does not suit {}, or is too short",
                                   column.name, SqlName(column.type)));
  if (const auto* text = std::get_if<std::string_view>(&data)) {
    if (column.type != ColumnType::kText) return wrong;
    return Source{.form = Form::kText, .text = *text};
  }
  if (const auto* integers = std::get_if<std::span<const std::int64_t>>(&data)) {
    if (integers->size() < rows) return wrong;
    Source source{.integers = integers->data()};
    if (column.type == ColumnType::kTimestamptz)
      source.form = Form::kTimestamp;
    else if (column.type == ColumnType::kInt8)
      source.form = Form::kInt8;
    else if (column.type == ColumnType::kInt4)
      source.form = Form::kInt4;
    else
      return wrong;
    return source;
  }
  const auto& numbers = std::get<std::span<const double>>(data);
  if (numbers.size() < rows) return wrong;
  Source source{.numbers = numbers.data()};
  if (column.type == ColumnType::kFloat4)
    source.form = Form::kFloat4;
  else if (column.type != ColumnType::kFloat8)
    return wrong;
  return source;
}

char* PutFloat8(char* at, double value) {
  if (std::isnan(value)) return PutNull(at);
  at = Put(at, std::uint32_t{8});
  return Put(at, std::bit_cast<std::uint64_t>(value));
}

char* PutField(char* at, const Source& source, std::size_t row) {
  switch (source.form) {
    case Form::kFloat8:
      return PutFloat8(at, source.numbers[row]);
    case Form::kFloat4:
      if (std::isnan(source.numbers[row])) return PutNull(at);
      at = Put(at, std::uint32_t{4});
      return Put(at, std::bit_cast<std::uint32_t>(static_cast<float>(source.numbers[row])));
    case Form::kTimestamp:
      at = Put(at, std::uint32_t{8});
      return Put(at, static_cast<std::uint64_t>(source.integers[row] - kEpochShift));
    case Form::kInt8:
      at = Put(at, std::uint32_t{8});
      return Put(at, static_cast<std::uint64_t>(source.integers[row]));
    case Form::kInt4:
      at = Put(at, std::uint32_t{4});
      return Put(at, static_cast<std::uint32_t>(source.integers[row]));
    case Form::kText:
      at = Put(at, static_cast<std::uint32_t>(source.text.size()));
      std::memcpy(at, source.text.data(), source.text.size());
      return at + source.text.size();
  }
  return at;
}

}  // namespace

Status EncodeRows(const TableShape& shape, std::size_t rows, std::span<const ColumnData> data,
                  std::size_t piece, const TakeBytes& take) {
  if (data.size() != shape.columns.size()) {
    return Defect(fmt::format("table {} has {} columns and was given {}", shape.name,
                              shape.columns.size(), data.size()));
  }
  std::vector<Source> sources;
  std::size_t widest = sizeof(std::uint16_t);
  for (std::size_t c = 0; c < data.size(); ++c) {
    TRY_ASSIGN(Source source, SourceOf(shape.columns[c], rows, data[c]));
    widest += 12 + source.text.size();
    sources.push_back(source);
  }
  std::string buffer(std::max(piece, widest + kHeader.size()), '\0');
  std::memcpy(buffer.data(), kHeader.data(), kHeader.size());
  char* at = buffer.data() + kHeader.size();
  const char* last_start = buffer.data() + buffer.size() - widest;
  for (std::size_t row = 0; row < rows; ++row) {
    if (at > last_start) {
      TRY(take({buffer.data(), static_cast<std::size_t>(at - buffer.data())}));
      at = buffer.data();
    }
    at = Put(at, static_cast<std::uint16_t>(sources.size()));
    for (const Source& source : sources) at = PutField(at, source, row);
  }
  if (at > last_start) {
    TRY(take({buffer.data(), static_cast<std::size_t>(at - buffer.data())}));
    at = buffer.data();
  }
  at = Put(at, std::uint16_t{0xFFFF});
  return take({buffer.data(), static_cast<std::size_t>(at - buffer.data())});
}

// The server's infinities are the two ends of its range.
static std::int64_t TimeOf(std::int64_t bits) {
  constexpr std::int64_t kLast = std::numeric_limits<std::int64_t>::max() - kEpochShift;
  bool is_finite = bits != std::numeric_limits<std::int64_t>::min() && bits <= kLast;
  return is_finite ? bits + kEpochShift : kNoTime;
}

// Consumes one whole row of `rest`; false: more bytes are needed, or the trailer is reached.
bool SeriesDecoder::TakeRow(std::string_view& rest) {
  std::size_t at = sizeof(std::uint16_t);
  auto read = [&rest](std::size_t offset, auto& value) {
    std::memcpy(&value, rest.data() + offset, sizeof value);
    value = Big(value);
  };
  if (rest.size() < at) return false;
  std::uint16_t fields = 0;
  read(0, fields);
  if (fields == 0xFFFF) return false;
  std::int64_t ts = 0;
  for (std::size_t c = 0; c <= columns_; ++c) {
    std::uint32_t length = 0;
    if (rest.size() < at + sizeof length) return false;
    read(at, length);
    at += sizeof length;
    bool is_null = length == 0xFFFFFFFF;
    std::uint64_t bits = 0;
    if (!is_null) {
      if (rest.size() < at + sizeof bits) return false;
      read(at, bits);
      at += sizeof bits;
    }
    double missing = std::numeric_limits<double>::quiet_NaN();
    if (c == 0)
      ts = is_null ? kNoTime : TimeOf(static_cast<std::int64_t>(bits));
    else
      pending_[c - 1] = is_null ? missing : std::bit_cast<double>(bits);
  }
  series_.ts_us.push_back(ts);
  for (std::size_t c = 0; c < columns_; ++c) series_.columns[c].push_back(pending_[c]);
  rest.remove_prefix(at);
  return true;
}

Status SeriesDecoder::Take(std::string_view message) {
  std::string_view rest = message;
  if (!carry_.empty()) {
    carry_.append(message);
    rest = carry_;
  }
  if (!header_read_ && rest.size() >= kHeader.size()) {
    if (rest.substr(0, 11) != kHeader.substr(0, 11)) {
      return Corrupt("the server's COPY stream does not begin like one");
    }
    rest.remove_prefix(kHeader.size());
    header_read_ = true;
  }
  while (header_read_ && TakeRow(rest)) {
  }
  carry_ = std::string(rest);
  return {};
}

}  // namespace mayfly::postgres
