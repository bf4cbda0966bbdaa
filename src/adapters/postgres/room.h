#pragma once
// Whether a server takes as many connections as a run's machines will make.

#include <string>

#include "base/result.h"
#include "model/preflight.h"

namespace mayfly::postgres {

// Connects once. The machines' logins are made for the run and have no limit of their own, so that
// the server's and the database's count. Errors are those of Connection::Open.
Result<DatabaseRoom> MeasureRoom(const std::string& conninfo);

}  // namespace mayfly::postgres
