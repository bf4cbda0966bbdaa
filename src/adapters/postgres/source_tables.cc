#include "adapters/postgres/source_tables.h"

#include <fmt/format.h>

#include "adapters/postgres/copy_encoder.h"
#include "adapters/postgres/queries.gen.h"
#include "adapters/postgres/sql_text.h"
#include "base/text.h"

namespace mayfly::postgres {
namespace {

constexpr std::string_view kHole = "{pair}";
constexpr const char* kDefaultSchema = "public";

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
  Status copied =
      db.CopyOut(statement, [&](std::string_view message) { return decoder.Take(message); });
  if (!copied) return copied.error().Within(query.table);
  return std::move(decoder).Finish();
}

SourceTables::SourceTables(std::string conninfo)
    : session_(std::move(conninfo),
               ConnectOptions{.application_name = "mayfly source", .read_only = true}) {}

Result<Series> SourceTables::ReadSeries(const SeriesQuery& query) {
  TRY_ASSIGN(Connection * db, session_.Get());
  return ReadSeriesFrom(*db, kDefaultSchema, query);
}

Result<std::vector<std::string>> SourceTables::ListPairs(const std::string& pattern) {
  std::size_t dot = pattern.find('.');
  std::string schema = dot == std::string::npos ? kDefaultSchema : pattern.substr(0, dot);
  std::string table = dot == std::string::npos ? pattern : pattern.substr(dot + 1);
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
