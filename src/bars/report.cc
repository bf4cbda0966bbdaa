#include "bars/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/text.h"

namespace mayfly::bars {

std::string_view DefectKindName(DefectKind kind) {
  switch (kind) {
    case DefectKind::kWrongColumnCount:
      return "wrong_column_count";
    case DefectKind::kBadTimestamp:
      return "bad_timestamp";
    case DefectKind::kBadNumber:
      return "bad_number";
    case DefectKind::kNonPositivePrice:
      return "non_positive_price";
    case DefectKind::kInconsistentOhlc:
      return "inconsistent_ohlc";
    case DefectKind::kOutOfOrder:
      return "out_of_order";
    case DefectKind::kDuplicateTimestamp:
      return "duplicate_timestamp";
  }
  return "";
}

std::string Excerpt(std::string_view line) {
  constexpr std::size_t kLongest = 80;
  std::string shown(line.substr(0, kLongest));
  for (char& c : shown) {
    if (c == '\t') c = ' ';
    if (c < ' ' || c > '~') c = '?';
  }
  return line.size() > kLongest ? shown + "…" : shown;
}

std::string Describe(const Defect& defect) {
  return fmt::format("line {}: {}: '{}'", defect.line, DefectKindName(defect.kind), defect.excerpt);
}

void DefectLog::Add(std::uint64_t line, DefectKind kind, std::string_view text) {
  const auto index = static_cast<std::size_t>(kind);
  ++report_.count[index];
  if (!first_[index] || line < first_[index]->line) {
    first_[index] = Defect{.line = line, .kind = kind, .excerpt = Excerpt(text)};
  }
  std::vector<Defect>& list = report_.defects;
  if (list.size() >= listed_ && (list.empty() || list.back().line <= line)) return;
  const auto place = std::upper_bound(list.begin(), list.end(), line,
                                      [](std::uint64_t l, const Defect& d) { return l < d.line; });
  list.insert(place, Defect{.line = line, .kind = kind, .excerpt = Excerpt(text)});
  if (list.size() > listed_) list.pop_back();
}

const Defect* DefectLog::FirstOf(std::span<const DefectKind> kinds) const {
  const Defect* earliest = nullptr;
  for (DefectKind kind : kinds) {
    const auto& first = first_[static_cast<std::size_t>(kind)];
    if (first && (earliest == nullptr || first->line < earliest->line)) earliest = &*first;
  }
  return earliest;
}

std::uint64_t ReadReport::bad_rows() const {
  std::uint64_t bad = 0;
  for (DefectKind kind : kBadRowKinds) bad += Count(kind);
  return bad;
}

std::string Describe(const ReadReport& report) {
  std::vector<std::string> found;
  for (std::size_t i = 0; i < kDefectKindCount; ++i) {
    if (report.count[i] == 0) continue;
    found.push_back(fmt::format("{} {}", Thousands(static_cast<std::int64_t>(report.count[i])),
                                DefectKindName(static_cast<DefectKind>(i))));
  }
  std::string text =
      fmt::format("{} rows, {} kept", Thousands(static_cast<std::int64_t>(report.rows_read)),
                  Thousands(static_cast<std::int64_t>(report.rows_kept)));
  if (!found.empty()) text += "; " + Join(found, ", ");
  if (!report.defects.empty()) {
    text += fmt::format(" (first: {})", Describe(report.defects.front()));
  }
  return text;
}

}  // namespace mayfly::bars
