#include "adapters/postgres/sqlstate.h"

#include <gtest/gtest.h>

namespace mayfly::postgres {
namespace {

struct Case {
  const char* state;
  ErrorKind kind;
};

TEST(SqlState, EveryStateSaysWhatTheReceiverDoes) {
  const Case kCases[] = {
      {"", ErrorKind::kUnavailable},      {"53100", ErrorKind::kExhausted},
      {"53200", ErrorKind::kExhausted},   {"53300", ErrorKind::kUnavailable},
      {"57P01", ErrorKind::kConflict},    {"57P02", ErrorKind::kUnavailable},
      {"57P03", ErrorKind::kUnavailable}, {"57014", ErrorKind::kCancelled},
      {"08006", ErrorKind::kUnavailable}, {"28P01", ErrorKind::kDenied},
      {"28000", ErrorKind::kDenied},      {"42501", ErrorKind::kDenied},
      {"23505", ErrorKind::kCorrupt},     {"23514", ErrorKind::kCorrupt},
      {"40001", ErrorKind::kUnavailable}, {"40P01", ErrorKind::kUnavailable},
      {"55P03", ErrorKind::kUnavailable}, {"42601", ErrorKind::kInvalid},
      {"42P01", ErrorKind::kInvalid},     {"22012", ErrorKind::kInvalid},
      {"3D000", ErrorKind::kNotFound},    {"54000", ErrorKind::kExhausted},
      {"25006", ErrorKind::kDenied},      {"MF001", ErrorKind::kConflict},
      {"MF002", ErrorKind::kConflict},    {"MF003", ErrorKind::kDenied},
      {"MF004", ErrorKind::kConflict},    {"XX001", ErrorKind::kCorrupt},
  };
  for (const Case& c : kCases) EXPECT_EQ(KindOfSqlState(c.state), c.kind) << c.state;
}

TEST(SqlState, ARefusedLoginIsTakenApart) {
  ServerMessage message = ParseServerMessage(
      "connection to server on socket \"/tmp/x\" failed: FATAL:  28P01: password authentication "
      "failed for user \"a\"\nLOCATION:  auth_failed, auth.c:326\n");
  EXPECT_EQ(message.state, "28P01");
  EXPECT_EQ(message.text, "password authentication failed for user \"a\"");
}

TEST(SqlState, AServerThatIsNotThereHasNoState) {
  ServerMessage message = ParseServerMessage(
      "connection to server at \"127.0.0.1\", port 1 failed: Connection refused\n\tIs the server…");
  EXPECT_EQ(message.state, "");
  EXPECT_EQ(KindOfSqlState(message.state), ErrorKind::kUnavailable);
}

TEST(SqlState, SecretsAreTakenOutOfMessages) {
  EXPECT_EQ(WithoutSecret("user x password hunter2, hunter2!", "hunter2"),
            "user x password ***, ***!");
  EXPECT_EQ(WithoutSecret("nothing", ""), "nothing");
}

}  // namespace
}  // namespace mayfly::postgres
