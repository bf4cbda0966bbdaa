#pragma once
// [machines.setup]: what a rented machine does once, before its first slot starts. One command
// after the other, as children of the supervisor, whose heartbeats go on meanwhile.

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/ec2_spec.h"
#include "seams/clock.h"
#include "seams/process_runner.h"

namespace mayfly {

struct SetupStep {
  std::string name;  // "setup command 2", for messages
  ProcessSpec process;
};

struct SetupPlan {
  std::vector<SetupStep> steps;
  Duration timeout = minutes(10);  // for all of them
};

// The swap file first, where one is stated; then the commands, each by the shell in `folder`. The
// way to the ledger is not theirs to see (I12).
SetupPlan PlanSetup(const SetupSpec& spec, const std::string& folder);

class Setup {
 public:
  using Say = std::function<void(const std::string& line)>;

  // Clock and processes must outlive it.
  Setup(SetupPlan plan, Clock& clock, ProcessRunner& processes, Say say);

  // Starts the next command when the one before has ended well, and ends one that takes too long.
  // An error is trouble of ours: again later.
  Status Step();

  // True where the change is about a command of ours.
  bool OnChange(const ProcessChange& change);

  // Ends what runs; nothing more is started.
  Status Stop();

  bool is_running() const { return process_.has_value(); }
  bool is_over() const;  // well or not, or stopped

  // Why the machine cannot work: "setup command 2 failed: exited with 1: its last words".
  const std::string& failure() const { return failure_; }

 private:
  Status Start();
  void Fail(const std::string& how);
  std::string Label() const;

  SetupPlan plan_;
  Clock& clock_;
  ProcessRunner& processes_;
  Say say_;
  std::optional<ProcessHandle> process_;
  std::size_t next_ = 0;  // the step that runs, or starts next
  Duration begun_{};
  std::string last_line_;
  std::string failure_;
  bool stopped_ = false;
};

}  // namespace mayfly
