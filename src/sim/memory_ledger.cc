#include "sim/memory_ledger.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace mayfly::sim {
namespace {

// The newest of each pool and kind, newest first.
std::vector<SeenRefusal> NewestRefusals(const std::vector<SeenRefusal>& all) {
  std::vector<SeenRefusal> newest;
  for (auto seen = all.rbegin(); seen != all.rend(); ++seen) {
    bool has_newer = std::ranges::any_of(newest, [&](const SeenRefusal& other) {
      return other.refusal.pool == seen->refusal.pool && other.refusal.kind == seen->refusal.kind;
    });
    if (!has_newer) newest.push_back(*seen);
  }
  return newest;
}

// One that never ran: no pool gave it, or the one that did took it back before it was born.
bool WasRefused(const RunRow& run, const MachineView& machine) {
  if (machine.born || machine.money.billed.running) return false;
  return std::ranges::any_of(run.refusals, [&](const SeenRefusal& seen) {
    const bool is_its_pool =
        machine.external_id.empty() || seen.refusal.pool == machine.money.offer.pool;
    return seen.machine == machine.id && is_its_pool;
  });
}

template <typename Row, typename RowId>
Row* Find(std::vector<Row>& rows, RowId id) {
  bool exists = id.value > 0 && static_cast<std::size_t>(id.value) <= rows.size();
  return exists ? &rows[static_cast<std::size_t>(id.value - 1)] : nullptr;
}

template <typename State>
void MustStep(State from, State to) {
  CHECK(MayStep(from, to), fmt::format("no step from {} to {}", Name(from), Name(to)));
}

TaskCounts& Count(TaskCounts& counts, TaskState state) {
  switch (state) {
    case TaskState::kBlocked:
      ++counts.blocked;
      break;
    case TaskState::kReady:
      ++counts.ready;
      break;
    case TaskState::kLeased:
      ++counts.leased;
      break;
    case TaskState::kDone:
      ++counts.done;
      break;
    case TaskState::kQuarantined:
      ++counts.quarantined;
      break;
    case TaskState::kSkipped:
      ++counts.skipped;
      break;
  }
  return counts;
}

std::string_view EventOf(const GiveBack& how, bool spent) {
  if (spent) return "task.quarantined";
  if (how.outcome == "failed") return "task.failed";
  return how.outcome == "released" ? "task.released" : "task.expired";
}

}  // namespace

bool MayStepStage(StageState from, StageState to) {
  return std::ranges::find(StageSteps(), std::pair{from, to}) != StageSteps().end();
}

RunRow* MemoryLedger::FindRun(RunId run) { return Find(runs, run); }
MachineRow* MemoryLedger::FindMachine(MachineId machine) { return Find(machines, machine); }
TaskRow* MemoryLedger::FindTask(TaskId task) { return Find(tasks, task); }

const AttemptRow* MemoryLedger::FindAttempt(Fence fence) const {
  auto it = std::ranges::lower_bound(attempts, fence, {}, &AttemptRow::fence);
  return it != attempts.end() && it->fence == fence ? &*it : nullptr;
}

AttemptRow& MemoryLedger::OpenAttempt(const TaskRow& task) {
  return *std::ranges::lower_bound(attempts, task.fence, {}, &AttemptRow::fence);
}

void MemoryLedger::AddEvent(EventRow event) {
  event.at = Now();
  events.push_back(std::move(event));
}

std::vector<LeasedTask> MemoryLedger::Lease(const ClaimRequest& request, BackendId backend) {
  const RunRow& run = *FindRun(request.who.run);
  std::vector<std::size_t> chosen;
  for (std::size_t i = run.first_task; i < run.first_task + run.tasks; ++i) {
    if (std::ssize(chosen) >= request.max_tasks) break;
    const TaskRow& task = tasks[i];
    bool ready =
        task.state == TaskState::kReady || (!checks.readiness && task.state == TaskState::kBlocked);
    if (!ready) continue;
    if (!chosen.empty() && task.batch != tasks[chosen.front()].batch) continue;
    chosen.push_back(i);
  }
  std::vector<LeasedTask> leased;
  for (std::size_t i : chosen) {
    LeaseOne(i, request.who, backend);
    leased.push_back(Describe(tasks[i], i));
  }
  return leased;
}

void MemoryLedger::LeaseOne(std::size_t index, const SlotIdentity& who, BackendId backend) {
  TaskRow& task = tasks[index];
  if (checks.readiness) MustStep(task.state, TaskState::kLeased);
  task.state = TaskState::kLeased;
  task.fence = NextFence();
  task.machine = who.machine;
  task.slot = who.slot;
  task.backend = backend;
  ++task.attempts;
  attempts.push_back({.fence = task.fence,
                      .task = index,
                      .machine = who.machine,
                      .slot = who.slot,
                      .backend = backend,
                      .started = Now()});
  AddEvent({.kind = "task.leased",
            .run = who.run,
            .task = IdOf(index),
            .machine = who.machine,
            .fence = task.fence});
}

