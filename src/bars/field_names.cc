#include "bars/field_names.h"

#include <array>

namespace mayfly::bars {
namespace {

struct Alias {
  std::string_view name;
  FieldMeaning meaning;
};

constexpr FieldMeaning Of(BarColumn column, int rank = 1) {
  return {.kind = FieldKind::kColumn, .column = column, .rank = rank};
}

constexpr FieldMeaning Stamp(int rank) { return {.kind = FieldKind::kTimestamp, .rank = rank}; }

// The names other than the columns' own, small letters and digits only.
constexpr std::array kAliases = {
    Alias{"ts", Stamp(0)},
    Alias{"tsutc", Stamp(0)},
    Alias{"timestamp", Stamp(0)},
    Alias{"datetime", Stamp(0)},
    Alias{"opentime", Stamp(1)},
    Alias{"gmttime", Stamp(1)},
    Alias{"timeutc", Stamp(1)},
    Alias{"epoch", Stamp(3)},
    Alias{"unix", Stamp(3)},
    Alias{"time", {.kind = FieldKind::kTime}},
    Alias{"date", {.kind = FieldKind::kDate}},
    Alias{"o", Of(BarColumn::kOpen)},
    Alias{"h", Of(BarColumn::kHigh)},
    Alias{"l", Of(BarColumn::kLow)},
    Alias{"c", Of(BarColumn::kClose, 2)},
    Alias{"rate", Of(BarColumn::kClose)},
    Alias{"price", Of(BarColumn::kClose)},
    Alias{"tickvolume", Of(BarColumn::kVolume, 1)},
    Alias{"tickvol", Of(BarColumn::kVolume, 1)},
    Alias{"vol", Of(BarColumn::kVolume, 2)},
    Alias{"v", Of(BarColumn::kVolume, 3)},
    Alias{"bid", Of(BarColumn::kBidClose)},
    Alias{"ask", Of(BarColumn::kAskClose)},
};

// Letters and digits, small; "<Bid Open>" is "bidopen".
std::string Core(std::string_view name) {
  std::string core;
  for (char c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) core.push_back(c);
  }
  return core;
}

}  // namespace

std::optional<FieldMeaning> MeaningOf(std::string_view name) {
  const std::string core = Core(name);
  for (BarColumn column : kBarColumns) {
    if (Core(BarColumnName(column)) == core) return Of(column, 0);
  }
  for (const Alias& alias : kAliases) {
    if (alias.name == core) return alias.meaning;
  }
  return std::nullopt;
}

std::vector<std::string> PlainFieldNames() {
  std::vector<std::string> names = {"ts", "date", "time"};
  names.insert(names.end(), kBarColumnNames.begin(), kBarColumnNames.end());
  return names;
}

}  // namespace mayfly::bars
