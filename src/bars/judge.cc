#include "bars/judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "bars/order.h"
#include "base/text.h"

namespace mayfly::bars {
namespace {

// A NULL contradicts nothing: every comparison with it is false.
bool IsInconsistent(const double* ohlc) {
  const double open = ohlc[0], high = ohlc[1], low = ohlc[2], close = ohlc[3];
  return high < low || high < open || high < close || low > open || low > close;
}

std::string Count(std::uint64_t rows) { return Thousands(static_cast<std::int64_t>(rows)); }

Status RefuseAny(DefectKind kind, const DefectLog& log, std::string_view next_step) {
  const Defect* first = log.FirstOf(std::array{kind});
  if (first == nullptr) return {};
  return Corrupt(fmt::format("{} rows are {}; first: {}; mend the source, or {}",
                             Count(log.report().Count(kind)), DefectKindName(kind),
                             Describe(*first), next_step));
}

}  // namespace

std::optional<DefectKind> JudgeValues(const std::array<double, kBarColumnCount>& values) {
  constexpr std::size_t kVolume = IndexOf(BarColumn::kVolume);
  bool has_non_positive = false;
  for (std::size_t column = 0; column < kBarColumnCount; ++column) {
    if (std::isinf(values[column])) return DefectKind::kBadNumber;
    if (column != kVolume) has_non_positive |= values[column] <= 0;
  }
  if (values[kVolume] < 0) return DefectKind::kBadNumber;
  if (has_non_positive) return DefectKind::kNonPositivePrice;
  for (BarColumn open : {BarColumn::kOpen, BarColumn::kBidOpen, BarColumn::kAskOpen}) {
    if (IsInconsistent(values.data() + IndexOf(open))) return DefectKind::kInconsistentOhlc;
  }
  return std::nullopt;
}

Status JudgeBadRows(const ReadReport& report, const DefectLog& log, const ReadPolicy& policy) {
  const std::uint64_t bad = report.bad_rows();
  const auto rows = static_cast<double>(report.rows_read);
  const std::uint64_t always = report.rows_read == 0 ? 0 : (report.rows_read - 1) / 2;
  double tolerated = policy.max_bad_share * rows;
  if (policy.max_bad_share > 0) {
    tolerated = std::max(tolerated, static_cast<double>(std::min<std::uint64_t>(3, always)));
  }
  if (bad == 0 || static_cast<double>(bad) <= tolerated) return {};
  return Corrupt(
      fmt::format("{} of {} rows are bad, more than the {:g} % of max_bad_share; first: {}; read "
                  "as {}",
                  Count(bad), Count(report.rows_read), policy.max_bad_share * 100,
                  Describe(*log.FirstOf(kBadRowKinds)), report.dialect));
}

Status JudgeOrder(Bars& bars, std::span<const std::uint32_t> lines, bool is_in_order,
                  const ReadPolicy& policy, DefectLog& log) {
  if (policy.disorder == Disorder::kFail) {
    TRY(RefuseAny(DefectKind::kOutOfOrder, log, "state disorder = \"sort\""));
  }
  if (!is_in_order) PutInOrder(bars, lines, policy.duplicates, log);
  if (policy.duplicates != Duplicates::kFail) return {};
  return RefuseAny(DefectKind::kDuplicateTimestamp, log, "state duplicates = \"keep_first\"");
}

}  // namespace mayfly::bars
