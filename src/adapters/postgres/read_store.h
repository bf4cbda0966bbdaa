#pragma once
// What people and dashboards read, as mayfly_reader in read-only transactions.

#include <string>

#include "adapters/postgres/session.h"
#include "seams/read_store.h"

namespace mayfly::postgres {

// One session; not thread-safe. Takes no lock that work would wait for. kNotFound: the database
// holds no ledger yet.
class PgReadStore final : public ReadStore {
 public:
  explicit PgReadStore(std::string conninfo);

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
  Result<Rows> Read(const Query& query, const Params& params);
  Result<std::vector<TaskView>> Tasks(RunId run, std::optional<TaskState> state,
                                      std::optional<std::int64_t> task);
  Result<std::int64_t> FindTask(RunId run, const std::string& task);
  Result<std::vector<AttemptView>> Attempts(std::int64_t task);
  Result<std::vector<EventView>> Events(RunId run, std::int64_t after_id,
                                        std::optional<std::int64_t> task);

  Session session_;
};

}  // namespace mayfly::postgres
