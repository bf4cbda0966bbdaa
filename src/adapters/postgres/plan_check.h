#pragma once
// Refuses early: every statement of a plan is checked against the live catalog before money is
// spent, as if all declared outputs were there.

#include <cstddef>
#include <string>
#include <vector>

#include "adapters/postgres/connection.h"
#include "adapters/postgres/source_tables.h"
#include "base/result.h"
#include "model/plan.h"

namespace mayfly::postgres {

struct StatementProblem {
  std::string stage;
  std::string statement;   // "query", or "assertion NAME"
  std::string message;     // PostgreSQL's words, or what does not fit the declared columns
  int line = 0;            // within the statement; 0 where it is not known
  bool unchecked = false;  // the stage says unchecked = true: told, and no reason to refuse
  bool denied = false;     // a right is missing; the message says what to grant
};

// Builds all declared outputs (empty, without leaves) in one transaction, PREPAREs every `sql`
// query and assertion there, compares the columns by name and type, holds the tables that a query
// reads against the stages that it comes after, and those that are not of the run against the
// rights that the user may pass on, and rolls back. Needs a user that may create schemas in this
// database; needs no ledger and leaves nothing behind. kDenied, kUnavailable: could not be checked
// at all.
Result<std::vector<StatementProblem>> CheckStatements(const std::string& conninfo,
                                                      const PhasePlan& plan);

// The same as one answer: kInvalid names every problem that is a reason to refuse, kDenied where
// rights are all that is missing.
Status CheckQueries(const std::string& conninfo, const PhasePlan& plan);

// What a machine may not do yet with a table that is not of the run, and the user may grant.
struct MissingGrant {
  SourceName table;
  bool usage = false;   // of its schema
  bool select = false;  // of the table itself
};

// What a run of this plan has to be granted for its statements, in the user's open transaction,
// which it leaves as it was. Statements that could not be checked are passed over.
Result<std::vector<MissingGrant>> ListMissingGrants(Connection& db, const PhasePlan& plan);

// How many leaves the server's lock table takes in the one transaction that makes them all.
Result<std::size_t> CountLeafRoom(const std::string& conninfo);

// What tells this ledger from every other; 32 hexadecimal digits.
Result<std::string> ReadIdentity(const std::string& conninfo);

}  // namespace mayfly::postgres
