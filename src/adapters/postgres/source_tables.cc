#include "adapters/postgres/source_tables.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <array>

#include "adapters/postgres/copy_encoder.h"
#include "adapters/postgres/queries.gen.h"
#include "adapters/postgres/sql_text.h"
#include "base/text.h"

namespace mayfly::postgres {
namespace {

constexpr std::string_view kHole = "{pair}";
constexpr const char* kDefaultSchema = "public";

bool IsTime(std::string_view type) { return type == "date" || type.starts_with("timestamp"); }

bool IsNumber(std::string_view type) {
  constexpr std::array<std::string_view, 6> kNumbers{"smallint", "integer", "bigint",
                                                     "real",     "numeric", "double precision"};
  return std::find(kNumbers.begin(), kNumbers.end(), type) != kNumbers.end();
}

// What is wrong with one column, or nothing. A text that happens to look like a number is refused
// too: it would be read until the first row that does not.
std::string Complaint(const Rows& found, int row, bool is_time) {
  std::string name(found.Text(row, 0));
  if (found.IsNull(row, 1)) {
    return fmt::format("has no column {}; it has {}", QuoteName(name),
                       Join(Split(found.Text(row, 2), '\n'), ", "));
  }
  std::string_view type = found.Text(row, 1);
  if (is_time ? IsTime(type) : IsNumber(type)) return "";
  return fmt::format("column {} is {}, which is no {}; a view over the table can cast it",
                     QuoteName(name), type, is_time ? "time" : "number");
}

Status CheckTable(Connection& db, const SeriesQuery& query) {
  SourceName name = SourceNameOf(query.table);
  std::vector<std::string> columns{query.time_column};
  columns.insert(columns.end(), query.columns.begin(), query.columns.end());
  Params params;
  params.Add(name.schema).Add(name.table).Add(std::span<const std::string>(columns));
  TRY_ASSIGN(Rows found, db.Run(sql::kDescribeSource, params));
  if (found.size() == 0) return Invalid(fmt::format("there is no table {}", query.table));
  std::vector<std::string> complaints;
  for (int row = 0; row < found.size(); ++row) {
    std::string complaint = Complaint(found, row, /*is_time=*/row == 0);
    if (!complaint.empty()) complaints.push_back(fmt::format("{} {}", query.table, complaint));
  }
  if (!complaints.empty()) return Invalid(Join(complaints, "\n"));
  return found.Bool(0, 3) && found.Bool(0, 4) ? Status() : MayNotPassOn(name, db);
}

// " AND ts IN ('…', …)": constants, so that partitions are pruned and rows found by the key.
std::string AtText(const SeriesQuery& query) {
  if (!query.at) return "";
  std::vector<std::string> instants;
  for (std::int64_t ts_us : *query.at) {
    instants.push_back(QuoteText(FormatInstant(Instant(Duration(ts_us)))));
  }
  if (instants.empty()) return " AND false";
  return fmt::format(" AND {} IN ({})", QuoteName(query.time_column), Join(instants, ", "));
}

}  // namespace

SourceName SourceNameOf(const std::string& table) {
  std::size_t dot = table.find('.');
  if (dot == std::string::npos) return {kDefaultSchema, table};
  return {table.substr(0, dot), table.substr(dot + 1)};
}

namespace {

// COPY … TO STDOUT, told that sorting is dear. A pair's leaves follow one another and each has a
// key by time, but nobody has counted them while a run works: the server would expect a few hundred
// rows and sort a whole history on disk. Where there is no such key it sorts all the same.
Status CopyOrdered(Connection& db, const std::string& copy, SeriesDecoder& decoder) {
  auto take = [&decoder](std::string_view message) { return decoder.Take(message); };
  if (db.in_transaction()) return db.CopyOut(copy, take);
  TRY(db.Script("BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY; SET LOCAL enable_sort = off"));
  Status copied = db.CopyOut(copy, take);
  Result<Rows> ended = db.Script("ROLLBACK");
  if (copied && !ended) return ended.error();
  return copied;
}

}  // namespace

Error MayNotPassOn(const SourceName& name, Connection& db) {
  std::string user = QuoteName(PQuser(db.raw()));
  return Denied(fmt::format(
      "table {0}.{1}: user {2} may not let the run's machines read it; its owner can run: GRANT "
      "USAGE ON SCHEMA {0} TO {2} WITH GRANT OPTION; GRANT SELECT ON {0}.{1} TO {2} WITH GRANT "
      "OPTION",
      QuoteName(name.schema), QuoteName(name.table), user));
}

Result<Series> ReadSeriesFrom(Connection& db, const std::string& schema, const SeriesQuery& query) {
  std::vector<std::string> columns{QuoteName(query.time_column) + "::timestamptz"};
  for (const std::string& column : query.columns) {
    columns.push_back(QuoteName(column) + "::float8");
  }
  std::string statement =
      fmt::format("COPY (SELECT {} FROM {} WHERE {}{} ORDER BY {}) TO STDOUT (FORMAT binary)",
                  Join(columns, ", "), TableName(schema, query.table), EqualsText(query.equals),
                  AtText(query), QuoteName(query.time_column));
  SeriesDecoder decoder(query.columns.size());
  Status copied = CopyOrdered(db, statement, decoder);
  if (!copied) return copied.error().Within(query.table);
  return std::move(decoder).Finish();
}

SourceTables::SourceTables(std::string conninfo)
    : session_(std::move(conninfo),
               ConnectOptions{.application_name = "mayfly source", .read_only = true}) {}

Result<Series> SourceTables::ReadSeries(const SeriesQuery& query) {
  TRY_ASSIGN(Connection * db, session_.Get());
  TRY(CheckTable(*db, query));
  return ReadSeriesFrom(*db, kDefaultSchema, query);
}

Result<std::vector<std::string>> SourceTables::ListPairs(const std::string& pattern) {
  const auto [schema, table] = SourceNameOf(pattern);
  std::size_t hole = table.find(kHole);
  if (hole == std::string::npos) {
    return Invalid(
        fmt::format("source.table = \"{}\" does not say where the pair stands in the "
                    "name; write it as {{pair}}, such as \"bqx.m1_{{pair}}\"",
                    pattern));
  }
  Params params;
  params.Add(schema).Add(table.substr(0, hole)).Add(table.substr(hole + kHole.size()));
  TRY_ASSIGN(Connection * db, session_.Get());
  TRY_ASSIGN(Rows rows, db->Run(sql::kListSourcePairs, params));
  std::vector<std::string> pairs;
  for (int row = 0; row < rows.size(); ++row) pairs.emplace_back(rows.Text(row, 0));
  return pairs;
}

}  // namespace mayfly::postgres
