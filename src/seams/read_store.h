#pragma once
// What people and dashboards read. A read-only role; never takes a lock that work would wait for.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/run.h"

namespace mayfly {

struct LogQuery {
  RunId run;
  std::optional<TaskId> task;
  std::int64_t after_id = 0;  // for following
  int limit = 1000;           // the newest
};

struct TaskStory {
  TaskView task;
  std::vector<std::string> waits_for;  // unfinished needs: "load at eurusd (leased)"
  std::vector<AttemptView> attempts;
  std::vector<EventView> events;
};

// Some rows of a leaf as text; an absent value is NULL.
struct RowSample {
  std::vector<std::string> columns;
  std::vector<std::vector<std::optional<std::string>>> rows;
};

struct StoredPlan {
  std::string canonical_toml;
  std::string findings_json;
  std::string schema;
  std::string quote_json;  // empty: it was planned without one
};

class ReadStore {
 public:
  virtual ~ReadStore() = default;

  // The newest run, of this phase if one is named. kNotFound says how to start one.
  virtual Result<RunId> NewestRun(const std::string& phase) = 0;
  virtual Result<RunSnapshot> Load(RunId run) = 0;
  virtual Result<StoredPlan> LoadPlan(RunId run) = 0;
  virtual Result<std::vector<TaskView>> ListTasks(RunId run, std::optional<TaskState> state) = 0;

  // A task by number or by "stage@point"; kNotFound names the nearest.
  virtual Result<TaskStory> Explain(RunId run, const std::string& task) = 0;
  virtual Result<std::vector<LogLine>> ReadLog(const LogQuery& query) = 0;
  virtual Result<std::vector<EventView>> ReadEvents(RunId run, std::int64_t after_id) = 0;
  virtual Result<std::vector<Finding>> ReadFindings(RunId run) = 0;

  // The rows at these places of a leaf, as they lie there; places beyond its end give none.
  virtual Result<RowSample> SampleLeaf(RunId run, const std::string& leaf,
                                       const std::vector<std::int64_t>& places) = 0;

  // What every machine's slots spent their time on, attempts in work too.
  virtual Result<std::vector<SlotTime>> ReadSlotTime(RunId run) = 0;
};

}  // namespace mayfly
