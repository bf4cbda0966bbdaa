#pragma once
// A slot's verbs on the ledger in memory, with the writes that its Complete commits.

#include <optional>
#include <utility>
#include <vector>

#include "seams/task_queue.h"
#include "sim/memory_ledger.h"

namespace mayfly::sim {

class MemoryTaskQueue : public TaskQueue {
 public:
  // The ledger must outlive it. `who` says whose connection it is.
  MemoryTaskQueue(MemoryLedger& ledger, const SlotIdentity& who)
      : ledger_(ledger), connection_(ledger.server, who.machine, who.slot) {}

  Result<std::vector<LeasedTask>> Claim(const ClaimRequest& request) override;
  Result<std::vector<LeasedTask>> Complete(std::span<const Completion> done,
                                           const std::optional<ClaimRequest>& next) override;
  Status Fail(TaskId task, Fence fence, const Error& error, std::string_view output) override;
  Status Release(std::span<const LeasedTask> tasks, std::string_view reason) override;
  Status Log(const SlotIdentity& who, TaskId task, std::string_view text) override;

  // What RunData does in a real database. kConflict: a lease was taken from us; kUnavailable:
  // our backend is gone and the leases are not. Either way nothing that was written counts.
  Status Begin();
  Status Rollback();

  // TRUNCATE and COPY of a task's leaf; `content` stands for the bytes. Needs Begin. Which attempt
  // writes is not asked: that is what the fence is for. kUnavailable: another transaction holds
  // the leaf's lock.
  struct LeafWrite {
    TaskId task;
    std::size_t leaf = 0;  // of the task's leaves
    std::int64_t rows = 0;
    std::uint64_t content = 0;
  };
  Status WriteLeaf(const LeafWrite& write);

  // Those of the same stage and place are replaced.
  Status RecordFindings(TaskId task, std::span<const Finding> findings);

  Connection& connection() { return connection_; }

 private:
  Result<std::vector<LeasedTask>> LeaseTo(const ClaimRequest& request, BackendId backend);
  Result<BackendId> UseBackend();
  Result<BackendId> UseTransaction();
  void RollBack();
  void Commit(BackendId backend, std::span<const Completion> done);
  void Forget(TaskId task);

  MemoryLedger& ledger_;
  Connection connection_;
  std::vector<std::pair<TaskId, Fence>> held_;  // our leases, as far as we know
  BackendId transaction_;                       // the backend that it was opened on; or 0
};

}  // namespace mayfly::sim
