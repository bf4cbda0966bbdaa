// RunData: series in, leaves out, staging for commands.

#include <fmt/format.h>

#include "adapters/postgres/copy_encoder.h"
#include "adapters/postgres/ddl.h"
#include "adapters/postgres/queries.gen.h"
#include "adapters/postgres/roles.h"
#include "adapters/postgres/slot_session.h"
#include "adapters/postgres/source_tables.h"
#include "adapters/postgres/sql_text.h"
#include "base/text.h"

namespace mayfly::postgres::internal {
namespace {

constexpr std::size_t kPieceBytes = 256 * 1024;

std::string PlainOrQuoted(const std::string& schema, const std::string& table) {
  bool plain = IsPlainName(schema) && IsPlainName(table);
  return plain ? schema + "." + table : Qualified(schema, table);
}

class PgRunData final : public RunData {
 public:
  explicit PgRunData(SlotState& state) : state_(state) {}

  Result<Series> ReadSeries(const SeriesQuery& query) override {
    TRY_ASSIGN(Connection * db, state_.Db());
    return ReadSeriesFrom(*db, state_.schema, query);
  }

  Status Begin() override { return state_.Begin(); }
  Status Rollback() override { return state_.Rollback(); }

  Status ReplaceLeaf(const TableShape& shape, const Leaf& leaf, std::size_t rows,
                     std::span<const ColumnData> data) override {
    TRY_ASSIGN(Connection * db, Truncate(leaf));
    std::string copy = fmt::format("COPY {} ({}) FROM STDIN (FORMAT binary, FREEZE)",
                                   Qualified(state_.schema, leaf.name), ColumnList(shape));
    TRY(Named(leaf, db->StartCopy(copy)));
    auto put = [db](std::span<const char> bytes) { return db->PutCopy(bytes); };
    TRY(Named(leaf, EncodeRows(shape, rows, data, kPieceBytes, put)));
    Result<std::int64_t> copied = db->EndCopy();
    if (!copied) return copied.error().Within(leaf.name);
    if (*copied != static_cast<std::int64_t>(rows)) {
      return Corrupt(fmt::format("{}: {} rows were sent and {} arrived", leaf.name, rows, *copied));
    }
    state_.NoteWritten(leaf.name, *copied);
    return {};
  }

  Result<std::int64_t> ReplaceLeafBySelect(const TableShape& shape, const Leaf& leaf,
                                           const Point& point, std::string_view query) override {
    TRY_ASSIGN(Connection * db, Truncate(leaf));
    TRY(SetPoint(*db, point));
    TRY(SetBounds(*db, leaf));
    std::string insert = fmt::format("INSERT INTO {} ({})\nSELECT {} FROM (\n{}\n) AS output",
                                     Qualified(state_.schema, leaf.name), ColumnList(shape),
                                     ColumnList(shape), Bare(query));
    Result<Rows> inserted = db->RunOnce(insert, {});
    if (!inserted) return inserted.error().Within(leaf.name);
    state_.NoteWritten(leaf.name, inserted->affected());
    return inserted->affected();
  }

  Status TakeStatistics(const StatisticsWish& wish) override {
    if (!state_.in_transaction) return Defect("statistics are part of the task's transaction");
    TRY_ASSIGN(Connection * db, state_.Db());
    Params params;
    params.Add(wish.task.value).Add(wish.fence.value).Add(wish.table);
    params.Add(std::span<const std::string>(wish.columns)).Add(wish.target);
    Result<Rows> taken = db->Run(sql::kAnalyzeTable, params);
    if (!taken) return taken.error().Within(wish.table);
    return {};
  }

  Result<Staging> OpenStaging(TaskId task, Fence fence, const TableShape& shape) override {
    std::vector<std::string> names, types;
    for (const Column& column : shape.columns) {
      names.push_back(column.name);
      types.emplace_back(SqlName(column.type));
    }
    TRY_ASSIGN(Connection * db, state_.Db());
    TRY_ASSIGN(std::string password, MakePassword());
    TRY_ASSIGN(std::string verifier, MakeVerifier(*db, "command", password));
    Params params;
    params.Add(task.value).Add(fence.value).Add(std::span<const std::string>(names));
    params.Add(std::span<const std::string>(types)).Add(verifier);
    TRY_ASSIGN(Rows rows, state_.session.Write(sql::kOpenStaging, params));
    Staging staging;
    staging.table = PlainOrQuoted(std::string(rows.Text(0, 0)), std::string(rows.Text(0, 1)));
    staging.role = rows.Text(0, 2);
    staging.conninfo = db->AddressFor(staging.role, password);
    TRY_ASSIGN(staging.backend, CurrentBackend());
    return staging;
  }

  Status SealStaging(const Staging& staging) override {
    if (state_.in_transaction) return Defect("staging is sealed outside of the task's transaction");
    TRY(state_.session.Write(sql::kSealStaging, Params().Add(staging.role)));
    Params params;
    params.Add(staging.role).Add(kBackendWaitMs);
    TRY_ASSIGN(Rows rows, state_.session.Write(sql::kEndStagingBackends, params));
    if (rows.Int(0, 0) == 0) return {};
    return Unavailable(
        fmt::format("{} backends of {} would not end yet", rows.Int(0, 0), staging.role));
  }

  Status DropStaging(const Staging& staging) override {
    TRY_ASSIGN(Connection * db, state_.Db());
    Result<Rows> dropped = db->Run(sql::kDropStaging, Params().Add(staging.role));
    if (!dropped) return Unanswered(dropped.error(), *db);
    return {};
  }

  bool LostConnectionSince(const Staging& staging) override {
    Result<std::string> now = CurrentBackend();
    return !now || *now != staging.backend;
  }

 private:
  Result<std::string> CurrentBackend() {
    TRY_ASSIGN(Connection * db, state_.Db());
    return fmt::format("{} {}", db->backend().pid, db->backend().start);
  }

  static Status Named(const Leaf& leaf, const Status& status) {
    if (status) return {};
    return status.error().Within(leaf.name);
  }

  Result<Connection*> Truncate(const Leaf& leaf) {
    if (!state_.in_transaction) return Defect("a leaf is written only between Begin and Complete");
    TRY_ASSIGN(Connection * db, state_.Db());
    Status token = state_.TakeWriterToken();
    if (!token) return token.error().Within(leaf.name);
    Result<Rows> empty =
        db->Script(fmt::format("TRUNCATE {}", Qualified(state_.schema, leaf.name)));
    if (!empty) return empty.error().Within(leaf.name);
    return db;
  }

  SlotState& state_;
};

}  // namespace

std::unique_ptr<RunData> MakeRunData(SlotState& state) {
  return std::make_unique<PgRunData>(state);
}

}  // namespace mayfly::postgres::internal
