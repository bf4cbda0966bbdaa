// features: one family of the engine over one leaf, computed from the pair's whole history.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "engine/catalogue.h"
#include "stages/figures.h"
#include "stages/stage_kind.h"

namespace mayfly::stages {
namespace {

// A pair's history as the engine wants it. An input without a single value is absent.
struct History {
  std::string key;
  Series series;
  engine::BarView view;
  double baseline = 1;  // where there is no bar nothing is held against it
};

std::span<const double> OrAbsent(const std::vector<double>& column) {
  bool any = std::any_of(column.begin(), column.end(), [](double v) { return !std::isnan(v); });
  return any ? std::span<const double>(column) : std::span<const double>();
}

// The close of the first bar (at or after the stated instant) stands for 100.
Result<double> FindBaseline(const History& history, const std::optional<Instant>& from,
                            const std::string& pair) {
  for (std::size_t row = 0; row < history.view.rows(); ++row) {
    bool reached = !from || history.view.ts_us[row] >= from->time_since_epoch().count();
    if (!reached || history.view.close.empty() || std::isnan(history.view.close[row])) continue;
    return history.view.close[row];
  }
  return Corrupt(fmt::format("pair {} has no close at or after the baseline {}", pair,
                             from ? FormatInstant(*from) : "of its first bar"));
}

engine::RowRange RangeOf(const Leaf& leaf, std::span<const std::int64_t> ts) {
  auto at = [&](const std::optional<Instant>& bound, std::size_t otherwise) {
    if (!bound) return otherwise;
    auto found = std::lower_bound(ts.begin(), ts.end(), bound->time_since_epoch().count());
    return static_cast<std::size_t>(found - ts.begin());
  };
  return {at(leaf.begin, 0), at(leaf.end, ts.size())};
}

// NULLs that the rule allows in a column, counted from the inputs, not taken from the kernel.
std::int64_t CountDue(const engine::BarView& bars, const engine::FamilyColumn& column,
                      bool null_when_flat, engine::RowRange range) {
  std::int64_t due = 0;
  std::size_t begin = range.begin > column.lookback ? range.begin - column.lookback : 0;
  std::size_t complete = 0;  // rows in a row, up to and with this one, that have every input
  std::size_t same = 0;      // and that have the same inputs
  for (std::size_t row = begin; row < range.end; ++row) {
    bool has_all = true;
    bool repeats = row > begin;
    for (engine::Input input : column.inputs) {
      std::span<const double> values = bars.Of(input);
      has_all = has_all && !values.empty() && !std::isnan(values[row]);
      repeats = repeats && !values.empty() && values[row] == values[row - 1];
    }
    complete = has_all ? complete + 1 : 0;
    same = repeats ? same + 1 : 1;
    bool is_flat = null_when_flat && same > column.lookback;
    if (row >= range.begin && complete > column.lookback && !is_flat) ++due;
  }
  return due;
}

// What the sink makes of a value: four bytes hold less.
double AsStored(double value, ColumnType type) {
  return type == ColumnType::kFloat4 ? static_cast<double>(static_cast<float>(value)) : value;
}

Result<ColumnFigures> FiguresOf(std::span<const double> values, const Column& stored) {
  ColumnFigures figures;
  for (double value : values) {
    if (std::isnan(value)) {
      ++figures.nulls;
      continue;
    }
    double kept = AsStored(value, stored.type);
    if (std::isinf(kept)) {
      return Corrupt(fmt::format("{} is infinite; look for a price near zero", stored.name));
    }
    if (!figures.min || kept < *figures.min) figures.min = kept;
    if (!figures.max || kept > *figures.max) figures.max = kept;
  }
  return figures;
}

struct ComputedLeaf {
  const engine::Family& family;
  const TableShape& shape;
  const engine::ColumnBlock& block;
  engine::RowRange range;
};

Result<LeafFigures> TakeFigures(const History& history, const engine::Options& options,
                                const ComputedLeaf& computed) {
  LeafFigures figures{"", static_cast<std::int64_t>(computed.range.size()), {}};
  std::size_t key = computed.shape.columns.size() - computed.block.columns.size();
  for (std::size_t c = 0; c < computed.block.columns.size(); ++c) {
    const engine::FamilyColumn& column = computed.family.stored_columns()[c];
    TRY_ASSIGN(ColumnFigures taken,
               FiguresOf(computed.block.columns[c], computed.shape.columns[key + c]));
    bool null_when_flat = column.null_when_flat && !options.compat_epsilon;
    std::int64_t due = CountDue(history.view, column, null_when_flat, computed.range);
    if (figures.rows - taken.nulls != due) {
      return Corrupt(fmt::format("{} has {} values where its inputs give {}", column.name,
                                 figures.rows - taken.nulls, due));
    }
    figures.columns.push_back(taken);
  }
  return figures;
}

class FeaturesKind : public StageKind {
 public:
  explicit FeaturesKind(StageWorld& world) : world_(world) {}

