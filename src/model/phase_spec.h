#pragma once
// The phase file as a type that cannot be invalid: a PhaseSpec that exists passed every check that
// needs no database. Parsing touches nothing but the text it is given.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/money.h"
#include "base/result.h"
#include "base/time.h"
#include "model/ec2_spec.h"
#include "model/grid.h"
#include "model/kept.h"
#include "model/price.h"
#include "model/shape.h"

namespace mayfly {

inline constexpr std::string_view kPairDimension = "pair";  // the one that bars are filed by
inline constexpr std::string_view kTimeColumn = "ts";       // the one that periods are ranges over

// A deadline counted from approval, or a fixed instant.
using Deadline = std::variant<Duration, Instant>;

struct DatabaseSpec {
  std::string url = "embedded";  // or a reference: env:NAME, file:PATH, ssm:…, secretsmanager:…
  std::string schema;            // where readers find the published output
  int keep_runs = 2;
  // How many slots, of all machines together, write at once: one backend's COPY takes one core of
  // the server. Absent: as many as it has cores, as far as that can be known.
  std::optional<int> writers;
  std::optional<CapacitySpec> capacity;  // absent: the cluster stays as it is
  friend bool operator==(const DatabaseSpec&, const DatabaseSpec&) = default;
};

struct MachinesSpec {
  std::string provider = "local";
  int count = 1;
  std::optional<int> slots;  // absent: one per core
  std::optional<std::int64_t> slot_memory_bytes;
  Duration heartbeat = seconds(2);
  Duration lease = seconds(10);
  Duration silence =
      minutes(5);  // a machine that reaches the ledger for so long no more ends itself
  Duration notice = seconds(120);  // how long before it is taken a machine is told
  int replacements = 8;            // how many machines may be lost before the run fails
  Rate price;                      // of a local machine; by default it costs nothing
  // The highest that one may be billed by the hour; absent: a local machine's price, a Spot machine
  // up to the On-Demand price of its type.
  std::optional<Rate> max_price;
  std::optional<Ec2Spec> ec2;  // of provider "ec2"
  SetupSpec setup;             // of rented machines
  friend bool operator==(const MachinesSpec&, const MachinesSpec&) = default;
};

// A dimension as written: labels, or to be found in the data.
struct DimensionSpec {
  std::string name;
  std::optional<std::vector<std::string>> labels;  // absent: from-data
  // period dimension only:
  std::optional<PeriodUnit> every;              // absent: chosen by rows per leaf
  std::optional<Instant> from_month, to_month;  // absent: from-data
  friend bool operator==(const DimensionSpec&, const DimensionSpec&) = default;
};

struct TableSource {
  std::string table;                           // may hold {pair}
  std::map<std::string, std::string> columns;  // bar column (ts, open, …, close) → table column
  friend bool operator==(const TableSource&, const TableSource&) = default;
};

struct LoadSpec {
  std::string dir;  // absolute after parsing; empty when source is set
  std::optional<TableSource> source;
  std::string table = "bars";
  std::optional<Instant> baseline;  // absent: the pair's first bar
  // Dialect, where it is stated rather than sniffed:
  std::optional<std::string> separator, time_format;
  std::optional<bool> header;
  std::vector<std::string> columns;
  // Policy for what is wrong in a file:
  std::string duplicates = "keep_first";  // keep_first | keep_last | fail
  std::string disorder = "sort";          // sort | fail
  std::string bad_rows = "reject";        // reject | fail
  double max_bad_share = 0.01;
  friend bool operator==(const LoadSpec&, const LoadSpec&) = default;
};

struct FeaturesSpec {
  std::string family;
  std::string table;  // default: the family's name
  std::string bars;   // name of the load stage it reads; default: the only one
  // Columns that are not at the price's level are stored as float4: half the bytes, 1e-7 of the
  // value lost.
  bool float4 = false;
  bool compat_epsilon = false;  // of the phase
  friend bool operator==(const FeaturesSpec&, const FeaturesSpec&) = default;
};

struct OutputSpec {
  std::string table;
  std::vector<Column> columns;  // as written, without the dimension columns
  std::vector<std::string> key;
  std::vector<std::string> may_be_constant;  // columns that may hold one value only, or none
  friend bool operator==(const OutputSpec&, const OutputSpec&) = default;
};

struct SqlSpec {
  std::string query;  // one SELECT whose rows become the leaf: all columns of OutputShape, by name
  OutputSpec output;
  bool unchecked = false;  // accept what PREPARE cannot check
  friend bool operator==(const SqlSpec&, const SqlSpec&) = default;
};

struct CommandSpec {
  std::vector<std::string> argv;  // may hold {pair}, {period}, {from}, {to}, {table}, {schema}
  std::map<std::string, std::string> env;
  std::string cwd;
  OutputSpec output;
  friend bool operator==(const CommandSpec&, const CommandSpec&) = default;
};

struct AssertionSpec {
  std::string name;
  std::string sql;  // one SELECT that gives a single boolean; NULL or an error is "cannot tell"
  friend bool operator==(const AssertionSpec&, const AssertionSpec&) = default;
};

// Makes the database ready for readers: statistics of the tables of its `after` stages, leaves
// frozen where that pays, and a report of indexes that nobody needs.
struct OptimiseSpec {
  friend bool operator==(const OptimiseSpec&, const OptimiseSpec&) = default;
};

// How many rows of the features are computed a second time, in all pairs together. 0: none.
struct CausalitySpec {
  int samples = 1000;
  int seed = 42;
  friend bool operator==(const CausalitySpec&, const CausalitySpec&) = default;
};

struct VerifySpec {
  std::vector<AssertionSpec> assertions;
  CausalitySpec causality;
  friend bool operator==(const VerifySpec&, const VerifySpec&) = default;
};

struct StageSpec {
  std::string name;
  std::vector<std::string> after;
  std::optional<std::vector<std::string>> grid;  // dimensions; absent: the kind's default
  Duration timeout = hours(1);                   // per task; every task has one
  int retries = 2;                               // the task's own failures (I5)
  int setbacks = 20;                             // ours: machine lost, conflict, unavailable (I5)
  int lookback = 0;                              // earlier periods of `after` stages it needs
  bool may_be_empty = false;                     // empty = "allow"
  std::variant<LoadSpec, FeaturesSpec, SqlSpec, CommandSpec, OptimiseSpec, VerifySpec> kind;

