#pragma once
// What the data itself says: reads for verification.

#include <functional>
#include <string>

#include "adapters/postgres/session.h"
#include "seams/run_data.h"

namespace mayfly::postgres {

// Reads over a connection that somebody else owns: a slot's (writing findings inside its open
// transaction, if there is one) or a reader's, whose findings are kDenied. Not thread-safe.
class PgDataProbe final : public DataProbe {
 public:
  using Source = std::function<Result<Connection*>()>;
  PgDataProbe(Source source, RunId run, std::string schema)
      : source_(std::move(source)), run_(run), schema_(std::move(schema)) {}

  // One scan of the leaf. The number of a row's transaction outlasts freezing. Constant is told for
  // numbers, dates and times; not for text and boolean.
  Result<LeafFacts> MeasureLeaf(const TableShape& shape, const Leaf& leaf,
                                const std::string& transaction) override;

  // One scan that looks at no value but the time.
  Result<LeafFacts> MeasureRows(const TableShape& shape, const Leaf& leaf,
                                const std::string& transaction) override;

  // A scan of counts where no input is NULL; else the inputs are read and the windows followed.
  Result<std::vector<SourceAnswer>> CountSource(const SourceQuestion& question) override;
  Result<Series> ReadSeries(const SeriesQuery& query) override;
  Result<std::vector<std::string>> ListLeaves(const TableShape& shape) override;
  Result<bool> HasKey(const TableShape& shape) override;
  Result<std::vector<SpareIndex>> ListSpareIndexes() override;
  Result<std::optional<bool>> Assert(const Point& point, std::string_view sql) override;
  Result<std::vector<Accepted>> ListAccepted(const std::vector<std::string>& leaves) override;
  Status RecordFindings(TaskId task, std::span<const Finding> findings) override;

 private:
  Result<LeafFacts> FindLeaf(Connection& db, const TableShape& shape, const Leaf& leaf);
  Status MeasureColumns(Connection& db, const TableShape& shape, const Leaf& leaf,
                        const std::string& transaction, LeafFacts& facts);
  Status CountNotFinite(Connection& db, const TableShape& shape, const Leaf& leaf,
                        LeafFacts& facts);
  Result<std::vector<SourceAnswer>> CountWhole(Connection& db, const SourceQuestion& question);
  Result<std::vector<SourceAnswer>> FollowWindows(Connection& db, const SourceQuestion& question);
  Result<bool> HasNulls(Connection& db, const SourceQuestion& question);

  Source source_;
  RunId run_;
  std::string schema_;
};

// A probe with a read-only connection of its own, as mayfly_reader.
class PgReaderProbe {
 public:
  // Opens the connection and asks where the run's data is. kNotFound: no ledger, or no such run.
  static Result<std::unique_ptr<PgReaderProbe>> Open(std::string conninfo, RunId run);
  DataProbe& probe() { return *probe_; }

 private:
  explicit PgReaderProbe(std::string conninfo);
  Session session_;
  std::unique_ptr<PgDataProbe> probe_;
};

}  // namespace mayfly::postgres
