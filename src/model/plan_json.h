#pragma once
// Findings as JSON: how the ledger keeps what a plan was compiled from.

#include <string>
#include <string_view>

#include "base/result.h"
#include "model/plan.h"

namespace mayfly {

// One line, keys sorted, every key present: the same findings give the same bytes.
std::string FindingsToJson(const Findings& findings);

// kCorrupt: not JSON, a key missing or of another type; names the key.
Result<Findings> FindingsFromJson(std::string_view text);

}  // namespace mayfly