LeasedTask MemoryLedger::Describe(const TaskRow& task, std::size_t index) const {
  LeasedTask leased{.id = IdOf(index),
                    .fence = task.fence,
                    .stage = stages[task.stage].name,
                    .point = task.point,
                    .leaves = {},
                    .attempt = task.attempts};
  for (std::size_t leaf : task.leaves) leased.leaves.push_back(leaves[leaf].leaf);
  return leased;
}

bool MemoryLedger::Adopt(TaskId id, Fence fence, BackendId backend) {
  TaskRow& task = *FindTask(id);
  bool ours = task.state == TaskState::kLeased && (!checks.fence || task.fence == fence);
  if (ours) {
    task.backend = backend;
    OpenAttempt(task).backend = backend;
  }
  return ours;
}

Status MemoryLedger::AcceptFence(TaskId id, Fence fence, std::string_view verb) {
  const TaskRow* task = FindTask(id);
  if (task == nullptr) return NotFound(fmt::format("there is no task {}", id.value));
  bool leased = task->state == TaskState::kLeased;
  if (!leased || (checks.fence && task->fence != fence)) {
    return Conflict(
        fmt::format("task {} is {} under fence {}, not leased under fence {}: drop the work",
                    id.value, Name(task->state), task->fence.value, fence.value));
  }
  writes.push_back({.task = static_cast<std::size_t>(id.value - 1),
                    .presented = fence,
                    .newest = task->fence,
                    .was_leased = leased,
                    .verb = verb});
  return {};
}

void MemoryLedger::Finish(const Completion& completion) {
  TaskRow& task = *FindTask(completion.id);
  MustStep(task.state, TaskState::kDone);
  AttemptRow& attempt = OpenAttempt(task);
  attempt.ended = Now();
  attempt.outcome = "done";
  attempt.rows = completion.rows;
  attempt.seconds = completion.seconds;
  task.state = TaskState::kDone;
  task.rows = completion.rows;
  task.backend = {};
  AddEvent({.kind = "task.done",
            .run = runs[task.run].view.id,
            .task = completion.id,
            .machine = task.machine,
            .fence = task.fence});
  for (std::size_t dependent : task.dependents) {
    TaskRow& waiting = tasks[dependent];
    if (--waiting.missing == 0 && waiting.state == TaskState::kBlocked) {
      waiting.state = TaskState::kReady;
    }
  }
}

void MemoryLedger::Return(std::size_t index, const GiveBack& how) {
  TaskRow& task = tasks[index];
  AttemptRow& attempt = OpenAttempt(task);
  attempt.ended = Now();
  attempt.outcome = how.outcome;
  attempt.failure = how.failure;
  attempt.error = how.error;
  attempt.output = how.output;
  const StageRow& stage = stages[task.stage];
  bool spent = false;
  if (how.blame == Blame::kTask) spent = ++task.failures > stage.retries;
  if (how.blame == Blame::kOurs) spent = ++task.setbacks > stage.setbacks;
  // To try again what is not allowed changes nothing: it waits for the operator.
  if (how.failure == ErrorKind::kDenied) spent = true;
  TaskState to = spent ? TaskState::kQuarantined : TaskState::kReady;
  MustStep(task.state, to);
  task.state = to;
  task.backend = {};
  if (how.blame && !how.error.empty()) task.last_error = how.error;
  AddEvent({.kind = EventOf(how, spent),
            .run = runs[task.run].view.id,
            .task = IdOf(index),
            .machine = task.machine,
            .fence = task.fence,
            .detail = how.error});
}

int MemoryLedger::TakeBack(const Slots& of, const std::string& reason) {
  int taken = 0;
  if (checks.backend) server.EndAllOf(of.machine, of.slot);
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const TaskRow& task = tasks[i];
    if (task.state != TaskState::kLeased || task.machine != of.machine) continue;
    if (of.slot && task.slot != *of.slot) continue;
    if (checks.backend) server.End(task.backend);
    GiveBack how{.outcome = "expired", .blame = Blame::kOurs, .error = reason};
    if (of.overdue) how = {.outcome = "released", .error = reason};
    if (of.overdue == task.fence)
      how = {.outcome = "failed", .blame = Blame::kTask, .error = reason};
    Return(i, how);
    ++taken;
  }
  return taken;
}

