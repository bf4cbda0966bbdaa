#pragma once
// The lines by which a slot tells its supervisor what it works on. They go through the slot's
// stdout between its log lines, and start with a byte that no log line starts with.

#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/time.h"
#include "seams/task_queue.h"

namespace mayfly {

struct SlotSignal {
  bool begins = false;         // else: idle
  Duration timeout{};          // what begins has so long from now
  std::optional<Fence> lease;  // of the task that begins; absent: it is nobody's alone, a commit
  std::string task;            // "1.5-bqx@eurusd/2024-07"
  // Of what ended with this idle: how long it took, and what of it the slot waited for the
  // database.
  Duration worked{}, waited{};
  friend bool operator==(const SlotSignal&, const SlotSignal&) = default;
};

SlotSignal SignalOf(const LeasedTask& task, Duration left);
SlotSignal SignalOfCommit(Duration timeout);

std::string EncodeSignal(const SlotSignal& signal);             // without newline
std::optional<SlotSignal> DecodeSignal(std::string_view line);  // nullopt: a log line

}  // namespace mayfly
