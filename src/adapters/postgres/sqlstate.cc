#include "adapters/postgres/sqlstate.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/text.h"

namespace mayfly::postgres {
namespace {

struct StateRow {
  std::string_view prefix;  // a whole state or its class; the first row that fits decides
  ErrorKind kind;
};

constexpr std::array<StateRow, 40> kStates{{
    {kIllegalStep, ErrorKind::kConflict},
    {kOldFence, ErrorKind::kConflict},
    {kAppendOnly, ErrorKind::kDenied},
    {kNotYourLease, ErrorKind::kConflict},
    {"57P01", ErrorKind::kConflict},     // our backend was ended: the lease is lost
    {"57014", ErrorKind::kCancelled},    // query_canceled, statement_timeout
    {"57", ErrorKind::kUnavailable},     // starting up, shutting down, crashed
    {"53300", ErrorKind::kUnavailable},  // too many connections: some will end
    {"53", ErrorKind::kExhausted},       // disk full, out of memory, …
    {"54", ErrorKind::kExhausted},       // row too big, too many columns
    {"08", ErrorKind::kUnavailable},
    {"28", ErrorKind::kDenied},
    {"42501", ErrorKind::kDenied},
    {"0P", ErrorKind::kDenied},     // a role that is not there
    {"25006", ErrorKind::kDenied},  // a write in a read-only transaction
    {"25P03", ErrorKind::kUnavailable},
    {"25", ErrorKind::kDefect},
    {"23", ErrorKind::kCorrupt},
    {"40", ErrorKind::kUnavailable},  // deadlock, serialization
    {"55P03", ErrorKind::kUnavailable},
    {"55006", ErrorKind::kUnavailable},
    {"55", ErrorKind::kInvalid},
    {"3D000", ErrorKind::kNotFound},
    {"3F000", ErrorKind::kNotFound},
    {"42", ErrorKind::kInvalid},
    {"44", ErrorKind::kCorrupt},
    {"22", ErrorKind::kInvalid},
    {"21", ErrorKind::kInvalid},
    {"2B", ErrorKind::kConflict},
    {"0A", ErrorKind::kInvalid},
    {"0B", ErrorKind::kInvalid},
    {"P0", ErrorKind::kInvalid},  // raised by the user's own SQL
    {"38", ErrorKind::kInvalid},
    {"39", ErrorKind::kInvalid},
    {"58P", ErrorKind::kCorrupt},
    {"58", ErrorKind::kUnavailable},
    {"XX001", ErrorKind::kCorrupt},
    {"XX002", ErrorKind::kCorrupt},
    {"XX", ErrorKind::kUnavailable},  // "tuple concurrently updated" and the like
    {"F0", ErrorKind::kUnavailable},
}};

bool IsState(std::string_view text) {
  return text.size() == 5 && std::all_of(text.begin(), text.end(), [](char c) {
           auto byte = static_cast<unsigned char>(c);
           return std::isdigit(byte) != 0 || std::isupper(byte) != 0;
         });
}

}  // namespace

ErrorKind KindOfSqlState(std::string_view state) {
  if (state.empty()) return ErrorKind::kUnavailable;
  for (const StateRow& row : kStates) {
    if (state.substr(0, row.prefix.size()) == row.prefix) return row.kind;
  }
  return ErrorKind::kInvalid;
}

ServerMessage ParseServerMessage(std::string_view verbose) {
  std::string_view line = Trim(verbose.substr(0, verbose.find('\n')));
  for (std::size_t at = line.find(":  "); at != std::string_view::npos;
       at = line.find(":  ", at + 1)) {
    std::string_view rest = line.substr(at + 3);
    if (rest.size() > 6 && rest[5] == ':' && IsState(rest.substr(0, 5))) {
      return {std::string(rest.substr(0, 5)), std::string(Trim(rest.substr(6)))};
    }
  }
  return {"", std::string(line)};
}

std::string WithoutSecret(std::string text, std::string_view secret) {
  if (secret.empty()) return text;
  for (std::size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at)) {
    text.replace(at, secret.size(), "***");
    at += 3;
  }
  return text;
}

}  // namespace mayfly::postgres
