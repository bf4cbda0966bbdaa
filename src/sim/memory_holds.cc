#include "sim/memory_holds.h"

#include <fmt/format.h>

#include <algorithm>

namespace mayfly::sim {

Result<HoldId> MemoryHoldStore::RequestHold(RunId run, const HoldWish& wish) {
  const RunRow* row = ledger_.FindRun(run);
  if (row == nullptr) return NotFound(fmt::format("run {} is not in this ledger", run.value));
  if (IsOver(row->view.state)) {
    return Conflict(fmt::format("run {} is {} already", run.value, Name(row->view.state)));
  }
  bool is_ours = !wish.machine || std::ranges::count(row->machines, *wish.machine) > 0;
  if (!is_ours) {
    return NotFound(fmt::format("run {} has no machine {}", run.value, wish.machine->value));
  }
  Withdraw(run, std::nullopt);
  HoldId id{static_cast<std::int64_t>(ledger_.holds.size() + 1)};
  ledger_.holds.push_back(
      {.run = run, .view = {.id = id, .wish = wish, .note = {}, .keeps = std::nullopt}});
  ledger_.AddEvent({.kind = "run.hold", .run = run, .detail = wish.who + " asks for it"});
  return id;
}

Result<HoldView> MemoryHoldStore::ReadHold(HoldId hold) {
  auto index = static_cast<std::size_t>(hold.value - 1);
  if (index < ledger_.holds.size()) return ledger_.holds[index].view;
  return NotFound(fmt::format("there is no hold {}", hold.value));
}

int MemoryHoldStore::Withdraw(RunId run, std::optional<MachineId> machine) {
  HoldRow* open = ledger_.FindOpenHold(run);
  if (open == nullptr || (machine && open->view.wish.machine != machine)) return 0;
  open->view.state = HoldState::kWithdrawn;
  return 1;
}

Result<int> MemoryHoldStore::EndHolds(RunId run, std::optional<MachineId> machine) {
  int ended = Withdraw(run, machine);
  for (std::size_t i = 0; i < ledger_.machines.size(); ++i) {
    MachineRow& row = ledger_.machines[i];
    bool meant = !machine || machine->value == static_cast<std::int64_t>(i + 1);
    if (row.run != run || !meant || !ledger_.IsHeld(row)) continue;
    row.held_until = ledger_.Now();
    ++ended;
  }
  return ended;
}

Result<ExecId> MemoryHoldStore::RequestExec(const ExecWish& wish) {
  MachineRow* machine = ledger_.FindMachine(wish.machine);
  if (machine == nullptr) {
    return NotFound(fmt::format("there is no machine {} in this ledger", wish.machine.value));
  }
  if (!ledger_.IsHeld(*machine)) {
    return Conflict(fmt::format("machine {} is {}, not held; `mayfly hold` keeps it",
                                wish.machine.value, Name(machine->state)));
  }
  auto is_open = [&](const ExecRow& e) { return e.machine == wish.machine && !e.exit; };
  if (std::ranges::count_if(ledger_.execs, is_open) >= kMostExecsWaiting) {
    return Exhausted("no more commands can wait");
  }
  ExecId id{static_cast<std::int64_t>(ledger_.execs.size() + 1)};
  ExecRow row{.order = {.id = id, .argv = wish.argv, .who = wish.who, .timeout = wish.timeout},
              .machine = wish.machine};
  ledger_.execs.push_back(std::move(row));
  ledger_.AddEvent({.kind = "machine.exec",
                    .run = machine->run,
                    .machine = wish.machine,
                    .detail = QuoteArgv(wish.argv)});
  return id;
}

Result<ExecRow*> MemoryHoldStore::FindExec(ExecId exec) {
  auto index = static_cast<std::size_t>(exec.value - 1);
  if (index < ledger_.execs.size()) return &ledger_.execs[index];
  return NotFound(fmt::format("there is no command {}", exec.value));
}

Status MemoryHoldStore::CancelExec(ExecId exec) {
  TRY_ASSIGN(ExecRow * row, FindExec(exec));
  row->order.is_cancelled = true;
  return {};
}

Result<ExecNews> MemoryHoldStore::ReadExec(ExecId exec, std::int64_t from_part) {
  TRY_ASSIGN(ExecRow * row, FindExec(exec));
  ExecNews news;
  for (std::size_t i = static_cast<std::size_t>(from_part); i < row->parts.size(); ++i) {
    news.parts.push_back(row->parts[i]);
  }
  news.exit = row->exit;
  bool is_held = ledger_.FindMachine(row->machine)->state == MachineState::kHeld;
  if (!news.exit && !is_held) {
    news.exit = ExecExit{ExecEnd::kMachineEnded, 0, "nobody told how it went"};
  }
  return news;
}

Result<std::vector<ExecOrder>> MemoryExecQueue::Take(MachineId machine) {
  TRY(connection_.Use());
  std::vector<ExecOrder> orders;
  const MachineRow* row = ledger_.FindMachine(machine);
  if (machine != own_ || row == nullptr || !ledger_.IsHeld(*row)) return orders;
  for (ExecRow& exec : ledger_.execs) {
    if (exec.machine != machine || exec.exit || std::ssize(orders) >= kMostExecsAtOnce) continue;
    if (!exec.started && exec.order.is_cancelled) {
      exec.exit = ExecExit{ExecEnd::kCancelled, 0, ""};
      exec.ended = ledger_.Now();
      continue;
    }
    if (!exec.started) exec.started = ledger_.Now();
    orders.push_back(exec.order);
  }
  return orders;
}

Result<ExecRow*> MemoryExecQueue::FindOwn(ExecId exec) {
  TRY(connection_.Use());
  auto index = static_cast<std::size_t>(exec.value - 1);
  bool is_own = index < ledger_.execs.size() && ledger_.execs[index].machine == own_;
  if (is_own) return &ledger_.execs[index];
  return NotFound(fmt::format("machine {} has no command {}", own_.value, exec.value));
}

Status MemoryExecQueue::AddOutput(ExecId exec, std::int64_t part, std::string_view bytes) {
  TRY_ASSIGN(ExecRow * row, FindOwn(exec));
  if (row->exit || !row->started) {
    return Denied(fmt::format("command {} does not run", exec.value));
  }
  auto index = static_cast<std::size_t>(part);
  if (index >= row->parts.size()) row->parts.resize(index + 1);
  if (row->parts[index].empty()) row->parts[index] = bytes;
  return {};
}

Status MemoryExecQueue::End(ExecId exec, const ExecExit& exit) {
  TRY_ASSIGN(ExecRow * row, FindOwn(exec));
  if (row->exit) return {};
  row->exit = exit;
  row->ended = ledger_.Now();
  ledger_.AddEvent({.kind = "machine.exec",
                    .run = ledger_.FindMachine(own_)->run,
                    .machine = own_,
                    .detail = Describe(exit)});
  return {};
}

}  // namespace mayfly::sim
