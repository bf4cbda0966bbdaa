#include "stages/causality.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/check.h"
#include "base/rng.h"
#include "base/text.h"
#include "engine/naive/identities.h"
#include "engine/naive/twin.h"

namespace mayfly::stages {
namespace {

using engine::RowRange;
using engine::naive::Cell;

constexpr std::int64_t kHourUs = 3'600'000'000;

RowRange RowsOf(const Leaf& leaf, std::span<const std::int64_t> ts) {
  const auto at = [&](const std::optional<Instant>& bound, std::size_t otherwise) {
    if (!bound) return otherwise;
    const auto found = std::lower_bound(ts.begin(), ts.end(), bound->time_since_epoch().count());
    return static_cast<std::size_t>(found - ts.begin());
  };
  return {at(leaf.begin, 0), at(leaf.end, ts.size())};
}

std::vector<RowRange> FilledLeaves(const SampleRequest& request) {
  std::vector<RowRange> filled;
  for (const Leaf& leaf : request.leaves) {
    const RowRange rows = RowsOf(leaf, request.ts_us);
    if (rows.size() != 0) filled.push_back(rows);
  }
  return filled;
}

// The rows of a leaf's first hour, of its last, or all.
RowRange Stratum(RowRange leaf, std::span<const std::int64_t> ts, std::size_t which) {
  const auto in_leaf = ts.subspan(leaf.begin, leaf.size());
  if (which == 0) {
    const auto end =
        std::lower_bound(in_leaf.begin(), in_leaf.end(), in_leaf.front() + kHourUs) - ts.begin();
    return {leaf.begin, static_cast<std::size_t>(end)};
  }
  if (which == 1) {
    const auto begin =
        std::upper_bound(in_leaf.begin(), in_leaf.end(), in_leaf.back() - kHourUs) - ts.begin();
    return {static_cast<std::size_t>(begin), leaf.end};
  }
  return leaf;
}

// A row whose inputs are not all there, or nothing where all are.
std::optional<std::size_t> PickMissing(const SampleRequest& request, const engine::Family& family,
                                       const engine::BarView& bars) {
  std::vector<std::size_t> missing;
  for (std::size_t row = 0; row < bars.rows(); ++row) {
    for (const engine::Input input : family.inputs()) {
      if (!bars.Has(input) || !std::isnan(bars.Of(input)[row])) continue;
      missing.push_back(row);
      break;
    }
  }
  if (missing.empty()) return std::nullopt;
  Rng rng(request.seed ^ Fnv1a(request.pair));
  return missing[rng.Below(missing.size())];
}

// "1,234 values": what a check that passes judged.
struct Tally {
  std::string check;
  std::string unit = "values";
  std::int64_t judged = 0;
  std::optional<std::pair<std::string, std::string>> broken;  // the first: expected, found

  void Break(std::string expected, std::string found) {
    if (!broken) broken.emplace(std::move(expected), std::move(found));
  }
};

std::string Text(double value) {
  return std::isnan(value) ? "NULL" : fmt::format("{:.17g}", value);
}

bool SameNull(double a, double b) { return std::isnan(a) == std::isnan(b); }

// A stored row as the published view would show it, and how it would look were each stored value
// off by its tolerance: row 0 is what it is, rows 1 + 2 c and 2 + 2 c have column c moved.
class PublishedRow {
 public:
  PublishedRow(const CausalityCase& of, std::span<const double> stored,
               std::span<const double> tolerances) {
    const std::size_t variants = 1 + 2 * stored.size();
    engine::ColumnBlock moved;
    for (std::size_t c = 0; c < stored.size(); ++c) {
      moved.columns.emplace_back(variants, stored[c]);
      moved.columns[c][1 + 2 * c] += tolerances[c];
      moved.columns[c][2 + 2 * c] -= tolerances[c];
    }
    of.family.Derive(moved, of.options, block_);
  }

  double Of(std::size_t column) const { return block_.columns[column].front(); }

  std::vector<double> values() const {
    std::vector<double> values;
    for (const auto& column : block_.columns) values.push_back(column.front());
    return values;
  }

  // How far the column moves with what it is made of; nothing where it may be anything: NULL at one
  // of the moved rows only, or close to a pole.
  std::optional<double> Reach(std::size_t column, double scale) const {
    const std::vector<double>& values = block_.columns[column];
    double reach = 0;
    for (std::size_t v = 1; v < values.size(); v += 2) {
      if (!SameNull(values[0], values[v]) || !SameNull(values[0], values[v + 1])) return {};
      if (std::isnan(values[0])) continue;
      reach += std::fmax(std::fabs(values[v] - values[0]), std::fabs(values[v + 1] - values[0]));
    }
    if (reach > 0.01 * std::fmax(std::fabs(values[0]), scale)) return {};
    return reach;
  }

