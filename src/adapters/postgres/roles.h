#pragma once
// Logins made for one machine or one command, and their secrets (I12): made here, handed out once,
// kept by the server as a SCRAM verifier only.

#include <string>
#include <vector>

#include "adapters/postgres/connection.h"
#include "base/result.h"

namespace mayfly::postgres {

// 24 bytes of the kernel's randomness, as text that needs no quoting anywhere.
Result<std::string> MakePassword();

// What may travel in SQL text, and so in a server's log, instead of the password.
Result<std::string> MakeVerifier(Connection& db, const std::string& user,
                                 const std::string& password);

// Statements, run as the owner. Making a role that is there gives it the new verifier.
struct MachineLogin {
  std::string login;
  std::string writers;  // the run's role with INSERT and TRUNCATE on its leaves
  std::string verifier;
  std::string valid_until;  // timestamptz as text
};
Status MakeMachineLogin(Connection& db, const MachineLogin& wanted);
Status DropLogin(Connection& db, const std::string& login);
Status ForbidLogin(Connection& db, const std::string& login);

// The two group roles of a run.
Status MakeRunRoles(Connection& db, const std::string& writers, const std::string& readers);
Status DropRunRoles(Connection& db, const std::vector<std::string>& roles);

}  // namespace mayfly::postgres
