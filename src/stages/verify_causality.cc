#include "stages/verify_causality.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/check.h"
#include "engine/catalogue.h"
#include "stages/causality.h"
#include "stages/verify.h"

namespace mayfly::stages {
namespace {

const VerifySpec& VerifyOf(const PhasePlan& plan) {
  for (const PlannedStage& stage : plan.stages) {
    if (const auto* spec = std::get_if<VerifySpec>(&stage.spec.kind)) return *spec;
  }
  CHECK(false, "every plan has a verify stage");
}

// How the phase wanted its numbers: the one place where verification learns of it.
engine::Options OptionsOf(const PhasePlan& plan, double baseline) {
  return {.baseline = baseline, .compat_epsilon = plan.spec.compat_epsilon};
}

// The samples of the phase, in equal parts.
std::size_t SamplesOfPair(const PhasePlan& plan, const CausalitySpec& spec) {
  const std::size_t pairs = std::max<std::size_t>(VerifyPoints(plan).size(), 1);
  return (static_cast<std::size_t>(spec.samples) + pairs - 1) / pairs;
}

std::span<const double> OrAbsent(const std::vector<double>& column) {
  const bool any =
      std::any_of(column.begin(), column.end(), [](double v) { return !std::isnan(v); });
  return any ? std::span<const double>(column) : std::span<const double>();
}

// The close of the first bar that has one, at or after the stated instant. Not the features
// stage's own code: a wrong baseline there must not pass here.
std::optional<double> BaselineOf(const Series& bars, const std::vector<double>& close,
                                 const std::optional<Instant>& from) {
  const std::int64_t least = from ? from->time_since_epoch().count() : INT64_MIN;
  for (std::size_t row = 0; row < close.size(); ++row) {
    if (bars.ts_us[row] >= least && !std::isnan(close[row])) return close[row];
  }
  return std::nullopt;
}

std::vector<ColumnType> TypesOf(const TableShape& shape, const engine::Family& family) {
  std::vector<ColumnType> types;
  for (const engine::FamilyColumn& column : family.stored_columns()) {
    const Column* stored = shape.Find(column.name);
    CHECK(stored != nullptr, "a features table has all stored columns of its family");
    types.push_back(stored->type);
  }
  return types;
}

}  // namespace

CausalityVerifier::CausalityVerifier(const PhasePlan& plan, const Point& point, DataProbe& probe)
    : plan_(plan),
      pair_(point.Label(kPairDimension).value_or("")),
      probe_(probe),
      spec_(VerifyOf(plan).causality) {}

Result<const CausalityVerifier::Bars*> CausalityVerifier::Read(const LoadSpec& load) {
  const auto known = bars_.find(load.table);
  if (known != bars_.end()) return &known->second;
  SeriesQuery query{load.table, "ts", {"open", "high", "low", "close"}, {{"pair", pair_}}};
  Bars& bars = bars_[load.table];
  TRY_ASSIGN(bars.series, probe_.ReadSeries(query));
  const auto& columns = bars.series.columns;
  bars.view = {bars.series.ts_us, OrAbsent(columns[0]), OrAbsent(columns[1]), OrAbsent(columns[2]),
               OrAbsent(columns[3])};
  bars.baseline = BaselineOf(bars.series, columns[3], load.baseline);
  return &bars;
}

Result<Series> CausalityVerifier::ReadStored(const PlannedStage& stage,
                                             const engine::Family& family, const Bars& bars,
                                             const std::vector<std::size_t>& rows) {
  SeriesQuery query{.table = stage.shape->name, .equals = {{"pair", pair_}}};
  for (const engine::FamilyColumn& column : family.stored_columns()) {
    query.columns.push_back(column.name);
  }
  query.at.emplace();
  for (const std::size_t row : rows) query.at->push_back(bars.series.ts_us[row]);
  return probe_.ReadSeries(query);
}

Result<std::vector<Finding>> CausalityVerifier::Judge(const PlannedStage& stage,
                                                      const std::vector<Leaf>& leaves) {
  std::vector<Finding> nothing;
  const auto* features = std::get_if<FeaturesSpec>(&stage.spec.kind);
  if (features == nullptr || spec_.samples == 0) return nothing;
  const engine::Family* family = engine::FindFamily(features->family);
  CHECK(family != nullptr, "a plan names families that there are");
  const auto& load = std::get<LoadSpec>(plan_.FindStage(features->bars)->spec.kind);
  TRY_ASSIGN(const Bars* bars, Read(load));
  if (!bars->baseline) return nothing;  // then no value is due, which the contract counts
  const SampleRequest request{bars->view.ts_us, leaves, SamplesOfPair(plan_, spec_),
                              static_cast<std::uint64_t>(spec_.seed), pair_};
  std::vector<std::size_t> rows = PickSamples(request);
  const std::vector<std::size_t> edges = PickEdges(request, *family, bars->view);
  rows.insert(rows.end(), edges.begin(), edges.end());
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  if (rows.empty()) return nothing;
  TRY_ASSIGN(Series stored, ReadStored(stage, *family, *bars, rows));
  const std::vector<ColumnType> types = TypesOf(*stage.shape, *family);
  return JudgeCausality({.stage = stage.spec.name,
                         .place = pair_,
                         .family = *family,
                         .bars = bars->view,
                         .options = OptionsOf(plan_, *bars->baseline),
                         .leaves = leaves,
                         .rows = rows,
                         .stored = stored,
                         .types = types});
}

std::vector<std::pair<std::string, std::string>> CausalityLeftOut(const PhasePlan& plan) {
  const bool any = std::any_of(plan.stages.begin(), plan.stages.end(), [](const auto& stage) {
    return std::holds_alternative<FeaturesSpec>(stage.spec.kind) && !stage.skipped;
  });
  if (!any || VerifyOf(plan).causality.samples == 0) return {};
  return CausalityNotApplicable();
}

}  // namespace mayfly::stages
