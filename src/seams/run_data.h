#pragma once
// The run's data as a stage sees it: read series, write leaves inside the slot's open transaction,
// and measure what is there. Nothing here decides; the contract does.

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "model/grid.h"
#include "model/run.h"
#include "model/shape.h"

namespace mayfly {

// One column of a leaf to be written. NaN is NULL. Borrowed.
using ColumnData = std::variant<std::span<const std::int64_t>,  // timestamptz: UTC microseconds
                                std::span<const double>,        // float8 or float4
                                std::string_view>;              // the same text in every row

// Stands for a time that is NULL or infinite; tables of a run have none.
inline constexpr std::int64_t kNoTime = std::numeric_limits<std::int64_t>::min();

// A series read back, ordered by time: UTC microseconds, then one vector per asked column; NaN =
// NULL.
struct Series {
  std::vector<std::int64_t> ts_us;
  std::vector<std::vector<double>> columns;
};

struct SeriesQuery {
  std::string table;  // of the run's schema, or schema.table
  std::string time_column = "ts";
  std::vector<std::string> columns;
  std::vector<std::pair<std::string, std::string>> equals;  // column = text
  std::optional<std::vector<std::int64_t>> at;  // rows of these UTC microseconds only; absent: all
};

// A table of an attempt that a `command` writes into, as a role that can do nothing else.
struct Staging {
  std::string table;     // schema-qualified
  std::string conninfo;  // for the command's own environment only (I12's one exemption)
  std::string role;
  std::string backend;  // of ours, when it was opened
};

// Statistics of a table of the run, with all its partitions.
struct StatisticsWish {
  TaskId task;
  Fence fence;
  std::string table;
  std::vector<std::string> columns;  // none: all
  int target = 0;  // how fine: 300 rows are sampled for each point; 0: as the server does
};

class RunData {
 public:
  virtual ~RunData() = default;

  virtual Result<Series> ReadSeries(const SeriesQuery& query) = 0;

  // Opens the transaction that TaskQueue::Complete commits. READ COMMITTED, no savepoints.
  virtual Status Begin() = 0;
  virtual Status Rollback() = 0;

  // TRUNCATE the leaf, then COPY (binary, FREEZE): column i of `data` is column i of `shape`.
  // kExhausted: disk full; kCorrupt: a row is outside the leaf or a key is double; kConflict: the
  // server ended our backend, so the lease is lost. Needs Begin.
  virtual Status ReplaceLeaf(const TableShape& shape, const Leaf& leaf, std::size_t rows,
                             std::span<const ColumnData> data) = 0;

  // TRUNCATE the leaf, then INSERT the rows of the SELECT, which gives all columns of the shape by
  // name; `point` reaches it as current_setting('mayfly.pair') and so on, the leaf's bounds as
  // mayfly.from and mayfly.to (set_config takes these names, SET does not). Returns the rows. Needs
  // Begin.
  virtual Result<std::int64_t> ReplaceLeafBySelect(const TableShape& shape, const Leaf& leaf,
                                                   const Point& point, std::string_view query) = 0;

  // ANALYZE, as part of the open transaction and by the right of the table's owner, for a task that
  // this slot leases (kConflict otherwise). Needs Begin.
  virtual Status TakeStatistics(const StatisticsWish& wish) = 0;

  // Staging for a command; outside of any transaction. Seal revokes INSERT, ends the role's
  // backends and sees them gone; after it nothing can write there any more. Drop removes table and
  // role.
  virtual Result<Staging> OpenStaging(TaskId task, Fence fence, const TableShape& shape) = 0;
  virtual Status SealStaging(const Staging& staging) = 0;
  virtual Status DropStaging(const Staging& staging) = 0;

  // Our own connection was lost since the staging was opened: whatever the command could not do,
  // the database was away. Ask after SealStaging.
  virtual bool LostConnectionSince(const Staging& staging) = 0;
};

struct ColumnFacts {
  std::int64_t non_null = 0;
  std::int64_t not_finite = 0;     // NaN or infinity
  std::optional<double> min, max;  // of numbers, and of times in seconds
  bool constant = false;           // one distinct non-NULL value
};

struct LeafFacts {
  bool exists = false;
  std::int64_t rows = 0;
  std::optional<Instant> first, last;
  std::vector<ColumnFacts> columns;  // as in the shape
  std::int64_t storage = 0;          // the leaf's file number: changes with every TRUNCATE
  // Rows of other transactions than the given one; absent: none was given.
  std::optional<std::int64_t> foreign_rows;
};

// A value at row i must be non-NULL iff rows i-lookback … i of all inputs are non-NULL and, with
// null_when_flat, not all the same.
struct WindowRule {
  std::vector<std::string> inputs;  // columns of the source
  std::int64_t lookback = 0;
  bool null_when_flat = false;
  friend auto operator<=>(const WindowRule&, const WindowRule&) = default;
};

struct SourceQuestion {
  std::string table;  // the bars, in the run's schema
  std::string time_column = "ts";
  std::vector<std::pair<std::string, std::string>> equals;
  std::vector<Leaf> leaves;  // time ranges to count in
  std::vector<WindowRule> rules;
};

struct SourceAnswer {  // per leaf
  std::int64_t rows = 0;
  std::vector<std::int64_t> non_null;  // per rule
};

// An index of the user's own tables that costs writes and gives nothing back.
struct SpareIndex {
  std::string name, table;  // with schema
  std::int64_t bytes = 0;
  std::int64_t scans = 0;  // since the server's statistics began
  std::string repeats;     // the index that begins with the same columns; empty: it is only unused
};

// Reads for verification, from the data alone; may run as the read-only role.
class DataProbe {
 public:
  virtual ~DataProbe() = default;

  // How many rows another transaction wrote than `transaction`, as ListAccepted names it, is
  // counted too; empty: not asked.
  virtual Result<LeafFacts> MeasureLeaf(const TableShape& shape, const Leaf& leaf,
                                        const std::string& transaction) = 0;
  // The same without the columns, in a fraction of the time.
  virtual Result<LeafFacts> MeasureRows(const TableShape& shape, const Leaf& leaf,
                                        const std::string& transaction) = 0;
  virtual Result<std::vector<SourceAnswer>> CountSource(const SourceQuestion& question) = 0;

  // As RunData's.
  virtual Result<Series> ReadSeries(const SeriesQuery& query) = 0;

  // Leaves that the catalog has under this table, by name, sorted.
  virtual Result<std::vector<std::string>> ListLeaves(const TableShape& shape) = 0;

  // Is there a valid unique index over exactly the key?
  virtual Result<bool> HasKey(const TableShape& shape) = 0;

  // Indexes of users' tables that are never read or repeat another, the largest first.
  virtual Result<std::vector<SpareIndex>> ListSpareIndexes() = 0;

  // One boolean; nullopt where the statement gave NULL or no row.
  virtual Result<std::optional<bool>> Assert(const Point& point, std::string_view sql) = 0;

  // What the accepted attempts said of these leaves.
  struct Accepted {
    std::string leaf;
    std::int64_t rows = 0;
    std::int64_t storage = 0;
    std::string transaction;  // that wrote it; empty in ledgers from before it was kept
    std::string figures;      // JSON of a features task; else empty
  };
  virtual Result<std::vector<Accepted>> ListAccepted(const std::vector<std::string>& leaves) = 0;

  // Keeps findings; those of the same stage and `where` are replaced.
  virtual Status RecordFindings(TaskId task, std::span<const Finding> findings) = 0;
};

}  // namespace mayfly
