#pragma once
// Statements whose tables and columns are only known at run time, put together from quoted parts.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/postgres/connection.h"
#include "model/grid.h"
#include "model/shape.h"

namespace mayfly::postgres {

// A table of the run's schema, or "schema.table" with these very names, as the phase file has it.
std::string TableName(std::string_view run_schema, std::string_view table);

// "\"pair\" = 'eurusd' AND …", or "true". Literals take the column's type, so partitions are
// pruned.
std::string EqualsText(const std::vector<std::pair<std::string, std::string>>& equals);

// The statement without trailing blanks, semicolons and comment lines, fit to stand in parentheses.
std::string_view Bare(std::string_view statement);

// Makes the point readable as current_setting('mayfly.pair') until the transaction ends.
Status SetPoint(Connection& db, const Point& point);

// Likewise the bounds of a leaf as mayfly.from and mayfly.to; -infinity and infinity where it has
// none.
Status SetBounds(Connection& db, const Leaf& leaf);

}  // namespace mayfly::postgres
