#include "model/shape.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "base/text.h"

namespace mayfly {
namespace {

constexpr std::size_t kMaxName = 63;

struct TypeRow {
  std::string_view word;
  ColumnType type;
};

// The first word of each type is its SqlName.
constexpr std::array<TypeRow, 18> kTypes{{
    {"text", ColumnType::kText},
    {"integer", ColumnType::kInt4},
    {"int", ColumnType::kInt4},
    {"int4", ColumnType::kInt4},
    {"bigint", ColumnType::kInt8},
    {"int8", ColumnType::kInt8},
    {"real", ColumnType::kFloat4},
    {"float4", ColumnType::kFloat4},
    {"double precision", ColumnType::kFloat8},
    {"float8", ColumnType::kFloat8},
    {"double", ColumnType::kFloat8},
    {"boolean", ColumnType::kBool},
    {"bool", ColumnType::kBool},
    {"timestamp with time zone", ColumnType::kTimestamptz},
    {"timestamptz", ColumnType::kTimestamptz},
    {"date", ColumnType::kDate},
    {"varchar", ColumnType::kText},
    {"character varying", ColumnType::kText},
}};

}  // namespace

std::string_view SqlName(ColumnType type) {
  for (const TypeRow& row : kTypes) {
    if (row.type == type) return row.word;
  }
  return "text";
}

Result<ColumnType> ParseColumnType(std::string_view text) {
  std::vector<std::string> words;
  for (const TypeRow& row : kTypes) {
    if (row.word == Lower(text)) return row.type;
    words.emplace_back(row.word);
  }
  return Invalid(
      fmt::format("\"{}\" is not a column type; use one of {}", text, Join(words, ", ")));
}

const Column* TableShape::Find(std::string_view column) const {
  auto found = std::find_if(columns.begin(), columns.end(),
                            [&](const Column& c) { return c.name == column; });
  return found == columns.end() ? nullptr : &*found;
}

std::string LeafName(std::string_view table, std::string_view suffix) {
  std::string name(table);
  if (!suffix.empty()) name += "_";
  for (char c : suffix) {
    auto byte = static_cast<unsigned char>(c);
    name += std::isalnum(byte) != 0 ? static_cast<char>(std::tolower(byte)) : '_';
  }
  // A label that lost characters above could meet another one; the hash keeps them apart.
  bool lossy = std::any_of(suffix.begin(), suffix.end(), [](char c) {
    auto byte = static_cast<unsigned char>(c);
    return std::isalnum(byte) == 0 && c != '/' && c != '-';
  });
  if (!lossy && name.size() <= kMaxName) return name;
  std::string hash = fmt::format("_{:08x}", Fnv1a(suffix, Fnv1a(table)) & 0xFFFFFFFF);
  return name.substr(0, std::min(name.size(), kMaxName - hash.size())) + hash;
}

bool IsPlainName(std::string_view name) {
  if (name.empty() || name.size() > kMaxName) return false;
  if (std::isdigit(static_cast<unsigned char>(name.front())) != 0) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

}  // namespace mayfly
