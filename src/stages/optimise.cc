// optimise: statistics of finished tables, and a report of indexes that nobody needs. What is not
// frozen is vacuumed by the controller when the machine is gone (sched/decide).

#include <fmt/format.h>

#include <memory>

#include "base/text.h"
#include "stages/stage_kind.h"

namespace mayfly::stages {
namespace {

// Series are looked up by pair and time. A leaf's times are evenly spread, so two bounds describe
// them, and a sample of 300 rows finds those: 4 ms a leaf of 30,000 rows and 90 columns, where all
// columns at the server's own target take 2.2 s.
constexpr int kSeriesTarget = 1;

bool IsSeries(const PlannedStage& stage) {
  return std::holds_alternative<LoadSpec>(stage.spec.kind) ||
         std::holds_alternative<FeaturesSpec>(stage.spec.kind);
}

StatisticsWish WishFor(const PlannedStage& stage, const LeasedTask& task) {
  StatisticsWish wish{.task = task.id, .fence = task.fence, .table = stage.shape->name};
  if (!IsSeries(stage)) return wish;  // anybody's columns, by which anything may be looked up
  wish.columns = stage.shape->key;
  wish.target = kSeriesTarget;
  return wish;
}

std::string Describe(const SpareIndex& index) {
  std::string why = index.repeats.empty()
                        ? std::string("was never read since the server's statistics began")
                        : fmt::format("repeats the beginning of {}, read {} times", index.repeats,
                                      Thousands(index.scans));
  return fmt::format("index {} of {} ({}) {}; if nothing else needs it: DROP INDEX {}", index.name,
                     index.table, HumanBytes(index.bytes), why, index.name);
}

class OptimiseKind : public StageKind {
 public:
  explicit OptimiseKind(StageWorld& world) : world_(world) {}

  Result<WriteStep> Prepare(const TaskContext& context) override {
    TRY(ReportIndexes(context));
    return WriteStep([this, &stage = context.stage, task = context.task,
                      &cancelled = context.cancelled]() -> Result<Completion> {
      for (const std::string& name : stage.spec.after) {
        const PlannedStage* about = world_.plan.FindStage(name);
        if (about == nullptr || !about->shape || about->skipped) continue;
        if (cancelled()) return Cancelled("the machine drains");
        TRY(world_.data.TakeStatistics(WishFor(*about, task)));
      }
      return Completion{task.id, task.fence, 0, 0, "{}"};
    });
  }

 private:
  Status ReportIndexes(const TaskContext& context) {
    TRY_ASSIGN(std::vector<SpareIndex> indexes, world_.probe.ListSpareIndexes());
    for (const SpareIndex& index : indexes) world_.log(context.task.id, Describe(index));
    world_.log(context.task.id,
               indexes.empty() ? std::string("indexes: every one is read, none repeats another")
                               : fmt::format("indexes: {} could go", indexes.size()));
    return {};
  }

  StageWorld& world_;
};

}  // namespace

std::unique_ptr<StageKind> MakeOptimise(StageWorld& world) {
  return std::make_unique<OptimiseKind>(world);
}

}  // namespace mayfly::stages
