#include "adapters/postgres/data_probe.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "adapters/postgres/copy_encoder.h"
#include "adapters/postgres/ddl.h"
#include "adapters/postgres/migrate.h"
#include "adapters/postgres/queries.gen.h"
#include "adapters/postgres/source_tables.h"
#include "adapters/postgres/sql_text.h"
#include "base/text.h"

namespace mayfly::postgres {
namespace {

constexpr std::size_t kColumnsPerScan = 400;  // a result has at most 1,664 columns

bool IsNumber(ColumnType type) {
  return type == ColumnType::kFloat8 || type == ColumnType::kFloat4 || type == ColumnType::kInt4 ||
         type == ColumnType::kInt8;
}
bool IsFloat(ColumnType type) { return type == ColumnType::kFloat8 || type == ColumnType::kFloat4; }
bool IsTime(ColumnType type) {
  return type == ColumnType::kTimestamptz || type == ColumnType::kDate;
}

// One statement, in a read-only transaction unless one is open: no compiling of hundreds of
// aggregates, and no helpers taken from the other slots.
Result<Rows> Scan(Connection& db, const std::string& statement) {
  if (db.in_transaction()) return db.RunOnce(statement, {});
  TRY(
      db.Script("BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY;"
                "SET LOCAL jit = off; SET LOCAL max_parallel_workers_per_gather = 0"));
  Result<Rows> rows = db.RunOnce(statement, {});
  Result<Rows> ended = db.Script("ROLLBACK");
  if (rows && !ended) return ended.error();
  return rows;
}

std::string Bound(const Leaf& leaf, std::string_view ts) {
  std::string text = "true";
  if (leaf.begin) text += fmt::format(" AND {} >= {}", ts, QuoteText(FormatInstant(*leaf.begin)));
  if (leaf.end) text += fmt::format(" AND {} < {}", ts, QuoteText(FormatInstant(*leaf.end)));
  return text;
}

// The least or the greatest value as a number, a time in seconds; NULL where there is no order.
std::string Extreme(std::string_view which, const Column& column) {
  std::string text = fmt::format("{}({})", which, QuoteName(column.name));
  // As text, four bytes would be rounded to what tells them from their neighbours.
  if (column.type == ColumnType::kFloat4) return text + "::float8";
  if (IsTime(column.type)) return fmt::format("extract(epoch FROM {})::float8", text);
  return IsNumber(column.type) ? text : "NULL";
}

// What is asked of a leaf's rows whatever else is. A row of COPY FREEZE, or one that was vacuumed,
// still shows the number of the transaction that wrote it; one that was updated shows the other's.
std::string SelectRows(const TableShape& shape, const std::string& transaction) {
  std::string foreign = transaction.empty() ? "NULL"
                                            : fmt::format("count(*) FILTER (WHERE xmin <> {}::xid)",
                                                          QuoteText(transaction));
  return fmt::format("SELECT count(*), min({0}), max({0}), {1}",
                     shape.time_column ? QuoteName(*shape.time_column) : "NULL::timestamptz",
                     foreign);
}

constexpr int kRowAnswers = 4;  // that SelectRows gives

void TakeRows(const Rows& rows, LeafFacts& facts) {
  facts.rows = rows.Int(0, 0);
  facts.first = rows.MaybeTime(0, 1);
  facts.last = rows.MaybeTime(0, 2);
  facts.foreign_rows = rows.MaybeInt(0, 3);
}

std::vector<std::string> InputsOf(const SourceQuestion& question) {
  std::set<std::string> names;
  for (const WindowRule& rule : question.rules)
    names.insert(rule.inputs.begin(), rule.inputs.end());
  return {names.begin(), names.end()};
}

// Rows at which a rule's window is whole, given where each input was last missing, and not flat,
// given where one of them last changed.
struct WindowFollower {
  const WindowRule& rule;
  std::vector<std::size_t> inputs;
  std::int64_t last_missing = -1;
  std::int64_t last_change = 0;

