#include "sim/faulty.h"

#include <fmt/format.h>

namespace mayfly::sim {

Status SeededGate::Before(std::string_view verb) {
  if (!rng_.Chance(rates_.not_sent)) return {};
  ++not_sent_;
  return Unavailable(fmt::format("{} was not sent", verb));
}

Status SeededGate::After(std::string_view verb) {
  if (!rng_.Chance(rates_.reply_lost)) return {};
  ++replies_lost_;
  return Ambiguous(fmt::format("the reply to {} was lost", verb));
}

Result<std::vector<LeasedTask>> FaultyTaskQueue::Claim(const ClaimRequest& request) {
  return ThroughGate(gate_, "claim", [&] { return inner_.Claim(request); });
}

Result<std::vector<LeasedTask>> FaultyTaskQueue::Complete(std::span<const Completion> done,
                                                          const std::optional<ClaimRequest>& next) {
  return ThroughGate(gate_, "complete", [&] { return inner_.Complete(done, next); });
}

Status FaultyTaskQueue::Fail(TaskId task, Fence fence, const Error& error,
                             std::string_view output) {
  return ThroughGate(gate_, "fail", [&] { return inner_.Fail(task, fence, error, output); });
}

Status FaultyTaskQueue::Release(std::span<const LeasedTask> tasks, std::string_view reason) {
  return ThroughGate(gate_, "release", [&] { return inner_.Release(tasks, reason); });
}

Status FaultyTaskQueue::Log(const SlotIdentity& who, TaskId task, std::string_view text) {
  return ThroughGate(gate_, "log", [&] { return inner_.Log(who, task, text); });
}

Result<WorkerBrief> FaultyRegistry::Register(RunId run, MachineId machine) {
  return ThroughGate(gate_, "register", [&] { return inner_.Register(run, machine); });
}

Result<WorkerOrders> FaultyRegistry::Renew(MachineId machine) {
  return ThroughGate(gate_, "renew", [&] { return inner_.Renew(machine); });
}

Result<int> FaultyRegistry::ReleaseSlot(const SlotIdentity& who, std::string_view reason,
                                        std::optional<Fence> overdue) {
  return ThroughGate(gate_, "release slot",
                     [&] { return inner_.ReleaseSlot(who, reason, overdue); });
}

Status FaultyRegistry::ReportNotice(MachineId machine, Duration taken_in, std::string_view reason) {
  return ThroughGate(gate_, "report notice",
                     [&] { return inner_.ReportNotice(machine, taken_in, reason); });
}

Status FaultyRegistry::Leave(MachineId machine, std::string_view reason) {
  return ThroughGate(gate_, "leave", [&] { return inner_.Leave(machine, reason); });
}

Status FaultyRegistry::Log(RunId run, MachineId machine, std::string_view text) {
  return ThroughGate(gate_, "log", [&] { return inner_.Log(run, machine, text); });
}

Result<std::vector<ExecOrder>> FaultyExecQueue::Take(MachineId machine) {
  return ThroughGate(gate_, "take commands", [&] { return inner_.Take(machine); });
}

Status FaultyExecQueue::AddOutput(ExecId exec, std::int64_t part, std::string_view bytes) {
  return ThroughGate(gate_, "add output", [&] { return inner_.AddOutput(exec, part, bytes); });
}

Status FaultyExecQueue::End(ExecId exec, const ExecExit& exit) {
  return ThroughGate(gate_, "end command", [&] { return inner_.End(exec, exit); });
}

Result<std::optional<Existing>> FaultyRunStore::FindNewest(const std::string& phase) {
  return ThroughGate(gate_, "find newest", [&] { return inner_.FindNewest(phase); });
}

Result<RunId> FaultyRunStore::Create(const PhasePlan& plan) {
  return ThroughGate(gate_, "create", [&] { return inner_.Create(plan); });
}

Result<Fence> FaultyRunStore::TakeControl(RunId run, const std::string& who) {
  return ThroughGate(gate_, "take control", [&] { return inner_.TakeControl(run, who); });
}

Result<RunSnapshot> FaultyRunStore::Load(RunId run) {
  return ThroughGate(gate_, "load", [&] { return inner_.Load(run); });
}

Status FaultyRunStore::Apply(RunId run, Fence control, const Change& change) {
  return ThroughGate(gate_, "apply", [&] { return inner_.Apply(run, control, change); });
}

Result<IntendedMachine> FaultyRunStore::RecordIntent(RunId run, Fence control,
                                                     const MachineIntent& intent) {
  return ThroughGate(gate_, "record intent",
                     [&] { return inner_.RecordIntent(run, control, intent); });
}

Status FaultyRunStore::RequestStop(RunId run, StopWish wish) {
  return ThroughGate(gate_, "request stop", [&] { return inner_.RequestStop(run, wish); });
}

Result<int> FaultyRunStore::ReapMachine(RunId run, Fence control, MachineId machine,
                                        const std::string& reason) {
  return ThroughGate(gate_, "reap",
                     [&] { return inner_.ReapMachine(run, control, machine, reason); });
}

Status FaultyRunStore::Publish(RunId run, Fence control) {
  return ThroughGate(gate_, "publish", [&] { return inner_.Publish(run, control); });
}

Status FaultyRunStore::CleanUp(RunId run, Fence control) {
  return ThroughGate(gate_, "clean up", [&] { return inner_.CleanUp(run, control); });
}

Status FaultyProvider::Preflight() {
  return ThroughGate(gate_, "preflight", [&] { return inner_.Preflight(); });
}

Result<LaunchAnswer> FaultyProvider::Launch(const LaunchIntent& intent) {
  return ThroughGate(gate_, "launch", [&] { return inner_.Launch(intent); });
}

Result<std::vector<MachineSighting>> FaultyProvider::List(RunId run) {
  return ThroughGate(gate_, "list", [&] { return inner_.List(run); });
}

Status FaultyProvider::Terminate(MachineId machine, const std::string& external_id) {
  return ThroughGate(gate_, "terminate", [&] { return inner_.Terminate(machine, external_id); });
}

Result<ResidueLook> FaultyProvider::FindResidue(RunId run) {
  return ThroughGate(gate_, "find residue", [&] { return inner_.FindResidue(run); });
}

Result<std::optional<DiskSight>> FaultyDiskKeeper::Look(RunId run, MachineId machine) {
  return ThroughGate(gate_, "look for a disk", [&] { return inner_.Look(run, machine); });
}

Result<DiskSight> FaultyDiskKeeper::Ask(const DiskIntent& intent) {
  return ThroughGate(gate_, "keep a disk", [&] { return inner_.Ask(intent); });
}

Status FaultyDiskKeeper::Drop(RunId run, MachineId machine) {
  return ThroughGate(gate_, "drop a disk", [&] { return inner_.Drop(run, machine); });
}

Result<FloorSight> FaultyFloorKeeper::Look(const std::string& cluster) {
  return ThroughGate(gate_, "look at a floor", [&] { return inner_.Look(cluster); });
}

Status FaultyFloorKeeper::Set(const std::string& cluster, std::int64_t least_milli) {
  return ThroughGate(gate_, "set a floor", [&] { return inner_.Set(cluster, least_milli); });
}

Status FaultyFloorKeeper::Mark(const std::string& cluster, const FloorMark& mark) {
  return ThroughGate(gate_, "mark a floor", [&] { return inner_.Mark(cluster, mark); });
}

Status FaultyFloorKeeper::Unmark(const std::string& cluster) {
  return ThroughGate(gate_, "unmark a floor", [&] { return inner_.Unmark(cluster); });
}

}  // namespace mayfly::sim
