#include "stages/compile_grid.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "stages/compile.h"

namespace mayfly {
namespace {

using std::chrono::floor;
using std::chrono::months;
using std::chrono::sys_days;
using std::chrono::year_month_day;

Instant MonthOf(Instant instant) { return PeriodOf(PeriodUnit::kMonth, instant).begin; }

std::int64_t MonthsIn(Instant first_month, Instant last_month) {
  year_month_day first(floor<std::chrono::days>(first_month));
  year_month_day last(floor<std::chrono::days>(last_month));
  return (last.year() / last.month() - first.year() / first.month()).count() + 1;
}

bool Holds(const std::vector<std::string>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

// The pairs of the phase that have data, in the phase's order.
Result<std::vector<std::string>> ChoosePairs(const PhaseSpec& spec, const DimensionSpec& dimension,
                                             Findings& findings, std::vector<std::string>& notes) {
  if (!dimension.labels) {
    if (findings.pairs.empty()) {
      return Invalid("the grid takes its pairs from the data, and the load stage found none");
    }
    for (const std::string& pair : findings.pairs) {
      if (IsPlainLabel(pair)) continue;
      return Invalid(
          fmt::format("the data has a pair \"{}\", which is not a plain label (letters, "
                      "digits, \".\", \"_\", \"-\"); rename it or list the pairs",
                      pair));
    }
    notes.push_back(fmt::format("pairs from the data: {}", findings.pairs.size()));
    return findings.pairs;
  }
  if (spec.FirstLoad() == nullptr) return *dimension.labels;
  std::vector<std::string> present;
  findings.missing_pairs.clear();
  for (const std::string& pair : *dimension.labels) {
    (Holds(findings.pairs, pair) ? present : findings.missing_pairs).push_back(pair);
  }
  if (present.empty()) {
    return Invalid(fmt::format("none of the {} listed pairs has data (found: {})",
                               dimension.labels->size(),
                               findings.pairs.empty() ? "none" : Join(findings.pairs, ", ")));
  }
  if (!findings.missing_pairs.empty()) {
    notes.push_back(fmt::format("missing pairs, listed and without data: {}",
                                Join(findings.missing_pairs, ", ")));
  }
  return present;
}

struct Span {
  Instant from_month, to_month;
};

Result<Span> ChooseSpan(const DimensionSpec& dimension, const Findings& findings) {
  bool is_open = !dimension.from_month || !dimension.to_month;
  if (is_open && (!findings.first || !findings.last)) {
    return Invalid("the grid takes its periods from the data, and the load stage found no bars");
  }
  Span span{dimension.from_month ? *dimension.from_month : MonthOf(*findings.first),
            dimension.to_month ? *dimension.to_month : MonthOf(*findings.last)};
  if (span.from_month > span.to_month) {
    return Invalid(
        fmt::format("the grid's periods start at {} and end at {}, where the data does; "
                    "nothing is left",
                    PeriodOf(PeriodUnit::kMonth, span.from_month).label,
                    PeriodOf(PeriodUnit::kMonth, span.to_month).label));
  }
  return span;
}

void FillPeriods(PeriodUnit unit, const Span& span, Dimension& dimension) {
  dimension.periods = PeriodsBetween(unit, span.from_month, span.to_month);
  dimension.labels.clear();
  for (const Period& period : dimension.periods) dimension.labels.push_back(period.label);
}

struct Amount {
  std::int64_t rows = 0;
  std::size_t pairs = 0;
  std::optional<Instant> first, last;
};

double RowsPerMonth(const Amount& bars) {
  if (bars.rows <= 0 || !bars.first || !bars.last || bars.pairs == 0) return 0;
  auto pair_months = static_cast<double>(bars.pairs) *
                     static_cast<double>(MonthsIn(MonthOf(*bars.first), MonthOf(*bars.last)));
  return static_cast<double>(bars.rows) / pair_months;
}

Amount AmountOf(const LoadFindings& load) {
  Amount amount{.pairs = load.pairs.size()};
  for (const PairBars& bars : load.pairs) {
    amount.rows += bars.rows();
    if (!bars.first) continue;
    amount.first = amount.first ? std::min(*amount.first, *bars.first) : *bars.first;
    amount.last = amount.last ? std::max(*amount.last, *bars.last) : *bars.last;
  }
  return amount;
}

// Rows that a pair has in one month, on average over all the data; where there are several load
// stages, of the one that has the most: its leaves are the work.
double RowsPerMonth(const Findings& findings) {
  if (findings.loads.empty()) {
    return RowsPerMonth({findings.rows, findings.pairs.size(), findings.first, findings.last});
  }
  double most = 0;
  for (const LoadFindings& load : findings.loads) {
    most = std::max(most, RowsPerMonth(AmountOf(load)));
  }
  return most;
}

double MonthsPer(PeriodUnit unit) {
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

PeriodUnit UnitByRows(const Findings& findings) {
  double rows = RowsPerMonth(findings);
  if (rows == 0) return PeriodUnit::kMonth;  // nothing to judge by
  for (PeriodUnit unit : {PeriodUnit::kMonth, PeriodUnit::kQuarter}) {
    if (rows * MonthsPer(unit) >= static_cast<double>(kRowsPerLeaf)) return unit;
  }
  return PeriodUnit::kYear;
}

std::optional<PeriodUnit> Coarser(PeriodUnit unit) {
  switch (unit) {
    case PeriodUnit::kMonth:
      return PeriodUnit::kQuarter;
    case PeriodUnit::kQuarter:
      return PeriodUnit::kYear;
    case PeriodUnit::kYear:
      return std::nullopt;
  }
  return std::nullopt;
}

Error TooManyLeaves(std::size_t leaves, std::size_t most) {
  return Invalid(fmt::format(
      "the plan has {} leaves and the server's lock table takes {}; choose longer "
      "periods in [grid] (every = \"year\"), or raise max_locks_per_transaction",
      Thousands(static_cast<std::int64_t>(leaves)), Thousands(static_cast<std::int64_t>(most))));
}

// Chooses the unit where neither the phase nor an earlier compilation says it.
Status ChoosePeriods(const PhaseSpec& spec, std::size_t max_leaves, Findings& findings, Grid& grid,
                     std::vector<std::string>& notes) {
  const DimensionSpec& dimension =
      *std::find_if(spec.grid.begin(), spec.grid.end(),
                    [](const DimensionSpec& d) { return d.name == kPeriodDimension; });
  TRY_ASSIGN(Span span, ChooseSpan(dimension, findings));
  auto& periods = *std::find_if(grid.dimensions.begin(), grid.dimensions.end(),
                                [](const Dimension& d) { return d.name == kPeriodDimension; });
  bool is_decided = dimension.every.has_value() || findings.unit.has_value();
  PeriodUnit unit = dimension.every ? *dimension.every
                    : findings.unit ? *findings.unit
                                    : UnitByRows(findings);
  FillPeriods(unit, span, periods);
  bool is_limited = false;
  while (!is_decided && CountLeaves(spec, grid) > max_leaves && Coarser(unit)) {
    unit = *Coarser(unit);
    is_limited = true;
    FillPeriods(unit, span, periods);
  }
  std::string why = dimension.every ? ", as the phase says"
                    : is_limited    ? ", so that the lock table takes the leaves"
                                    : "";
  notes.push_back(fmt::format(
      "periods by {}{}: {}, from {} to {}; about {} rows a leaf", Name(unit), why,
      periods.labels.size(), periods.labels.front(), periods.labels.back(),
      Thousands(static_cast<std::int64_t>(RowsPerMonth(findings) * MonthsPer(unit) + 0.5))));
  findings.unit = unit;
  return {};
}

}  // namespace

std::size_t CountLeaves(const PhaseSpec& spec, const Grid& grid) {
  std::size_t count = 0;
  for (const StageSpec& stage : spec.stages) {
    bool is_load = std::holds_alternative<LoadSpec>(stage.kind);
    if (std::holds_alternative<VerifySpec>(stage.kind)) continue;
    if (std::holds_alternative<OptimiseSpec>(stage.kind)) continue;
    std::size_t leaves = 1;
    for (const std::string& name : spec.DimensionsOf(stage)) {
      leaves *= grid.Find(name)->labels.size();
    }
    const Dimension* periods = grid.Find(kPeriodDimension);
    if (is_load && periods != nullptr) leaves *= periods->labels.size() + 2;
    count += leaves;
  }
  return count;
}

Result<Grid> ChooseGrid(const PhaseSpec& spec, std::size_t max_leaves, Findings& findings,
                        std::vector<std::string>& notes) {
  Grid grid;
  for (const DimensionSpec& dimension : spec.grid) {
    Dimension made{.name = dimension.name};
    if (dimension.name == kPairDimension) {
      TRY_ASSIGN(made.labels, ChoosePairs(spec, dimension, findings, notes));
    } else if (dimension.name != kPeriodDimension) {
      made.labels = *dimension.labels;
    }
    grid.dimensions.push_back(std::move(made));
  }
  if (grid.Find(kPeriodDimension) != nullptr) {
    TRY(ChoosePeriods(spec, max_leaves, findings, grid, notes));
  }
  std::size_t leaves = CountLeaves(spec, grid);
  if (leaves > max_leaves) return TooManyLeaves(leaves, max_leaves);
  return grid;
}

}  // namespace mayfly
