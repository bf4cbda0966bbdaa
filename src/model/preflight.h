#pragma once
// What is looked at before anything is paid: one line a question, each with its evidence.

#include <algorithm>
#include <span>
#include <string>

#include "model/states.h"

namespace mayfly {

struct PreflightCheck {
  std::string what;  // "quota spot": the same for the same question, always
  Verdict verdict = Verdict::kCannotTell;
  std::string found;      // the evidence
  std::string next_step;  // empty where there is nothing to do
  // Why it is no reason to wait although it did not pass; empty: it is one.
  std::string excuse;
};

// Whether a machine must not be asked for while the line stands. Cannot tell blocks as fail does.
inline bool Blocks(const PreflightCheck& check) {
  return check.verdict != Verdict::kPass && check.excuse.empty();
}
inline bool AnyBlocks(std::span<const PreflightCheck> checks) {
  return std::any_of(checks.begin(), checks.end(), Blocks);
}

// Where a database is, and how many connections it takes.
struct DatabaseRoom {
  std::string host;  // a folder where it is reached through a socket in it
  int port = 5432;
  int most = 0;      // connections at once, by the server's limit or the database's own
  int reserved = 0;  // of them for administrators
  int used = 0;      // by anybody
};

}  // namespace mayfly
