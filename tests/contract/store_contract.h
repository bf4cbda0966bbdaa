#pragma once
// One suite for the store seams, run on every implementation: RunStore, TaskQueue, WorkerRegistry,
// HoldStore, ExecQueue, and the writes that TaskQueue::Complete commits.
//
// An implementation makes a StoreWorld and says
//   INSTANTIATE_TEST_SUITE_P(Memory, StoreContract, testing::Values(&MakeMemoryWorld));
// and links store_contract.cc, store_contract_faults.cc and store_contract_holds.cc.

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "model/plan.h"
#include "seams/closing_reads.h"
#include "seams/hold_store.h"
#include "seams/read_store.h"
#include "seams/run_store.h"
#include "seams/task_queue.h"

namespace mayfly::contract_test {

// What becomes of the next COMMIT of a slot.
enum class CommitFault {
  kNotSent,     // the connection is lost before the server sees it
  kAnswerLost,  // the server commits, and the connection is lost before the answer
};

// A slot process with its connection.
class SlotWorld {
 public:
  virtual ~SlotWorld() = default;
  virtual TaskQueue& queue() = 0;
  virtual Status Begin() = 0;
  virtual Status Rollback() = 0;

  // TRUNCATE and COPY into a leaf of a task this slot leases; `content` stands for the bytes.
  virtual Status WriteLeaf(const LeasedTask& task, std::size_t leaf, std::int64_t rows,
                           std::uint64_t content) = 0;

  // The process stops in the middle (SIGSTOP, a partition): nothing moves on its connection, which
  // stays open, and so do its transaction and its locks. No other call until Thaw.
  virtual void Freeze() = 0;
  virtual void Thaw() = 0;
  virtual void FaultNextCommit(CommitFault fault) = 0;
};

// What is committed in a leaf.
struct StoredLeaf {
  std::int64_t rows = 0;
  std::uint64_t content = 0;
};

// A store without a run of phase().
class StoreWorld {
 public:
  virtual ~StoreWorld() = default;
  virtual std::string phase() const { return "contract"; }  // unless the store is shared
  virtual RunStore& store() = 0;                            // a controller's
  virtual ReadStore& reader() = 0;
  virtual ClosingReads& closings() = 0;
  virtual HoldStore& holds() = 0;                     // an operator's
  virtual std::unique_ptr<RunStore> OpenStore() = 0;  // another controller's; destroyed: it is dead
  virtual void KillStore() = 0;                       // the controller of store() dies
  virtual std::unique_ptr<WorkerRegistry> OpenRegistry(const IntendedMachine& machine) = 0;
  virtual std::unique_ptr<ExecQueue> OpenExecs(const IntendedMachine& machine) = 0;
  virtual std::unique_ptr<SlotWorld> OpenSlot(const IntendedMachine& machine, RunId run,
                                              int slot) = 0;
  virtual StoredLeaf ReadLeaf(RunId run, const std::string& leaf) = 0;
  virtual void AgeHeartbeat(MachineId machine, Duration by) = 0;
  virtual void RestartServer() = 0;
};

using WorldFactory = std::function<std::unique_ptr<StoreWorld>()>;

// load (by pair) → first, second (features, by pair and month) → whole (sql, everything); `absent`
// is skipped. Two pairs, two months. Every task has 1 retry and 2 setbacks.
PhasePlan MakePlan(const std::string& phase);

class StoreContract : public ::testing::TestWithParam<WorldFactory> {
 protected:
  void SetUp() override;

  // A run that runs, under control.
  void StartRun();
  IntendedMachine StartMachine(const std::string& token = "m1");
  std::unique_ptr<SlotWorld> Slot(const IntendedMachine& machine, int slot = 0);

  std::vector<LeasedTask> MustClaim(SlotWorld& slot, const IntendedMachine& machine,
                                    int slot_number, int max_tasks);
  ClaimRequest Request(const IntendedMachine& machine, int slot, int max_tasks) const;

  // Writes every leaf and completes.
  Result<std::vector<LeasedTask>> Finish(SlotWorld& slot, const std::vector<LeasedTask>& tasks,
                                         std::uint64_t content,
                                         const std::optional<ClaimRequest>& next = std::nullopt);
  void FinishLoads(SlotWorld& slot, const IntendedMachine& machine);

  HoldId Ask(const HoldWish& wish);
  void Hold(const IntendedMachine& machine, Duration length);

  RunSnapshot Load();
  TaskCounts Counts(const std::string& stage);
  void Move(RunState to, std::optional<Verdict> verdict = std::nullopt);

  std::unique_ptr<StoreWorld> world_;
  RunId run_;
  Fence control_;
};

}  // namespace mayfly::contract_test
