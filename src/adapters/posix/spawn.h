#pragma once
// Starting a program, and knowing that it really started: Spawn returns only after exec succeeded,
// or with the step that failed. Signal mask and handlers of the child are the default ones, and of
// our descriptors it gets none but those named here.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "adapters/posix/process_table.h"
#include "base/result.h"

namespace mayfly::posix {

enum class Tie {
  kSameGroup,  // our child, in our process group; dies with this thread (PR_SET_PDEATHSIG)
  kOwnGroup,   // our child, leader of a process group; dies with this thread
  kDetached,   // leader of a session, no child of ours: lives on when we die
};

using Environment = std::vector<std::pair<std::string, std::string>>;

// A detached process carries this variable (any value), so that a subreaper to which it is
// re-parented knows that it is meant to live. Children that are not detached never inherit it.
inline constexpr char kDetachedMarker[] = "MAYFLY_DETACHED";

struct SpawnSpec {
  std::vector<std::string> argv;    // argv[0] is looked up in PATH unless it has a slash
  bool inherit_environment = true;  // else `env` is all the child gets
  Environment env;                  // added, or replacing
  std::vector<std::string> unset_env;
  std::string cwd;  // empty: ours
  int input = -1;   // becomes stdin; -1: /dev/null
  int output = -1;  // becomes stdout and stderr; -1: /dev/null
  Tie tie = Tie::kOwnGroup;
  // RLIMIT_DATA: heap and private writable mappings, per process and inherited. Not RLIMIT_AS,
  // which counts reserved addresses and so breaks garbage collectors, JITs and sanitizers.
  std::optional<std::int64_t> memory_limit_bytes;
  // Runs in the child just before exec, in its final process; returns an errno, 0 to go on. After
  // fork of a process that has threads, only what is async-signal-safe is safe there.
  std::function<int()> before_exec;
};

// Where `program` is: as it stands if it has a slash, else by PATH. kNotFound names it.
Result<std::string> FindProgram(const std::string& program, const std::string& cwd = {});

// kNotFound: no such program or folder; kDenied: not allowed to run it; kExhausted: no processes or
// memory left; kInvalid: not a program. Whatever the error, no process is left behind.
Result<ProcessId> Spawn(const SpawnSpec& spec);

}  // namespace mayfly::posix
