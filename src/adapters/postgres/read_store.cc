#include "adapters/postgres/read_store.h"

#include <fmt/format.h>

#include "adapters/postgres/ddl.h"
#include "adapters/postgres/migrate.h"
#include "adapters/postgres/queries.gen.h"
#include "adapters/postgres/snapshot.h"
#include "base/text.h"

namespace mayfly::postgres {

PgReadStore::PgReadStore(std::string conninfo)
    : session_(std::move(conninfo),
               {.application_name = "mayfly reader", .role = kReader, .read_only = true}) {}

Result<RunId> PgReadStore::NewestRun(const std::string& phase) {
  TRY_ASSIGN(Rows rows, Read(sql::kFindNewestRun, Params().Add(phase)));
  if (rows.size() > 0) return RunId{rows.Int(0, 0)};
  return NotFound(
      phase.empty() ? std::string("this ledger has no run yet; `mayfly run PHASE` starts one")
                    : fmt::format("phase {} has no run yet; `mayfly run PHASE` starts one", phase));
}

// The server may have been restarted while nobody read, and a connection that is only kept notices
// at its next use. Reading twice is harmless.
Result<Rows> PgReadStore::Read(const Query& query, const Params& params) {
  Result<Rows> rows = session_.Read(query, params);
  if (rows || rows.error().kind() != ErrorKind::kUnavailable) return rows;
  session_.Close();
  return session_.Read(query, params);
}

Result<RunSnapshot> PgReadStore::Load(RunId run) {
  TRY(Read(sql::kFindRunSchema, Params().Add(run.value)));  // on a connection that is there
  TRY_ASSIGN(Connection * db, session_.Get());
  return LoadSnapshot(*db, run);
}

Result<StoredPlan> PgReadStore::LoadPlan(RunId run) {
  TRY_ASSIGN(Rows rows, Read(sql::kLoadPlan, Params().Add(run.value)));
  if (rows.size() == 0) return NotFound(fmt::format("run {} is not in this ledger", run.value));
  return StoredPlan{std::string(rows.Text(0, 0)), std::string(rows.Text(0, 1)),
                    std::string(rows.Text(0, 2)), std::string(rows.Text(0, 3))};
}

Result<std::vector<TaskView>> PgReadStore::Tasks(RunId run, std::optional<TaskState> state,
                                                 std::optional<std::int64_t> task) {
  Params params;
  params.Add(run.value);
  state ? params.Add(Name(*state)) : params.AddNull();
  params.Add(task);
  TRY_ASSIGN(Rows rows, Read(sql::kListTasks, params));
  std::vector<TaskView> tasks;
  for (int i = 0; i < rows.size(); ++i) {
    TaskView view;
    view.id = TaskId{rows.Int(i, 0)};
    view.stage = rows.Text(i, 1);
    TRY_ASSIGN(view.point, ParsePointJson(rows.Text(i, 2)));
    TRY_ASSIGN(view.state, ParseTaskState(rows.Text(i, 3)));
    view.failures = static_cast<int>(rows.Int(i, 4));
    view.setbacks = static_cast<int>(rows.Int(i, 5));
    view.rows = rows.Int(i, 6);
    view.last_error = rows.Text(i, 7);
    tasks.push_back(std::move(view));
  }
  return tasks;
}

Result<std::vector<TaskView>> PgReadStore::ListTasks(RunId run, std::optional<TaskState> state) {
  return Tasks(run, state, std::nullopt);
}

Result<std::int64_t> PgReadStore::FindTask(RunId run, const std::string& task) {
  Params params;
  params.Add(run.value).Add(task);
  TRY_ASSIGN(Rows found, Read(sql::kFindTask, params));
  if (found.size() > 0) return found.Int(0, 0);
  TRY_ASSIGN(Rows rows, Read(sql::kListTaskNames, Params().Add(run.value)));
  std::vector<std::string> names;
  for (int i = 0; i < rows.size(); ++i) names.emplace_back(rows.Text(i, 0));
  std::optional<std::string> nearest = NearestName(task, names);
  std::string hint = nearest
                         ? fmt::format("did you mean {}?", *nearest)
                         : std::string("a task is a number, or STAGE@POINT as in `mayfly status`");
  return NotFound(fmt::format("run {} has no task {}; {}", run.value, task, hint));
}

Result<std::vector<AttemptView>> PgReadStore::Attempts(std::int64_t task) {
  TRY_ASSIGN(Rows rows, Read(sql::kListAttempts, Params().Add(task)));
  std::vector<AttemptView> attempts;
  for (int i = 0; i < rows.size(); ++i) {
    AttemptView view;
    view.fence = Fence{rows.Int(i, 0)};
    view.machine = MachineId{rows.Int(i, 1)};
    view.slot = static_cast<int>(rows.Int(i, 2));
    view.started = rows.Time(i, 3);
    view.ended = rows.MaybeTime(i, 4);
    view.outcome = rows.Text(i, 5);
    view.error = rows.Text(i, 6);
    view.output = rows.Text(i, 7);
    view.rows = rows.Int(i, 8);
    view.seconds = rows.Double(i, 9);
    attempts.push_back(std::move(view));
  }
  return attempts;
}

Result<TaskStory> PgReadStore::Explain(RunId run, const std::string& task) {
  TRY_ASSIGN(std::int64_t id, FindTask(run, task));
  TRY_ASSIGN(std::vector<TaskView> views, Tasks(run, std::nullopt, id));
  TRY_ASSIGN(Rows waits, Read(sql::kListWaits, Params().Add(id)));
  TaskStory story;
  story.task = std::move(views.at(0));
  for (int i = 0; i < waits.size(); ++i) {
    std::string_view error = waits.Text(i, 3);
    story.waits_for.push_back(fmt::format("{} at {} ({}{}{})", waits.Text(i, 0), waits.Text(i, 1),
                                          waits.Text(i, 2), error.empty() ? "" : ": ", error));
  }
  TRY_ASSIGN(story.attempts, Attempts(id));
  TRY_ASSIGN(story.events, Events(run, 0, id));
  return story;
}

Result<std::vector<LogLine>> PgReadStore::ReadLog(const LogQuery& query) {
  Params params;
  params.Add(query.run.value);
  query.task ? params.Add(query.task->value) : params.AddNull();
  params.Add(query.after_id).Add(query.limit);
  TRY_ASSIGN(Rows rows, Read(sql::kReadLog, params));
  std::vector<LogLine> lines;
  for (int i = 0; i < rows.size(); ++i) {
    lines.push_back({.id = rows.Int(i, 0),
                     .at = rows.Time(i, 1),
                     .machine = MachineId{rows.Int(i, 2)},
                     .task = TaskId{rows.Int(i, 3)},
                     .source = std::string(rows.Text(i, 4)),
                     .text = std::string(rows.Text(i, 5))});
  }
  return lines;
}

Result<std::vector<EventView>> PgReadStore::Events(RunId run, std::int64_t after_id,
                                                   std::optional<std::int64_t> task) {
  Params params;
  params.Add(run.value).Add(after_id).Add(task);
  TRY_ASSIGN(Rows rows, Read(sql::kReadEvents, params));
  std::vector<EventView> events;
  for (int i = 0; i < rows.size(); ++i) {
    events.push_back({.id = rows.Int(i, 0),
                      .at = rows.Time(i, 1),
                      .kind = std::string(rows.Text(i, 2)),
                      .task = TaskId{rows.Int(i, 3)},
                      .machine = MachineId{rows.Int(i, 4)},
                      .detail = std::string(rows.Text(i, 5))});
  }
  return events;
}

Result<std::vector<EventView>> PgReadStore::ReadEvents(RunId run, std::int64_t after_id) {
  return Events(run, after_id, std::nullopt);
}

Result<std::vector<Finding>> PgReadStore::ReadFindings(RunId run) {
  TRY_ASSIGN(Rows rows, Read(sql::kReadFindings, Params().Add(run.value)));
  std::vector<Finding> findings;
  for (int i = 0; i < rows.size(); ++i) {
    Finding finding{std::string(rows.Text(i, 0)), std::string(rows.Text(i, 1)),
                    std::string(rows.Text(i, 2)), Verdict::kCannotTell,
                    std::string(rows.Text(i, 4)), std::string(rows.Text(i, 5))};
    TRY_ASSIGN(finding.verdict, ParseVerdict(rows.Text(i, 3)));
    findings.push_back(std::move(finding));
  }
  return findings;
}

Result<RowSample> PgReadStore::SampleLeaf(RunId run, const std::string& leaf,
                                          const std::vector<std::int64_t>& places) {
  TRY_ASSIGN(Rows where, Read(sql::kFindRunSchema, Params().Add(run.value)));
  if (where.size() == 0) return NotFound(fmt::format("run {} is not in this ledger", run.value));
  TRY_ASSIGN(Connection * db, session_.Get());
  std::string table = Qualified(where.Text(0, 0), leaf);
  RowSample sample;
  for (std::int64_t place : places) {
    TRY_ASSIGN(Rows row,
               db->RunOnce(fmt::format("SELECT * FROM {} OFFSET $1::bigint LIMIT 1", table),
                           Params().Add(place)));
    sample.columns.clear();
    for (int c = 0; c < row.columns(); ++c) sample.columns.emplace_back(row.ColumnName(c));
    if (row.size() == 0) continue;
    std::vector<std::optional<std::string>>& values = sample.rows.emplace_back();
    for (int c = 0; c < row.columns(); ++c) {
      values.push_back(row.IsNull(0, c) ? std::nullopt
                                        : std::optional<std::string>(row.Text(0, c)));
    }
  }
  return sample;
}

Result<std::vector<SlotTime>> PgReadStore::ReadSlotTime(RunId run) {
  TRY_ASSIGN(Rows rows, Read(sql::kListSlotTime, Params().Add(run.value)));
  std::vector<SlotTime> times;
  for (int i = 0; i < rows.size(); ++i) {
    times.push_back({.machine = MachineId{rows.Int(i, 0)},
                     .stage = std::string(rows.Text(i, 1)),
                     .length = Duration(rows.Int(i, 3)),
                     .lost = rows.Bool(i, 2)});
  }
  return times;
}

}  // namespace mayfly::postgres
