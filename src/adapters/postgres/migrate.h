#pragma once
// Brings the ledger of a database to this version: schema, roles, functions.

#include <string>

#include "adapters/postgres/connection.h"
#include "base/result.h"

namespace mayfly::postgres {

// Forward only, one transaction per migration, under an advisory lock: any number of starters may
// call it at once. Does nothing, in one round trip, when nothing is to do.
// kConflict: the database was brought further by a newer mayfly, or an applied migration differs
// from ours. kDenied names the missing privilege and the statement an administrator can run.
Status Migrate(const std::string& conninfo);

// The roles that the ledger is used under.
inline constexpr const char* kOwner = "mayfly_owner";
inline constexpr const char* kController = "mayfly_controller";
inline constexpr const char* kReader = "mayfly_reader";

// Opens a session of `options.role`. kNotFound: there is no ledger in this database yet.
// kDenied: the user is no member of the role; says the GRANT that helps.
Result<Connection> OpenLedger(const std::string& conninfo, const ConnectOptions& options);

}  // namespace mayfly::postgres
