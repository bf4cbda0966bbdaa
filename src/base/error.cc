#include "base/error.h"

#include <array>

namespace mayfly {
namespace {

struct KindRow {
  ErrorKind kind;
  std::string_view name;
  int exit_code;
};

constexpr std::array<KindRow, 10> kKinds{{
    {ErrorKind::kDefect, "defect", 1},
    {ErrorKind::kInvalid, "invalid", 2},
    {ErrorKind::kNotFound, "not_found", 3},
    {ErrorKind::kConflict, "conflict", 4},
    {ErrorKind::kUnavailable, "unavailable", 5},
    {ErrorKind::kAmbiguous, "ambiguous", 5},
    {ErrorKind::kExhausted, "exhausted", 6},
    {ErrorKind::kDenied, "denied", 7},
    {ErrorKind::kCorrupt, "corrupt", 8},
    {ErrorKind::kCancelled, "cancelled", 130},
}};

}  // namespace

std::string_view KindName(ErrorKind kind) {
  for (const KindRow& row : kKinds) {
    if (row.kind == kind) return row.name;
  }
  return "defect";
}

int ExitCode(ErrorKind kind) {
  for (const KindRow& row : kKinds) {
    if (row.kind == kind) return row.exit_code;
  }
  return 1;
}

ErrorKind KindFromName(std::string_view name) {
  for (const KindRow& row : kKinds) {
    if (row.name == name) return row.kind;
  }
  return ErrorKind::kDefect;
}

Error Error::Within(std::string_view context) const {
  return {kind_, std::string(context) + ": " + message_};
}

}  // namespace mayfly
