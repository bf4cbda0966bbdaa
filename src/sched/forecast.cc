#include "sched/forecast.h"

#include <fmt/format.h>

namespace mayfly::sched {
namespace {

int CountWorkingSlots(const RunSnapshot& snapshot) {
  int slots = 0;
  for (const MachineView& machine : snapshot.machines) {
    if (machine.state == MachineState::kWorking) slots += machine.slots;
  }
  return slots;
}

double SecondsLeft(const StageView& stage) {
  if (!stage.canary_seconds) return 0;
  const TaskCounts& tasks = stage.tasks;
  return *stage.canary_seconds * static_cast<double>(tasks.blocked + tasks.ready + tasks.leased);
}

}  // namespace

std::optional<Duration> ForecastRest(const RunSnapshot& snapshot) {
  int slots = CountWorkingSlots(snapshot);
  double left = 0;
  bool any = false;
  for (const StageView& stage : snapshot.stages) {
    left += SecondsLeft(stage);
    any = any || stage.canary_seconds.has_value();
  }
  if (slots == 0 || !any) return std::nullopt;
  return Duration(static_cast<std::int64_t>(left / slots * 1e6));
}

Duration ForecastSlotTime(const RunSnapshot& snapshot) {
  double left = 0;
  for (const StageView& stage : snapshot.stages) left += SecondsLeft(stage);
  return Duration(static_cast<std::int64_t>(left * 1e6));
}

std::optional<std::string> FindOverrun(const RunSnapshot& snapshot) {
  std::optional<Duration> rest = ForecastRest(snapshot);
  if (!rest || *rest <= snapshot.run.deadline_in) return std::nullopt;
  const StageView* longest = nullptr;
  for (const StageView& stage : snapshot.stages) {
    if (longest == nullptr || SecondsLeft(stage) > SecondsLeft(*longest)) longest = &stage;
  }
  return fmt::format(
      "by its canaries the rest takes at least {} on {} slots and the deadline is in {}; most of "
      "it "
      "is stage {} ({:.1f} s a task); `run` again goes on all the same, a plan with more slots or "
      "a "
      "later deadline starts over",
      HumanDuration(*rest), CountWorkingSlots(snapshot), HumanDuration(snapshot.run.deadline_in),
      longest->name, longest->canary_seconds.value_or(0));
}

}  // namespace mayfly::sched
