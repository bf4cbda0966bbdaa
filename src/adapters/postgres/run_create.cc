// Create: run, stages, tasks, needs and leaves, roles and empty tables, in one transaction.

#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "adapters/postgres/ddl.h"
#include "adapters/postgres/migrate.h"
#include "adapters/postgres/plan_check.h"
#include "adapters/postgres/queries.gen.h"
#include "adapters/postgres/roles.h"
#include "adapters/postgres/run_store.h"
#include "adapters/postgres/snapshot.h"
#include "adapters/postgres/source_tables.h"
#include "base/text.h"
#include "model/plan_json.h"

namespace mayfly::postgres {
namespace {

constexpr std::size_t kChunk = 5000;  // rows per statement

struct NewRun {
  RunId id;
  std::string schema, writers, readers;
};

Result<NewRun> InsertRun(Connection& db, const PhasePlan& plan) {
  Params params;
  params.Add(plan.spec.name).Add(plan.hash).Add(plan.spec.database.schema);
  params.Add(plan.spec.database.keep_runs).Add(plan.spec.machines.slot_memory_bytes);
  if (const auto* in = std::get_if<Duration>(&plan.spec.deadline)) {
    params.Add(static_cast<std::int64_t>(in->count())).AddNull();
  } else {
    params.AddNull().Add(FormatInstant(std::get<Instant>(plan.spec.deadline)));
  }
  params.Add(plan.canonical_toml).Add(FindingsToJson(plan.findings));
  params.Add(std::span<const std::string>(plan.notes));
  plan.quote ? params.Add(QuoteToJson(*plan.quote)) : params.AddNull();
  TRY_ASSIGN(Rows rows, db.Run(sql::kCreateRun, params));
  return NewRun{RunId{rows.Int(0, 0)}, std::string(rows.Text(0, 1)), std::string(rows.Text(0, 2)),
                std::string(rows.Text(0, 3))};
}

std::vector<std::int64_t> TakeIds(const Rows& rows) {
  std::vector<std::int64_t> ids;
  for (int i = 0; i < rows.size(); ++i) ids.push_back(rows.Int(i, 0));
  return ids;
}

Result<std::vector<std::int64_t>> InsertStages(Connection& db, RunId run, const PhasePlan& plan) {
  std::vector<std::string> names, kinds, tables, skipped;
  for (const PlannedStage& stage : plan.stages) {
    names.push_back(stage.spec.name);
    kinds.emplace_back(stage.spec.kind_name());
    tables.push_back(stage.shape ? stage.shape->shown_name() : "");
    skipped.push_back(stage.skipped.value_or(""));
  }
  Params params;
  params.Add(run.value).Add(std::span<const std::string>(names));
  params.Add(std::span<const std::string>(kinds)).Add(std::span<const std::string>(tables));
  params.Add(std::span<const std::string>(skipped));
  TRY_ASSIGN(Rows rows, db.Run(sql::kCreateStages, params));
  return TakeIds(rows);
}

bool IsSkipped(const PhasePlan& plan, std::size_t task) {
  return plan.stages[plan.tasks[task].stage].skipped.has_value();
}

// A skipped task is nothing to wait for. -1: the task itself is skipped.
std::int64_t CountMissing(const PhasePlan& plan, std::size_t task) {
  if (IsSkipped(plan, task)) return -1;
  const std::vector<std::size_t>& needs = plan.tasks[task].needs;
  return std::count_if(needs.begin(), needs.end(),
                       [&](std::size_t need) { return !IsSkipped(plan, need); });
}

struct TaskColumns {
  std::vector<std::int64_t> stages, priorities, batches, missing, retries, setbacks;
  std::vector<std::string> points, keys;

