// sql: the rows of one SELECT become the leaf, inside the task's own transaction.

#include <memory>

#include "stages/emptiness.h"
#include "stages/figures.h"
#include "stages/stage_kind.h"

namespace mayfly::stages {
namespace {

class SqlKind : public StageKind {
 public:
  explicit SqlKind(StageWorld& world) : world_(world) {}

  Result<WriteStep> Prepare(const TaskContext& context) override {
    const auto& spec = std::get<SqlSpec>(context.stage.spec.kind);
    return WriteStep(
        [this, &spec, &stage = context.stage, task = context.task]() -> Result<Completion> {
          const Leaf& leaf = task.leaves.front();
          TRY_ASSIGN(std::int64_t rows,
                     world_.data.ReplaceLeafBySelect(*stage.shape, leaf, task.point, spec.query));
          TRY(CheckNotEmpty(world_, stage, task, rows));
          return Completion{task.id, task.fence, rows, 0, FiguresToJson({{leaf.name, rows, {}}})};
        });
  }

 private:
  StageWorld& world_;
};

}  // namespace

std::unique_ptr<StageKind> MakeSql(StageWorld& world) { return std::make_unique<SqlKind>(world); }

}  // namespace mayfly::stages
