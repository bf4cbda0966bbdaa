#include "worker/setup.h"

#include <fmt/format.h>

#include <utility>

#include "model/run.h"

namespace mayfly {
namespace {

constexpr std::size_t kLongestWord = 300;  // of what a failed command said last

// A file of its own on the root disk; where it cannot be allocated at once it is written.
std::string SwapCommand(std::int64_t bytes) {
  constexpr std::int64_t kMib = std::int64_t{1} << 20;
  return fmt::format(
      "set -e; file=/var/mayfly.swap; swapoff $file 2>/dev/null || true; rm -f $file; umask 077; "
      "fallocate -l {0} $file || dd if=/dev/zero of=$file bs=1M count={1} status=none; "
      "mkswap $file; swapon $file",
      bytes, (bytes + kMib - 1) / kMib);
}

ProcessSpec ShellOf(const std::string& command, const std::string& folder) {
  ProcessSpec process;
  process.argv = {"/bin/sh", "-c", command};
  process.unset_env = {"MAYFLY_DATABASE"};
  process.cwd = folder;
  return process;
}

}  // namespace

SetupPlan PlanSetup(const SetupSpec& spec, const std::string& folder) {
  SetupPlan plan{.steps = {}, .timeout = spec.timeout};
  if (spec.swap_bytes) {
    plan.steps.push_back(
        {std::string(kSetupWord) + "of swap", ShellOf(SwapCommand(*spec.swap_bytes), "/")});
  }
  for (std::size_t i = 0; i < spec.commands.size(); ++i) {
    plan.steps.push_back(
        {fmt::format("{}command {}", kSetupWord, i + 1), ShellOf(spec.commands[i], folder)});
  }
  return plan;
}

Setup::Setup(SetupPlan plan, Clock& clock, ProcessRunner& processes, Say say)
    : plan_(std::move(plan)),
      clock_(clock),
      processes_(processes),
      say_(std::move(say)),
      begun_(clock.Mono()) {}

bool Setup::is_over() const {
  if (process_) return false;
  return stopped_ || !failure_.empty() || next_ == plan_.steps.size();
}

std::string Setup::Label() const { return plan_.steps[next_].name; }

Status Setup::Step() {
  if (is_over()) return {};
  const bool late = clock_.Mono() - begun_ >= plan_.timeout;
  if (!late) return process_ ? Status() : Start();
  if (process_) TRY(processes_.Kill(*process_));
  process_.reset();
  Fail(fmt::format("not over within {}, machines.setup.timeout", FormatDuration(plan_.timeout)));
  return {};
}

Status Setup::Start() {
  last_line_.clear();
  auto hear = [this](ProcessHandle, std::string_view line) {
    if (!line.empty()) last_line_ = line.substr(0, kLongestWord);
    say_(fmt::format("{}: {}", Label(), line));
  };
  Result<ProcessHandle> started = processes_.Start(plan_.steps[next_].process, hear);
  if (started.ok()) {
    process_ = *started;
    return {};
  }
  // A shell or a folder that is not there will not be there later.
  const ErrorKind kind = started.error().kind();
  if (kind == ErrorKind::kUnavailable || kind == ErrorKind::kExhausted) return started.error();
  Fail(started.error().message());
  return {};
}

bool Setup::OnChange(const ProcessChange& change) {
  if (process_ != change.process) return false;
  if (change.what == ProcessChange::What::kStopped) return true;  // its time runs on
  process_.reset();
  if (change.what == ProcessChange::What::kExited && change.value == 0) {
    say_(Label() + " is done");
    ++next_;
    return true;
  }
  std::string how = change.what == ProcessChange::What::kExited
                        ? fmt::format("exited with {}", change.value)
                        : fmt::format("was ended by signal {}", change.value);
  Fail(last_line_.empty() ? how : how + ": " + last_line_);
  return true;
}

void Setup::Fail(const std::string& how) {
  failure_ = fmt::format("{} failed: {}", Label(), how);
  say_(failure_);
}

Status Setup::Stop() {
  stopped_ = true;
  if (process_) TRY(processes_.Kill(*process_));
  process_.reset();
  return {};
}

}  // namespace mayfly
