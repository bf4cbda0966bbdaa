#pragma once
// What people and tests read from the ledger in memory. Needs no connection: it looks at the rows.

#include "seams/read_store.h"
#include "sim/memory_ledger.h"

namespace mayfly::sim {

class MemoryReadStore : public ReadStore {
 public:
  // The ledger must outlive it.
  explicit MemoryReadStore(MemoryLedger& ledger) : ledger_(ledger) {}

  Result<RunId> NewestRun(const std::string& phase) override;
  Result<RunSnapshot> Load(RunId run) override;
  Result<StoredPlan> LoadPlan(RunId run) override;
  Result<std::vector<TaskView>> ListTasks(RunId run, std::optional<TaskState> state) override;
  Result<TaskStory> Explain(RunId run, const std::string& task) override;
  Result<std::vector<LogLine>> ReadLog(const LogQuery& query) override;
  Result<std::vector<EventView>> ReadEvents(RunId run, std::int64_t after_id) override;
  Result<std::vector<Finding>> ReadFindings(RunId run) override;
  Result<RowSample> SampleLeaf(RunId run, const std::string& leaf,
                               const std::vector<std::int64_t>& places) override;
  Result<std::vector<SlotTime>> ReadSlotTime(RunId run) override;

 private:
  Result<const RunRow*> FindRun(RunId run) const;
  Result<std::size_t> FindTask(const RunRow& run, const std::string& task) const;
  std::string NameOf(const TaskRow& task) const;  // "stage@point"
  TaskView ViewOf(std::size_t index) const;

  MemoryLedger& ledger_;
};

}  // namespace mayfly::sim
