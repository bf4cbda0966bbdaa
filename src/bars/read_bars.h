#pragma once
// Reading one pair's bar file: text or gzip, any dialect of dialect.h, with a policy for what is
// wrong in it and a report that says what was done. Pure: bytes in, columns out.

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bars/bars.h"
#include "bars/dialect.h"
#include "base/result.h"

namespace mayfly::bars {

// What can be wrong with a line. The first five make a row bad; the last two concern its place.
enum class DefectKind {
  kWrongColumnCount,
  kBadTimestamp,
  kBadNumber,         // not a decimal number; also inf, nan, and a negative volume
  kNonPositivePrice,  // zero or less
  kInconsistentOhlc,  // high below low, or open or close outside of them
  kOutOfOrder,        // earlier than a line before it
  kDuplicateTimestamp,
};
inline constexpr std::size_t kDefectKindCount = 7;

// "wrong_column_count", "bad_timestamp", "bad_number", "non_positive_price", "inconsistent_ohlc",
// "out_of_order", "duplicate_timestamp".
std::string_view DefectKindName(DefectKind kind);

enum class Duplicates { kKeepFirst, kKeepLast, kFail };  // first and last in the file's order
enum class Disorder { kSort, kFail };
enum class BadRows { kReject, kFail };

// The words of a phase file: keep_first keep_last fail; sort fail; reject fail. "reject" is taken
// for "fail" of disorder.
std::optional<Duplicates> DuplicatesFromName(std::string_view word);
std::optional<Disorder> DisorderFromName(std::string_view word);
std::optional<BadRows> BadRowsFromName(std::string_view word);

struct ReadPolicy {
  DialectHints dialect;
  Duplicates duplicates = Duplicates::kKeepFirst;
  Disorder disorder = Disorder::kSort;
  BadRows bad_rows = BadRows::kReject;
  // With kReject, a file fails when more than this share of its rows is bad. Up to three bad rows
  // are tolerated in a small file as long as they are fewer than half; a share of 0 tolerates none.
  double max_bad_share = 0.01;
  std::size_t listed_defects = 20;
};

struct Defect {
  std::uint64_t line = 0;  // from 1, as an editor counts
  DefectKind kind = DefectKind::kBadNumber;
  std::string excerpt;  // the line's beginning, printable; for the last two kinds its time stamp
};

struct ReadReport {
  std::uint64_t rows_read = 0;  // lines that are neither blank nor header
  std::uint64_t rows_kept = 0;
  std::string dialect;                                  // Describe(dialect); empty: no lines at all
  std::array<std::uint64_t, kDefectKindCount> count{};  // by DefectKind
  std::vector<Defect> defects;                          // the first ones, by line

  std::uint64_t Count(DefectKind kind) const { return count[static_cast<std::size_t>(kind)]; }
  // The rows that were left out because they are bad, not for their place.
  std::uint64_t bad_rows() const;
};

// One line for people: "8,812 rows, 8,810 kept; 2 bad_number (first: line 17: …)".
std::string Describe(const ReadReport& report);

struct ReadResult {
  Bars bars;
  ReadReport report;
};

// Reads a whole file. `file_bytes` may be gzip (told by its magic; several members are one text),
// which is unpacked in chunks: beyond the columns only a bounded buffer is held. `file_name` is for
// messages only.
//
// The bars have strictly increasing time stamps. An empty price or volume (also \N or NULL) is a
// NULL. Numbers are decimals of any length, with an exponent if need be; a decimal comma is
// understood where the separator is not a comma; there are no thousands separators. Time stamps
// without a zone are UTC.
//
// An empty file, or one with a header only, gives zero rows: the caller decides what that means.
// kInvalid: the dialect cannot be told or does not fit what is stated. kCorrupt: not a text, a
// broken gzip, or defects beyond the policy; names file, count and first line. kExhausted: no
// memory.
Result<ReadResult> ReadBars(std::string_view file_bytes, std::string_view file_name,
                            const ReadPolicy& policy);

// Stands in ts_us of TakeBars for a time that is NULL or infinite.
inline constexpr std::int64_t kNoTime = std::numeric_limits<std::int64_t>::min();

// The same judgement and the same promises for rows that come from elsewhere, such as a table; a
// row's place, from 1, stands for its line. `name` says where they come from.
Result<ReadResult> TakeBars(Bars rows, std::string_view name, const ReadPolicy& policy);

}  // namespace mayfly::bars
