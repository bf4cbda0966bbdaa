#include "engine/family.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "base/check.h"

namespace mayfly::engine {
namespace {

constexpr std::array kInputs = {Input::kOpen, Input::kHigh, Input::kLow, Input::kClose};

Result<void> CheckLengths(const BarView& bars, RowRange range) {
  for (Input input : kInputs) {
    const std::size_t length = bars.Of(input).size();
    if (length != 0 && length != bars.rows()) {
      return Invalid(fmt::format("{} has {} rows and ts has {}; a bar column is absent or complete",
                                 InputName(input), length, bars.rows()));
    }
  }
  if (range.begin > range.end || range.end > bars.rows()) {
    return Invalid(fmt::format("rows [{}, {}) are not in a history of {} rows", range.begin,
                               range.end, bars.rows()));
  }
  return {};
}

Result<void> CheckFinite(const BarView& bars, std::span<const Input> inputs, RowRange read) {
  for (Input input : inputs) {
    if (!bars.Has(input)) continue;
    const auto values = bars.Of(input).subspan(read.begin, read.size());
    const auto bad =
        std::find_if(values.begin(), values.end(), [](double v) { return std::isinf(v); });
    if (bad != values.end()) {
      return Corrupt(fmt::format("{} is infinite at row {} (ts {} us); a price is finite or NULL",
                                 InputName(input), read.begin + (bad - values.begin()),
                                 bars.ts_us[read.begin + (bad - values.begin())]));
    }
  }
  return {};
}

}  // namespace

std::string_view InputName(Input input) {
  switch (input) {
    case Input::kOpen:
      return "open";
    case Input::kHigh:
      return "high";
    case Input::kLow:
      return "low";
    case Input::kClose:
      return "close";
  }
  return "?";
}

std::span<const double> BarView::Of(Input input) const {
  switch (input) {
    case Input::kOpen:
      return open;
    case Input::kHigh:
      return high;
    case Input::kLow:
      return low;
    case Input::kClose:
      return close;
  }
  return {};
}

Family::Family(std::string name, std::string summary, std::vector<FamilyColumn> columns,
               ComputeFn compute)
    : name_(std::move(name)),
      summary_(std::move(summary)),
      columns_(std::move(columns)),
      compute_(compute) {
  for (Input input : kInputs) {
    const bool is_read = std::any_of(columns_.begin(), columns_.end(), [&](const auto& column) {
      return std::find(column.inputs.begin(), column.inputs.end(), input) != column.inputs.end();
    });
    if (is_read) inputs_.push_back(input);
  }
  for (const FamilyColumn& column : columns_) {
    lookback_ = std::max(lookback_, column.lookback);
    if (!column.derived) stored_.push_back(column);
  }
}

Result<void> Family::Compute(const BarView& bars, const Options& options, RowRange range,
                             ColumnBlock& out) const {
  TRY(CheckLengths(bars, range));
  if (!std::isfinite(options.baseline) || options.baseline <= 0) {
    return Invalid(fmt::format("the baseline is {}; it is a price above zero", options.baseline));
  }
  const std::size_t first = range.begin - std::min(range.begin, lookback_);
  TRY(CheckFinite(bars, inputs_, {first, range.end}));

  out.columns.resize(stored_.size());
  for (std::size_t c = 0; c < stored_.size(); ++c) {
    out.columns[c].resize(range.size());
    const auto& inputs = stored_[c].inputs;
    if (!std::all_of(inputs.begin(), inputs.end(), [&](Input i) { return bars.Has(i); })) {
      std::fill(out.columns[c].begin(), out.columns[c].end(),
                std::numeric_limits<double>::quiet_NaN());
    }
  }
  if (range.size() != 0) compute_({bars, options, range}, out);
  return {};
}

void Family::Derive(const ColumnBlock& stored, const Options& options, ColumnBlock& out) const {
  CHECK(stored.columns.size() == stored_.size(), "a family derives from all its stored columns");
  const std::size_t rows = stored.columns.front().size();
  const Expression::Columns of = [&](std::string_view name) -> std::span<const double> {
    const auto found =
        std::find_if(stored_.begin(), stored_.end(),
                     [&](const FamilyColumn& column) { return column.name == name; });
    CHECK(found != stored_.end(), "a derived column reads stored columns of its family");
    return stored.columns[static_cast<std::size_t>(found - stored_.begin())];
  };
  out.columns.resize(columns_.size());
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    const FamilyColumn& column = columns_[c];
    out.columns[c].resize(rows);
    if (column.derived) {
      column.derived->For(options).Evaluate(of, out.columns[c]);
    } else {
      const auto values = of(column.name);
      std::copy(values.begin(), values.end(), out.columns[c].begin());
    }
  }
}

}  // namespace mayfly::engine
