#include "stages/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "base/text.h"
#include "engine/catalogue.h"
#include "stages/figures.h"
#include "stages/source_counts.h"
#include "stages/stage_kind.h"
#include "stages/verify_causality.h"

namespace mayfly::stages {
namespace {

using contract::ColumnPromise;
using contract::LeafEvidence;
using contract::StageContract;

bool IsLabel(const TableShape& shape, const Column& column) {
  return column.name == shape.time_column || column.type == ColumnType::kText ||
         std::find(shape.dimensions.begin(), shape.dimensions.end(), column.name) !=
             shape.dimensions.end();
}

ColumnPromise PromiseOfLoad(const Column& column) {
  // A bar without a close is no bar; the other columns may be absent in the source.
  ColumnPromise promise{.name = column.name, .may_be_constant = column.name != "close"};
  if (column.name == "close") promise.inputs = {"close"};
  return promise;
}

ColumnPromise PromiseOfFamily(const engine::Family& family, const FeaturesSpec& spec,
                              const Column& column) {
  for (const engine::FamilyColumn& known : family.stored_columns()) {
    if (known.name != column.name) continue;
    ColumnPromise promise{.name = column.name,
                          .lookback = static_cast<std::int64_t>(known.lookback),
                          .null_when_flat = known.null_when_flat && !spec.compat_epsilon,
                          .may_be_constant = known.may_be_constant};
    for (engine::Input input : known.inputs) promise.inputs.emplace_back(engine::InputName(input));
    return promise;
  }
  return {.name = column.name, .may_be_constant = true};
}

// Of what users compute nothing is known but what they say of it.
ColumnPromise PromiseOfUser(const OutputSpec& output, const Column& column) {
  const std::vector<std::string>& constant = output.may_be_constant;
  return {.name = column.name,
          .may_be_constant =
              std::find(constant.begin(), constant.end(), column.name) != constant.end()};
}

const OutputSpec* OutputOf(const StageSpec& stage) {
  if (const auto* sql = std::get_if<SqlSpec>(&stage.kind)) return &sql->output;
  if (const auto* command = std::get_if<CommandSpec>(&stage.kind)) return &command->output;
  return nullptr;
}

// Reading a leaf whole costs as much as writing it did. Where a stage has many, one in so many is
// read, and one of each place at least; of the others every row is counted, and that it is of the
// accepted attempt's transaction, whose figures of its columns then hold as long as those of the
// leaves that are read do.
constexpr std::size_t kFewLeaves = 32;
constexpr std::uint64_t kOneIn = 16;

// The leaves are drawn in this order: by chance, and the same each time.
std::pair<std::uint64_t, std::uint64_t> Lot(const std::string& leaf) {
  const std::uint64_t hash = Fnv1a(leaf);
  return {hash % kOneIn, hash};
}

bool HasFigures(const DataProbe::Accepted& accepted) {
  return !accepted.figures.empty() && !accepted.transaction.empty();
}

class PlaceGatherer {
 public:
  PlaceGatherer(const PlannedStage& stage, SourceCounts& source, DataProbe& probe, Depth depth)
      : stage_(stage), source_(source), probe_(probe), depth_(depth) {}

  Result<std::vector<LeafEvidence>> Gather(const StageContract& promises,
                                           const std::vector<Leaf>& leaves) {
    TRY(source_.Count(stage_));
    std::vector<std::string> names;
    for (const Leaf& leaf : leaves) names.push_back(leaf.name);
    TRY_ASSIGN(std::vector<DataProbe::Accepted> accepted, probe_.ListAccepted(names));
    for (DataProbe::Accepted& row : accepted) {
      // An empty leaf has nothing that figures could be held against.
      bool may_be_drawn = row.rows > 0 && HasFigures(row);
      if (may_be_drawn && (!drawn_ || Lot(row.leaf) < Lot(*drawn_))) drawn_ = row.leaf;
      accepted_[row.leaf] = row;
    }
    std::vector<LeafEvidence> evidence;
    for (const Leaf& leaf : leaves) {
      TRY_ASSIGN(LeafEvidence one, Measure(promises, leaf));
      evidence.push_back(std::move(one));
    }
    return evidence;
  }

 private:
  bool IsReadWhole(const Leaf& leaf) const {
    return depth_ == Depth::kWhole || stage_.task_count <= kFewLeaves ||
           Lot(leaf.name).first == 0 || leaf.name == drawn_;
  }

