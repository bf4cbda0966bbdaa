#include "sim/memory_registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

namespace mayfly::sim {
namespace {

bool WantsNoWork(RunState state) {
  return IsOver(state) || state == RunState::kFailed || state == RunState::kPaused;
}

}  // namespace

Result<MachineRow*> MemoryRegistry::FindMachine(MachineId machine) {
  TRY(connection_.Use());
  MachineRow* row = ledger_.FindMachine(machine);
  if (row == nullptr) return NotFound(fmt::format("there is no machine {}", machine.value));
  return row;
}

WorkerOrders MemoryRegistry::OrdersFor(const MachineRow& machine) const {
  const RunRow& run = *ledger_.FindRun(machine.run);
  WorkerOrders orders;
  orders.drain = machine.drain.has_value();
  bool is_held = machine.state == MachineState::kHeld;
  if (is_held) orders.held_for = *machine.held_until - ledger_.Now();
  bool is_kept = is_held && !IsOver(run.view.state);
  orders.stop = machine.state == MachineState::kEnding || machine.state == MachineState::kGone ||
                (WantsNoWork(run.view.state) && !is_kept);
  if (orders.drain || orders.stop) orders.reason = machine.reason;
  orders.deadline_in = machine.deadline - ledger_.Now();
  const auto tasks = std::span(ledger_.tasks).subspan(run.first_task, run.tasks);
  const bool keeps_disk = run.kept_disk && IsOpen(run.kept_disk->disk.state);
  orders.is_needed = is_held || keeps_disk || std::ranges::any_of(tasks, [](const TaskRow& task) {
                       return task.state == TaskState::kReady || task.state == TaskState::kLeased;
                     });
  return orders;
}

Result<WorkerBrief> MemoryRegistry::Register(RunId run, MachineId machine) {
  TRY_ASSIGN(MachineRow * row, FindMachine(machine));
  bool intended = row->state == MachineState::kIntended || row->state == MachineState::kBooting;
  bool again = row->state == MachineState::kWorking && !row->drain;
  const RunRow& of = *ledger_.FindRun(row->run);
  if (row->run != run || (!intended && !again) || WantsNoWork(of.view.state)) {
    return Conflict(fmt::format("machine {} is {} and its run is {}: it has no open intent",
                                machine.value, Name(row->state), Name(of.view.state)));
  }
  row->heartbeat = ledger_.Now();
  if (intended) {
    row->state = MachineState::kWorking;
    row->born = ledger_.Now();
    ledger_.AddEvent({.kind = "machine.born", .run = run, .machine = machine});
  }
  return WorkerBrief{.orders = OrdersFor(*row),
                     .slots = row->slots,
                     .canonical_toml = of.canonical_toml,
                     .findings_json = of.findings_json,
                     .schema = of.view.schema,
                     .slot_memory_bytes = of.slot_memory_bytes};
}

Result<WorkerOrders> MemoryRegistry::Renew(MachineId machine) {
  TRY_ASSIGN(MachineRow * row, FindMachine(machine));
  bool lives =
      row->born && row->state != MachineState::kEnding && row->state != MachineState::kGone;
  if (lives) row->heartbeat = ledger_.Now();
  return OrdersFor(*row);
}

Result<int> MemoryRegistry::ReleaseSlot(const SlotIdentity& who, std::string_view reason,
                                        std::optional<Fence> overdue) {
  TRY(FindMachine(who.machine));
  return ledger_.TakeBack({who.machine, who.slot, overdue}, std::string(reason));
}

Status MemoryRegistry::ReportNotice(MachineId machine, Duration taken_in, std::string_view reason) {
  TRY_ASSIGN(MachineRow * row, FindMachine(machine));
  if (row->noticed) return {};
  row->noticed = true;
  row->reason = reason;
  ledger_.AddEvent({.kind = "machine.noticed",
                    .run = row->run,
                    .machine = machine,
                    .detail = fmt::format("{} in {}", reason, HumanDuration(taken_in))});
  return {};
}

Status MemoryRegistry::Leave(MachineId machine, std::string_view reason) {
  TRY_ASSIGN(MachineRow * row, FindMachine(machine));
  if (row->state == MachineState::kEnding || row->state == MachineState::kGone) return {};
  for (const TaskRow& task : ledger_.tasks) {
    if (task.state == TaskState::kLeased && task.machine == machine) {
      return Conflict(fmt::format("machine {} may not leave: work is leased to it", machine.value));
    }
  }
  CHECK(MayStep(row->state, MachineState::kEnding), "every living machine may end");
  row->state = MachineState::kEnding;
  row->reason = reason;
  ledger_.AddEvent(
      {.kind = "machine.left", .run = row->run, .machine = machine, .detail = std::string(reason)});
  return {};
}

Status MemoryRegistry::Log(RunId, MachineId machine, std::string_view text) {
  TRY(connection_.Use());
  ledger_.logs.push_back({.id = std::ssize(ledger_.logs) + 1,
                          .at = ledger_.Now(),
                          .machine = machine,
                          .source = "worker",
                          .text = std::string(text)});
  return {};
}

}  // namespace mayfly::sim
