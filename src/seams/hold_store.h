#pragma once
// Holding machines, and commands on held ones. An operator's side of the ledger asks and reads; a
// machine's side takes what is asked of it. What is asked, by whom, and how it ended stays.

#include <optional>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "model/hold.h"

namespace mayfly {

// An operator's. Needs no control of the run: the controller answers, the machine carries out.
class HoldStore {
 public:
  virtual ~HoldStore() = default;

  // Asks to keep a machine of the run when its work is over; an open wish of before is withdrawn.
  // kConflict: the run is over. kNotFound: no such run, or no such machine of it.
  virtual Result<HoldId> RequestHold(RunId run, const HoldWish& wish) = 0;

  virtual Result<HoldView> ReadHold(HoldId hold) = 0;

  // Withdraws the open wish and lets the countdown of every held machine end now, or of one of
  // them. Answers how many holds ended by it; safe to repeat.
  virtual Result<int> EndHolds(RunId run, std::optional<MachineId> machine) = 0;

  // kConflict: the machine is not held, and how to hold it. kExhausted: too many wait already.
  virtual Result<ExecId> RequestExec(const ExecWish& wish) = 0;

  // The command is ended if it runs, and not started if it does not; asking again is harmless.
  virtual Status CancelExec(ExecId exec) = 0;

  // What was printed from this part on, a bounded number of them.
  virtual Result<ExecNews> ReadExec(ExecId exec, std::int64_t from_part) = 0;
};

// A machine's, under its own login: it sees no other's.
class ExecQueue {
 public:
  virtual ~ExecQueue() = default;

  // Every command that is asked of this machine and has not ended, a bounded number, oldest first;
  // none where it is not held. From here on they count as running: one that is new to the machine
  // is to be started, once.
  virtual Result<std::vector<ExecOrder>> Take(MachineId machine) = 0;

  // Repeating a part is harmless.
  virtual Status AddOutput(ExecId exec, std::int64_t part, std::string_view bytes) = 0;

  // Repeating it is harmless; the first end counts.
  virtual Status End(ExecId exec, const ExecExit& exit) = 0;
};

inline constexpr int kMostExecsAtOnce = 8;    // on one machine; more wait
inline constexpr int kMostExecsWaiting = 64;  // more are refused (I10)
inline constexpr int kMostPartsAtOnce = 64;   // that one ReadExec tells

}  // namespace mayfly
