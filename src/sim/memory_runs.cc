#include "sim/memory_runs.h"

#include <fmt/format.h>

#include <algorithm>
#include <variant>

#include "model/offer_json.h"
#include "model/plan_json.h"

namespace mayfly::sim {
namespace {

int BudgetOf(const StageSpec& spec, bool own) { return own ? spec.retries : spec.setbacks; }

Instant DeadlineOf(const PhaseSpec& spec, Instant now) {
  if (const auto* after = std::get_if<Duration>(&spec.deadline)) return now + *after;
  return std::get<Instant>(spec.deadline);
}

// Stages, tasks, needs and leaves of a plan, appended to the ledger.
void AppendPlan(MemoryLedger& ledger, const PhasePlan& plan, std::size_t run) {
  std::size_t first_stage = ledger.stages.size(), first_task = ledger.tasks.size();
  for (const PlannedStage& stage : plan.stages) {
    ledger.stages.push_back({.name = stage.spec.name,
                             .kind = std::string(stage.spec.kind_name()),
                             .note = stage.skipped.value_or(""),
                             .state = stage.skipped ? StageState::kSkipped : StageState::kBlocked,
                             .retries = BudgetOf(stage.spec, /*own=*/true),
                             .setbacks = BudgetOf(stage.spec, /*own=*/false),
                             .run = run});
  }
  std::vector<std::int64_t> batches = BatchesOf(plan);
  for (const PlannedTask& planned : plan.tasks) {
    std::size_t index = ledger.tasks.size();
    TaskRow task{.run = run,
                 .stage = first_stage + planned.stage,
                 .batch = batches[index - first_task],
                 .point = planned.point};
    for (std::size_t need : planned.needs) {
      bool skipped = ledger.tasks[first_task + need].state == TaskState::kSkipped;
      if (skipped) continue;
      task.needs.push_back(first_task + need);
      ledger.tasks[first_task + need].dependents.push_back(index);
    }
    for (const Leaf& leaf : planned.leaves) {
      task.leaves.push_back(ledger.leaves.size());
      ledger.leaves.push_back({.leaf = leaf, .task = index});
    }
    task.missing = static_cast<int>(task.needs.size());
    task.state = task.missing == 0 ? TaskState::kReady : TaskState::kBlocked;
    if (plan.stages[planned.stage].skipped) task.state = TaskState::kSkipped;
    ledger.tasks.push_back(std::move(task));
  }
}

}  // namespace

Result<RunRow*> MemoryRunStore::FindRun(RunId run) {
  TRY(connection_.Use());
  RunRow* row = ledger_.FindRun(run);
  if (row == nullptr) return NotFound(fmt::format("there is no run {}", run.value));
  return row;
}

// I9: only the newest fence acts. What it was allowed on is written down as the proof.
Result<RunRow*> MemoryRunStore::FindControlled(RunId run, Fence control) {
  TRY_ASSIGN(RunRow * row, FindRun(run));
  if (row->control != control) {
    return Conflict(fmt::format("run {} is controlled by {} under fence {}, not under fence {}",
                                run.value, row->controller, row->control.value, control.value));
  }
  ledger_.orders.push_back({.run = run, .presented = control, .newest = row->control});
  return row;
}

Result<std::optional<Existing>> MemoryRunStore::FindNewest(const std::string& phase) {
  TRY(connection_.Use());
  std::optional<Existing> newest;
  for (const RunRow& run : ledger_.runs) {
    if (run.view.phase == phase) {
      newest =
          Existing{.run = run.view.id, .state = run.view.state, .plan_hash = run.view.plan_hash};
    }
  }
  return newest;
}

Result<RunId> MemoryRunStore::Create(const PhasePlan& plan) {
  TRY_ASSIGN(std::optional<Existing> open, FindNewest(plan.spec.name));
  if (open && !IsOver(open->state)) {
    return Conflict(fmt::format("run {} of {} is {}: continue it, or stop it first",
                                open->run.value, plan.spec.name, Name(open->state)));
  }
  RunRow run{.deadline = DeadlineOf(plan.spec, ledger_.Now()),
             .first_stage = ledger_.stages.size(),
             .stages = plan.stages.size(),
             .first_task = ledger_.tasks.size(),
             .tasks = plan.tasks.size(),
             .canonical_toml = plan.canonical_toml,
             .findings_json = FindingsToJson(plan.findings),
             .quote_json = plan.quote ? QuoteToJson(*plan.quote) : "",
             .keep_runs = plan.spec.database.keep_runs,
             .slot_memory_bytes = plan.spec.machines.slot_memory_bytes,
             .lease = plan.spec.machines.lease};
  RunId id{static_cast<std::int64_t>(ledger_.runs.size() + 1)};
  run.view = {.id = id,
              .phase = plan.spec.name,
              .plan_hash = plan.hash,
              .state = RunState::kApproved,
              .schema = fmt::format("{}__{}", plan.spec.database.schema, id.value),
              .reader_schema = plan.spec.database.schema,
              .created = ledger_.Now(),
              .approved = ledger_.Now()};
  AppendPlan(ledger_, plan, ledger_.runs.size());
  ledger_.runs.push_back(std::move(run));
  ledger_.AddEvent({.kind = "run.approved", .run = id});
  return id;
}

// As an advisory lock of the session: a controller lives as long as its backend.
Result<Fence> MemoryRunStore::TakeControl(RunId run, const std::string& who) {
  TRY_ASSIGN(RunRow * row, FindRun(run));
  bool other = row->controller_backend != connection_.backend();
  if (other && ledger_.server.IsAlive(row->controller_backend)) {
    return Conflict(
        fmt::format("run {} is controlled by {}, which is alive", run.value, row->controller));
  }
  row->control = ledger_.NextFence();
  row->controller = who;
  row->controller_backend = connection_.backend();
  ledger_.AddEvent({.kind = "run.control", .run = run, .fence = row->control, .detail = who});
  return row->control;
}

Result<RunSnapshot> MemoryRunStore::Load(RunId run) {
  TRY_ASSIGN(RunRow * row, FindRun(run));
  return ledger_.Snapshot(*row);
}

Status MemoryRunStore::Apply(RunId run, Fence control, const Change& change) {
  TRY_ASSIGN(RunRow * row, FindControlled(run, control));
  return std::visit([&](const auto& one) { return ApplyTo(*row, one); }, change);
}

Status MemoryRunStore::ApplyTo(RunRow& run, const SetRunState& change) {
  RunView& view = run.view;
  if (view.state == change.to) return {};
  Verdict verdict = change.verdict.value_or(view.verdict.value_or(Verdict::kCannotTell));
  bool needs_pass = change.to == RunState::kFinishing || change.to == RunState::kClosed;
  if (!MayStep(view.state, change.to) || (needs_pass && verdict != Verdict::kPass)) {
    return Conflict(fmt::format("run {} is {} and its verdict is {}: it may not become {}",
                                view.id.value, Name(view.state), Name(verdict), Name(change.to)));
  }
  view.state = change.to;
  view.reason = change.reason;
  if (change.verdict && !view.published) view.verdict = change.verdict;
  if (change.to == RunState::kRunning) {
    view.stop_wish = StopWish::kNone;
    if (!view.published) view.verdict.reset();
  }
  if (IsOver(change.to)) {
    view.stop_wish = StopWish::kNone;
    view.closed = ledger_.Now();
  }
  ledger_.AddEvent({.kind = "run.state",
                    .run = view.id,
                    .detail = fmt::format("{}: {}", Name(change.to), change.reason)});
  return {};
}

Status MemoryRunStore::ApplyTo(RunRow& run, const SetStageState& change) {
  std::size_t index = static_cast<std::size_t>(change.stage.value - 1);
  if (index < run.first_stage || index >= run.first_stage + run.stages) {
    return NotFound(fmt::format("run {} has no stage {}", run.view.id.value, change.stage.value));
  }
  StageRow& stage = ledger_.stages[index];
  if (stage.state == change.to) return {};
  if (!MayStepStage(stage.state, change.to)) {
    return Conflict(fmt::format("stage {} is {}: it may not become {}", stage.name,
                                Name(stage.state), Name(change.to)));
  }
  stage.state = change.to;
  stage.note = change.reason;
  ledger_.AddEvent({.kind = "stage.state",
                    .run = run.view.id,
                    .detail = fmt::format("{} is {}", stage.name, Name(change.to))});
  return {};
}

Result<MachineRow*> MemoryRunStore::FindMachineOf(const RunRow& run, MachineId machine) {
  MachineRow* row = ledger_.FindMachine(machine);
  if (row == nullptr || row->run != run.view.id) {
    return NotFound(fmt::format("run {} has no machine {}", run.view.id.value, machine.value));
  }
  return row;
}

Status MemoryRunStore::MoveMachine(MachineId id, MachineRow& machine, MachineState to,
                                   std::string_view event) {
  if (machine.state == to) return {};
  if (!MayStep(machine.state, to)) {
    return Conflict(fmt::format("machine {} is {}: it may not become {}", id.value,
                                Name(machine.state), Name(to)));
  }
  machine.state = to;
  ledger_.AddEvent({.kind = event, .run = machine.run, .machine = id, .detail = machine.reason});
  return {};
}

Status MemoryRunStore::ApplyTo(RunRow& run, const RecordLaunched& change) {
  TRY_ASSIGN(MachineRow * machine, FindMachineOf(run, change.machine));
  machine->external_id = change.external_id;
  if (change.offer) machine->money.offer = *change.offer;
  if (machine->slots == 0) machine->slots = change.slots;
  if (machine->state != MachineState::kIntended) return {};
  return MoveMachine(change.machine, *machine, MachineState::kBooting, "machine.launched");
}

Status MemoryRunStore::ApplyTo(RunRow& run, const OrderDrain& change) {
  TRY_ASSIGN(MachineRow * machine, FindMachineOf(run, change.machine));
  std::string before = std::exchange(machine->reason, change.reason);
  Status moved = MoveMachine(change.machine, *machine, MachineState::kDraining, "machine.draining");
  if (!moved.ok()) machine->reason = before;
  if (moved.ok() && !machine->drain) machine->drain = ledger_.Now();
  return moved;
}

Status MemoryRunStore::ApplyTo(RunRow& run, const RecordEnding& change) {
  TRY_ASSIGN(MachineRow * machine, FindMachineOf(run, change.machine));
  std::string before = std::exchange(machine->reason, change.reason);
  Status moved = MoveMachine(change.machine, *machine, MachineState::kEnding, "machine.ending");
  if (!moved.ok()) machine->reason = before;
  return moved;
}

Status MemoryRunStore::ApplyTo(RunRow& run, const RecordGone& change) {
  TRY_ASSIGN(MachineRow * machine, FindMachineOf(run, change.machine));
  TRY(MoveMachine(change.machine, *machine, MachineState::kGone, "machine.gone"));
  if (!machine->gone) machine->gone = ledger_.Now();
  ledger_.EndExecsOf(change.machine);
  machine->login = 0;
  ledger_.server.Revoke(change.machine);
  return {};
}

Status MemoryRunStore::ApplyTo(RunRow& run, const RetryQuarantined&) {
  for (std::size_t i = run.first_task; i < run.first_task + run.tasks; ++i) {
    TaskRow& task = ledger_.tasks[i];
    if (task.state != TaskState::kQuarantined) continue;
    task.state = TaskState::kReady;
    task.failures = task.setbacks = 0;
    task.budget_since = task.fence;
    ledger_.AddEvent({.kind = "task.retried", .run = run.view.id, .task = MemoryLedger::IdOf(i)});
  }
  return {};
}

Status MemoryRunStore::ApplyTo(RunRow& run, const VacuumSome&) {
  std::vector<std::size_t> leaves = ledger_.UnfrozenLeaves(run);
  constexpr std::size_t kAtOnce = 2;
  for (std::size_t i = 0; i < std::min(leaves.size(), kAtOnce); ++i) {
    ledger_.leaves[leaves[i]].vacuumed = true;
  }
  return {};
}

Status MemoryRunStore::ApplyTo(RunRow& run, const RecordBilled& change) {
  TRY_ASSIGN(MachineRow * machine, FindMachineOf(run, change.machine));
  Billed& billed = machine->money.billed;
  if (change.billed.running) billed.running = change.billed.running;
  if (change.billed.ended) billed.ended = change.billed.ended;
  billed.reclaimed = billed.reclaimed || change.billed.reclaimed;
  return {};
}

Status MemoryRunStore::ApplyTo(RunRow& run, const RecordPrice& change) {
  auto same = [&](const PriceChange& known) {
    return known.key == change.change.key && known.point.from == change.change.point.from;
  };
  if (std::ranges::any_of(run.prices, same)) return {};
  run.prices.push_back(change.change);
  std::ranges::sort(run.prices, {}, [](const PriceChange& known) { return known.point.from; });
  return {};
}

Status MemoryRunStore::ApplyTo(RunRow& run, const RecordRefused& change) {
  TRY(FindMachineOf(run, change.machine));
  for (const PoolRefusal& refusal : change.refusals) {
    auto same = [&](const SeenRefusal& seen) {
      return seen.machine == change.machine && seen.refusal.pool == refusal.pool &&
             seen.refusal.kind == refusal.kind;
    };
    if (std::ranges::any_of(run.refusals, same)) continue;
    run.refusals.push_back({change.machine, ledger_.Now(), refusal});
    ledger_.AddEvent({.kind = "machine.refused", .run = run.view.id, .machine = change.machine});
  }
  return {};
}

Status MemoryRunStore::ApplyTo(RunRow& run, const RecordWaiting& change) {
  run.view.waiting.reset();
  if (!change.reason.empty()) run.view.waiting = Waiting{change.reason, change.until};
  return {};
}

Status MemoryRunStore::ApplyTo(RunRow& run, const RecordProof& change) {
  auto same = [&](const ProofPass& known) { return known.began == change.pass.began; };
  if (std::ranges::any_of(run.passes, same)) return {};
  run.passes.push_back(change.pass);
  std::ranges::sort(run.passes, {}, &ProofPass::began);
  ledger_.AddEvent(
      {.kind = "run.looked", .run = run.view.id, .detail = Describe(change.pass.look)});
  return {};
}

Result<HoldView*> MemoryRunStore::FindOpenHold(const RunRow& run, HoldId id) {
  HoldRow* hold = ledger_.FindOpenHold(run.view.id);
  if (hold != nullptr && hold->view.id == id) return &hold->view;
  return Conflict(fmt::format("run {} has no open hold {}", run.view.id.value, id.value));
}

Status MemoryRunStore::ApplyTo(RunRow& run, const AnswerHold& change) {
  TRY_ASSIGN(HoldView * hold, FindOpenHold(run, change.hold));
  hold->state = change.to;
  hold->note = change.note;
  ledger_.AddEvent({.kind = "run.hold", .run = run.view.id, .detail = change.note});
  return {};
}

Status MemoryRunStore::ApplyTo(RunRow& run, const RecordHeld& change) {
  TRY_ASSIGN(HoldView * hold, FindOpenHold(run, change.hold));
  TRY_ASSIGN(MachineRow * machine, FindMachineOf(run, change.machine));
  TRY(MoveMachine(change.machine, *machine, MachineState::kHeld, "machine.held"));
  machine->reason = change.note;
  if (!machine->held) machine->held = ledger_.Now();
  machine->held_until = std::min(ledger_.Now() + change.length, machine->deadline);
  hold->state = HoldState::kGranted;
  hold->keeps = change.machine;
  hold->note = change.note;
  return {};
}

Result<IntendedMachine> MemoryRunStore::RecordIntent(RunId run, Fence control,
                                                     const MachineIntent& intent) {
  TRY_ASSIGN(RunRow * row, FindControlled(run, control));
  for (MachineId id : row->machines) {
    MachineRow& machine = *ledger_.FindMachine(id);
    if (machine.token != intent.token) continue;
    if (machine.state == MachineState::kGone) {
      return Conflict(fmt::format("machine {} of token {} is gone", id.value, intent.token));
    }
    return IntendedMachine{id, fmt::format("login {} {}", id.value, ++machine.login),
                           machine.deadline};
  }
  MachineId id{static_cast<std::int64_t>(ledger_.machines.size() + 1)};
  ledger_.machines.push_back(
      {.run = run,
       .token = intent.token,
       .reason = intent.reason,
       .slots = intent.slots,
       .intended = ledger_.Now(),
       .deadline = std::min(row->deadline, intent.deadline.value_or(row->deadline)),
       .money = {.offer = WorstOf(intent.offers)},
       .offers = intent.offers,
       .login = 1});
  row->machines.push_back(id);
  row->view.waiting.reset();
  ledger_.AddEvent(
      {.kind = "machine.intended", .run = run, .machine = id, .detail = intent.reason});
  return IntendedMachine{id, fmt::format("login {} 1", id.value), ledger_.machines.back().deadline};
}

Status MemoryRunStore::RequestStop(RunId run, StopWish wish) {
  TRY_ASSIGN(RunRow * row, FindRun(run));
  if (IsOver(row->view.state)) {
    return Conflict(fmt::format("run {} is {} already", run.value, Name(row->view.state)));
  }
  row->view.stop_wish = wish;
  ledger_.AddEvent({.kind = "run.stop", .run = run});
  return {};
}

Result<int> MemoryRunStore::ReapMachine(RunId run, Fence control, MachineId machine,
                                        const std::string& reason) {
  TRY_ASSIGN(RunRow * row, FindControlled(run, control));
  TRY_ASSIGN(MachineRow * dead, FindMachineOf(*row, machine));
  // From here on it claims nothing, whoever still thinks that it lives.
  if (dead->state != MachineState::kGone) {
    TRY(ApplyTo(*row, RecordEnding{machine, reason}));
  }
  return ledger_.TakeBack({.machine = machine}, reason);
}

// I7: readers see a run only with a verdict of pass, and all of it at once.
Status MemoryRunStore::Publish(RunId run, Fence control) {
  TRY_ASSIGN(RunRow * row, FindControlled(run, control));
  if (row->view.published) return {};
  if (row->view.verdict != Verdict::kPass || row->view.state != RunState::kFinishing) {
    return Conflict(fmt::format("run {} is {} without a verdict of pass: it may not be published",
                                run.value, Name(row->view.state)));
  }
  row->view.published = true;
  ledger_.publications.emplace_back(row->view.reader_schema, run);
  ledger_.AddEvent({.kind = "run.published", .run = run});
  return {};
}

Status MemoryRunStore::CleanUp(RunId run, Fence control) {
  TRY_ASSIGN(RunRow * row, FindControlled(run, control));
  row->cleaned_up = true;
  int kept = 0;
  for (auto it = ledger_.runs.rbegin(); it != ledger_.runs.rend(); ++it) {
    bool same = it->view.phase == row->view.phase;
    if (!same || !IsOver(it->view.state) || !it->view.published) continue;
    if (++kept > row->keep_runs) it->dropped = true;
  }
  return {};
}

}  // namespace mayfly::sim
