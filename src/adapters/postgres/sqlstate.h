#pragma once
// PostgreSQL's errors as ours: the one place where a SQLSTATE becomes an ErrorKind.

#include <string>
#include <string_view>

#include "base/error.h"

namespace mayfly::postgres {

// States that the ledger raises itself (sql/migrations).
inline constexpr std::string_view kIllegalStep = "MF001";
inline constexpr std::string_view kOldFence = "MF002";
inline constexpr std::string_view kAppendOnly = "MF003";
inline constexpr std::string_view kNotYourLease = "MF004";

// One of the server's own that messages treat apart.
inline constexpr std::string_view kDiskFull = "53100";

// Five characters, or empty where the connection was lost before the server could say anything.
ErrorKind KindOfSqlState(std::string_view state);

// "FATAL:  28P01: password authentication failed …" (libpq's verbose form) taken apart.
struct ServerMessage {
  std::string state;  // empty: not from the server
  std::string text;   // first line, without severity and state
};
ServerMessage ParseServerMessage(std::string_view verbose);

// `text` without any occurrence of `secret` (I12).
std::string WithoutSecret(std::string text, std::string_view secret);

}  // namespace mayfly::postgres
