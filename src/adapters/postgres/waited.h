#pragma once
// How long this process has waited for the server, by all of its connections: a slot has one, and
// tells what share of its work that was.

#include "base/time.h"

namespace mayfly::postgres {

// Since the process began; from sending a statement, or a part of a COPY, to having its answer.
Duration TimeWaited();

}  // namespace mayfly::postgres
