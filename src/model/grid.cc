#include "model/grid.h"

#include <fmt/format.h>

#include <algorithm>

namespace mayfly {
namespace {

using std::chrono::month;
using std::chrono::sys_days;
using std::chrono::year_month;

year_month MonthOf(Instant instant) {
  std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(instant));
  return {date.year(), date.month()};
}

unsigned MonthsPer(PeriodUnit unit) {
  switch (unit) {
    case PeriodUnit::kMonth:
      return 1;
    case PeriodUnit::kQuarter:
      return 3;
    case PeriodUnit::kYear:
      return 12;
  }
  return 1;
}

std::string LabelOf(PeriodUnit unit, year_month first) {
  int y = static_cast<int>(first.year());
  unsigned m = static_cast<unsigned>(first.month());
  switch (unit) {
    case PeriodUnit::kMonth:
      return fmt::format("{:04}-{:02}", y, m);
    case PeriodUnit::kQuarter:
      return fmt::format("{:04}-Q{}", y, (m - 1) / 3 + 1);
    case PeriodUnit::kYear:
      return fmt::format("{:04}", y);
  }
  return {};
}

Instant FirstInstant(year_month m) { return Instant(sys_days(m / 1)); }

}  // namespace

std::string_view Name(PeriodUnit unit) {
  switch (unit) {
    case PeriodUnit::kMonth:
      return "month";
    case PeriodUnit::kQuarter:
      return "quarter";
    case PeriodUnit::kYear:
      return "year";
  }
  return "";
}

Result<Instant> ParseMonth(std::string_view text) {
  if (text.size() == 7) {
    if (Result<Instant> day = ParseInstant(std::string(text) + "-01"); day.ok()) return day;
  }
  return Invalid(
      fmt::format("\"{}\" is not a month; write a year and a month from 01 to 12, such as "
                  "\"2024-07\"",
                  text));
}

Period PeriodOf(PeriodUnit unit, Instant instant) {
  year_month m = MonthOf(instant);
  unsigned per = MonthsPer(unit);
  unsigned first = (static_cast<unsigned>(m.month()) - 1) / per * per + 1;
  year_month begin{m.year(), month(first)};
  year_month end = begin + std::chrono::months(per);
  return {LabelOf(unit, begin), FirstInstant(begin), FirstInstant(end)};
}

std::vector<Period> PeriodsBetween(PeriodUnit unit, Instant from_month, Instant to_month) {
  std::vector<Period> periods;
  for (Period p = PeriodOf(unit, from_month); p.begin <= to_month; p = PeriodOf(unit, p.end)) {
    periods.push_back(p);
  }
  return periods;
}

const Dimension* Grid::Find(std::string_view name) const {
  for (const Dimension& dimension : dimensions) {
    if (dimension.name == name) return &dimension;
  }
  return nullptr;
}

Point::Point(std::vector<std::pair<std::string, std::string>> parts) : parts_(std::move(parts)) {}

std::optional<std::string> Point::Label(std::string_view dimension) const {
  for (const auto& [name, label] : parts_) {
    if (name == dimension) return label;
  }
  return std::nullopt;
}

std::string Point::Key() const {
  if (parts_.empty()) return "all";
  std::string key;
  for (const auto& [name, label] : parts_) {
    if (!key.empty()) key += '/';
    key += label;
  }
  return key;
}

bool Point::Meets(const Point& other) const {
  return std::all_of(parts_.begin(), parts_.end(), [&](const auto& part) {
    std::optional<std::string> theirs = other.Label(part.first);
    return !theirs || *theirs == part.second;
  });
}

std::vector<Point> PointsOver(const Grid& grid, const std::vector<std::string>& dimensions) {
  std::vector<std::vector<std::pair<std::string, std::string>>> partial{{}};
  for (const Dimension& dimension : grid.dimensions) {
    if (std::find(dimensions.begin(), dimensions.end(), dimension.name) == dimensions.end())
      continue;
    std::vector<std::vector<std::pair<std::string, std::string>>> grown;
    for (const auto& prefix : partial) {
      for (const std::string& label : dimension.labels) {
        grown.push_back(prefix);
        grown.back().emplace_back(dimension.name, label);
      }
    }
    partial = std::move(grown);
  }
  std::vector<Point> points;
  points.reserve(partial.size());
  for (auto& parts : partial) points.emplace_back(std::move(parts));
  return points;
}

}  // namespace mayfly