  Result<WriteStep> Prepare(const TaskContext& context) override {
    const auto& spec = std::get<FeaturesSpec>(context.stage.spec.kind);
    const engine::Family* family = engine::FindFamily(spec.family);
    if (family == nullptr) return Invalid(fmt::format("no family \"{}\"", spec.family));
    std::string pair = context.task.point.Label("pair").value_or("");
    TRY(ReadHistory(spec, pair));
    CHECK(context.task.leaves.size() == 1, "a features task has one leaf");
    Leaf leaf = context.task.leaves.front();
    engine::RowRange range = RangeOf(leaf, history_.view.ts_us);
    auto block = std::make_shared<engine::ColumnBlock>();
    engine::Options options{.baseline = history_.baseline, .compat_epsilon = spec.compat_epsilon};
    TRY(family->Compute(history_.view, options, range, *block));
    const ComputedLeaf computed{*family, *context.stage.shape, *block, range};
    TRY_ASSIGN(LeafFigures figures, TakeFigures(history_, options, computed));
    figures.leaf = leaf.name;
    std::vector<std::int64_t> ts(
        history_.view.ts_us.begin() + static_cast<std::ptrdiff_t>(range.begin),
        history_.view.ts_us.begin() + static_cast<std::ptrdiff_t>(range.end));
    return WriteStep([this, block, figures, pair, leaf, ts = std::move(ts),
                      &shape = *context.stage.shape, task = context.task]() -> Result<Completion> {
      std::vector<ColumnData> data{std::string_view(pair), std::span<const std::int64_t>(ts)};
      for (const auto& column : block->columns) data.emplace_back(std::span<const double>(column));
      TRY(world_.data.ReplaceLeaf(shape, leaf, ts.size(), data));
      return Completion{task.id, task.fence, figures.rows, 0, FiguresToJson({figures})};
    });
  }

 private:
  // The last pair's history is kept: tasks of a pair come one after the other.
  Status ReadHistory(const FeaturesSpec& spec, const std::string& pair) {
    const auto& load = std::get<LoadSpec>(world_.plan.FindStage(spec.bars)->spec.kind);
    std::string key = load.table + "/" + pair;
    if (history_.key == key) return {};
    history_ = {};
    SeriesQuery query{load.table, "ts", {"open", "high", "low", "close"}, {{"pair", pair}}};
    TRY_ASSIGN(history_.series, world_.data.ReadSeries(query));
    const auto& columns = history_.series.columns;
    history_.view = {history_.series.ts_us, OrAbsent(columns[0]), OrAbsent(columns[1]),
                     OrAbsent(columns[2]), OrAbsent(columns[3])};
    // A pair that may be empty has no first close.
    if (history_.view.rows() > 0) {
      TRY_ASSIGN(history_.baseline, FindBaseline(history_, load.baseline, pair));
    }
    history_.key = key;
    return {};
  }

  StageWorld& world_;
  History history_;
};

}  // namespace

std::unique_ptr<StageKind> MakeFeatures(StageWorld& world) {
  return std::make_unique<FeaturesKind>(world);
}

}  // namespace mayfly::stages
