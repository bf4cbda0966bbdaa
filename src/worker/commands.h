#pragma once
// The commands that operators ask of a held machine: taken from the ledger, run side by side, their
// output sent there as it comes, their ends told. Single-threaded; Step never waits for a command.

#include <functional>
#include <map>
#include <string>

#include "base/result.h"
#include "seams/clock.h"
#include "seams/hold_store.h"
#include "seams/process_runner.h"

namespace mayfly {

class Commands {
 public:
  using MakeProcess = std::function<ProcessSpec(const ExecOrder& order)>;
  using Say = std::function<void(const std::string& line)>;

  struct Terms {
    MachineId machine;
    MakeProcess process_of;  // what a command is run as; its output not cut into lines
    Say say;                 // a line for the machine's log
  };

  // All references must outlive it.
  Commands(Terms terms, Clock& clock, ExecQueue& queue, ProcessRunner& processes);

  // Looks for orders, starts what is new, ends what was cancelled or ran over its time, and sends
  // what was printed. After an error the same Step may be repeated.
  Status Step();

  // True where the change is about a command of ours.
  bool OnChange(const ProcessChange& change);

  // Ends everything that runs and tells so; nothing more is started. Repeat it after an error.
  Status Stop();

  // Ends what runs without a word to the ledger, which is not to be reached.
  void Abandon();

  bool is_running() const { return !running_.empty(); }

  static constexpr std::size_t kMostKept = std::size_t{8} << 20;  // bytes of one command's output
  static constexpr Duration kLookEvery = milliseconds(200);

 private:
  struct Running {
    ExecOrder order;
    std::optional<ProcessHandle> process;  // absent once it ended
    std::optional<ExecExit> exit;          // to be told after the output
    Duration started{};
    std::string sending;  // the part whose answer is awaited: repeated as it was
    std::string unsent;
    std::int64_t next_part = 0;
    std::size_t kept = 0, lost = 0;  // bytes
  };

  Status Look();
  void Start(const ExecOrder& order);
  void Take(Running& command, std::string_view bytes);
  Status WatchTime();
  Status End(Running& command, ExecExit exit);
  Status Send();
  Status SendOutput(Running& command);

  Terms terms_;
  Clock& clock_;
  ExecQueue& queue_;
  ProcessRunner& processes_;
  std::map<ExecId, Running> running_;
  ExecId newest_;  // that was started: the ledger may name an ended one once more
  Duration next_look_{};
};

}  // namespace mayfly
