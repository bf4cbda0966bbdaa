#include "sim/memory_queue.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace mayfly::sim {

// A new backend is one that the leases do not name yet: they are adopted before it does anything.
Result<BackendId> MemoryTaskQueue::UseBackend() {
  bool fresh = connection_.IsLost();
  TRY_ASSIGN(BackendId backend, connection_.Use());
  if (!fresh) return backend;
  std::erase_if(
      held_, [&](const auto& lease) { return !ledger_.Adopt(lease.first, lease.second, backend); });
  return backend;
}

// The backend of the open transaction. Where that is gone, so is all that it wrote; whether the
// leases went with it is what the new backend was told.
Result<BackendId> MemoryTaskQueue::UseTransaction() {
  std::size_t leases = held_.size();
  TRY_ASSIGN(BackendId backend, UseBackend());
  if (!transaction_ || transaction_ == backend) return backend;
  std::string what = fmt::format("backend {} is gone: nothing that it wrote counts",
                                 std::exchange(transaction_, {}).value);
  return held_.size() == leases ? Unavailable(std::move(what)) : Conflict(std::move(what));
}

void MemoryTaskQueue::RollBack() {
  if (!connection_.IsLost()) ledger_.server.FinishTransaction(connection_.backend());
  transaction_ = {};
}

void MemoryTaskQueue::Forget(TaskId task) {
  std::erase_if(held_, [&](const auto& lease) { return lease.first == task; });
}

Result<std::vector<LeasedTask>> MemoryTaskQueue::Claim(const ClaimRequest& request) {
  TRY_ASSIGN(BackendId backend, UseBackend());
  RollBack();
  return LeaseTo(request, backend);
}

// The machine's row is locked FOR KEY SHARE: a machine that is ending gets nothing any more.
Result<std::vector<LeasedTask>> MemoryTaskQueue::LeaseTo(const ClaimRequest& request,
                                                         BackendId backend) {
  const MachineRow* machine = ledger_.FindMachine(request.who.machine);
  const RunRow* run = ledger_.FindRun(request.who.run);
  if (machine == nullptr || run == nullptr || machine->run != request.who.run) {
    return NotFound(
        fmt::format("run {} has no machine {}", request.who.run.value, request.who.machine.value));
  }
  bool works = machine->state == MachineState::kWorking || machine->state == MachineState::kBooting;
  bool goes_on = run->view.state == RunState::kApproved || run->view.state == RunState::kRunning ||
                 run->view.state == RunState::kVerifying || run->view.state == RunState::kFinishing;
  if (!works || machine->drain || !goes_on) {
    return Conflict(fmt::format("machine {} is {} and the run is {}: it gets no more work",
                                request.who.machine.value, Name(machine->state),
                                Name(run->view.state)));
  }
  if (run->view.state != RunState::kRunning) return std::vector<LeasedTask>{};
  std::vector<LeasedTask> leased = ledger_.Lease(request, backend);
  for (const LeasedTask& task : leased) held_.emplace_back(task.id, task.fence);
  return leased;
}

Status MemoryTaskQueue::Begin() {
  TRY_ASSIGN(BackendId backend, UseBackend());
  if (held_.empty()) return Conflict("no lease is left to work under");
  CHECK(!ledger_.server.at(backend).in_transaction, "a transaction is open already");
  ledger_.server.at(backend).in_transaction = true;
  transaction_ = backend;
  return {};
}

Status MemoryTaskQueue::Rollback() {
  TRY(UseBackend());
  RollBack();
  return {};
}

Status MemoryTaskQueue::WriteLeaf(const LeafWrite& write) {
  TRY_ASSIGN(BackendId backend, UseTransaction());
  // A second try after the backend was lost, as somebody does who waited for a lock meanwhile.
  if (!transaction_) return Unavailable("no transaction is open: it ended with its backend");
  const TaskRow* task = ledger_.FindTask(write.task);
  if (task == nullptr || write.leaf >= task->leaves.size()) {
    return NotFound(fmt::format("task {} has no leaf {}", write.task.value, write.leaf));
  }
  return ledger_.server.Write(backend, {task->leaves[write.leaf], write.rows, write.content});
}

