#pragma once
// Tables that hold bars already: which there are, and their series.

#include <string>
#include <vector>

#include "adapters/postgres/session.h"
#include "seams/run_data.h"

namespace mayfly::postgres {

struct SourceName {
  std::string schema, table;
};

// "schema.table", or a table of the schema public: where sources without a schema are.
SourceName SourceNameOf(const std::string& table);

// The user of the connection reads the table at most for itself, and a machine reads with a right
// that is passed on: kDenied says what its owner can run.
Error MayNotPassOn(const SourceName& name, Connection& db);

// One COPY in time order. Numbers of any type come as float8, times without a zone as UTC. `schema`
// is where a table without one is looked for.
Result<Series> ReadSeriesFrom(Connection& db, const std::string& schema, const SeriesQuery& query);

// Before there is a run: as the login of the conninfo, read-only. Not thread-safe.
class SourceTables {
 public:
  explicit SourceTables(std::string conninfo);

  // kInvalid: no such table, or its columns are not there or not times and numbers, all of them
  // named. kDenied: the user may not pass on the right to read it, which says what to grant.
  Result<Series> ReadSeries(const SeriesQuery& query);

  // What stands for {pair} in the names of tables that match "schema.prefix_{pair}_suffix", sorted.
  // kInvalid: the pattern has no {pair}.
  Result<std::vector<std::string>> ListPairs(const std::string& pattern);

 private:
  Session session_;
};

}  // namespace mayfly::postgres
