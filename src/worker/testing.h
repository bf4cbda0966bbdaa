#pragma once
// A clock and processes that a test moves by hand.

#include <utility>
#include <vector>

#include "seams/clock.h"
#include "seams/process_runner.h"

namespace mayfly {

class FixedClock : public Clock {
 public:
  Instant Wall() override { return Instant(mono); }
  Duration Mono() override { return mono; }
  Duration mono{0};
};

class FakeProcesses : public ProcessRunner {
 public:
  Result<ProcessHandle> Start(const ProcessSpec& spec, OutputSink sink) override {
    if (start_error) return *start_error;
    started.push_back(spec);
    sinks.push_back(std::move(sink));
    return ProcessHandle{++last_pid};
  }
  Result<std::vector<ProcessChange>> Poll() override { return std::exchange(changes, {}); }
  Status Kill(ProcessHandle process) override {
    killed.push_back(process.pid);
    return {};
  }
  Status Terminate(ProcessHandle process) override {
    changes.push_back({process, ProcessChange::What::kExited, 0});
    return {};
  }
  Result<CommandExit> Run(const ProcessSpec&, Duration,
                          const std::function<void(std::string_view)>&,
                          const std::function<bool()>&) override {
    return CommandExit{};
  }

  // The newest child says a line, or ends.
  void Say(std::string_view line) { sinks.back()(ProcessHandle{last_pid}, line); }
  ProcessChange Exit(int code) const {
    return {ProcessHandle{last_pid}, ProcessChange::What::kExited, code};
  }

  std::optional<Error> start_error;
  std::vector<ProcessSpec> started;
  std::vector<OutputSink> sinks;
  std::vector<ProcessChange> changes;
  std::vector<std::int64_t> killed;
  std::int64_t last_pid = 100;
};

}  // namespace mayfly
