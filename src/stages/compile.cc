#include "stages/compile.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "bars/bars.h"
#include "base/text.h"
#include "model/plan_json.h"
#include "stages/bars_behind.h"
#include "stages/check_findings.h"
#include "stages/compile_grid.h"

namespace mayfly {
namespace {

bool Holds(const std::vector<std::string>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

// (pair, ts) and the rest as float8: the shape of bars and of features.
TableShape SeriesShape(const std::string& table, std::vector<std::string> dimensions,
                       std::vector<std::string> values) {
  TableShape shape{
      .name = table, .dimensions = std::move(dimensions), .time_column = std::string(kTimeColumn)};
  for (const std::string& dimension : shape.dimensions) {
    if (dimension == kPeriodDimension) continue;
    shape.columns.push_back({dimension, ColumnType::kText});
    shape.key.push_back(dimension);
  }
  shape.columns.push_back({std::string(kTimeColumn), ColumnType::kTimestamptz});
  shape.key.emplace_back(kTimeColumn);
  for (std::string& value : values)
    shape.columns.push_back({std::move(value), ColumnType::kFloat8});
  return shape;
}

// Stored columns as the table, and all of them as a view where some are derived.
TableShape FamilyShape(const FeaturesSpec& spec, const engine::Family& family,
                       const std::vector<std::string>& dimensions) {
  TableShape shape = SeriesShape(spec.table, dimensions, {});
  TableView view{.name = spec.table, .columns = {}};
  for (const Column& column : shape.columns) view.columns.push_back({column.name, ""});
  engine::Options options{.compat_epsilon = spec.compat_epsilon};
  for (const engine::FamilyColumn& column : family.columns()) {
    view.columns.push_back({column.name, ""});
    if (column.derived) {
      view.columns.back().sql = column.derived->For(options).Sql();
    } else {
      bool is_short = spec.float4 && !column.level;
      shape.columns.push_back({column.name, is_short ? ColumnType::kFloat4 : ColumnType::kFloat8});
    }
  }
  if (family.stored_columns().size() < family.columns().size()) {
    shape.name = spec.table + std::string(kStoredSuffix);
    shape.view = std::move(view);
  }
  return shape;
}

Result<const engine::Family*> FindFamily(const StageSpec& stage, const CompileOptions& options) {
  const std::string& wanted = std::get<FeaturesSpec>(stage.kind).family;
  std::vector<std::string> names;
  for (const engine::Family* family : options.families) {
    if (family->name() == wanted) return family;
    names.push_back(family->name());
  }
  std::optional<std::string> near = NearestName(wanted, names);
  return Invalid(fmt::format(
      "stage \"{}\": there is no family \"{}\"; {}", stage.name, wanted,
      near ? fmt::format("did you mean \"{}\"?", *near) : "known are " + Join(names, ", ")));
}

// The labels of the shared dimensions as one text; equal exactly where Point::Meets holds.
std::string SharedKey(const Point& point, const std::vector<std::string>& shared) {
  std::string key;
  for (const auto& [dimension, label] : point.parts()) {
    if (!Holds(shared, dimension)) continue;
    key += label;
    key += '\x1F';
  }
  return key;
}

class Compiler {
 public:
  Compiler(const ParsedPhase& parsed, const Findings& findings, const CompileOptions& options)
      : options_(options) {
    plan_.spec = parsed.spec;
    plan_.canonical_toml = parsed.canonical_toml;
    plan_.findings = findings;
  }

  Result<PhasePlan> Run() && {
    TRY_ASSIGN(plan_.grid,
               ChooseGrid(plan_.spec, options_.max_leaves, plan_.findings, plan_.notes));
    for (const StageSpec& stage : plan_.spec.stages) {
      PlannedStage planned{.spec = stage};
      TRY_ASSIGN(planned.shape, ShapeOf(stage));
      TRY_ASSIGN(planned.skipped, WhySkipped(stage));
      if (planned.skipped) {
        plan_.notes.push_back(
            fmt::format("stage \"{}\" is skipped: {}", stage.name, *planned.skipped));
      }
      plan_.stages.push_back(std::move(planned));
    }
    TRY(CheckFindings(plan_));
    for (std::size_t s = 0; s < plan_.stages.size(); ++s) AddTasks(s);
    TRY(CheckNames());
    NoteLeaves();
    plan_.core = plan_.hash = Hash();
    return std::move(plan_);
  }

 private:
  std::vector<std::string> Dimensions(const StageSpec& stage) const {
    return plan_.spec.DimensionsOf(stage);
  }

  Result<std::optional<TableShape>> ShapeOf(const StageSpec& stage) const {
    std::optional<TableShape> shape;
    if (const auto* load = std::get_if<LoadSpec>(&stage.kind)) {
      std::vector<std::string> dimensions = Dimensions(stage);
      if (plan_.grid.Find(kPeriodDimension) != nullptr) dimensions = InGridOrder(dimensions);
      // Always all of them; what the source lacks stays NULL.
      shape = SeriesShape(load->table, dimensions,
                          {bars::kBarColumnNames.begin(), bars::kBarColumnNames.end()});
    } else if (const auto* features = std::get_if<FeaturesSpec>(&stage.kind)) {
      TRY_ASSIGN(const engine::Family* family, FindFamily(stage, options_));
      shape = FamilyShape(*features, *family, Dimensions(stage));
    } else if (const auto* sql = std::get_if<SqlSpec>(&stage.kind)) {
      shape = OutputShape(sql->output, Dimensions(stage));
    } else if (const auto* command = std::get_if<CommandSpec>(&stage.kind)) {
      shape = OutputShape(command->output, Dimensions(stage));
    }
    return shape;
  }

  // A load task writes all periods of its pair, so its table has one dimension more than its tasks.
  std::vector<std::string> InGridOrder(const std::vector<std::string>& with_period) const {
    std::vector<std::string> ordered;
    for (const Dimension& dimension : plan_.grid.dimensions) {
      if (dimension.name == kPeriodDimension || Holds(with_period, dimension.name)) {
        ordered.push_back(dimension.name);
      }
    }
    return ordered;
  }

  // Why a stage has nothing to do; needs the stages before it to be planned.
  Result<std::optional<std::string>> WhySkipped(const StageSpec& stage) {
    std::optional<std::string> why;
    if (std::holds_alternative<FeaturesSpec>(stage.kind)) {
      TRY_ASSIGN(const engine::Family* family, FindFamily(stage, options_));
      const std::string& bars = std::get<FeaturesSpec>(stage.kind).bars;
      return WhyFamilySkipped(stage, *family, plan_.findings.FindLoad(bars));
    }
    if (std::holds_alternative<VerifySpec>(stage.kind)) return why;
    if (std::holds_alternative<OptimiseSpec>(stage.kind)) return why;
    for (const std::string& name : stage.after) {
      const PlannedStage* before = plan_.FindStage(name);
      if (before != nullptr && before->skipped) why = fmt::format("stage \"{}\" is skipped", name);
    }
    return why;
  }

  std::optional<std::string> WhyFamilySkipped(const StageSpec& stage, const engine::Family& family,
                                              const LoadFindings* bars) {
    std::vector<std::string> absent;
    for (engine::Input input : family.inputs()) {
      std::string name(engine::InputName(input));
      if (Holds(bars ? bars->absent_inputs : plan_.findings.absent_inputs, name)) {
        absent.push_back(name);
      }
    }
    if (absent.empty()) return std::nullopt;
    if (absent.size() == family.inputs().size()) {
      return fmt::format("input absent: {}", Join(absent, ", "));
    }
    std::vector<std::string> null_columns;
    for (const engine::FamilyColumn& column : family.stored_columns()) {
      bool is_null = std::any_of(column.inputs.begin(), column.inputs.end(), [&](auto input) {
        return Holds(absent, engine::InputName(input));
      });
      if (is_null) null_columns.push_back(column.name);
    }
    plan_.notes.push_back(fmt::format("stage \"{}\": {} NULL, input absent: {}", stage.name,
                                      null_columns.size() <= 8
                                          ? Join(null_columns, ", ") + " stay"
                                          : fmt::format("{} columns stay", null_columns.size()),
                                      Join(absent, ", ")));
    return std::nullopt;
  }

  void AddTasks(std::size_t s) {
    PlannedStage& stage = plan_.stages[s];
    first_task_.push_back(plan_.tasks.size());
    std::vector<Point> points = PointsOver(plan_.grid, Dimensions(stage.spec));
    KeepPairsTogether(points);
    stage.task_count = points.size();
    std::vector<PlannedTask> tasks;
    for (Point& point : points) {
      PlannedTask task{.point = std::move(point), .stage = s};
      if (!stage.skipped) task.leaves = LeavesOf(stage, task.point);
      tasks.push_back(std::move(task));
    }
    auto canary = tasks.begin() + static_cast<std::ptrdiff_t>(FindCanary(plan_, stage.spec, tasks));
    if (canary != tasks.end()) std::rotate(tasks.begin(), canary, canary + 1);
    std::ranges::move(tasks, std::back_inserter(plan_.tasks));
    if (stage.skipped) return;
    if (std::holds_alternative<VerifySpec>(stage.spec.kind)) return NeedEverything(s);
    for (const std::string& name : stage.spec.after) AddNeeds(s, name);
    NeedCanary(s);
  }

  // The first task of a stage is its canary: the others wait for it, so that what is wrong with
  // the stage is found for the price of one task, and what is right with it is measured.
  void NeedCanary(std::size_t s) {
    std::size_t canary = first_task_[s];
    for (std::size_t t = canary + 1; t < EndOfTasks(s); ++t) plan_.tasks[t].needs.push_back(canary);
  }

  // A slot that goes on with the same pair finds its bars in memory.
  void KeepPairsTogether(std::vector<Point>& points) const {
    const Dimension* pairs = plan_.grid.Find(kPairDimension);
    if (pairs == nullptr) return;
    std::unordered_map<std::string, std::size_t> rank;
    for (const std::string& label : pairs->labels) rank.emplace(label, rank.size());
    auto rank_of = [&](const Point& point) {
      std::optional<std::string> label = point.Label(kPairDimension);
      return label ? rank.at(*label) : 0;
    };
    std::stable_sort(points.begin(), points.end(),
                     [&](const Point& a, const Point& b) { return rank_of(a) < rank_of(b); });
  }

  std::vector<Leaf> LeavesOf(const PlannedStage& stage, const Point& point) const {
    if (!stage.shape) return {};
    const Dimension* periods = plan_.grid.Find(kPeriodDimension);
    bool is_load = std::holds_alternative<LoadSpec>(stage.spec.kind);
    if (!is_load || periods == nullptr) return {MakeLeaf(*stage.shape, point)};
    std::vector<Leaf> leaves;
    auto add = [&](std::string_view label) {
      leaves.push_back(MakeLeaf(*stage.shape, WithPeriod(*stage.shape, point, label)));
    };
    add(kBefore);
    for (const std::string& label : periods->labels) add(label);
    add(kAfter);
    return leaves;
  }

  static Point WithPeriod(const TableShape& shape, const Point& point, std::string_view label) {
    std::vector<std::pair<std::string, std::string>> parts;
    for (const std::string& dimension : shape.dimensions) {
      parts.emplace_back(
          dimension, dimension == kPeriodDimension ? std::string(label) : *point.Label(dimension));
    }
    return Point(std::move(parts));
  }

  // A leaf of a period has its bounds even where the table has no time: they say what it is about.
  Leaf MakeLeaf(const TableShape& shape, const Point& point) const {
    Leaf leaf{.name = LeafName(shape.name, point.empty() ? "" : point.Key()), .point = point};
    std::optional<std::string> label = point.Label(kPeriodDimension);
    if (!label) return leaf;
    const std::vector<Period>& periods = plan_.grid.Find(kPeriodDimension)->periods;
    if (*label == kBefore) leaf.end = periods.front().begin;
    if (*label == kAfter) leaf.begin = periods.back().end;
    if (const Period* period = FindPeriod(*label)) {
      leaf.begin = period->begin;
      leaf.end = period->end;
    }
    return leaf;
  }

  const Period* FindPeriod(std::string_view label) const {
    for (const Period& period : plan_.grid.Find(kPeriodDimension)->periods) {
      if (period.label == label) return &period;
    }
    return nullptr;
  }

  std::size_t EndOfTasks(std::size_t s) const {
    return first_task_[s] + plan_.stages[s].task_count;
  }

  void AddNeeds(std::size_t s, const std::string& name) {
    std::size_t before = 0;
    while (plan_.stages[before].spec.name != name) ++before;
    if (plan_.stages[before].skipped) return;
    std::vector<std::string> shared;
    for (const std::string& dimension : Dimensions(plan_.stages[before].spec)) {
      if (Holds(Dimensions(plan_.stages[s].spec), dimension)) shared.push_back(dimension);
    }
    std::unordered_map<std::string, std::vector<std::size_t>> index;
    for (std::size_t t = first_task_[before]; t < EndOfTasks(before); ++t) {
      index[SharedKey(plan_.tasks[t].point, shared)].push_back(t);
    }
    int lookback = Holds(shared, kPeriodDimension) ? plan_.stages[s].spec.lookback : 0;
    for (std::size_t t = first_task_[s]; t < EndOfTasks(s); ++t) {
      PlannedTask& task = plan_.tasks[t];
      for (const Point& point : BackTo(task.point, lookback)) {
        auto found = index.find(SharedKey(point, shared));
        if (found == index.end()) continue;
        task.needs.insert(task.needs.end(), found->second.begin(), found->second.end());
      }
      std::sort(task.needs.begin(), task.needs.end());
    }
  }

  // The point, and the same in up to `lookback` earlier periods.
  std::vector<Point> BackTo(const Point& point, int lookback) const {
    std::vector<Point> points{point};
    if (lookback == 0) return points;
    const std::vector<std::string>& labels = plan_.grid.Find(kPeriodDimension)->labels;
    auto now = std::find(labels.begin(), labels.end(), *point.Label(kPeriodDimension));
    for (; lookback > 0 && now != labels.begin(); --lookback) {
      --now;
      std::vector<std::pair<std::string, std::string>> parts = point.parts();
      for (auto& [dimension, label] : parts) {
        if (dimension == kPeriodDimension) label = *now;
      }
      points.emplace_back(std::move(parts));
    }
    return points;
  }

  // The first verify task needs everything (said by the tasks that no other needs: the rest is done
  // before them), the others need the first: all see a whole run, and the end of a task is counted
  // in one row of the ledger instead of one for each pair.
  void NeedEverything(std::size_t s) {
    std::size_t first = first_task_[s];
    std::vector<bool> is_needed(first, false);
    for (std::size_t t = 0; t < first; ++t) {
      for (std::size_t need : plan_.tasks[t].needs) is_needed[need] = true;
    }
    for (std::size_t t = 0; t < first; ++t) {
      bool is_skipped = plan_.stages[plan_.tasks[t].stage].skipped.has_value();
      if (!is_needed[t] && !is_skipped) plan_.tasks[first].needs.push_back(t);
    }
    for (std::size_t t = first + 1; t < EndOfTasks(s); ++t) plan_.tasks[t].needs = {first};
  }

  // Tables, their inner partitions and their leaves share one name space.
  Status CheckNames() const {
    std::unordered_map<std::string, std::string> owner;
    for (const PlannedStage& stage : plan_.stages) {
      if (!stage.shape) continue;
      for (const std::string& name : {stage.shape->name, stage.shape->shown_name()}) {
        auto [other, is_new] = owner.emplace(name, stage.spec.name);
        if (is_new || other->second == stage.spec.name) continue;
        return Invalid(
            fmt::format("stage \"{}\": its table {} is one of stage \"{}\" too; rename it",
                        stage.spec.name, name, other->second));
      }
    }
    std::unordered_set<std::string> leaves;
    for (const PlannedTask& task : plan_.tasks) {
      const PlannedStage& stage = plan_.stages[task.stage];
      for (const Leaf& leaf : task.leaves) {
        TRY(CheckName(stage, leaf, owner));
        if (leaves.insert(leaf.name).second) continue;
        return Invalid(
            fmt::format("stage \"{}\" at {}: another leaf is called {} too; rename the "
                        "table, or labels that differ in case only",
                        stage.spec.name, leaf.point.Key(), leaf.name));
      }
    }
    return {};
  }

  static Status CheckName(const PlannedStage& stage, const Leaf& leaf,
                          const std::unordered_map<std::string, std::string>& owner) {
    std::string suffix;
    for (const auto& [dimension, label] : leaf.point.parts()) {
      suffix += (suffix.empty() ? "" : "/") + label;
      auto found = owner.find(LeafName(stage.shape->name, suffix));
      if (found == owner.end()) continue;
      return Invalid(
          fmt::format("stage \"{}\": its table {} is called like a partition of stage "
                      "\"{}\"; rename it",
                      found->second, found->first, stage.spec.name));
    }
    return {};
  }

  void NoteLeaves() {
    std::size_t tables = 0;
    for (const PlannedStage& stage : plan_.stages) tables += stage.shape.has_value() ? 1 : 0;
    plan_.notes.push_back(fmt::format("leaves: {} in {} tables, of at most {}",
                                      Thousands(static_cast<std::int64_t>(plan_.LeafCount())),
                                      tables,
                                      Thousands(static_cast<std::int64_t>(options_.max_leaves))));
  }

  // An identity, not a defence: 48 of two 64-bit passes.
  std::string Hash() const {
    std::string text = fmt::format("{}\n{}\n{}", plan_.canonical_toml,
                                   FindingsToJson(plan_.findings), options_.engine_version);
    std::uint64_t one = Fnv1a(text);
    std::uint64_t two = Fnv1a(text, one ^ 0x9E3779B97F4A7C15ULL);
    return fmt::format("{:012x}", (one ^ (two >> 16)) & 0xFFFFFFFFFFFFULL);
  }

  const CompileOptions& options_;
  PhasePlan plan_;
  std::vector<std::size_t> first_task_;  // per stage
};

}  // namespace

Result<PhasePlan> CompilePhase(const ParsedPhase& parsed, const Findings& findings,
                               const CompileOptions& options) {
  return Compiler(parsed, findings, options).Run();
}

}  // namespace mayfly
