#pragma once
// The DDL of a run's output: text in, text out. A table is cut by LIST over every dimension but
// `period`, then by RANGE of its time column; there is no default partition; leaves are born empty.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/plan.h"
#include "model/shape.h"

namespace mayfly::postgres {

// "\"schema\".\"name\"".
std::string Qualified(std::string_view schema, std::string_view name);

// One table with all its leaves; a table without dimensions is its own leaf, under its own name.
struct OutputTable {
  TableShape shape;
  std::vector<Leaf> leaves;
};

// The tables of a plan in the order of its stages; skipped stages and verify write none.
std::vector<OutputTable> OutputTables(const PhasePlan& plan);

// Several statements. The leaves' autovacuum is off until the run is published: each is written
// once, frozen, by COPY.
std::string CreateTableScript(std::string_view schema, const OutputTable& table);

// The parent and its view alone, without leaves: enough to check statements against.
std::string CreateEmptyTableScript(std::string_view schema, const TableShape& shape);

// SELECT for the readers on everything, INSERT and TRUNCATE for the writers on leaves only.
std::string GrantScript(std::string_view schema, std::span<const OutputTable> tables,
                        std::string_view writers, std::string_view readers);

// "pair, ts, close": column names, quoted.
std::string ColumnList(const TableShape& shape);

}  // namespace mayfly::postgres