  Result<LeafEvidence> Measure(const StageContract& promises, const Leaf& leaf) {
    auto found = accepted_.find(leaf.name);
    DataProbe::Accepted accepted = found == accepted_.end() ? DataProbe::Accepted() : found->second;
    std::optional<LeafFigures> figures;
    if (HasFigures(accepted)) {
      TRY_ASSIGN(figures, FiguresFromJson(accepted.figures));
    }
    if (!figures || IsReadWhole(leaf)) {
      TRY_ASSIGN(LeafFacts facts, probe_.MeasureLeaf(*stage_.shape, leaf, accepted.transaction));
      LeafEvidence evidence = Combine(promises, leaf, facts);
      if (figures && facts.exists) evidence.figures_agree = AreOf(*figures, facts);
      return evidence;
    }
    TRY_ASSIGN(LeafFacts facts, probe_.MeasureRows(*stage_.shape, leaf, accepted.transaction));
    facts.columns = FactsOf(*figures, *stage_.shape);
    LeafEvidence evidence = Combine(promises, leaf, facts);
    evidence.is_by_figures = true;
    return evidence;
  }

  LeafEvidence Combine(const StageContract& promises, const Leaf& leaf, const LeafFacts& facts) {
    LeafEvidence evidence{.leaf = leaf.name, .exists = facts.exists, .rows = facts.rows};
    evidence.foreign_rows = facts.foreign_rows;
    evidence.in_bounds = (!leaf.begin || !facts.first || *facts.first >= *leaf.begin) &&
                         (!leaf.end || !facts.last || *facts.last < *leaf.end);
    if (promises.rows_of_source) evidence.source_rows = source_.Rows(stage_, leaf);
    if (auto found = accepted_.find(leaf.name); found != accepted_.end()) {
      evidence.accepted_rows = found->second.rows;
      evidence.storage_is_accepted = found->second.storage == facts.storage;
    }
    for (std::size_t c = 0; c < facts.columns.size(); ++c) {
      const ColumnFacts& column = facts.columns[c];
      evidence.columns.push_back({column.non_null, column.not_finite, column.min, column.max,
                                  column.constant,
                                  source_.Due(stage_, leaf, RuleOf(promises.columns[c]))});
    }
    return evidence;
  }

  const PlannedStage& stage_;
  SourceCounts& source_;
  DataProbe& probe_;
  Depth depth_;
  std::map<std::string, DataProbe::Accepted> accepted_;
  std::optional<std::string> drawn_;  // the leaf with rows that is read if only one is
};

bool HasPair(const PlannedStage& stage) {
  const auto& dimensions = stage.shape->dimensions;
  return std::find(dimensions.begin(), dimensions.end(), "pair") != dimensions.end();
}

// A stage without this point's dimensions is judged once, with the whole.
bool IsJudgedAt(const PlannedStage& stage, const Point& point) {
  if (!stage.shape || stage.skipped) return false;
  return point.empty() || (HasPair(stage) && point.Label("pair").has_value());
}

// Judges stages at one point and collects what it found.
class PointJudge {
 public:
  PointJudge(const PhasePlan& plan, const Point& point, DataProbe& probe, Depth depth,
             std::vector<Finding>& findings)
      : plan_(plan),
        point_(point),
        probe_(probe),
        depth_(depth),
        source_(plan, point, probe),
        causality_(plan, point, probe),
        findings_(findings) {}

  Status Judge(std::size_t index) {
    const PlannedStage& stage = plan_.stages[index];
    StageContract promises = ContractOf(stage);
    std::vector<Leaf> leaves = LeavesAt(plan_, index, point_);
    PlaceGatherer gatherer(stage, source_, probe_, depth_);
    TRY_ASSIGN(std::vector<LeafEvidence> evidence, gatherer.Gather(promises, leaves));
    std::string place = point_.empty() ? stage.shape->shown_name() : point_.Key();
    Append(contract::JudgePlace(promises, place, evidence));
    bool all_exist =
        std::all_of(evidence.begin(), evidence.end(), [](const auto& leaf) { return leaf.exists; });
    if (!all_exist) return {};  // nothing to read rows from, and said already
    TRY_ASSIGN(std::vector<Finding> causality, causality_.Judge(stage, leaves));
    Append(std::move(causality));
    return {};
  }

 private:
  void Append(std::vector<Finding> judged) {
    findings_.insert(findings_.end(), std::make_move_iterator(judged.begin()),
                     std::make_move_iterator(judged.end()));
  }

  const PhasePlan& plan_;
  const Point& point_;
  DataProbe& probe_;
  Depth depth_;
  SourceCounts source_;
  CausalityVerifier causality_;
  std::vector<Finding>& findings_;
};

Result<std::vector<Finding>> JudgeTableOf(const PhasePlan& plan, std::size_t index,
                                          DataProbe& probe) {
  const PlannedStage& stage = plan.stages[index];
  std::vector<std::string> expected;
  for (const Leaf& leaf : LeavesAt(plan, index, Point())) expected.push_back(leaf.name);
  TRY_ASSIGN(std::vector<std::string> found, probe.ListLeaves(*stage.shape));
  TRY_ASSIGN(bool has_key, probe.HasKey(*stage.shape));
  return contract::JudgeTable(ContractOf(stage), expected, found, has_key);
}

class VerifyKind : public StageKind {
 public:
  explicit VerifyKind(StageWorld& world) : world_(world) {}