// I3: all or nothing. The fence is looked at last of all, in the transaction that wrote the rows.
Result<std::vector<LeasedTask>> MemoryTaskQueue::Complete(std::span<const Completion> done,
                                                          const std::optional<ClaimRequest>& next) {
  TRY_ASSIGN(BackendId backend, UseTransaction());
  std::size_t proofs = ledger_.writes.size();
  for (const Completion& completion : done) {
    Status accepted = ledger_.AcceptFence(completion.id, completion.fence, "complete");
    if (!accepted.ok()) {
      ledger_.writes.resize(proofs);
      RollBack();
      return accepted.error();
    }
  }
  Commit(backend, done);
  transaction_ = {};
  if (!next) return std::vector<LeasedTask>{};
  // A machine that may not work any more has still completed; it only gets nothing new.
  Result<std::vector<LeasedTask>> leased = LeaseTo(*next, backend);
  return leased.ok() ? std::move(*leased) : std::vector<LeasedTask>{};
}

void MemoryTaskQueue::Commit(BackendId backend, std::span<const Completion> done) {
  for (const PendingWrite& write : ledger_.server.FinishTransaction(backend)) {
    LeafRow& leaf = ledger_.leaves[write.leaf];
    leaf.content = write.content;
    leaf.rows = write.rows;
    leaf.accepted = {};
    ++leaf.storage;
  }
  for (const Completion& completion : done) {
    for (std::size_t leaf : ledger_.FindTask(completion.id)->leaves) {
      ledger_.leaves[leaf].accepted = completion.fence;
    }
    ledger_.Finish(completion);
    Forget(completion.id);
  }
}

Status MemoryTaskQueue::Fail(TaskId task, Fence fence, const Error& error,
                             std::string_view output) {
  TRY(UseBackend());
  RollBack();
  Forget(task);
  // A repeated call whose first answer was lost is no conflict.
  const AttemptRow* attempt = ledger_.FindAttempt(fence);
  if (attempt != nullptr && attempt->outcome == "failed") return {};
  TRY(ledger_.AcceptFence(task, fence, "fail"));
  ledger_.Return(static_cast<std::size_t>(task.value - 1),
                 {.outcome = "failed",
                  .blame = IsOwnFault(error.kind()) ? Blame::kTask : Blame::kOurs,
                  .failure = error.kind(),
                  .error = error.message(),
                  .output = std::string(output)});
  return {};
}

Status MemoryTaskQueue::Release(std::span<const LeasedTask> tasks, std::string_view reason) {
  TRY(UseBackend());
  RollBack();
  for (const LeasedTask& task : tasks) {
    Forget(task.id);
    // What is not ours any more need not be given back.
    if (!ledger_.AcceptFence(task.id, task.fence, "release").ok()) continue;
    ledger_.Return(static_cast<std::size_t>(task.id.value - 1),
                   {.outcome = "released", .error = std::string(reason)});
  }
  return {};
}

Status MemoryTaskQueue::Log(const SlotIdentity& who, TaskId task, std::string_view text) {
  TRY(connection_.Use());
  ledger_.logs.push_back({.id = std::ssize(ledger_.logs) + 1,
                          .at = ledger_.Now(),
                          .machine = who.machine,
                          .task = task,
                          .source = "task",
                          .text = std::string(text)});
  return {};
}

Status MemoryTaskQueue::RecordFindings(TaskId task, std::span<const Finding> findings) {
  TRY(connection_.Use());
  const TaskRow* row = ledger_.FindTask(task);
  if (row == nullptr) return NotFound(fmt::format("there is no task {}", task.value));
  std::vector<Finding>& kept = ledger_.runs[row->run].findings;
  std::erase_if(kept, [&](const Finding& old) {
    return std::ranges::any_of(
        findings, [&](const Finding& f) { return f.stage == old.stage && f.where == old.where; });
  });
  kept.insert(kept.end(), findings.begin(), findings.end());
  return {};
}

}  // namespace mayfly::sim
