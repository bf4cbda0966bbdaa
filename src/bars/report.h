#pragma once
// Counting and remembering what is wrong in a file. Internal to bars/.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "bars/read_bars.h"

namespace mayfly::bars {

// The line's beginning, printable ASCII only.
std::string Excerpt(std::string_view line);

// "line 17: bad_number: '…'".
std::string Describe(const Defect& defect);

// Fills in a report's counts and its list of the first defects by line, in whatever order they
// come.
class DefectLog {
 public:
  DefectLog(ReadReport& report, std::size_t listed) : report_(report), listed_(listed) {}

  void Add(std::uint64_t line, DefectKind kind, std::string_view text);

  const ReadReport& report() const { return report_; }

  // The one of the smallest line number of these kinds, listed or not; null when there is none.
  const Defect* FirstOf(std::span<const DefectKind> kinds) const;

 private:
  ReadReport& report_;
  std::size_t listed_;
  std::array<std::optional<Defect>, kDefectKindCount> first_;
};

// Those that make a row bad wherever it stands.
inline constexpr std::array kBadRowKinds = {
    DefectKind::kWrongColumnCount, DefectKind::kBadTimestamp, DefectKind::kBadNumber,
    DefectKind::kNonPositivePrice, DefectKind::kInconsistentOhlc};

}  // namespace mayfly::bars
