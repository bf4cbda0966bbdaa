#pragma once
// AWS's refusals of a launch in the words that the ladder understands.

#include <optional>

#include "adapters/aws/error_class.h"
#include "model/ladder.h"

namespace mayfly::aws {

// Absent: it says nothing about the pool, and passes (throttling, a fault, a state in between).
std::optional<RefusalKind> KindOf(const Refusal& refusal);

mayfly::PoolRefusal RefusalOf(const Pool& pool, const Refusal& refusal, RefusalKind kind);

}  // namespace mayfly::aws
