// stop: asks a run, through the ledger, to drain and end its machines; then it is paused, or
// cancelled for good. Where no controller is alive to hear it, this one carries it out.

#include <fmt/format.h>

#include <algorithm>

#include "cli/about_run.h"
#include "cli/carry_out.h"

namespace mayfly::cli {
namespace {

constexpr Duration kLookEvery = milliseconds(250);
constexpr Duration kReaction = seconds(4);  // a controller that is alive has acted by then

struct Flags {
  RunFlags run;
  bool cancel = false;

  StopWish wish() const { return cancel ? StopWish::kCancel : StopWish::kPause; }
  RunState goal() const { return cancel ? RunState::kCancelled : RunState::kPaused; }
};

struct Stopping {
  Host& host;
  Ledger& ledger;
  const Place& place;
  const Flags& flags;
  const Session& session;
};

bool HasLife(const RunSnapshot& s) {
  return std::any_of(s.machines.begin(), s.machines.end(),
                     [](const MachineView& m) { return IsAlive(m.state); });
}

bool IsAtRest(RunState state) {
  return IsOver(state) || state == RunState::kFailed || state == RunState::kPaused;
}

// Does the state machine let this wish come true from here?
bool CanObey(RunState state, const Flags& flags) {
  return flags.cancel ? MayStep(state, RunState::kCancelled) : state == RunState::kRunning;
}

// Has a controller taken the wish up?
bool IsTakenUp(const RunSnapshot& s, const Flags& flags) {
  bool drains = std::any_of(s.machines.begin(), s.machines.end(), [](const MachineView& m) {
    return m.ordered_to_drain && IsAlive(m.state);
  });
  return drains || s.run.state == flags.goal() || IsOver(s.run.state);
}

// Why nothing is done, for a run that the wish does not fit.
std::string Refusal(const RunSnapshot& s) {
  switch (s.run.state) {
    case RunState::kPlanned:
    case RunState::kApproved:
      return "it has not begun; --cancel ends it for good";
    case RunState::kVerifying:
      return "its tasks are done and it will soon be over; --cancel ends it unpublished";
    case RunState::kFinishing:
      return "it passed, and its machines are about to be gone";
    case RunState::kRunning:
    case RunState::kPaused:
    case RunState::kClosed:
    case RunState::kFailed:
    case RunState::kCancelled:
      return "there is nothing to stop";
  }
  return "";
}

std::string Outcome(const RunSnapshot& s, const Flags& flags) {
  std::string text = fmt::format("run {} is {}", s.run.id.value, Name(s.run.state));
  if (HasLife(s)) {
    text += fmt::format(
        " and drains: tasks in work are finished or given back, its machines end, then it is {}; "
        "`mayfly status` shows when",
        Name(flags.goal()));
  } else if (s.run.state == RunState::kPaused || s.run.state == RunState::kFailed) {
    text += "; `mayfly run` with its phase file continues it";
  }
  return text;
}

Result<RunSnapshot> AwaitReaction(const Stopping& stopping, RunId run) {
  Duration end = stopping.host.clock().Mono() + kReaction;
  while (true) {
    TRY_ASSIGN(RunSnapshot snapshot, stopping.ledger.reads().Load(run));
    Duration now = stopping.host.clock().Mono();
    bool is_enough = now >= end || stopping.host.waiter().stop_requests() > 0;
    if (is_enough || IsTakenUp(snapshot, stopping.flags)) return snapshot;
    stopping.host.waiter().WaitUntil(now + kLookEvery);
  }
}

Result<RunSnapshot> Stop(const Stopping& stopping, const RunSnapshot& before) {
  RunId run = before.run.id;
  if (CanObey(before.run.state, stopping.flags)) {
    TRY(stopping.ledger.runs().RequestStop(run, stopping.flags.wish()));
  }
  TRY_ASSIGN(RunSnapshot after, AwaitReaction(stopping, run));
  bool is_settled = IsAtRest(after.run.state) && !HasLife(after);
  bool is_done = is_settled && !CanObey(after.run.state, stopping.flags);
  if (is_done || IsTakenUp(after, stopping.flags)) return after;
  return CarryOut({stopping.host, stopping.ledger, stopping.place, stopping.session}, after);
}

Result<int> RunStopCommand(const Flags& flags, const Session& session) {
  std::unique_ptr<Host> host = MakeHost();
  TRY_ASSIGN(OpenedRun opened, OpenRun(flags.run));
  TRY_ASSIGN(RunSnapshot before, opened.ledger->reads().Load(opened.run));
  bool lingers = IsAtRest(before.run.state) && HasLife(before);
  if (!CanObey(before.run.state, flags) && !lingers) {
    Say(fmt::format("run {} is {}: {}", opened.run.value, Name(before.run.state), Refusal(before)));
    return 0;
  }
  Stopping stopping{*host, *opened.ledger, opened.place, flags, session};
  TRY_ASSIGN(RunSnapshot after, Stop(stopping, before));
  Say(Outcome(after, flags));
  return 0;
}

}  // namespace

void AddStop(CLI::App& app, Session& session) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand(
      "stop",
      "Drain a run and end its machines; `mayfly run` continues it, unless it is cancelled");
  AddRunArgument(*command, flags->run);
  command->add_flag("--cancel", flags->cancel, "for good: it can not be continued");
  command->callback([flags, &session] {
    session.chosen = [flags, &session] { return RunStopCommand(*flags, session); };
  });
}

}  // namespace mayfly::cli