  bool IsWhole(const Series& series, std::int64_t row) {
    for (std::size_t input : inputs) {
      const double* value = &series.columns[input][static_cast<std::size_t>(row)];
      if (std::isnan(*value)) last_missing = row;
      if (row > 0 && value[0] != value[-1]) last_change = row;
    }
    bool is_flat = rule.null_when_flat && row - last_change >= rule.lookback;
    return row - last_missing > rule.lookback && !is_flat;
  }
};

bool IsInside(const Leaf& leaf, std::int64_t ts_us) {
  Instant at{Duration(ts_us)};
  return (!leaf.begin || at >= *leaf.begin) && (!leaf.end || at < *leaf.end);
}

}  // namespace

Result<LeafFacts> PgDataProbe::FindLeaf(Connection& db, const TableShape& shape, const Leaf& leaf) {
  LeafFacts facts;
  facts.columns.resize(shape.columns.size());
  Params name;
  name.Add(Qualified(schema_, leaf.name));
  TRY_ASSIGN(Rows there, db.RunOnce("SELECT pg_relation_filenode(to_regclass($1::text))", name));
  facts.exists = !there.IsNull(0, 0);
  if (facts.exists) facts.storage = there.Int(0, 0);
  return facts;
}

Result<LeafFacts> PgDataProbe::MeasureLeaf(const TableShape& shape, const Leaf& leaf,
                                           const std::string& transaction) {
  TRY_ASSIGN(Connection * db, source_());
  TRY_ASSIGN(LeafFacts facts, FindLeaf(*db, shape, leaf));
  if (!facts.exists) return facts;
  Status measured = MeasureColumns(*db, shape, leaf, transaction, facts);
  if (!measured) return measured.error().Within(leaf.name);
  bool any = std::any_of(facts.columns.begin(), facts.columns.end(),
                         [](const ColumnFacts& column) { return column.not_finite != 0; });
  if (any) TRY(CountNotFinite(*db, shape, leaf, facts));
  return facts;
}

Result<LeafFacts> PgDataProbe::MeasureRows(const TableShape& shape, const Leaf& leaf,
                                           const std::string& transaction) {
  TRY_ASSIGN(Connection * db, source_());
  TRY_ASSIGN(LeafFacts facts, FindLeaf(*db, shape, leaf));
  if (!facts.exists) return facts;
  Result<Rows> rows =
      Scan(*db, SelectRows(shape, transaction) + " FROM " + Qualified(schema_, leaf.name));
  if (!rows) return rows.error().Within(leaf.name);
  TakeRows(*rows, facts);
  return facts;
}

// NaN is PostgreSQL's greatest number, so minimum and maximum tell whether all are finite.
Status PgDataProbe::MeasureColumns(Connection& db, const TableShape& shape, const Leaf& leaf,
                                   const std::string& transaction, LeafFacts& facts) {
  for (std::size_t begin = 0; begin < shape.columns.size(); begin += kColumnsPerScan) {
    std::size_t end = std::min(begin + kColumnsPerScan, shape.columns.size());
    std::string statement = SelectRows(shape, transaction);
    for (std::size_t c = begin; c < end; ++c) {
      const Column& column = shape.columns[c];
      statement += fmt::format(", count({}), {}, {}", QuoteName(column.name),
                               Extreme("min", column), Extreme("max", column));
    }
    statement += " FROM " + Qualified(schema_, leaf.name);
    TRY_ASSIGN(Rows rows, Scan(db, statement));
    TakeRows(rows, facts);
    for (std::size_t c = begin; c < end; ++c) {
      int at = kRowAnswers + 3 * static_cast<int>(c - begin);
      ColumnFacts& column = facts.columns[c];
      column.non_null = rows.Int(0, at);
      column.constant = !rows.IsNull(0, at + 1) && rows.Text(0, at + 1) == rows.Text(0, at + 2);
      if (rows.IsNull(0, at + 1)) continue;
      column.min = rows.Double(0, at + 1);
      column.max = rows.Double(0, at + 2);
      bool is_finite = std::isfinite(*column.min) && std::isfinite(*column.max);
      if (IsFloat(shape.columns[c].type) && !is_finite) column.not_finite = 1;
    }
  }
  return {};
}

// The rare second look, at the columns that hold something that is no number.
Status PgDataProbe::CountNotFinite(Connection& db, const TableShape& shape, const Leaf& leaf,
                                   LeafFacts& facts) {
  std::vector<std::size_t> suspects;
  std::string statement = "SELECT count(*)";
  for (std::size_t c = 0; c < shape.columns.size() && suspects.size() < kColumnsPerScan; ++c) {
    if (facts.columns[c].not_finite == 0 || !IsFloat(shape.columns[c].type)) continue;
    suspects.push_back(c);
    statement += fmt::format(
        ", count(*) FILTER (WHERE NOT ({0} > '-infinity' AND {0} < 'infinity')), "
        "min({0}) FILTER (WHERE {0} > '-infinity' AND {0} < 'infinity'), "
        "max({0}) FILTER (WHERE {0} > '-infinity' AND {0} < 'infinity')",
        QuoteName(shape.columns[c].name));
  }
  statement += " FROM " + Qualified(schema_, leaf.name);
  TRY_ASSIGN(Rows rows, Scan(db, statement));
  for (std::size_t i = 0; i < suspects.size(); ++i) {
    ColumnFacts& column = facts.columns[suspects[i]];
    int at = 1 + 3 * static_cast<int>(i);
    column.not_finite = rows.Int(0, at);
    column.min.reset();
    column.max.reset();
    if (rows.IsNull(0, at + 1)) continue;
    column.min = rows.Double(0, at + 1);
    column.max = rows.Double(0, at + 2);
  }
  return {};
}

Result<bool> PgDataProbe::HasNulls(Connection& db, const SourceQuestion& question) {
  std::string statement = "SELECT count(*)";
  std::vector<std::string> inputs = InputsOf(question);
  for (const std::string& input : inputs) {
    // A NaN in the source is a missing value, as it is to the engine.
    statement +=
        fmt::format(", count(*) FILTER (WHERE {0} IS NULL OR {0} = 'NaN')", QuoteName(input));
  }
  statement += fmt::format(" FROM {} WHERE {}", TableName(schema_, question.table),
                           EqualsText(question.equals));
  TRY_ASSIGN(Rows rows, Scan(db, statement));
  for (int c = 1; c < rows.columns(); ++c) {
    if (rows.Int(0, c) > 0) return true;
  }
  return false;
}

Result<std::vector<SourceAnswer>> PgDataProbe::CountSource(const SourceQuestion& question) {
  if (question.leaves.empty()) return std::vector<SourceAnswer>{};
  TRY_ASSIGN(Connection * db, source_());
  bool follows = std::any_of(question.rules.begin(), question.rules.end(),
                             [](const WindowRule& rule) { return rule.null_when_flat; });
  if (!follows) {
    TRY_ASSIGN(follows, HasNulls(*db, question));
  }
  return follows ? FollowWindows(*db, question) : CountWhole(*db, question);
}

// Without NULLs a window is whole once `lookback` rows lie before it, wherever they lie.
Result<std::vector<SourceAnswer>> PgDataProbe::CountWhole(Connection& db,
                                                          const SourceQuestion& question) {
  std::string ts = QuoteName(question.time_column);
  std::vector<SourceAnswer> answers;
  constexpr std::size_t kLeavesPerScan = 800;
  for (std::size_t begin = 0; begin < question.leaves.size(); begin += kLeavesPerScan) {
    std::size_t end = std::min(begin + kLeavesPerScan, question.leaves.size());
    std::vector<std::string> counts;
    for (std::size_t i = begin; i < end; ++i) {
      const Leaf& leaf = question.leaves[i];
      std::string before = leaf.begin
                               ? fmt::format("{} < {}", ts, QuoteText(FormatInstant(*leaf.begin)))
                               : std::string("false");
      counts.push_back(fmt::format("count(*) FILTER (WHERE {}), count(*) FILTER (WHERE {})",
                                   Bound(leaf, ts), before));
    }
    TRY_ASSIGN(Rows rows, Scan(db, fmt::format("SELECT {} FROM {} WHERE {}", Join(counts, ", "),
                                               TableName(schema_, question.table),
                                               EqualsText(question.equals))));
    for (std::size_t i = begin; i < end; ++i) {
      int at = 2 * static_cast<int>(i - begin);
      SourceAnswer answer{.rows = rows.Int(0, at)};
      for (const WindowRule& rule : question.rules) {
        std::int64_t cold =
            std::clamp<std::int64_t>(rule.lookback - rows.Int(0, at + 1), 0, answer.rows);
        answer.non_null.push_back(answer.rows - cold);
      }
      answers.push_back(std::move(answer));
    }
  }
  return answers;
}

Result<std::vector<SourceAnswer>> PgDataProbe::FollowWindows(Connection& db,
                                                             const SourceQuestion& question) {
  std::vector<std::string> inputs = InputsOf(question);
  std::vector<std::string> columns{QuoteName(question.time_column) + "::timestamptz"};
  for (const std::string& input : inputs) columns.push_back(QuoteName(input) + "::float8");
  SeriesDecoder decoder(inputs.size());
  std::string copy =
      fmt::format("COPY (SELECT {} FROM {} WHERE {} ORDER BY {}) TO STDOUT (FORMAT binary)",
                  Join(columns, ", "), TableName(schema_, question.table),
                  EqualsText(question.equals), QuoteName(question.time_column));
  TRY(db.CopyOut(copy, [&](std::string_view message) { return decoder.Take(message); }));
  Series series = std::move(decoder).Finish();

  std::vector<SourceAnswer> answers(question.leaves.size());
  for (SourceAnswer& answer : answers) answer.non_null.assign(question.rules.size(), 0);
  std::vector<WindowFollower> followers;
  for (const WindowRule& rule : question.rules) {
    WindowFollower follower{rule, {}};
    for (const std::string& input : rule.inputs) {
      auto found = std::find(inputs.begin(), inputs.end(), input);
      follower.inputs.push_back(static_cast<std::size_t>(found - inputs.begin()));
    }
    followers.push_back(std::move(follower));
  }
  std::vector<bool> whole(followers.size());
  for (std::size_t row = 0; row < series.ts_us.size(); ++row) {
    for (std::size_t f = 0; f < followers.size(); ++f) {
      whole[f] = followers[f].IsWhole(series, static_cast<std::int64_t>(row));
    }
    for (std::size_t i = 0; i < answers.size(); ++i) {
      if (!IsInside(question.leaves[i], series.ts_us[row])) continue;
      ++answers[i].rows;
      for (std::size_t r = 0; r < whole.size(); ++r) answers[i].non_null[r] += whole[r] ? 1 : 0;
    }
  }
  return answers;
}

Result<Series> PgDataProbe::ReadSeries(const SeriesQuery& query) {
  TRY_ASSIGN(Connection * db, source_());
  return ReadSeriesFrom(*db, schema_, query);
}

Result<std::vector<std::string>> PgDataProbe::ListLeaves(const TableShape& shape) {
  TRY_ASSIGN(Connection * db, source_());
  Params name;
  name.Add(Qualified(schema_, shape.name));
  TRY_ASSIGN(Rows rows, db->Run(sql::kListLeaves, name));
  std::vector<std::string> leaves;
  for (int i = 0; i < rows.size(); ++i) leaves.emplace_back(rows.Text(i, 0));
  return leaves;
}

Result<bool> PgDataProbe::HasKey(const TableShape& shape) {
  if (shape.key.empty()) return false;
  TRY_ASSIGN(Connection * db, source_());
  Params params;
  params.Add(Qualified(schema_, shape.name)).Add(std::span<const std::string>(shape.key));
  TRY_ASSIGN(Rows rows, db->Run(sql::kFindKey, params));
  return rows.size() > 0;
}

Result<std::vector<SpareIndex>> PgDataProbe::ListSpareIndexes() {
  TRY_ASSIGN(Connection * db, source_());
  TRY_ASSIGN(Rows rows, db->Run(sql::kListIndexes, Params()));
  std::vector<SpareIndex> indexes;
  for (int i = 0; i < rows.size(); ++i) {
    indexes.push_back({std::string(rows.Text(i, 0)), std::string(rows.Text(i, 1)), rows.Int(i, 2),
                       rows.Int(i, 3), std::string(rows.Text(i, 4))});
  }
  return indexes;
}

Result<std::optional<bool>> PgDataProbe::Assert(const Point& point, std::string_view sql) {
  TRY_ASSIGN(Connection * db, source_());
  if (db->in_transaction()) return Defect("an assertion is asked outside of a transaction");
  TRY(db->Script("BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY"));
  Status set = SetPoint(*db, point);
  Result<Rows> rows = set ? db->RunOnce(std::string(Bare(sql)), {}) : Result<Rows>(set.error());
  Result<Rows> ended = db->Script("ROLLBACK");
  if (!rows) return rows.error();
  TRY(ended);
  if (rows->columns() != 1 || rows->size() > 1) {
    return Invalid(
        fmt::format("an assertion gives one boolean, this one gave {} rows of {} columns",
                    rows->size(), rows->columns()));
  }
  if (rows->size() == 0 || rows->IsNull(0, 0)) return std::optional<bool>{};
  std::string_view answer = rows->Text(0, 0);
  if (answer != "t" && answer != "f") {
    return Invalid(fmt::format("an assertion gives one boolean, this one gave \"{}\"", answer));
  }
  return std::optional<bool>(answer == "t");
}

Result<std::vector<DataProbe::Accepted>> PgDataProbe::ListAccepted(
    const std::vector<std::string>& leaves) {
  TRY_ASSIGN(Connection * db, source_());
  Params params;
  params.Add(run_.value).Add(std::span<const std::string>(leaves));
  TRY_ASSIGN(Rows rows, db->Run(sql::kListAccepted, params));
  std::vector<Accepted> accepted;
  for (int i = 0; i < rows.size(); ++i) {
    accepted.push_back({.leaf = std::string(rows.Text(i, 0)),
                        .rows = rows.Int(i, 1),
                        .storage = rows.Int(i, 2),
                        .transaction = std::string(rows.Text(i, 3)),
                        .figures = std::string(rows.Text(i, 4))});
  }
  return accepted;
}

Status PgDataProbe::RecordFindings(TaskId task, std::span<const Finding> findings) {
  std::vector<std::string> stages, places, checks, verdicts, expected, found;
  for (const Finding& finding : findings) {
    stages.push_back(finding.stage);
    places.push_back(finding.where);
    checks.push_back(finding.check);
    verdicts.emplace_back(Name(finding.verdict));
    expected.push_back(finding.expected);
    found.push_back(finding.found);
  }
  TRY_ASSIGN(Connection * db, source_());
  Params drop;
  drop.Add(run_.value).Add(std::span<const std::string>(stages));
  drop.Add(std::span<const std::string>(places));
  Params add;
  add.Add(run_.value).Add(task.value);
  for (const auto* column : {&stages, &places, &checks, &verdicts, &expected, &found}) {
    add.Add(std::span<const std::string>(*column));
  }
  std::optional<Transaction> own;
  if (!db->in_transaction()) {
    TRY_ASSIGN(Transaction transaction, Transaction::Begin(*db));
    own.emplace(std::move(transaction));
  }
  TRY(db->Run(sql::kDropFindings, drop));
  TRY(db->Run(sql::kAddFindings, add));
  return own ? own->Commit() : Status();
}

PgReaderProbe::PgReaderProbe(std::string conninfo)
    : session_(std::move(conninfo),
               {.application_name = "mayfly verify", .role = kReader, .read_only = true}) {}

Result<std::unique_ptr<PgReaderProbe>> PgReaderProbe::Open(std::string conninfo, RunId run) {
  std::unique_ptr<PgReaderProbe> reader(new PgReaderProbe(std::move(conninfo)));
  TRY_ASSIGN(Rows rows, reader->session_.Read(sql::kFindRunSchema, Params().Add(run.value)));
  if (rows.size() == 0) return NotFound(fmt::format("run {} is not in this ledger", run.value));
  std::string schema(rows.Text(0, 0));
  std::string path = fmt::format("{}, {}, public", QuoteName(schema), QuoteName(rows.Text(0, 1)));
  reader->session_.set_search_path(path);
  TRY_ASSIGN(Connection * db, reader->session_.Get());
  TRY(db->Script(fmt::format("SET search_path = {}, pg_temp", path)));
  Session* session = &reader->session_;
  reader->probe_ =
      std::make_unique<PgDataProbe>([session] { return session->Get(); }, run, std::move(schema));
  return reader;
}

}  // namespace mayfly::postgres
