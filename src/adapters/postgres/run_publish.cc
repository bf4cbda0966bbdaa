// Publish, rollback, clean up: what readers see, and what is left of what they do not see any more.

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "adapters/postgres/ddl.h"
#include "adapters/postgres/migrate.h"
#include "adapters/postgres/queries.gen.h"
#include "adapters/postgres/roles.h"
#include "adapters/postgres/run_store.h"
#include "base/text.h"

namespace mayfly::postgres {
namespace {

constexpr std::string_view kNoAutoAnalyze = ", SET (autovacuum_analyze_threshold = 2147483647)";

struct Views {
  Connection& db;
  RunId run;
  std::string schema;         // of the run
  std::string reader_schema;  // where the views are
  std::string phase;
};

std::string AsOwnerScript() { return fmt::format("SET LOCAL ROLE {}", kOwner); }

Params SchemaAndName(const std::string& schema, std::string_view name) {
  Params params;
  params.Add(schema).Add(name);
  return params;
}

// The readers' schema may be the user's own; then the user passes on the right to make views there.
Status OpenReaderSchema(Connection& db, const std::string& schema) {
  std::string name = QuoteName(schema);
  TRY_ASSIGN(Rows may,
             db.RunOnce("SELECT n.oid IS NOT NULL, "
                        "has_schema_privilege('mayfly_owner', n.oid, 'CREATE, USAGE') "
                        "FROM (SELECT 1) one LEFT JOIN pg_namespace n ON nspname = $1::text",
                        Params().Add(schema)));
  if (!may.Bool(0, 0)) {
    TRY(db.Script(AsOwnerScript()));
    TRY(internal::CreateSchema(db, schema));
  } else if (!may.Bool(0, 1)) {
    Result<Rows> granted =
        db.Script(fmt::format("SET LOCAL ROLE NONE; GRANT USAGE, CREATE ON SCHEMA {} TO {}; {}",
                              name, kOwner, AsOwnerScript()));
    if (!granted && granted.error().kind() == ErrorKind::kDenied) {
      return Denied(fmt::format("{}; its owner can run: GRANT USAGE, CREATE ON SCHEMA {} TO {}",
                                granted.error().message(), name, kOwner));
    }
    TRY(granted);
  }
  Result<Rows> shown =
      db.Script(fmt::format("SAVEPOINT usage; GRANT USAGE ON SCHEMA {} TO {}; "
                            "RELEASE SAVEPOINT usage",
                            name, kReader));
  if (shown) return {};
  TRY(db.Script("ROLLBACK TO SAVEPOINT usage"));  // not ours: its owner decides who may look
  return {};
}

// A view keeps its grants and what depends on it where the new columns only add to the old.
bool OnlyAdds(std::string_view old_columns, std::string_view new_columns) {
  return new_columns == old_columns || new_columns.starts_with(std::string(old_columns) + ", ");
}

// `there` is the relation that has the name of what is to be published.
Status CheckOurs(const std::string& name, bool is_ours, const Rows& there) {
  if (is_ours && there.Text(0, 0) == "v") return {};
  return Conflict(fmt::format(
      "{} is in the way and was not made by this phase: rename it, or set database.schema", name));
}

// The phase's own views in a readers' schema.
Result<std::set<std::string>> ListOurs(Connection& db, const std::string& reader_schema,
                                       std::string_view phase) {
  TRY_ASSIGN(Rows known, db.Run(sql::kListPublishedViews, Params().Add(reader_schema)));
  std::set<std::string> ours;
  for (int i = 0; i < known.size(); ++i) {
    if (known.Text(i, 1) == phase) ours.emplace(known.Text(i, 0));
  }
  return ours;
}

Status MakeRoom(const Views& views, const std::string& table, const std::set<std::string>& ours,
                const Rows& there) {
  std::string name = Qualified(views.reader_schema, table);
  TRY(CheckOurs(name, ours.contains(table), there));
  TRY_ASSIGN(Rows target, views.db.Run(sql::kFindRelation, SchemaAndName(views.schema, table)));
  if (target.size() > 0 && OnlyAdds(there.Text(0, 1), target.Text(0, 1))) return {};
  TRY(views.db.Script(fmt::format("DROP VIEW {}", name)));
  return {};
}

Status PointView(const Views& views, const std::string& table, const std::set<std::string>& ours) {
  TRY_ASSIGN(Rows there,
             views.db.Run(sql::kFindRelation, SchemaAndName(views.reader_schema, table)));
  if (there.size() > 0) TRY(MakeRoom(views, table, ours, there));
  std::string name = Qualified(views.reader_schema, table);
  TRY(
      views.db.Script(fmt::format("CREATE OR REPLACE VIEW {0} AS SELECT * FROM {1}; "
                                  "GRANT SELECT ON {0} TO {2}",
                                  name, Qualified(views.schema, table), kReader)));
  Params note = SchemaAndName(views.reader_schema, table);
  note.Add(views.run.value);
  TRY(views.db.Run(sql::kNoteView, note));
  return {};
}

Status DropView(const Views& views, const std::string& table) {
  TRY(views.db.Script(
      fmt::format("DROP VIEW IF EXISTS {}", Qualified(views.reader_schema, table))));
  TRY(views.db.Run(sql::kForgetView, SchemaAndName(views.reader_schema, table)));
  return {};
}

// In the open transaction, as the owner.
Status PointAll(const Views& views) {
  TRY(OpenReaderSchema(views.db, views.reader_schema));
  TRY_ASSIGN(std::set<std::string> ours, ListOurs(views.db, views.reader_schema, views.phase));
  TRY_ASSIGN(Rows tables, views.db.Run(sql::kListOutput, Params().Add(views.run.value)));
  std::set<std::string> stale = ours;
  for (int i = 0; i < tables.size(); ++i) {
    std::string table(tables.Text(i, 0));
    TRY(PointView(views, table, ours));
    stale.erase(table);
  }
  for (const std::string& table : stale) TRY(DropView(views, table));
  return {};
}

Status RecordPublication(Connection& db, RunId run, std::string_view kind) {
  Params params;
  params.Add(run.value).Add(kind);
  TRY(db.Run(sql::kRecordPublication, params));
  return {};
}

// From now on the leaves are tables like any other; where statistics were taken for good,
// autovacuum is kept from reading every column of a leaf once more to take its own.
Status WakeLeaves(Connection& db, RunId run, const std::string& schema) {
  TRY_ASSIGN(Rows leaves, db.Run(sql::kListQuietLeaves, Params().Add(run.value)));
  std::string script;
  for (int i = 0; i < leaves.size(); ++i) {
    bool has_statistics = leaves.Bool(i, 1);
    script +=
        fmt::format("ALTER TABLE {} RESET (autovacuum_enabled){};",
                    Qualified(schema, leaves.Text(i, 0)), has_statistics ? kNoAutoAnalyze : "");
  }
  if (script.empty()) return {};
  TRY(db.Script(script));
  return {};
}

struct DeadRun {
  RunId id;
  std::string schema, writers, readers;
};

Status DropRun(Connection& db, const DeadRun& run) {
  TRY_ASSIGN(Transaction transaction, Transaction::Begin(db));
  TRY(db.Script(fmt::format("{}; DROP SCHEMA IF EXISTS {} CASCADE; SET LOCAL ROLE {}",
                            AsOwnerScript(), QuoteName(run.schema), kController)));
  TRY(DropRunRoles(db, {run.writers, run.readers}));
  TRY(db.Script(AsOwnerScript()));
  TRY(db.Run(sql::kMarkDropped, Params().Add(run.id.value)));
  return transaction.Commit();
}

Status DropDeadStaging(Connection& db, RunId run) {
  TRY_ASSIGN(Rows dead, db.Run(sql::kListStaging, Params().Add(run.value)));
  for (int i = 0; i < dead.size(); ++i) {
    std::string role(dead.Text(i, 0));
    TRY(db.Run(sql::kSealStaging, Params().Add(role)));
    Params end;
    end.Add(role).Add(kBackendWaitMs);
    TRY_ASSIGN(Rows left, db.Run(sql::kEndStagingBackends, end));
    if (left.Int(0, 0) > 0) return Unavailable(fmt::format("backends of {} will not end", role));
    TRY(db.Run(sql::kDropStaging, Params().Add(role)));
  }
  return {};
}

}  // namespace

Status PgRunStore::Publish(RunId run, Fence control) {
  TRY_ASSIGN(Connection * db, session_.Get());
  TRY_ASSIGN(Transaction transaction, Transaction::Begin(*db));
  Params params;
  params.Add(run.value).Add(control.value);
  TRY_ASSIGN(Rows rows, db->Run(sql::kBeginPublish, params));
  if (rows.size() == 0) return Refusal(*db, run, control);
  if (rows.Text(0, 0) != "pass") {  // I7
    return Conflict(fmt::format("run {} has no verdict pass and is not published", run.value));
  }
  Views views{*db, run, std::string(rows.Text(0, 1)), std::string(rows.Text(0, 2)),
              std::string(rows.Text(0, 3))};
  TRY(db->Script(AsOwnerScript()));
  TRY(PointAll(views));
  TRY(WakeLeaves(*db, run, views.schema));
  TRY(RecordPublication(*db, run, "publish"));
  Status committed = transaction.Commit();
  if (!committed) return Unanswered(committed.error(), *db);
  return {};
}

Status CheckPublication(const std::string& conninfo, const PhasePlan& plan) {
  TRY_ASSIGN(Connection db, OpenLedger(conninfo, {.application_name = "mayfly plan",
                                                  .role = kController,
                                                  .lock_timeout = seconds(5)}));
  TRY_ASSIGN(Transaction transaction, Transaction::Begin(db));  // never committed
  TRY(db.Script(AsOwnerScript()));
  const std::string& schema = plan.spec.database.schema;
  TRY(OpenReaderSchema(db, schema));
  TRY_ASSIGN(std::set<std::string> ours, ListOurs(db, schema, plan.spec.name));
  std::vector<std::string> obstacles;
  for (const PlannedStage& stage : plan.stages) {
    if (!stage.shape || stage.skipped) continue;
    const std::string& table = stage.shape->shown_name();
    TRY_ASSIGN(Rows there, db.Run(sql::kFindRelation, SchemaAndName(schema, table)));
    if (there.size() == 0) continue;
    Status is_ours = CheckOurs(Qualified(schema, table), ours.contains(table), there);
    if (!is_ours) obstacles.push_back(is_ours.error().message());
  }
  if (obstacles.empty()) return {};
  return Conflict(Join(obstacles, "\n"));
}

Status PgRunStore::CleanUp(RunId run, Fence control) {
  TRY_ASSIGN(Connection * db, session_.Get());
  Params params;
  params.Add(run.value).Add(control.value);
  TRY_ASSIGN(Rows rows, db->Run(sql::kCheckControl, params));
  if (rows.size() == 0) return Refusal(*db, run, control);
  TRY_ASSIGN(RunState state, ParseRunState(rows.Text(0, 0)));
  TRY(DropDeadStaging(*db, run));
  if (IsOver(state)) {
    TRY_ASSIGN(Transaction transaction, Transaction::Begin(*db));
    TRY(DropRunRoles(*db, {std::string(rows.Text(0, 1))}));
    TRY(transaction.Commit());
  }
  TRY_ASSIGN(Rows dead, db->Run(sql::kListDroppableRuns, Params().Add(run.value)));
  for (int i = 0; i < dead.size(); ++i) {
    TRY(DropRun(*db, {RunId{dead.Int(i, 0)}, std::string(dead.Text(i, 1)),
                      std::string(dead.Text(i, 2)), std::string(dead.Text(i, 3))}));
  }
  return {};
}

Result<RunId> RollBack(const std::string& conninfo, const std::string& phase) {
  TRY_ASSIGN(Connection db, OpenLedger(conninfo, {.application_name = "mayfly rollback",
                                                  .role = kController,
                                                  .lock_timeout = seconds(5)}));
  TRY_ASSIGN(Transaction transaction, Transaction::Begin(db));
  TRY(db.Script(AsOwnerScript()));
  TRY_ASSIGN(Rows rows, db.Run(sql::kFindRollback, Params().Add(phase)));
  if (rows.size() == 0) {
    return NotFound(fmt::format("no run of phase {} was ever published", phase));
  }
  if (rows.IsNull(0, 1)) {
    return NotFound(
        fmt::format("run {} is what readers of {} see, and no earlier published run is "
                    "kept (database.keep_runs)",
                    rows.Int(0, 0), phase));
  }
  RunId earlier{rows.Int(0, 1)};
  TRY(PointAll({db, earlier, std::string(rows.Text(0, 2)), std::string(rows.Text(0, 3)), phase}));
  TRY(RecordPublication(db, earlier, "rollback"));
  TRY(transaction.Commit());
  return earlier;
}

}  // namespace mayfly::postgres
