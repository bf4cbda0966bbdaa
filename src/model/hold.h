#pragma once
// What an operator asks of a machine that would end, and what became of it: a hold keeps it for a
// while when its work is over, and a command may run on it as long as it is held.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"

namespace mayfly {

using HoldId = Id<struct HoldTag>;
using ExecId = Id<struct ExecTag>;

// asked → promised → granted; one that is not granted is refused, or withdrawn by the operator.
enum class HoldState { kAsked, kPromised, kGranted, kRefused, kWithdrawn };

std::string_view Name(HoldState state);
Result<HoldState> ParseHoldState(std::string_view name);
inline bool IsOpen(HoldState s) { return s == HoldState::kAsked || s == HoldState::kPromised; }

struct HoldWish {
  std::optional<MachineId> machine;  // absent: the one that works when the run needs it no more
  Duration length{};
  std::string who;
};

struct HoldView {
  HoldId id;
  HoldState state = HoldState::kAsked;
  HoldWish wish;
  std::string note;                // the price that was promised, or why it was refused
  std::optional<MachineId> keeps;  // once granted
};

// Until when a held machine is kept; it ends then whoever is dead.
struct Countdown {
  Instant until;
  Duration left{};  // may be negative
};

struct ExecWish {
  MachineId machine;
  std::vector<std::string> argv;  // never empty
  std::string who;
  Duration timeout{};
};

// A command that was asked for, as its machine gets it.
struct ExecOrder {
  ExecId id;
  std::vector<std::string> argv;
  std::string who;
  Duration timeout{};
  bool is_cancelled = false;
};

enum class ExecEnd { kExited, kSignalled, kTimedOut, kCancelled, kNotStarted, kMachineEnded };

std::string_view Name(ExecEnd how);  // "exited", "timed out", …
Result<ExecEnd> ParseExecEnd(std::string_view name);

struct ExecExit {
  ExecEnd how = ExecEnd::kExited;
  int code = 0;      // exit code or signal number
  std::string note;  // why it did not start, what of its output was not kept
};

// "exited with 3", "was ended by signal 9", "ran over its timeout".
std::string Describe(const ExecExit& exit);

// What a command printed since it was asked last, and its end once all of it was told.
struct ExecNews {
  std::vector<std::string> parts;  // stdout and stderr, byte by byte
  std::optional<ExecExit> exit;
};

// "sh -c 'ls /tmp'": quoted so that a shell reads the same words.
std::string QuoteArgv(const std::vector<std::string>& argv);

}  // namespace mayfly
