#include "sim/world/sim_executor.h"

#include <fmt/format.h>

namespace mayfly::sim {
namespace {

constexpr Duration kLockWait = milliseconds(500);
constexpr int kLockWaits = 20;  // together the lock_timeout
constexpr double kPauseBeforeCommit = 0.3;

std::size_t IndexOf(TaskId task) { return static_cast<std::size_t>(task.value - 1); }

}  // namespace

Result<std::vector<Completion>> SimExecutor::Execute(std::span<const LeasedTask> tasks,
                                                     const std::function<bool()>& cancelled,
                                                     ExecutionNotes& notes) {
  std::vector<Completion> completions;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    notes.Begin(i);
    TRY(Compute(tasks[i], cancelled));
  }
  notes.Begin(0);
  TRY(ThroughGate(parts_.process, "begin", [&] { return parts_.queue.Begin(); }));
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    notes.Begin(i);
    TRY(tasks[i].leaves.empty() ? Verify(tasks[i]) : Write(tasks[i]));
    completions.push_back({.id = tasks[i].id, .fence = tasks[i].fence, .rows = 100});
  }
  if (parts_.scene.rng.Chance(kPauseBeforeCommit)) {
    parts_.process.Pause(parts_.scene.Between(milliseconds(1), seconds(3)));
  }
  return completions;
}

// What an attempt does depends on seed, task and attempt, not on who runs it or when.
Status SimExecutor::Compute(const LeasedTask& task, const std::function<bool()>& cancelled) {
  const TaskNature& nature = parts_.phase.natures[IndexOf(task.id)];
  auto salt = static_cast<std::uint64_t>(task.id.value * 4096 + task.attempt);
  Rng chance = Rng(parts_.seed).Fork(salt);
  bool crashes = chance.Chance(nature.crashes), hangs = chance.Chance(nature.hangs);
  bool fails = nature.always_fails || chance.Chance(nature.fails);
  Duration takes = hangs ? seconds(60) : nature.takes;
  for (int half = 0; half < 2; ++half) {
    if (!parts_.process.Pause(takes / 2)) return Unavailable("the slot is dead");
    if (cancelled()) return Cancelled("the machine drains");
    if (crashes) {
      parts_.crash();
      return Unavailable("the slot crashed");
    }
  }
  if (fails) return Corrupt(fmt::format("task {} does not like its input", task.id.value));
  return {};
}

Status SimExecutor::Write(const LeasedTask& task) {
  for (std::size_t leaf = 0; leaf < task.leaves.size(); ++leaf) {
    TRY(WriteLeaf({.task = task.id,
                   .leaf = leaf,
                   .rows = 100,
                   .content = RightContent(IndexOf(task.id), leaf)}));
  }
  return {};
}

// TRUNCATE waits for whoever holds the leaf's lock, until lock_timeout.
Status SimExecutor::WriteLeaf(const MemoryTaskQueue::LeafWrite& write) {
  for (int wait = 0;; ++wait) {
    Status written =
        ThroughGate(parts_.process, "write", [&] { return parts_.queue.WriteLeaf(write); });
    std::size_t leaf = parts_.scene.ledger.tasks[IndexOf(write.task)].leaves[write.leaf];
    BackendId holder = parts_.scene.ledger.server.LockHolder(leaf);
    bool blocked = holder && holder != parts_.queue.connection().backend();
    if (written.ok() || !blocked || wait >= kLockWaits) return written;
    if (!parts_.process.Pause(kLockWait)) return written;
  }
}

// From the data alone: every leaf is there, accepted, and right.
Status SimExecutor::Verify(const LeasedTask& task) {
  std::vector<Finding> findings;
  const MemoryLedger& ledger = parts_.scene.ledger;
  for (const LeafRow& leaf : ledger.leaves) {
    const std::vector<std::size_t>& siblings = ledger.tasks[leaf.task].leaves;
    auto ordinal = static_cast<std::size_t>(&leaf - ledger.leaves.data()) - siblings.front();
    bool right = leaf.accepted && leaf.content == RightContent(leaf.task, ordinal);
    findings.push_back({.stage = ledger.stages[ledger.tasks[leaf.task].stage].name,
                        .check = "content",
                        .where = leaf.leaf.name,
                        .verdict = right ? Verdict::kPass : Verdict::kFail});
  }
  return ThroughGate(parts_.process, "record findings",
                     [&] { return parts_.queue.RecordFindings(task.id, findings); });
}

}  // namespace mayfly::sim
