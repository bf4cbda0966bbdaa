#pragma once
// What /proc knows of processes, and ending them with proof. A pid alone names nothing, because
// pids are used again; a ProcessId (pid and start time) names one process for ever, up to a reboot.
// Everything here may be called from any thread; nothing is cached.

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace mayfly::posix {

struct ProcessId {
  pid_t pid = 0;
  std::uint64_t start_ticks = 0;  // since boot, field 22 of /proc/PID/stat
  friend auto operator<=>(const ProcessId&, const ProcessId&) = default;
};

// "4711:123456", and back; anything else is kInvalid.
std::string FormatProcessId(ProcessId id);
Result<ProcessId> ParseProcessId(std::string_view text);

struct ProcessRecord {
  ProcessId id;
  pid_t parent = 0;
  pid_t group = 0;
  pid_t session = 0;
  char state = '?';
  std::string name;  // the kernel's short name, at most 15 characters
  std::int64_t resident_bytes = 0;

  // A zombie runs nothing and holds nothing but its pid.
  bool is_running() const { return state != 'Z' && state != 'X'; }
};

// nullopt where there is no such process.
std::optional<ProcessRecord> Inspect(pid_t pid);

// Exactly this process exists and is no zombie.
bool IsRunning(ProcessId id);

// Every process that is no zombie, by pid.
std::vector<ProcessRecord> ListProcesses();

// Value of a variable in the environment the process was started with; nullopt where it has none
// or may not be read. A program that overwrites its own environment is not seen.
std::optional<std::string> ReadEnvironment(pid_t pid, std::string_view name);

// Processes whose environment holds `name`=`value`.
std::vector<ProcessRecord> FindByEnvironment(std::string_view name, std::string_view value);

// `root` and everything below it by parenthood, as far as `descend` allows; root first.
std::vector<ProcessRecord> FindTree(
    pid_t root, const std::function<bool(const ProcessRecord&)>& descend =
                    [](const ProcessRecord&) { return true; });

std::vector<ProcessRecord> FindGroup(pid_t group);
std::vector<ProcessRecord> FindSession(pid_t session);

// Direct children of this process, zombies included.
std::vector<ProcessRecord> ListChildren();

// Folder a process works in; empty where it may not be read. " (deleted)" is cut off.
std::string WorkingFolder(pid_t pid);
// Base name of the program it runs; empty where it may not be read.
std::string ProgramName(pid_t pid);

// Sends a signal to exactly this process; kNotFound if it is gone.
Status Signal(ProcessId id, int signal);

// Waits until every one of them has ended (as a zombie or wholly), at most `limit`: kUnavailable
// names who is left. Needs no parenthood.
Status WaitUntilGone(const std::vector<ProcessId>& ids, Duration limit);

// SIGKILL to whatever `find` returns, again and again, until two looks in a row find nothing: forks
// that race with the look are found by the next. Returns how many processes were ended.
// kUnavailable after `limit`, naming who is left; kDenied where one is not ours to kill.
using FindProcesses = std::function<std::vector<ProcessRecord>()>;
Result<int> KillUntilGone(const FindProcesses& find, Duration limit);

// Different after every boot; makes a ProcessId in a file safe across one.
std::string BootId();

// Time since boot, sleep included (CLOCK_BOOTTIME): the same for all processes, wrong for none.
Duration SinceBoot();

}  // namespace mayfly::posix
