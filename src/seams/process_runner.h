#pragma once
// Child processes: the slots of a supervisor, the commands of `command` stages.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace mayfly {

struct ProcessSpec {
  std::vector<std::string> argv;                         // argv[0] is looked up in PATH
  std::vector<std::pair<std::string, std::string>> env;  // added to, or replacing, ours
  std::vector<std::string> unset_env;                    // names the child must not see
  std::string cwd;                                       // empty: ours
  std::optional<std::int64_t> memory_limit_bytes;        // per process tree where possible
  bool own_group = true;                                 // a process group of its own
  bool inherit_env = true;                               // else `env` is all that the child gets
  bool by_lines = true;  // else Start's output comes in pieces as they are read, byte by byte
};

// A handle is safe against pid reuse: it is only valid for the process that Start made.
struct ProcessHandle {
  std::int64_t pid = 0;
  friend bool operator==(const ProcessHandle&, const ProcessHandle&) = default;
};

struct ProcessChange {
  ProcessHandle process;
  enum class What { kExited, kSignalled, kStopped } what = What::kExited;
  int value = 0;  // exit code or signal number
};

struct CommandExit {
  int exit_code = 0;  // meaningless if signal != 0
  int signal = 0;
  bool timed_out = false;
  bool cancelled = false;
  std::string tail;    // last 64 KiB of stdout and stderr, interleaved as they came
  int stragglers = 0;  // processes the command left behind, ended by Run before it returned
};

class ProcessRunner {
 public:
  virtual ~ProcessRunner() = default;

  // Starts a child that dies with this process (PR_SET_PDEATHSIG). Its stdout and stderr go to
  // `on_output` line by line whenever Poll runs. kNotFound where argv[0] is not to be found.
  using OutputSink = std::function<void(ProcessHandle, std::string_view line)>;
  virtual Result<ProcessHandle> Start(const ProcessSpec& spec, OutputSink on_output) = 0;

  // What changed since the last call; delivers pending output first. Never blocks. Also ends
  // orphans: descendants that were re-parented to this process.
  virtual Result<std::vector<ProcessChange>> Poll() = 0;

  // SIGKILL to the process and its group, and waits until they are gone (bounded; kUnavailable).
  virtual Status Kill(ProcessHandle process) = 0;

  // SIGTERM to the process only.
  virtual Status Terminate(ProcessHandle process) = 0;

  // Runs a command to its end, at most `timeout`; `cancelled` is asked several times a second.
  // When it returns, no process of the command's is left: not in its group, not re-parented.
  virtual Result<CommandExit> Run(const ProcessSpec& spec, Duration timeout,
                                  const std::function<void(std::string_view chunk)>& on_output,
                                  const std::function<bool()>& cancelled) = 0;
};

}  // namespace mayfly
