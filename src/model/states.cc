#include "model/states.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace mayfly {
namespace {

template <typename State>
using NameRow = std::pair<State, std::string_view>;

constexpr std::array<NameRow<RunState>, 9> kRunNames{{
    {RunState::kPlanned, "planned"},
    {RunState::kApproved, "approved"},
    {RunState::kRunning, "running"},
    {RunState::kPaused, "paused"},
    {RunState::kVerifying, "verifying"},
    {RunState::kFinishing, "finishing"},
    {RunState::kClosed, "closed"},
    {RunState::kFailed, "failed"},
    {RunState::kCancelled, "cancelled"},
}};
constexpr std::array<NameRow<StageState>, 5> kStageNames{{
    {StageState::kBlocked, "blocked"},
    {StageState::kOpen, "open"},
    {StageState::kComplete, "complete"},
    {StageState::kFailed, "failed"},
    {StageState::kSkipped, "skipped"},
}};
constexpr std::array<NameRow<TaskState>, 6> kTaskNames{{
    {TaskState::kBlocked, "blocked"},
    {TaskState::kReady, "ready"},
    {TaskState::kLeased, "leased"},
    {TaskState::kDone, "done"},
    {TaskState::kQuarantined, "quarantined"},
    {TaskState::kSkipped, "skipped"},
}};
constexpr std::array<NameRow<MachineState>, 7> kMachineNames{{
    {MachineState::kIntended, "intended"},
    {MachineState::kBooting, "booting"},
    {MachineState::kWorking, "working"},
    {MachineState::kDraining, "draining"},
    {MachineState::kHeld, "held"},
    {MachineState::kEnding, "ending"},
    {MachineState::kGone, "gone"},
}};
constexpr std::array<NameRow<Verdict>, 3> kVerdictNames{{
    {Verdict::kPass, "pass"},
    {Verdict::kFail, "fail"},
    {Verdict::kCannotTell, "cannot tell"},
}};

constexpr std::array<std::pair<RunState, RunState>, 19> kRunSteps{{
    {RunState::kPlanned, RunState::kApproved},    {RunState::kPlanned, RunState::kCancelled},
    {RunState::kApproved, RunState::kRunning},    {RunState::kApproved, RunState::kFailed},
    {RunState::kApproved, RunState::kCancelled},  {RunState::kRunning, RunState::kVerifying},
    {RunState::kRunning, RunState::kPaused},      {RunState::kRunning, RunState::kFailed},
    {RunState::kRunning, RunState::kCancelled},   {RunState::kPaused, RunState::kRunning},
    {RunState::kPaused, RunState::kFailed},       {RunState::kPaused, RunState::kCancelled},
    {RunState::kVerifying, RunState::kFinishing}, {RunState::kVerifying, RunState::kFailed},
    {RunState::kVerifying, RunState::kCancelled}, {RunState::kFinishing, RunState::kClosed},
    {RunState::kFinishing, RunState::kFailed},    {RunState::kFailed, RunState::kRunning},
    {RunState::kFailed, RunState::kCancelled},
}};
constexpr std::array<std::pair<StageState, StageState>, 7> kStageSteps{{
    {StageState::kBlocked, StageState::kOpen},
    {StageState::kBlocked, StageState::kSkipped},
    {StageState::kOpen, StageState::kComplete},
    {StageState::kOpen, StageState::kFailed},
    {StageState::kBlocked, StageState::kFailed},
    {StageState::kFailed, StageState::kOpen},
    {StageState::kFailed, StageState::kBlocked},
}};
constexpr std::array<std::pair<TaskState, TaskState>, 8> kTaskSteps{{
    {TaskState::kBlocked, TaskState::kReady},
    {TaskState::kBlocked, TaskState::kSkipped},
    {TaskState::kReady, TaskState::kLeased},
    {TaskState::kReady, TaskState::kSkipped},
    {TaskState::kLeased, TaskState::kDone},
    {TaskState::kLeased, TaskState::kReady},
    {TaskState::kLeased, TaskState::kQuarantined},
    {TaskState::kQuarantined, TaskState::kReady},
}};
constexpr std::array<std::pair<MachineState, MachineState>, 15> kMachineSteps{{
    {MachineState::kIntended, MachineState::kBooting},
    {MachineState::kIntended, MachineState::kEnding},
    {MachineState::kIntended, MachineState::kWorking},
    {MachineState::kBooting, MachineState::kWorking},
    {MachineState::kBooting, MachineState::kEnding},
    {MachineState::kWorking, MachineState::kDraining},
    {MachineState::kWorking, MachineState::kHeld},
    {MachineState::kWorking, MachineState::kEnding},
    {MachineState::kDraining, MachineState::kEnding},
    {MachineState::kDraining, MachineState::kHeld},
    {MachineState::kHeld, MachineState::kEnding},
    {MachineState::kEnding, MachineState::kGone},
    {MachineState::kBooting, MachineState::kDraining},
    {MachineState::kIntended, MachineState::kDraining},
    {MachineState::kHeld, MachineState::kDraining},
}};

template <typename State, std::size_t N>
std::string_view NameIn(const std::array<NameRow<State>, N>& table, State state) {
  for (const auto& [value, name] : table) {
    if (value == state) return name;
  }
  CheckFailed(__FILE__, __LINE__, "state", "a state without a name");
}

template <typename State, std::size_t N>
Result<State> ParseIn(const std::array<NameRow<State>, N>& table, std::string_view text) {
  for (const auto& [value, name] : table) {
    if (name == text) return value;
  }
  return Corrupt(fmt::format("the ledger holds an unknown state \"{}\"", text));
}

template <typename State, std::size_t N>
bool Listed(const std::array<std::pair<State, State>, N>& steps, State from, State to) {
  return std::find(steps.begin(), steps.end(), std::pair{from, to}) != steps.end();
}

}  // namespace

std::string_view Name(RunState state) { return NameIn(kRunNames, state); }
std::string_view Name(StageState state) { return NameIn(kStageNames, state); }
std::string_view Name(TaskState state) { return NameIn(kTaskNames, state); }
std::string_view Name(MachineState state) { return NameIn(kMachineNames, state); }
std::string_view Name(Verdict verdict) { return NameIn(kVerdictNames, verdict); }

Result<RunState> ParseRunState(std::string_view name) { return ParseIn(kRunNames, name); }
Result<StageState> ParseStageState(std::string_view name) { return ParseIn(kStageNames, name); }
Result<TaskState> ParseTaskState(std::string_view name) { return ParseIn(kTaskNames, name); }
Result<MachineState> ParseMachineState(std::string_view name) {
  return ParseIn(kMachineNames, name);
}
Result<Verdict> ParseVerdict(std::string_view name) { return ParseIn(kVerdictNames, name); }

std::span<const std::pair<RunState, RunState>> RunSteps() { return kRunSteps; }
std::span<const std::pair<StageState, StageState>> StageSteps() { return kStageSteps; }
std::span<const std::pair<TaskState, TaskState>> TaskSteps() { return kTaskSteps; }
std::span<const std::pair<MachineState, MachineState>> MachineSteps() { return kMachineSteps; }

bool MayStep(RunState from, RunState to) { return Listed(kRunSteps, from, to); }
bool MayStep(TaskState from, TaskState to) { return Listed(kTaskSteps, from, to); }
bool MayStep(MachineState from, MachineState to) { return Listed(kMachineSteps, from, to); }

}  // namespace mayfly