std::vector<std::size_t> MemoryLedger::UnfrozenLeaves(const RunRow& run) const {
  std::vector<std::size_t> found;
  bool optimises = false;
  for (std::size_t i = run.first_stage; i < run.first_stage + run.stages; ++i) {
    bool complete = stages[i].kind == "optimise" && stages[i].state == StageState::kComplete;
    optimises = optimises || complete;
  }
  if (!optimises || run.view.state != RunState::kFinishing) return found;
  for (std::size_t i = run.first_task; i < run.first_task + run.tasks; ++i) {
    const std::string& kind = stages[tasks[i].stage].kind;
    if (kind != "sql" && kind != "command") continue;
    for (std::size_t leaf : tasks[i].leaves) {
      if (leaves[leaf].rows > 0 && !leaves[leaf].vacuumed) found.push_back(leaf);
    }
  }
  return found;
}

RunSnapshot MemoryLedger::Snapshot(const RunRow& run) const {
  RunSnapshot s;
  s.leaves_to_vacuum = std::ssize(UnfrozenLeaves(run));
  s.run = run.view;
  s.run.control = run.control;
  auto until = [&](Instant deadline) { return deadline - Now(); };
  s.run.deadline_in = until(run.deadline);
  s.server_up = server.up_for();
  s.now = Now();
  s.prices = run.prices;
  ReadKept(run, s);
  s.passes = run.passes;
  for (std::size_t i = run.first_stage; i < run.first_stage + run.stages; ++i) {
    s.stages.push_back({.id = StageId{static_cast<std::int64_t>(i + 1)},
                        .name = stages[i].name,
                        .kind = stages[i].kind,
                        .state = stages[i].state,
                        .note = stages[i].note});
  }
  for (std::size_t i = run.first_task; i < run.first_task + run.tasks; ++i) {
    StageView& stage = s.stages[tasks[i].stage - run.first_stage];
    Count(stage.tasks, tasks[i].state);
    stage.rows += tasks[i].rows;
    if (tasks[i].state == TaskState::kDone && !stage.canary_seconds) {
      stage.canary_seconds = FindAttempt(tasks[i].fence)->seconds;
    }
    if (tasks[i].state == TaskState::kQuarantined && !stage.denied) {
      const AttemptRow& last = *FindAttempt(tasks[i].fence);
      if (last.failure == ErrorKind::kDenied) stage.denied = last.error;
    }
    bool dead =
        tasks[i].state == TaskState::kLeased &&
        machines[static_cast<std::size_t>(tasks[i].machine.value - 1)].state == MachineState::kGone;
    s.leases_of_dead += dead ? 1 : 0;
  }
  for (MachineId id : run.machines) {
    const MachineRow& m = machines[static_cast<std::size_t>(id.value - 1)];
    MachineView view{.id = id,
                     .state = m.state,
                     .token = m.token,
                     .external_id = m.external_id,
                     .slots = m.slots,
                     .reason = m.reason,
                     .intended = m.intended,
                     .born = m.born,
                     .gone = m.gone,
                     .age = Now() - m.intended,
                     .deadline_in = until(m.deadline),
                     .noticed = m.noticed,
                     .ordered_to_drain = m.drain.has_value(),
                     .money = m.money,
                     .offers = m.offers};
    view.was_refused = WasRefused(run, view);
    if (m.heartbeat) view.heartbeat_age = Now() - *m.heartbeat;
    if (m.drain) view.drain_age = Now() - *m.drain;
    if (m.held_until) view.countdown = Countdown{*m.held_until, until(*m.held_until)};
    s.machines.push_back(std::move(view));
  }
  for (const HoldRow& hold : holds) {
    if (hold.run == run.view.id && IsOpen(hold.view.state)) s.hold = hold.view;
  }
  s.refusals = NewestRefusals(run.refusals);
  s.findings_total = std::ssize(run.findings);
  s.findings_failed = std::ranges::count_if(
      run.findings, [](const Finding& f) { return f.verdict != Verdict::kPass; });
  return s;
}

HoldRow* MemoryLedger::FindOpenHold(RunId run) {
  for (HoldRow& hold : holds) {
    if (hold.run == run && IsOpen(hold.view.state)) return &hold;
  }
  return nullptr;
}

bool MemoryLedger::IsHeld(const MachineRow& machine) const {
  return machine.state == MachineState::kHeld && machine.held_until && *machine.held_until > Now();
}

void MemoryLedger::EndExecsOf(MachineId machine) {
  for (ExecRow& exec : execs) {
    if (exec.machine != machine || exec.exit) continue;
    exec.exit = ExecExit{ExecEnd::kMachineEnded, 0, ""};
    exec.ended = Now();
  }
}

}  // namespace mayfly::sim
