#pragma once
// The shape of an output table: its columns and key. A stage's output is one table of the run's
// schema, cut into leaves, one leaf per task (a load task owns all leaves of its pair).

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/grid.h"

namespace mayfly {

enum class ColumnType { kText, kInt4, kInt8, kFloat4, kFloat8, kBool, kTimestamptz, kDate };

// PostgreSQL's name of the type: "double precision", "timestamp with time zone", …
std::string_view SqlName(ColumnType type);

// Reads "float8", "double precision", "timestamptz", "text", …; kInvalid names those it knows.
Result<ColumnType> ParseColumnType(std::string_view text);

struct Column {
  std::string name;
  ColumnType type = ColumnType::kFloat8;
  friend bool operator==(const Column&, const Column&) = default;
};

// What readers and later stages see of a table that stores less than it offers: columns that are
// arithmetic on others are computed where they are read.
struct TableView {
  struct Column {
    std::string name;
    std::string sql;  // over the table's columns; empty: the stored column of that name
    friend bool operator==(const Column&, const Column&) = default;
  };
  std::string name;             // without schema
  std::vector<Column> columns;  // all of them, in the order in which they are shown
  friend bool operator==(const TableView&, const TableView&) = default;
};

struct TableShape {
  std::string name;                        // without schema
  std::vector<std::string> dimensions;     // grid dimensions it is partitioned by, in grid order
  std::vector<Column> columns;             // the dimension columns first (not `period` if by_range)
  std::vector<std::string> key;            // primary key; holds every partitioning column
  std::optional<std::string> time_column;  // `period` partitions by range over it
  std::optional<TableView> view;           // absent: the table is what readers see

  // The name under which readers and later stages find it.
  const std::string& shown_name() const { return view ? view->name : name; }

  const Column* Find(std::string_view column) const;
};

// The part of the table that one leaf holds.
struct Leaf {
  std::string name;              // table name without schema, at most 63 bytes
  Point point;                   // over the table's dimensions
  std::optional<Instant> begin;  // time bounds [begin, end); absent means unbounded on that side
  std::optional<Instant> end;
  friend bool operator==(const Leaf&, const Leaf&) = default;
};

// "rate_index_eurusd_2024_07"; longer than 63 bytes is shortened with a hash, still unique.
std::string LeafName(std::string_view table, std::string_view suffix);

// A name that PostgreSQL takes unquoted: [a-z_][a-z0-9_]*, at most 63 bytes.
bool IsPlainName(std::string_view name);

}  // namespace mayfly
