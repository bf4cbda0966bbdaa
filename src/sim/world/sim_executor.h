#pragma once
// The work of tasks in a simulated slot: it takes its time, fails as its nature says, and writes
// leaves through the slot's gate, so that a kill or a lost reply can fall between any two writes.

#include <functional>

#include "seams/task_executor.h"
#include "sim/memory_queue.h"
#include "sim/world/random_phase.h"
#include "sim/world/sim_process.h"

namespace mayfly::sim {

class SimExecutor : public TaskExecutor {
 public:
  struct Parts {
    Scene& scene;
    SimProcess& process;
    MemoryTaskQueue& queue;
    const RandomPhase& phase;
    std::uint64_t seed = 0;
    std::function<void()> crash;  // takes the slot's process down
  };
  // What the parts name must outlive it.
  explicit SimExecutor(Parts parts) : parts_(std::move(parts)) {}

  Result<std::vector<Completion>> Execute(std::span<const LeasedTask> tasks,
                                          const std::function<bool()>& cancelled,
                                          ExecutionNotes& notes) override;

 private:
  Status Compute(const LeasedTask& task, const std::function<bool()>& cancelled);
  Status Write(const LeasedTask& task);
  Status WriteLeaf(const MemoryTaskQueue::LeafWrite& write);
  Status Verify(const LeasedTask& task);

  Parts parts_;
};

}  // namespace mayfly::sim
