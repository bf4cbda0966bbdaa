#pragma once
// A run as the ledger has it now, read in one consistent look.

#include "adapters/postgres/connection.h"
#include "base/ids.h"
#include "base/result.h"
#include "model/run.h"
#include "model/shape.h"

namespace mayfly::postgres {

// kNotFound: no such run.
Result<RunSnapshot> LoadSnapshot(Connection& db, RunId run);

// "[["pair", "eurusd"], …]" and back; the ledger's form of a point.
std::string PointJson(const Point& point);
Result<Point> ParsePointJson(std::string_view json);

// The found column of proof_pass: [[kind, name], …].
std::string FoundToJson(const std::vector<Residue>& found);

// The leaves column of claim_tasks: [[name, point, begin_us | null, end_us | null], …].
Result<std::vector<Leaf>> ParseLeavesJson(std::string_view json);

}  // namespace mayfly::postgres