  Result<WriteStep> Prepare(const TaskContext& context) override {
    const Point& point = context.task.point;
    TRY_ASSIGN(std::vector<Finding> findings,
               VerifyPoint(world_.plan, point, world_.probe, Depth::kSampled));
    bool answers_for_whole = VerifyPoints(world_.plan).front() == point;
    if (answers_for_whole) {
      TRY_ASSIGN(std::vector<Finding> whole,
                 VerifyWhole(world_.plan, context.stage.spec, world_.probe));
      findings.insert(findings.end(), whole.begin(), whole.end());
      for (const auto& [name, why] : CausalityLeftOut(world_.plan)) {
        world_.log(context.task.id, fmt::format("{}: {}", name, why));
      }
    }
    for (const Finding& finding : findings) {
      if (finding.verdict != Verdict::kPass) Tell(context, finding);
    }
    return WriteStep([this, findings, task = context.task]() -> Result<Completion> {
      TRY(world_.probe.RecordFindings(task.id, findings));
      return Completion{task.id, task.fence, 0, 0, "{}"};
    });
  }

 private:
  void Tell(const TaskContext& context, const Finding& finding) const {
    world_.log(context.task.id, fmt::format("{} {} {}: {}: expected {}, found {}",
                                            Name(finding.verdict), finding.stage, finding.where,
                                            finding.check, finding.expected, finding.found));
  }

  StageWorld& world_;
};

}  // namespace

StageContract ContractOf(const PlannedStage& stage) {
  StageContract promises{.stage = stage.spec.name,
                         .table = stage.shape->shown_name(),
                         .may_be_empty = stage.spec.may_be_empty};
  const auto* features = std::get_if<FeaturesSpec>(&stage.spec.kind);
  const engine::Family* family = features ? engine::FindFamily(features->family) : nullptr;
  promises.rows_of_source = family != nullptr;
  const OutputSpec* output = OutputOf(stage.spec);
  promises.declares_constants = output != nullptr;
  for (const Column& column : stage.shape->columns) {
    if (IsLabel(*stage.shape, column)) {
      promises.columns.push_back({.name = column.name, .may_be_constant = true});
    } else if (family != nullptr) {
      promises.columns.push_back(PromiseOfFamily(*family, *features, column));
    } else if (output != nullptr) {
      promises.columns.push_back(PromiseOfUser(*output, column));
    } else {
      promises.columns.push_back(PromiseOfLoad(column));
    }
  }
  return promises;
}

std::vector<Point> VerifyPoints(const PhasePlan& plan) {
  std::vector<Point> points;
  for (const PlannedTask& task : plan.tasks) {
    const StageSpec& spec = plan.stages[task.stage].spec;
    if (std::holds_alternative<VerifySpec>(spec.kind)) points.push_back(task.point);
  }
  return points;
}

Result<std::vector<Finding>> VerifyPoint(const PhasePlan& plan, const Point& point,
                                         DataProbe& probe, Depth depth) {
  std::vector<Finding> findings;
  PointJudge judge(plan, point, probe, depth, findings);
  for (std::size_t i = 0; i < plan.stages.size(); ++i) {
    if (IsJudgedAt(plan.stages[i], point)) TRY(judge.Judge(i));
  }
  return findings;
}

Result<std::vector<Finding>> VerifyWhole(const PhasePlan& plan, const StageSpec& verify,
                                         DataProbe& probe) {
  std::vector<Finding> findings;
  bool by_pair = !VerifyPoints(plan).front().empty();
  Point everything;
  PointJudge judge(plan, everything, probe, Depth::kWhole, findings);
  for (std::size_t i = 0; i < plan.stages.size(); ++i) {
    const PlannedStage& stage = plan.stages[i];
    if (!stage.shape || stage.skipped) continue;
    TRY_ASSIGN(std::vector<Finding> judged, JudgeTableOf(plan, i, probe));
    findings.insert(findings.end(), judged.begin(), judged.end());
    if (by_pair && !HasPair(stage)) TRY(judge.Judge(i));
  }
  for (const AssertionSpec& assertion : std::get<VerifySpec>(verify.kind).assertions) {
    Result<std::optional<bool>> answer = probe.Assert(Point(), assertion.sql);
    // Out of reach is no verdict; a statement that the server refuses is "cannot tell".
    if (!answer.ok() && answer.error().kind() == ErrorKind::kUnavailable) return answer.error();
    findings.push_back(contract::JudgeAssertion(verify.name, assertion.name,
                                                answer.ok() ? *answer : std::nullopt,
                                                answer.ok() ? "" : answer.error().message()));
  }
  return findings;
}

std::unique_ptr<StageKind> MakeVerify(StageWorld& world) {
  return std::make_unique<VerifyKind>(world);
}

}  // namespace mayfly::stages
