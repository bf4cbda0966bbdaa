#pragma once
// The state machines of a run, a stage, a task and a machine, as tables. The words are the same in
// C++, SQL checks, JSON and docs (docs/state-machines.md is checked against these tables).

#include <span>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace mayfly {

enum class RunState {
  kPlanned,
  kApproved,
  kRunning,
  kPaused,
  kVerifying,
  kFinishing,
  kClosed,
  kFailed,
  kCancelled,
};
enum class StageState { kBlocked, kOpen, kComplete, kFailed, kSkipped };
enum class TaskState { kBlocked, kReady, kLeased, kDone, kQuarantined, kSkipped };
enum class MachineState { kIntended, kBooting, kWorking, kDraining, kHeld, kEnding, kGone };

// A check that could not be evaluated counts as failed.
enum class Verdict { kPass, kFail, kCannotTell };

std::string_view Name(RunState state);
std::string_view Name(StageState state);
std::string_view Name(TaskState state);
std::string_view Name(MachineState state);
std::string_view Name(Verdict verdict);  // "pass", "fail", "cannot tell"

Result<RunState> ParseRunState(std::string_view name);
Result<StageState> ParseStageState(std::string_view name);
Result<TaskState> ParseTaskState(std::string_view name);
Result<MachineState> ParseMachineState(std::string_view name);
Result<Verdict> ParseVerdict(std::string_view name);

// Every legal step, in the order of life. A step that is not listed is refused, here and in SQL.
std::span<const std::pair<RunState, RunState>> RunSteps();
std::span<const std::pair<StageState, StageState>> StageSteps();
std::span<const std::pair<TaskState, TaskState>> TaskSteps();
std::span<const std::pair<MachineState, MachineState>> MachineSteps();

bool MayStep(RunState from, RunState to);
bool MayStep(TaskState from, TaskState to);
bool MayStep(MachineState from, MachineState to);

// Closed and cancelled runs are over. A failed one is not: `run` continues it once mended.
inline bool IsOver(RunState s) { return s == RunState::kClosed || s == RunState::kCancelled; }
inline bool IsAlive(MachineState s) { return s != MachineState::kGone; }

}  // namespace mayfly