  std::string_view kind_name() const;
  friend bool operator==(const StageSpec&, const StageSpec&) = default;
};

// What may be a label of a grid, and the name of a phase or stage: letters, digits, ".", "_", "-",
// at most 63 bytes.
bool IsPlainLabel(std::string_view text);

class PhaseSpec {
 public:
  std::string name;
  Deadline deadline = Duration(hours(48));
  std::optional<Money> budget;
  std::optional<Duration> expect;  // how long its machines are expected to work
  bool compat_epsilon = false;     // divisors with the 1e-10 that the first implementation added
  DatabaseSpec database;
  MachinesSpec machines;
  std::vector<DimensionSpec> grid;
  std::vector<StageSpec> stages;  // in an order where each comes after what it needs

  const StageSpec* FindStage(std::string_view stage) const;
  const StageSpec* FirstLoad() const;

  // The dimensions of a stage, in grid order: those it names, or its kind's default.
  std::vector<std::string> DimensionsOf(const StageSpec& stage) const;

  friend bool operator==(const PhaseSpec&, const PhaseSpec&) = default;
};

// The table of a sql or command stage over these dimensions: the dimension columns, then those
// declared. With a column `ts timestamptz`, `period` is a range over it and no column of its own.
// The default key is what PartitionColumns gives, and ts where there is one.
TableShape OutputShape(const OutputSpec& output, const std::vector<std::string>& dimensions);

// Dimensions that are columns of the table, and the time column where `period` is a range: what a
// primary key must hold.
std::vector<std::string> PartitionColumns(const TableShape& shape);

// What the text cannot say for itself.
struct ParseContext {
  std::string file;               // for messages
  std::string folder;             // relative paths in the file are taken from here
  std::string working_folder;     // relative paths in --set are taken from here
  Instant now = Instant::min();   // a fixed deadline must lie after it; min() takes any
  std::vector<std::string> sets;  // "key.path=value", in order

  // A rehearsal's: an absolute folder of bars that every load stage reads instead of its own
  // source.
  std::string bars_instead;

  // Reads the file of a `sql` stage. Without it such a file is an error; the canonical text never
  // needs it, because it holds the query itself.
  std::function<Result<std::string>(const std::string& path)> read_file;
};

// The spec and the text that gives it again, anywhere: the file with every --set applied, paths
// absolute, queries in place of their files, keys in canonical order.
struct ParsedPhase {
  PhaseSpec spec;
  std::string canonical_toml;
};

// kInvalid: every mistake found, one per line, as "file:line: what, value, next step".
Result<ParsedPhase> ParsePhase(std::string_view text, const ParseContext& context);

}  // namespace mayfly
