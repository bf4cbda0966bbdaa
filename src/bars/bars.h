#pragma once
// Bars: the price history of one pair, column by column. Plain data, no rules of its own; whoever
// fills it keeps the promises below, and ReadBars does.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace mayfly::bars {

// In the order in which files without a header and tables have them.
enum class BarColumn {
  kOpen,
  kHigh,
  kLow,
  kClose,
  kVolume,
  kBidOpen,
  kBidHigh,
  kBidLow,
  kBidClose,
  kAskOpen,
  kAskHigh,
  kAskLow,
  kAskClose,
};

inline constexpr std::size_t kBarColumnCount = 13;

inline constexpr std::array<BarColumn, kBarColumnCount> kBarColumns = {
    BarColumn::kOpen,     BarColumn::kHigh,    BarColumn::kLow,     BarColumn::kClose,
    BarColumn::kVolume,   BarColumn::kBidOpen, BarColumn::kBidHigh, BarColumn::kBidLow,
    BarColumn::kBidClose, BarColumn::kAskOpen, BarColumn::kAskHigh, BarColumn::kAskLow,
    BarColumn::kAskClose,
};

// Their names, in the same order: "open", …, "volume", "bid_open", …, "ask_close".
inline constexpr std::array<std::string_view, kBarColumnCount> kBarColumnNames = {
    "open",    "high",      "low",      "close",    "volume",  "bid_open",  "bid_high",
    "bid_low", "bid_close", "ask_open", "ask_high", "ask_low", "ask_close",
};

constexpr std::size_t IndexOf(BarColumn column) { return static_cast<std::size_t>(column); }

constexpr std::string_view BarColumnName(BarColumn column) {
  return kBarColumnNames[IndexOf(column)];
}

// The column of exactly that name.
std::optional<BarColumn> BarColumnFromName(std::string_view name);

// All columns that are there have rows() values. A NaN is a NULL; other values are finite.
struct Bars {
  std::vector<std::int64_t> ts_us;  // bar open, UTC microseconds, strictly increasing
  std::array<std::vector<double>, kBarColumnCount> columns;  // by IndexOf; empty: absent

  std::size_t rows() const { return ts_us.size(); }

  // Whether the source had this column and at least one row.
  bool has(BarColumn column) const { return !columns[IndexOf(column)].empty(); }

  const std::vector<double>& column(BarColumn which) const { return columns[IndexOf(which)]; }
  std::vector<double>& column(BarColumn which) { return columns[IndexOf(which)]; }
};

}  // namespace mayfly::bars