  Params ToParams(RunId run) const {
    Params params;
    params.Add(run.value);
    for (const auto* column : {&stages, &priorities, &batches, &missing, &retries, &setbacks}) {
      params.Add(std::span<const std::int64_t>(*column));
    }
    params.Add(std::span<const std::string>(points)).Add(std::span<const std::string>(keys));
    return params;
  }
};

Result<std::vector<std::int64_t>> InsertTasks(Connection& db, RunId run, const PhasePlan& plan,
                                              const std::vector<std::int64_t>& stage_ids) {
  std::vector<std::int64_t> ids;
  std::vector<std::int64_t> batches = BatchesOf(plan);
  for (std::size_t begin = 0; begin < plan.tasks.size(); begin += kChunk) {
    TaskColumns columns;
    for (std::size_t i = begin; i < std::min(begin + kChunk, plan.tasks.size()); ++i) {
      const PlannedTask& task = plan.tasks[i];
      const StageSpec& stage = plan.stages[task.stage].spec;
      columns.stages.push_back(stage_ids[task.stage]);
      columns.priorities.push_back(static_cast<std::int64_t>(i));
      columns.batches.push_back(batches[i]);
      columns.missing.push_back(CountMissing(plan, i));
      columns.retries.push_back(stage.retries);
      columns.setbacks.push_back(stage.setbacks);
      columns.points.push_back(PointJson(task.point));
      columns.keys.push_back(task.point.Key());
    }
    TRY_ASSIGN(Rows rows, db.Run(sql::kCreateTasks, columns.ToParams(run)));
    std::vector<std::int64_t> some = TakeIds(rows);
    ids.insert(ids.end(), some.begin(), some.end());
  }
  return ids;
}

Status InsertNeeds(Connection& db, RunId run, const PhasePlan& plan,
                   const std::vector<std::int64_t>& ids) {
  std::vector<std::int64_t> tasks, on;
  auto flush = [&]() -> Status {
    if (tasks.empty()) return {};
    Params params;
    params.Add(run.value).Add(std::span<const std::int64_t>(tasks));
    params.Add(std::span<const std::int64_t>(on));
    TRY(db.Run(sql::kCreateNeeds, params));
    tasks.clear();
    on.clear();
    return {};
  };
  for (std::size_t i = 0; i < plan.tasks.size(); ++i) {
    if (IsSkipped(plan, i)) continue;
    for (std::size_t need : plan.tasks[i].needs) {
      if (IsSkipped(plan, need)) continue;
      tasks.push_back(ids[i]);
      on.push_back(ids[need]);
      if (tasks.size() >= kChunk) TRY(flush());
    }
  }
  return flush();
}

struct LeafColumns {
  std::vector<std::int64_t> tasks, ordinals;
  std::vector<std::string> names, points, begins, ends;
};

Status FlushLeaves(Connection& db, RunId run, LeafColumns& columns) {
  if (columns.tasks.empty()) return {};
  Params params;
  params.Add(run.value).Add(std::span<const std::int64_t>(columns.tasks));
  for (const auto* column : {&columns.names, &columns.points, &columns.begins, &columns.ends}) {
    params.Add(std::span<const std::string>(*column));
  }
  params.Add(std::span<const std::int64_t>(columns.ordinals));
  TRY(db.Run(sql::kCreateLeaves, params));
  columns = {};
  return {};
}

Status InsertLeaves(Connection& db, RunId run, const PhasePlan& plan,
                    const std::vector<std::int64_t>& ids) {
  LeafColumns columns;
  auto text = [](const std::optional<Instant>& instant) {
    return instant ? FormatInstant(*instant) : std::string();
  };
  for (std::size_t i = 0; i < plan.tasks.size(); ++i) {
    if (IsSkipped(plan, i)) continue;
    std::int64_t ordinal = 0;
    for (const Leaf& leaf : plan.tasks[i].leaves) {
      columns.tasks.push_back(ids[i]);
      columns.ordinals.push_back(ordinal++);
      columns.names.push_back(leaf.name);
      columns.points.push_back(PointJson(leaf.point));
      columns.begins.push_back(text(leaf.begin));
      columns.ends.push_back(text(leaf.end));
    }
    if (columns.tasks.size() >= kChunk) TRY(FlushLeaves(db, run, columns));
  }
  return FlushLeaves(db, run, columns);
}

// The tables that load stages read bars from, one per pair where the name holds {pair}.
std::set<std::string> ListSources(const PhasePlan& plan) {
  std::set<std::string> tables;
  for (const PlannedStage& stage : plan.stages) {
    const auto* load = std::get_if<LoadSpec>(&stage.spec.kind);
    if (load == nullptr || !load->source) continue;
    const Dimension* pairs = plan.grid.Find("pair");
    for (const std::string& pair : pairs == nullptr ? plan.findings.pairs : pairs->labels) {
      std::vector<std::pair<std::string, std::string>> values{{"pair", pair}};
      tables.insert(FillBraces(load->source->table, values));
    }
  }
  return tables;
}

// The user of the database reference may read its own tables, and passes that on to this run: those
// that bars are loaded from, and those that its statements read. The owner of the ledger could not
// even see them.
Status GrantReads(Connection& db, const PhasePlan& plan, const std::string& readers) {
  TRY(db.Script("SET LOCAL ROLE NONE"));
  std::string script;
  for (const std::string& table : ListSources(plan)) {
    SourceName name = SourceNameOf(table);
    script += fmt::format("GRANT USAGE ON SCHEMA {0} TO {2}; GRANT SELECT ON {0}.{1} TO {2};",
                          QuoteName(name.schema), QuoteName(name.table), QuoteName(readers));
  }
  TRY_ASSIGN(std::vector<MissingGrant> grants, ListMissingGrants(db, plan));
  for (const auto& [table, usage, select] : grants) {
    std::string schema = QuoteName(table.schema), name = QuoteName(table.table);
    std::string to = QuoteName(readers);
    if (usage) script += fmt::format("GRANT USAGE ON SCHEMA {} TO {};", schema, to);
    if (select) script += fmt::format("GRANT SELECT ON {}.{} TO {};", schema, name, to);
  }
  TRY(db.Script(script + fmt::format("SET LOCAL ROLE {}", kOwner)));
  return {};
}

Status CreateOutput(Connection& db, const PhasePlan& plan, const NewRun& run) {
  std::vector<OutputTable> tables = OutputTables(plan);
  TRY(internal::CreateSchema(db, run.schema));
  for (const OutputTable& table : tables) {
    Result<Rows> made = db.Script(CreateTableScript(run.schema, table));
    if (!made) return made.error().Within(fmt::format("table {}", table.shape.name));
  }
  TRY(db.Script(GrantScript(run.schema, tables, run.writers, run.readers)));
  return {};
}

}  // namespace

namespace internal {

Status CreateSchema(Connection& db, const std::string& name) {
  Result<Rows> made = db.Script(fmt::format("CREATE SCHEMA {}", QuoteName(name)));
  if (!made && made.error().kind() == ErrorKind::kDenied) {
    // Granted by a user that could not pass it on; the server only warned.
    return Denied(fmt::format("{}; an administrator can run: GRANT CREATE ON DATABASE {} TO {}",
                              made.error().message(), QuoteName(PQdb(db.raw())), kOwner));
  }
  TRY(made);
  return {};
}

Result<RunId> WriteRun(Connection& db, const PhasePlan& plan) {
  std::string as_owner = fmt::format("SET LOCAL ROLE {}", kOwner);
  TRY_ASSIGN(Transaction transaction, Transaction::Begin(db));
  TRY(db.Script(as_owner + "; SET LOCAL lock_timeout = 0"));
  TRY_ASSIGN(NewRun run, InsertRun(db, plan));
  TRY(MakeRunRoles(db, run.writers, run.readers));
  TRY(db.Script(as_owner));
  TRY_ASSIGN(std::vector<std::int64_t> stages, InsertStages(db, run.id, plan));
  TRY_ASSIGN(std::vector<std::int64_t> tasks, InsertTasks(db, run.id, plan, stages));
  TRY(InsertNeeds(db, run.id, plan, tasks));
  TRY(InsertLeaves(db, run.id, plan, tasks));
  TRY(CreateOutput(db, plan, run));
  TRY(GrantReads(db, plan, run.readers));
  Status committed = transaction.Commit();
  if (!committed && db.alive()) return committed.error();
  if (!committed) return run.id;  // the caller asks what became of it
  // The planner must know that these tables are not small any more; failing costs speed only.
  (void)db.Script(
      fmt::format("SET ROLE {}; ANALYZE mayfly.task, mayfly.need, mayfly.leaf", kOwner));
  (void)db.Script(fmt::format("SET ROLE {}", kController));
  return run.id;
}

}  // namespace internal

}  // namespace mayfly::postgres
