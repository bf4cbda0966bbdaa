#include "adapters/postgres/worker_registry.h"

#include <fmt/format.h>

#include <array>

#include "adapters/postgres/queries.gen.h"
#include "model/states.h"

namespace mayfly::postgres {
namespace {

bool IsFinal(RunState state) {
  return IsOver(state) || state == RunState::kFailed || state == RunState::kPaused;
}

Error NotThere(MachineId machine) {
  return Conflict(fmt::format("machine {} is not (or no longer) in the ledger", machine.value));
}

}  // namespace

std::string SlotApplication(MachineId machine, int slot) {
  return fmt::format("mayfly slot {} machine {}", slot, machine.value);
}

PgWorkerRegistry::PgWorkerRegistry(std::string access, MachineId machine)
    : session_(std::move(access),
               {.application_name = fmt::format("mayfly supervisor machine {}", machine.value),
                .lock_timeout = seconds(5)}) {}

Result<WorkerBrief> PgWorkerRegistry::Register(RunId run, MachineId machine) {
  Params params;
  params.Add(run.value).Add(machine.value);
  TRY_ASSIGN(Rows rows, session_.Write(sql::kRegisterMachine, params));
  if (rows.size() == 0) {
    return Conflict(fmt::format(
        "machine {} has no open intent in run {}, or the run does not go on: this machine ends",
        machine.value, run.value));
  }
  WorkerBrief brief;
  brief.slots = static_cast<int>(rows.Int(0, 0));
  brief.canonical_toml = rows.Text(0, 1);
  brief.findings_json = rows.Text(0, 2);
  brief.schema = rows.Text(0, 3);
  brief.slot_memory_bytes = rows.MaybeInt(0, 4);
  brief.orders.deadline_in = Duration(rows.Int(0, 5));
  return brief;
}

Result<WorkerOrders> PgWorkerRegistry::Renew(MachineId machine) {
  TRY_ASSIGN(Rows rows, session_.Write(sql::kRenewMachine, Params().Add(machine.value)));
  if (rows.size() == 0) return NotThere(machine);
  TRY_ASSIGN(MachineState state, ParseMachineState(rows.Text(0, 0)));
  TRY_ASSIGN(RunState run, ParseRunState(rows.Text(0, 2)));
  WorkerOrders orders;
  bool ends = state == MachineState::kEnding || state == MachineState::kGone;
  orders.drain = rows.Bool(0, 1) || state == MachineState::kDraining;
  if (!rows.IsNull(0, 7)) orders.held_for = Duration(rows.Int(0, 7));
  // A run that rests keeps what is held; one that is over keeps nothing.
  bool is_kept = orders.held_for && !IsOver(run);
  orders.stop = ends || (IsFinal(run) && !is_kept);
  orders.deadline_in = Duration(rows.Int(0, 4));
  orders.is_needed = rows.Bool(0, 6);
  if (ends || orders.drain) orders.reason = rows.Text(0, 3);
  if (orders.stop && IsFinal(run)) orders.reason = fmt::format("the run is {}", Name(run));
  return orders;
}

Result<int> PgWorkerRegistry::ReleaseSlot(const SlotIdentity& who, std::string_view reason,
                                          std::optional<Fence> overdue) {
  Params slot;
  slot.Add(who.machine.value).Add(who.slot).Add(SlotApplication(who.machine, who.slot));
  TRY_ASSIGN(Rows alive, session_.Write(sql::kSignalMachineBackends, slot));
  for (int i = 0; i < alive.size(); ++i) {
    Params one;
    one.Add(alive.Int(i, 0)).Add(alive.Text(i, 1)).Add(kBackendWaitMs);
    TRY(session_.Write(sql::kEndBackend, one));
  }
  Params take;
  take.Add(who.machine.value).Add(who.slot);
  if (overdue) {
    take.Add(overdue->value);
  } else {
    take.AddNull();
  }
  take.Add(reason);
  TRY_ASSIGN(Rows taken, session_.Write(sql::kTakeBackLeases, take));
  if (taken.Int(0, 1) == 0) return static_cast<int>(taken.Int(0, 0));
  return Unavailable(fmt::format("{} leases of slot {} are held by a backend that will not end",
                                 taken.Int(0, 1), who.slot));
}

Status PgWorkerRegistry::ReportNotice(MachineId machine, Duration taken_in,
                                      std::string_view reason) {
  Params params;
  params.Add(machine.value).Add(static_cast<std::int64_t>(taken_in.count())).Add(reason);
  TRY(session_.Write(sql::kReportNotice, params));
  return {};
}

Status PgWorkerRegistry::Leave(MachineId machine, std::string_view reason) {
  Params params;
  params.Add(machine.value).Add(reason);
  TRY_ASSIGN(Rows rows, session_.Write(sql::kLeaveMachine, params));
  if (rows.Int(0, 1) == 0) return NotThere(machine);
  if (rows.Int(0, 0) == 0) return {};
  return Conflict(fmt::format("machine {} still holds {} leases", machine.value, rows.Int(0, 0)));
}

Status PgWorkerRegistry::Log(RunId run, MachineId machine, std::string_view text) {
  std::array<std::int64_t, 1> no_task{0};
  std::array<std::string, 1> texts{std::string(text)};
  Params params;
  params.Add(run.value).Add(machine.value).Add(std::span<const std::int64_t>(no_task));
  params.Add("worker").Add(std::span<const std::string>(texts));
  TRY(session_.Write(sql::kAppendLog, params));
  return {};
}

}  // namespace mayfly::postgres
