// exec: a command on a held machine, asked and answered through the ledger: no way into the machine
// is opened, and what was asked, by whom, and how it ended stays.

#include <fmt/format.h>

#include "cli/about_run.h"
#include "cli/operator_name.h"

namespace mayfly::cli {
namespace {

constexpr Duration kLookEvery = milliseconds(100);
constexpr Duration kPatience =
    seconds(30);                 // with a ledger that is away, and a command that will not end
constexpr int kOfSignals = 128;  // as a shell: 128 and the signal's number
constexpr int kTimedOut = 124;   // as timeout(1)

struct Flags {
  LedgerFlags ledger;
  std::int64_t machine = 0;
  std::string timeout = "10m";
  std::vector<std::string> argv;
};

int ExitCodeOf(const ExecExit& exit) {
  switch (exit.how) {
    case ExecEnd::kExited:
    case ExecEnd::kNotStarted:
      return exit.code;
    case ExecEnd::kSignalled:
      return kOfSignals + exit.code;
    case ExecEnd::kTimedOut:
      return kTimedOut;
    case ExecEnd::kCancelled:
      return ExitCode(ErrorKind::kCancelled);
    case ExecEnd::kMachineEnded:
      return ExitCode(ErrorKind::kUnavailable);
  }
  return ExitCode(ErrorKind::kDefect);
}

// Shows what the command prints as it comes, until its end is told.
class Follower {
 public:
  Follower(Host& host, Ledger& ledger, ExecId exec)
      : host_(host), ledger_(ledger), exec_(exec), heard_(host.clock().Mono()) {}

  Result<ExecExit> Follow() {
    while (true) {
      Result<ExecNews> news = ledger_.holds().ReadExec(exec_, next_part_);
      Duration now = host_.clock().Mono();
      if (!news.ok()) {
        bool passes = news.error().kind() == ErrorKind::kUnavailable && now - heard_ < kPatience;
        if (!passes) return news.error();
        TRY(ledger_.Revive());
      } else {
        for (const std::string& part : news->parts) Print(part);
        next_part_ += std::ssize(news->parts);
        if (news->exit) return *news->exit;
        heard_ = now;
      }
      TRY(HearSignals(now));
      if (!news.ok() || news->parts.empty()) host_.waiter().WaitUntil(now + kLookEvery);
    }
  }

 private:
  // Ctrl-C ends the command there; again leaves it.
  Status HearSignals(Duration now) {
    int requests = host_.waiter().stop_requests();
    if (requests > 1 || (cancelled_ && now - *cancelled_ >= kPatience)) {
      return Cancelled(fmt::format("command {} is asked to end, and was not seen to", exec_.value));
    }
    if (requests == 0 || cancelled_) return {};
    TRY(ledger_.holds().CancelExec(exec_));
    cancelled_ = now;
    return {};
  }

  Host& host_;
  Ledger& ledger_;
  ExecId exec_;
  std::int64_t next_part_ = 0;
  Duration heard_;
  std::optional<Duration> cancelled_;
};

Result<int> RunExecCommand(const Flags& flags) {
  TRY_ASSIGN(Duration timeout, ParseDuration(flags.timeout));
  if (timeout <= Duration(0)) return Invalid("--timeout needs a time above zero, such as 10m");
  std::unique_ptr<Host> host = MakeHost();
  TRY_ASSIGN(std::unique_ptr<Ledger> ledger, OpenNamedLedger(flags.ledger));
  ExecWish wish{MachineId{flags.machine}, flags.argv, OperatorName(), timeout};
  TRY_ASSIGN(ExecId exec, ledger->holds().RequestExec(wish));
  TRY_ASSIGN(ExecExit exit, Follower(*host, *ledger, exec).Follow());
  bool is_plain = exit.how == ExecEnd::kExited && exit.note.empty();
  if (!is_plain) Say(fmt::format("mayfly: command {} {}", exec.value, Describe(exit)));
  return ExitCodeOf(exit);
}

}  // namespace

void AddExec(CLI::App& app, Session& session) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand(
      "exec", "Run a command on a held machine, through the ledger; its exit code is this one's");
  command->add_option("MACHINE", flags->machine, "its number, as `mayfly status` shows it")
      ->required();
  command->add_option("CMD", flags->argv, "the program and its arguments, after --")->required();
  command->add_option("--timeout", flags->timeout, "then it is ended")->capture_default_str();
  AddLedgerFlags(*command, flags->ledger);
  command->callback(
      [flags, &session] { session.chosen = [flags] { return RunExecCommand(*flags); }; });
}

}  // namespace mayfly::cli
