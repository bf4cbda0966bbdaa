#include "adapters/postgres/migrate.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <map>
#include <vector>

#include "adapters/postgres/queries.gen.h"
#include "base/text.h"

namespace mayfly::postgres {
namespace {

constexpr int kAttempts = 5;  // two databases of one cluster may touch the same role at once

std::string Checksum(const char* text) { return fmt::format("{:016x}", Fnv1a(text)); }

struct Applied {
  std::map<int, std::string> checksums;
};

Result<Applied> LoadApplied(Connection& db) {
  Applied applied;
  TRY_ASSIGN(Rows there, db.Script("SELECT to_regclass('mayfly.schema_version') IS NOT NULL"));
  if (!there.Bool(0, 0)) return applied;
  TRY_ASSIGN(Rows rows, db.Script("SELECT version, checksum FROM mayfly.schema_version"));
  for (int i = 0; i < rows.size(); ++i) {
    applied.checksums[static_cast<int>(rows.Int(i, 0))] = std::string(rows.Text(i, 1));
  }
  return applied;
}

// The migrations that are missing, if all that were applied are ours. A number may be missing.
Result<std::vector<const sql::Migration*>> FindMissing(const Applied& applied) {
  std::map<int, const sql::Migration*> ours;
  for (const sql::Migration& migration : sql::kMigrations) ours[migration.version] = &migration;
  for (const auto& [version, checksum] : applied.checksums) {
    const auto known = ours.find(version);
    if (known == ours.end()) {
      return Conflict(fmt::format(
          "the ledger of this database has version {} and this mayfly knows {}; use the newer one",
          version, sql::kMigrations.back().version));
    }
    if (checksum != Checksum(known->second->text)) {
      return Conflict(fmt::format(
          "migration {} was applied to this database in another form; migrations are never edited: "
          "use the mayfly that made this ledger, or another database",
          known->second->name));
    }
    ours.erase(known);
  }
  std::vector<const sql::Migration*> missing;
  for (const auto& [version, migration] : ours) missing.push_back(migration);
  return missing;
}

Status Apply(Connection& db, const sql::Migration& migration) {
  TRY_ASSIGN(Transaction transaction, Transaction::Begin(db));
  TRY(db.Script(migration.text));
  Params params;
  params.Add(migration.version).Add(migration.name).Add(Checksum(migration.text));
  TRY(
      db.RunOnce("INSERT INTO mayfly.schema_version (version, name, checksum) "
                 "VALUES ($1::int, $2::text, $3::text)",
                 params));
  return transaction.Commit();
}

Status PrepareSchema(Connection& db) {
  TRY(
      db.Script("CREATE SCHEMA IF NOT EXISTS mayfly;"
                "CREATE TABLE IF NOT EXISTS mayfly.schema_version ("
                "  version int PRIMARY KEY, name text NOT NULL, checksum text NOT NULL,"
                "  applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),"
                "  applied_by text NOT NULL DEFAULT session_user)"));
  return {};
}

Status ApplyMissing(Connection& db) {
  TRY(db.Script("SELECT pg_advisory_lock(1835102822, 0)"));  // ends with the session
  TRY_ASSIGN(Applied applied, LoadApplied(db));
  TRY_ASSIGN(const std::vector<const sql::Migration*> missing, FindMissing(applied));
  if (applied.checksums.empty()) TRY(PrepareSchema(db));
  for (const sql::Migration* migration : missing) {
    Status outcome = Apply(db, *migration);
    if (!outcome) return outcome.error().Within(fmt::format("migration {}", migration->name));
  }
  return {};
}

Error SayWhatToGrant(const Error& error, Connection& db) {
  if (error.kind() != ErrorKind::kDenied) return error;
  const char* user = PQuser(db.raw());
  const char* database = PQdb(db.raw());
  return Denied(fmt::format(
      "{}; mayfly makes a schema and roles of its own; an administrator can run: "
      "ALTER ROLE {} CREATEROLE; GRANT CREATE ON DATABASE {} TO {} WITH GRANT OPTION; "
      "and, where the roles are there already: GRANT mayfly_owner, mayfly_controller, "
      "mayfly_worker, mayfly_reader TO {}",
      error.message(), QuoteName(user), QuoteName(database), QuoteName(user), QuoteName(user)));
}

// Catalog rows of shared roles may change under us when another database is migrated.
bool IsRace(const Error& error, const std::string& state) {
  return error.kind() == ErrorKind::kUnavailable && (state == "XX000" || state.starts_with("40"));
}

}  // namespace

Status Migrate(const std::string& conninfo) {
  TRY_ASSIGN(Connection db, Connection::Open(conninfo, {.application_name = "mayfly migrate"}));
  Result<Applied> applied = LoadApplied(db);
  if (!applied) return SayWhatToGrant(applied.error(), db);
  TRY_ASSIGN(const std::vector<const sql::Migration*> missing, FindMissing(*applied));
  if (missing.empty()) return {};
  Status outcome;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    outcome = ApplyMissing(db);
    if (outcome || !IsRace(outcome.error(), db.last_state())) break;
  }
  if (outcome) return {};
  return SayWhatToGrant(outcome.error(), db);
}

Result<Connection> OpenLedger(const std::string& conninfo, const ConnectOptions& options) {
  ConnectOptions plain = options;
  plain.role.clear();
  TRY_ASSIGN(Connection db, Connection::Open(conninfo, plain));
  TRY_ASSIGN(Rows there, db.Script("SELECT to_regclass('mayfly.run') IS NOT NULL"));
  if (!there.Bool(0, 0)) {
    return NotFound(fmt::format("database {} holds no ledger yet; `mayfly run PHASE` makes it",
                                PQdb(db.raw())));
  }
  if (options.role.empty()) return db;
  Result<Rows> became = db.Script(fmt::format("SET ROLE {}", QuoteName(options.role)));
  if (became) return db;
  if (became.error().kind() != ErrorKind::kDenied) return became.error();
  return Denied(
      fmt::format("user {} is no member of {}; an administrator can run: GRANT mayfly_owner, "
                  "mayfly_controller, mayfly_worker, mayfly_reader TO {}",
                  PQuser(db.raw()), options.role, QuoteName(PQuser(db.raw()))));
}

}  // namespace mayfly::postgres
