#pragma once
// Refuses early: every statement of a plan is checked against the live catalog before money is
// spent, as if all declared outputs were there.

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/plan.h"

namespace mayfly::postgres {

struct StatementProblem {
  std::string stage;
  std::string statement;   // "query", or "assertion NAME"
  std::string message;     // PostgreSQL's words, or what does not fit the declared columns
  int line = 0;            // within the statement; 0 where it is not known
  bool unchecked = false;  // the stage says unchecked = true: told, and no reason to refuse
};

// Builds all declared outputs (empty, without leaves) in one transaction, PREPAREs every `sql`
// query and assertion there, compares the columns by name and type, holds the tables that a query
// reads against the stages that it comes after, and rolls back. Needs a user that may create
// schemas in this database; needs no ledger and leaves nothing behind. kDenied, kUnavailable: could
// not be checked at all.
Result<std::vector<StatementProblem>> CheckStatements(const std::string& conninfo,
                                                      const PhasePlan& plan);

// The same as one answer: kInvalid names every problem that is a reason to refuse.
Status CheckQueries(const std::string& conninfo, const PhasePlan& plan);

// How many leaves the server's lock table takes in the one transaction that makes them all.
Result<std::size_t> CountLeafRoom(const std::string& conninfo);

// What tells this ledger from every other; 32 hexadecimal digits.
Result<std::string> ReadIdentity(const std::string& conninfo);

}  // namespace mayfly::postgres
