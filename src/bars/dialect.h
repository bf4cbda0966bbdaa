#pragma once
// The dialect of a bar file: how its lines are cut and what its fields mean. It is sniffed from
// the beginning of the file, as far as the phase file does not state it.

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bars/bars.h"
#include "base/result.h"

namespace mayfly::bars {

enum class TimeFormat {
  kDateTime,  // YYYY-MM-DD[ HH:MM[:SS[.f…]]], also with T; '.' or '/' in the date; Z or ±HH[:MM]
  kCompact,   // YYYYMMDD[ HHMM[SS]], with or without the space; also HH:MM[:SS]
  kEpochSeconds,  // seconds since 1970, a fraction is allowed; likewise the others
  kEpochMillis,
  kEpochMicros,
  kEpochNanos,
};

// "datetime", "compact", "epoch_s", "epoch_ms", "epoch_us", "epoch_ns".
std::string_view TimeFormatName(TimeFormat format);

// What the user states, all optional.
struct DialectHints {
  std::optional<std::string> separator;    // "tab", "comma", "semicolon", "space", or the character
  std::optional<bool> header;              // whether the first line holds names
  std::optional<std::string> time_format;  // a TimeFormatName, or "epoch": the unit by magnitude
  // One entry a field: "ts" (or "date" and "time"), a bar column, or "-" for a field to leave out.
  // The other names known in headers are taken too. Where it is stated, a header's names do not
  // count.
  std::vector<std::string> columns;
};

// kInvalid when a hint has a word that Sniff would not know; names the word and what is known.
Status CheckHints(const DialectHints& hints);

struct Dialect {
  char separator = ',';  // ' ' stands for a run of spaces
  bool header = false;
  TimeFormat time_format = TimeFormat::kDateTime;
  std::size_t field_count = 0;            // in every data line
  std::size_t ts_field = 0;               // the time stamp, or its date
  std::optional<std::size_t> time_field;  // the time of day, where it has a field of its own
  std::array<std::optional<std::size_t>, kBarColumnCount> field_of;  // by IndexOf(BarColumn)
  std::vector<std::string> ignored;  // names of header fields that were not used

  bool has(BarColumn column) const { return field_of[IndexOf(column)].has_value(); }
};

// Recognises the dialect of a text that starts with `head` (a few dozen lines are enough; an
// unfinished last line is left out unless it is all there is). A byte order mark, CRLF and blank
// lines do not matter.
//
// Names in a header are compared without case and punctuation: time, date, datetime, timestamp,
// ts …; open/o, high/h, low/l, close/c/rate/price; volume/tick_volume/vol; bid_open … ask_close,
// bid, ask. Where two names mean the same column the fuller name wins. Unknown names are `ignored`.
// Without a header the number of fields decides: 2 = ts close, 5 = ts and OHLC, 6 = and volume,
// 14 = and bid OHLC and ask OHLC; a date and a time of day in two fields count as one.
//
// kInvalid, with the next step, when separator, columns or time format cannot be told, or when
// what was stated does not fit; a close is always needed. A header without data lines is fine.
Result<Dialect> Sniff(std::string_view head, const DialectHints& hints);

// One line for people: "tab-separated, header, datetime; open high low close volume; ignored: x".
std::string Describe(const Dialect& dialect);

}  // namespace mayfly::bars
