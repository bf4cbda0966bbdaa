#pragma once
// A phase's grid: named dimensions, each a list of labels or a row of calendar periods. A point is
// one label per dimension of a stage; a task is one stage at one point.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace mayfly {

// The one dimension that is time; its labels are "2024-07", "2024-Q3" or "2024".
inline constexpr std::string_view kPeriodDimension = "period";

enum class PeriodUnit { kMonth, kQuarter, kYear };

std::string_view Name(PeriodUnit unit);

struct Period {
  std::string label;
  Instant begin;  // inclusive, UTC
  Instant end;    // exclusive
  friend bool operator==(const Period&, const Period&) = default;
};

// "2024-07" → its first instant. "2024-13" is kInvalid.
Result<Instant> ParseMonth(std::string_view text);

// Whole periods that cover [from, to]; both are months, both inclusive. Needs from ≤ to.
std::vector<Period> PeriodsBetween(PeriodUnit unit, Instant from_month, Instant to_month);

// The period of this unit that holds the instant.
Period PeriodOf(PeriodUnit unit, Instant instant);

struct Dimension {
  std::string name;
  std::vector<std::string> labels;
  std::vector<Period> periods;  // one per label when this is the period dimension, else empty
};

struct Grid {
  std::vector<Dimension> dimensions;

  const Dimension* Find(std::string_view name) const;
};

// Dimension name and label, in grid order.
class Point {
 public:
  Point() = default;
  explicit Point(std::vector<std::pair<std::string, std::string>> parts);

  const std::vector<std::pair<std::string, std::string>>& parts() const { return parts_; }
  std::optional<std::string> Label(std::string_view dimension) const;
  bool empty() const { return parts_.empty(); }

  // "eurusd/2024-07"; the empty point is "all".
  std::string Key() const;

  // Do the two agree on every dimension that both have?
  bool Meets(const Point& other) const;

  friend auto operator<=>(const Point&, const Point&) = default;

 private:
  std::vector<std::pair<std::string, std::string>> parts_;
};

// Every point over the named dimensions, in grid order, the last dimension fastest.
std::vector<Point> PointsOver(const Grid& grid, const std::vector<std::string>& dimensions);

}  // namespace mayfly