 private:
  engine::ColumnBlock block_;
};

class Judge {
 public:
  explicit Judge(const CausalityCase& of) : of_(of) {
    for (const Leaf& leaf : of.leaves) leaves_.push_back(RowsOf(leaf, of.bars.ts_us));
    for (const engine::FamilyColumn& column : of.family.stored_columns()) {
      float4_.push_back(false);
      if (!of.types.empty()) float4_.back() = of.types[float4_.size() - 1] == ColumnType::kFloat4;
      has_float4_ = has_float4_ || float4_.back();
      CHECK(!column.derived, "a stored column is not derived");
    }
  }

  std::vector<Finding> Run() && {
    if (of_.rows.empty()) return {};
    twin_ = engine::naive::FindTwin(of_.family.name());
    if (twin_ == nullptr) return {CannotTell()};
    for (std::size_t row : of_.rows) JudgeRow(row);
    std::vector<Finding> findings;
    for (const Tally* tally : {&rows_, &truncation_, &chunks_, &warm_up_, &identities_}) {
      if (tally->judged > 0) findings.push_back(Conclude(*tally));
    }
    return findings;
  }

 private:
  Finding CannotTell() const {
    return {of_.stage,      truncation_.check,
            of_.place,      Verdict::kCannotTell,
            "a naive twin", "none of family " + of_.family.name()};
  }

  Finding Conclude(const Tally& tally) const {
    const std::string all = fmt::format("{} {}", Thousands(tally.judged), tally.unit);
    Finding finding{of_.stage, tally.check, of_.place, Verdict::kPass, all, all};
    if (tally.broken) {
      finding.verdict = Verdict::kFail;
      std::tie(finding.expected, finding.found) = *tally.broken;
    }
    return finding;
  }

  void JudgeRow(std::size_t row) {
    const std::int64_t ts = of_.bars.ts_us[row];
    at_ = FormatInstant(Instant(Duration(ts)));
    const auto [first, last] =
        std::equal_range(of_.stored.ts_us.begin(), of_.stored.ts_us.end(), ts);
    ++rows_.judged;
    if (row > 0 && of_.bars.ts_us[row - 1] >= ts) {
      rows_.Break(at_ + ": a bar later than the one before it", "a bar at the same time or before");
    }
    if (last - first != 1) rows_.Break(at_ + ": one row", fmt::format("{} rows", last - first));
    if (first == last) return;
    const auto index = static_cast<std::size_t>(first - of_.stored.ts_us.begin());
    std::vector<double> stored;
    for (const auto& column : of_.stored.columns) stored.push_back(column[index]);
    JudgeValues(row, stored);
  }

  void JudgeValues(std::size_t row, std::span<const double> stored) {
    std::vector<Cell> cells(of_.family.columns().size());
    const engine::BarView past = UpTo(row);
    twin_({of_.family, past, of_.options, row}, cells);
    std::vector<double> tolerances;
    for (std::size_t k = 0; k < cells.size(); ++k) {
      if (of_.family.columns()[k].derived) continue;
      const std::size_t c = tolerances.size();
      tolerances.push_back(ToleranceOf(cells[k], float4_[c]));
      JudgeStored(row, k, stored[c], cells[k], tolerances.back());
    }
    const PublishedRow published(of_, stored, tolerances);
    for (std::size_t k = 0; k < cells.size(); ++k) {
      if (of_.family.columns()[k].derived) JudgeDerived(row, k, published, cells[k]);
    }
    JudgeIdentities(published);
  }

  // T1: nothing after the row is there to be looked at.
  engine::BarView UpTo(std::size_t row) const {
    engine::BarView past = of_.bars;
    past.ts_us = past.ts_us.first(row + 1);
    for (auto* prices : {&past.open, &past.high, &past.low, &past.close}) {
      if (!prices->empty()) *prices = prices->first(row + 1);
    }
    return past;
  }

  double ToleranceOf(const Cell& cell, bool is_float4) const {
    if (std::isnan(cell.value)) return 0;
    const double rounded = is_float4 ? of_.tolerances.float4 : 0;
    return of_.tolerances.float8 * cell.scale + cell.noise +
           rounded * std::fabs(static_cast<double>(cell.value));
  }

  void JudgeStored(std::size_t row, std::size_t column, double got, const Cell& cell,
                   double tolerance) {
    const auto want = static_cast<double>(cell.value);
    ++warm_up_.judged;
    if (!SameNull(want, got)) return Break(warm_up_, column, want, got);
    if (!std::isnan(want)) Compare(row, column, got, want, tolerance);
  }

  void JudgeDerived(std::size_t row, std::size_t column, const PublishedRow& published,
                    const Cell& cell) {
    const auto want = static_cast<double>(cell.value);
    const double got = published.Of(column);
    const std::optional<double> reach = published.Reach(column, cell.scale);
    if (!reach || std::isinf(cell.noise)) return;
    ++warm_up_.judged;
    if (!SameNull(want, got)) return Break(warm_up_, column, want, got);
    if (std::isnan(want)) return;
    Compare(row, column, got, want,
            2 * *reach + ToleranceOf(cell, /*is_float4=*/false) +
                of_.tolerances.float8 * (cell.scale > 0 ? 0 : std::fabs(want)));
  }

