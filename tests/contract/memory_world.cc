// The contract of the store seams, on the ledger in memory that simulations use.

#include <gtest/gtest.h>

#include <utility>

#include "sim/memory_closing.h"
#include "sim/memory_holds.h"
#include "sim/memory_queue.h"
#include "sim/memory_reads.h"
#include "sim/memory_registry.h"
#include "sim/memory_runs.h"
#include "store_contract.h"

namespace mayfly::contract_test {
namespace {

using sim::MemoryLedger;
using sim::MemoryTaskQueue;

// A slot. Nothing moves in memory unless it is called, so frozen is how it always is.
class MemorySlot : public SlotWorld, private TaskQueue {
 public:
  MemorySlot(MemoryLedger& ledger, const SlotIdentity& who)
      : ledger_(ledger), inner_(ledger, who) {}

  TaskQueue& queue() override { return *this; }
  Status Begin() override { return inner_.Begin(); }
  Status Rollback() override { return inner_.Rollback(); }
  Status WriteLeaf(const LeasedTask& task, std::size_t leaf, std::int64_t rows,
                   std::uint64_t content) override {
    return inner_.WriteLeaf({task.id, leaf, rows, content});
  }
  void Freeze() override {}
  void Thaw() override {}
  void FaultNextCommit(CommitFault fault) override { fault_ = fault; }

 private:
  Result<std::vector<LeasedTask>> Claim(const ClaimRequest& request) override {
    return inner_.Claim(request);
  }
  Result<std::vector<LeasedTask>> Complete(std::span<const Completion> done,
                                           const std::optional<ClaimRequest>& next) override {
    std::optional<CommitFault> fault = std::exchange(fault_, std::nullopt);
    sim::BackendId backend = inner_.connection().backend();
    if (fault == CommitFault::kNotSent) ledger_.server.End(backend);
    auto answer = inner_.Complete(done, next);
    if (fault == CommitFault::kAnswerLost) ledger_.server.End(backend);
    return answer;
  }
  Status Fail(TaskId task, Fence fence, const Error& error, std::string_view output) override {
    return inner_.Fail(task, fence, error, output);
  }
  Status Release(std::span<const LeasedTask> tasks, std::string_view reason) override {
    return inner_.Release(tasks, reason);
  }
  Status Log(const SlotIdentity& who, TaskId task, std::string_view text) override {
    return inner_.Log(who, task, text);
  }

  MemoryLedger& ledger_;
  MemoryTaskQueue inner_;
  std::optional<CommitFault> fault_;
};

class MemoryWorld : public StoreWorld {
 public:
  RunStore& store() override { return *store_; }
  ReadStore& reader() override { return reader_; }
  ClosingReads& closings() override { return closings_; }
  HoldStore& holds() override { return holds_; }
  std::unique_ptr<RunStore> OpenStore() override {
    return std::make_unique<sim::MemoryRunStore>(ledger_);
  }
  void KillStore() override { store_.reset(); }
  std::unique_ptr<WorkerRegistry> OpenRegistry(const IntendedMachine& machine) override {
    return std::make_unique<sim::MemoryRegistry>(ledger_, machine.machine);
  }
  std::unique_ptr<ExecQueue> OpenExecs(const IntendedMachine& machine) override {
    return std::make_unique<sim::MemoryExecQueue>(ledger_, machine.machine);
  }
  std::unique_ptr<SlotWorld> OpenSlot(const IntendedMachine& machine, RunId run,
                                      int slot) override {
    return std::make_unique<MemorySlot>(ledger_, SlotIdentity{run, machine.machine, slot});
  }
  StoredLeaf ReadLeaf(RunId, const std::string& name) override {
    for (const sim::LeafRow& leaf : ledger_.leaves) {
      if (leaf.leaf.name == name) return {leaf.rows, leaf.content};
    }
    ADD_FAILURE() << "no leaf " << name;
    return {};
  }
  void AgeHeartbeat(MachineId machine, Duration by) override {
    *ledger_.FindMachine(machine)->heartbeat -= by;
  }
  void RestartServer() override {
    ledger_.server.Stop();
    ledger_.server.Start();
  }

 private:
  sim::VirtualTime time_;
  MemoryLedger ledger_{time_};
  sim::MemoryReadStore reader_{ledger_};
  sim::MemoryClosingReads closings_{ledger_};
  sim::MemoryHoldStore holds_{ledger_};
  std::unique_ptr<sim::MemoryRunStore> store_ = std::make_unique<sim::MemoryRunStore>(ledger_);
};

std::unique_ptr<StoreWorld> MakeMemoryWorld() { return std::make_unique<MemoryWorld>(); }

INSTANTIATE_TEST_SUITE_P(Memory, StoreContract, testing::Values(&MakeMemoryWorld));

}  // namespace
}  // namespace mayfly::contract_test
