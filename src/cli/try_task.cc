#include "cli/try_task.h"

#include <fmt/format.h>

#include "cli/about_run.h"
#include "cli/judge_run.h"
#include "cli/try_text.h"
#include "sched/decide.h"
#include "stages/slice.h"

namespace mayfly::cli {
namespace {

// A try that was interrupted, by a signal or a crash, is in nobody's way.
Status CancelEarlierTry(const Drive& drive, const PhasePlan& slice) {
  TRY_ASSIGN(std::optional<Existing> earlier, drive.ledger.runs().FindNewest(slice.spec.name));
  if (!earlier || IsOver(earlier->state)) return {};
  Say(fmt::format("an earlier try, run {}, is open and will be cancelled first",
                  earlier->run.value));
  return CancelOpen(drive, earlier->run);
}

// The first row, one in the middle (where windows are whole), the last.
std::vector<std::int64_t> PlacesOf(std::int64_t rows) {
  if (rows == 0) return {};
  std::vector<std::int64_t> places{0};
  if (rows > 2) places.push_back(rows / 2);
  if (rows > 1) places.push_back(rows - 1);
  return places;
}

Status Judge(const Drive& drive, const PhasePlan& slice, TryReport& report) {
  TRY_ASSIGN(std::unique_ptr<DataProbe> probe, drive.ledger.Probe(report.run));
  StepProgress progress(drive.session, drive.host.clock(), "checking");
  TRY_ASSIGN(report.findings, JudgeRun(WithVerify(slice), *probe, progress));
  // A load task has a leaf before its first period, which is often empty: the largest is shown.
  const std::vector<Leaf>& leaves = slice.tasks.back().leaves;
  const Leaf* shown = &leaves.front();
  std::int64_t most = -1;
  for (const Leaf& leaf : leaves) {
    TRY_ASSIGN(LeafFacts facts,
               probe->MeasureLeaf(*slice.stages[slice.tasks.back().stage].shape, leaf,
                                  /*transaction=*/""));
    if (facts.rows > most) {
      most = facts.rows;
      shown = &leaf;
    }
  }
  report.places = PlacesOf(most);
  TRY_ASSIGN(report.sample,
             drive.ledger.reads().SampleLeaf(report.run, shown->name, report.places));
  return {};
}

Result<TryReport> Look(const Drive& drive, const PhasePlan& slice, const RunSnapshot& snapshot) {
  const PlannedTask& target = slice.tasks.back();
  TryReport report{.run = snapshot.run.id, .phase = slice.spec.name};
  report.task = TaskName(slice.stages[target.stage].spec.name, target.point);
  report.reason = snapshot.run.reason;
  report.needed = static_cast<std::int64_t>(slice.tasks.size()) - 1;
  ReadStore& reads = drive.ledger.reads();
  TRY_ASSIGN(report.story, reads.Explain(report.run, report.task));
  TRY_ASSIGN(report.failed, reads.ListTasks(report.run, TaskState::kQuarantined));
  std::erase_if(report.failed,
                [&](const TaskView& task) { return task.id == report.story.task.id; });
  if (report.is_done()) TRY(Judge(drive, slice, report));
  return report;
}

int ExitCodeOf(const TryReport& report, const RunSnapshot& snapshot) {
  if (report.is_done()) {
    return Conclude(report.findings) == Verdict::kPass ? 0 : ExitCode(ErrorKind::kCorrupt);
  }
  bool interrupted =
      snapshot.run.state == RunState::kPaused && snapshot.run.reason == sched::kAskedToStop;
  return ExitCode(interrupted ? ErrorKind::kCancelled : ErrorKind::kCorrupt);
}

}  // namespace

Result<int> TryTask(const Drive& drive, const PhasePlan& plan, const TryFlags& flags) {
  TRY_ASSIGN(PhasePlan slice, SliceOf(plan, flags.task));
  Drive tries{drive.host,    drive.ledger, drive.provider,     slice.spec,
              drive.session, std::nullopt, /*only_tries=*/true};
  TRY(CancelEarlierTry(tries, slice));
  TRY_ASSIGN(RunId run, drive.ledger.runs().Create(slice));
  TRY_ASSIGN(RunSnapshot snapshot, DriveRun(tries, run, /*resume=*/false));
  TRY_ASSIGN(TryReport report, Look(tries, slice, snapshot));
  Print(flags.json ? TryToJson(report) : RenderTry(report, PaintForOutput(drive.session)));
  TRY(CancelOpen(tries, run));
  return ExitCodeOf(report, snapshot);
}

}  // namespace mayfly::cli