  void Compare(std::size_t row, std::size_t column, double got, double want, double tolerance) {
    if (std::isinf(tolerance)) return;
    Tally& tally = ReachesOverLeaf(row, column) ? chunks_ : truncation_;
    ++tally.judged;
    if (!(std::fabs(got - want) <= tolerance)) Break(tally, column, want, got);
  }

  // T2: are rows that it is made of in the leaf before?
  bool ReachesOverLeaf(std::size_t row, std::size_t column) const {
    const std::size_t lookback = of_.family.columns()[column].lookback;
    return std::any_of(leaves_.begin(), leaves_.end(), [&](const RowRange& leaf) {
      return leaf.begin <= row && row < leaf.end && row - std::min(row, lookback) < leaf.begin;
    });
  }

  void JudgeIdentities(const PublishedRow& published) {
    const double relative = has_float4_ ? of_.tolerances.float4 : of_.tolerances.float8;
    const std::vector<double> values = published.values();
    for (const auto& identity : engine::naive::IdentitiesOf(of_.family, values, relative)) {
      ++identities_.judged;
      if (identity.holds()) continue;
      identities_.Break(fmt::format("{} {}: {} to {}", at_, identity.column, Text(identity.low),
                                    Text(identity.high)),
                        Text(identity.value));
    }
  }

  void Break(Tally& tally, std::size_t column, double want, double got) const {
    tally.Break(fmt::format("{} {}: {}", at_, of_.family.columns()[column].name, Text(want)),
                Text(got));
  }

  const CausalityCase& of_;
  engine::naive::Twin twin_ = nullptr;
  std::vector<RowRange> leaves_;
  std::vector<bool> float4_;
  bool has_float4_ = false;
  std::string at_;  // the time of the row that is judged
  Tally rows_{"causality: rows", "rows"};
  Tally truncation_{"causality: truncation"};
  Tally chunks_{"causality: chunks"};
  Tally warm_up_{"causality: warm-up"};
  Tally identities_{"causality: identities", "identities"};
};

}  // namespace

std::vector<std::pair<std::string, std::string>> CausalityNotApplicable() {
  return {{"causality: splits (T5)", "not applicable: no stage splits rows or fits a scaler"},
          {"causality: joins of pairs (T6)", "not applicable: no family reads another pair"},
          {"causality: targets (T7)", "not applicable: no stage makes targets"}};
}

std::vector<std::size_t> PickSamples(const SampleRequest& request) {
  const std::vector<RowRange> leaves = FilledLeaves(request);
  if (leaves.empty()) return {};
  std::vector<std::size_t> all;
  for (const RowRange leaf : leaves) {
    for (std::size_t row = leaf.begin; row < leaf.end; ++row) all.push_back(row);
  }
  if (request.count >= all.size()) return all;
  Rng rng(request.seed ^ Fnv1a(request.pair));
  // With fewer samples than leaves every so many leaves have one, other ones for other pairs.
  const std::size_t start = request.count < leaves.size() ? rng.Below(leaves.size()) : 0;
  std::set<std::size_t> rows;
  for (std::size_t i = 0; i < request.count; ++i) {
    const std::size_t step = request.count < leaves.size() ? i * leaves.size() / request.count : i;
    const std::size_t round = request.count < leaves.size() ? i : i / leaves.size();
    const RowRange leaf = leaves[(start + step) % leaves.size()];
    const RowRange from = Stratum(leaf, request.ts_us, round % 3);
    rows.insert(from.begin + rng.Below(from.size()));
  }
  return {rows.begin(), rows.end()};
}

std::vector<std::size_t> PickEdges(const SampleRequest& request, const engine::Family& family,
                                   const engine::BarView& bars) {
  std::set<std::size_t> lookbacks;
  for (const engine::FamilyColumn& column : family.columns()) lookbacks.insert(column.lookback);
  const std::optional<std::size_t> missing = PickMissing(request, family, bars);
  std::set<std::size_t> edges;
  for (const std::size_t lookback : lookbacks) {
    edges.insert(lookback);
    if (lookback > 0) edges.insert(lookback - 1);
    if (missing) edges.insert({*missing, *missing + lookback, *missing + lookback + 1});
  }
  std::vector<std::size_t> rows;
  for (const RowRange leaf : FilledLeaves(request)) {
    rows.insert(rows.end(), edges.lower_bound(leaf.begin), edges.lower_bound(leaf.end));
  }
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  return rows;
}

std::vector<Finding> JudgeCausality(const CausalityCase& of) { return Judge(of).Run(); }

}  // namespace mayfly::stages
