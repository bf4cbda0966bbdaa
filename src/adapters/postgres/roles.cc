#include "adapters/postgres/roles.h"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "adapters/postgres/migrate.h"

namespace mayfly::postgres {
namespace {

// Runs as the owner and comes back to the controller, in the open transaction.
Status AsOwner(Connection& db, const std::string& script) {
  TRY(db.Script(
      fmt::format("SET LOCAL ROLE {}; {}; SET LOCAL ROLE {}", kOwner, script, kController)));
  return {};
}

Result<bool> RoleExists(Connection& db, const std::string& role) {
  TRY_ASSIGN(Rows rows, db.RunOnce("SELECT count(*) FROM pg_roles WHERE rolname = $1::text",
                                   Params().Add(role)));
  return rows.Int(0, 0) > 0;
}

}  // namespace

Result<std::string> MakePassword() {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::array<unsigned char, 32> bytes{};
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    ssize_t got = getrandom(bytes.data() + filled, bytes.size() - filled, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Unavailable(fmt::format("no randomness: {}", std::strerror(errno)));
    filled += static_cast<std::size_t>(got);
  }
  std::string password;
  for (unsigned char byte : bytes) password += kAlphabet[byte % kAlphabet.size()];
  return password;
}

Result<std::string> MakeVerifier(Connection& db, const std::string& user,
                                 const std::string& password) {
  char* verifier = PQencryptPasswordConn(db.raw(), password.c_str(), user.c_str(), "scram-sha-256");
  if (verifier == nullptr) return Unavailable("a password could not be made into a verifier");
  std::string text(verifier);
  PQfreemem(verifier);
  return text;
}

Status MakeMachineLogin(Connection& db, const MachineLogin& wanted) {
  TRY_ASSIGN(bool there, RoleExists(db, wanted.login));
  std::string login = QuoteName(wanted.login);
  std::string script =
      fmt::format("{} ROLE {} LOGIN PASSWORD {} VALID UNTIL {}", there ? "ALTER" : "CREATE", login,
                  QuoteText(wanted.verifier), QuoteText(wanted.valid_until));
  if (!there) {
    script += fmt::format("; GRANT mayfly_worker, {} TO {}; GRANT {} TO {}",
                          QuoteName(wanted.writers), login, login, kController);
  }
  return AsOwner(db, script);
}

Status DropLogin(Connection& db, const std::string& login) {
  return AsOwner(db, fmt::format("DROP ROLE IF EXISTS {}", QuoteName(login)));
}

Status ForbidLogin(Connection& db, const std::string& login) {
  TRY_ASSIGN(bool there, RoleExists(db, login));
  if (!there) return {};
  return AsOwner(db, fmt::format("ALTER ROLE {} NOLOGIN", QuoteName(login)));
}

Status MakeRunRoles(Connection& db, const std::string& writers, const std::string& readers) {
  std::string w = QuoteName(writers);
  std::string r = QuoteName(readers);
  return AsOwner(db, fmt::format("CREATE ROLE {0} NOLOGIN; CREATE ROLE {1} NOLOGIN;"
                                 "GRANT {1} TO {0}; GRANT {1} TO mayfly_reader, mayfly_controller",
                                 w, r));
}

Status DropRunRoles(Connection& db, const std::vector<std::string>& roles) {
  for (const std::string& role : roles) {
    TRY_ASSIGN(bool there, RoleExists(db, role));
    if (!there) continue;
    std::string name = QuoteName(role);
    // DROP OWNED takes away what the role was granted, whoever granted it; only members may.
    TRY(
        db.Script(fmt::format("SET LOCAL ROLE NONE; GRANT {0} TO CURRENT_USER; DROP OWNED BY {0};"
                              "REVOKE {0} FROM CURRENT_USER; SET LOCAL ROLE {1}",
                              name, kController)));
    TRY(DropLogin(db, role));
  }
  return {};
}

}  // namespace mayfly::postgres
