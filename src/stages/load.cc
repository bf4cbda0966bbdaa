// load: the bars of a pair, parsed once, into all leaves of the pair.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>

#include "stages/bar_source.h"
#include "stages/figures.h"
#include "stages/stage_kind.h"

namespace mayfly::stages {
namespace {

struct RowSpan {
  std::size_t begin = 0, end = 0;
};

RowSpan RowsIn(const std::vector<std::int64_t>& ts, const Leaf& leaf) {
  auto at = [&](const std::optional<Instant>& bound, std::size_t otherwise) {
    if (!bound) return otherwise;
    auto found = std::lower_bound(ts.begin(), ts.end(), bound->time_since_epoch().count());
    return static_cast<std::size_t>(found - ts.begin());
  };
  return {at(leaf.begin, 0), at(leaf.end, ts.size())};
}

// The columns of the table, in its order, of some rows. A column that the file lacks is NULL.
class LeafColumns {
 public:
  LeafColumns(const bars::Bars& bars, std::size_t longest)
      : bars_(bars), nulls_(longest, std::numeric_limits<double>::quiet_NaN()) {}

  std::vector<ColumnData> Of(const TableShape& shape, const Leaf& leaf, RowSpan rows) const {
    std::vector<ColumnData> data;
    std::size_t count = rows.end - rows.begin;
    for (const Column& column : shape.columns) {
      std::optional<bars::BarColumn> role = bars::BarColumnFromName(column.name);
      if (column.name == shape.time_column) {
        data.emplace_back(std::span(bars_.ts_us).subspan(rows.begin, count));
      } else if (!role) {
        data.emplace_back(Label(leaf, column.name));
      } else if (bars_.has(*role)) {
        data.emplace_back(std::span(bars_.column(*role)).subspan(rows.begin, count));
      } else {
        data.emplace_back(std::span<const double>(nulls_).first(count));
      }
    }
    return data;
  }

 private:
  static std::string_view Label(const Leaf& leaf, std::string_view dimension) {
    for (const auto& [name, label] : leaf.point.parts()) {
      if (name == dimension) return label;
    }
    return {};
  }

  const bars::Bars& bars_;
  std::vector<double> nulls_;
};

Result<Completion> WriteLeaves(RunData& data, const LeasedTask& task, const TableShape& shape,
                               const bars::Bars& bars) {
  LeafColumns columns(bars, bars.rows());
  std::vector<LeafFigures> figures;
  std::size_t written = 0;
  for (const Leaf& leaf : task.leaves) {
    RowSpan rows = RowsIn(bars.ts_us, leaf);
    std::size_t count = rows.end - rows.begin;
    TRY(data.ReplaceLeaf(shape, leaf, count, columns.Of(shape, leaf, rows)));
    figures.push_back({leaf.name, static_cast<std::int64_t>(count), {}});
    written += count;
  }
  if (written != bars.rows()) {
    return Corrupt(
        fmt::format("{} of {} bars fit into the leaves of the plan", written, bars.rows()));
  }
  return Completion{task.id, task.fence, static_cast<std::int64_t>(written), 0,
                    FiguresToJson(figures)};
}

class LoadKind : public StageKind {
 public:
  explicit LoadKind(StageWorld& world) : world_(world) {}

  Result<WriteStep> Prepare(const TaskContext& context) override {
    const auto& spec = std::get<LoadSpec>(context.stage.spec.kind);
    std::string pair = context.task.point.Label("pair").value_or("");
    auto reader = [this](const SeriesQuery& query) { return world_.data.ReadSeries(query); };
    TRY_ASSIGN(bars::ReadResult read, ReadPair(world_.files, reader, spec, pair));
    context.output = pair + ": " + Describe(read.report);
    world_.log(context.task.id, context.output);
    if (read.bars.rows() == 0 && !context.stage.spec.may_be_empty) {
      return Corrupt(
          fmt::format("pair {} has a source without a single bar; mend it, take the pair "
                      "out of the grid, or say empty = \"allow\"",
                      pair));
    }
    auto bars = std::make_shared<bars::Bars>(std::move(read.bars));
    return WriteStep([this, bars, task = context.task, &shape = *context.stage.shape] {
      return WriteLeaves(world_.data, task, shape, *bars);
    });
  }

 private:
  StageWorld& world_;
};

}  // namespace

std::unique_ptr<StageKind> MakeLoad(StageWorld& world) { return std::make_unique<LoadKind>(world); }

}  // namespace mayfly::stages
