// hold: keeps a machine when its work is over, for a while and at a price; asked through the
// ledger, answered by the run's controller. Where none is alive to hear it, this one carries it
// out.

#include <fmt/format.h>

#include <algorithm>

#include "cli/about_run.h"
#include "cli/carry_out.h"
#include "cli/hold_text.h"
#include "cli/operator_name.h"
#include "cli/phase_money.h"
#include "sched/hold.h"

namespace mayfly::cli {
namespace {

constexpr Duration kLookEvery = milliseconds(250);
constexpr Duration kReaction = seconds(4);  // a controller that is alive has answered by then
constexpr Duration kGoneWithin = seconds(8);

struct Flags {
  RunFlags run;
  std::string length;
  std::optional<std::int64_t> machine;
  bool ends = false;

  std::optional<MachineId> wished() const {
    return machine ? std::optional(MachineId{*machine}) : std::nullopt;
  }
};

struct Holding {
  Host& host;
  OpenedRun& opened;
  const Session& session;

  Ledger& ledger() const { return *opened.ledger; }
  Result<RunSnapshot> Load() const { return ledger().reads().Load(opened.run); }
};

bool WillWorkOn(const RunSnapshot& s) {
  return s.run.state == RunState::kApproved || s.run.state == RunState::kRunning ||
         s.run.state == RunState::kVerifying;
}

bool HasEnding(const RunSnapshot& s, std::optional<MachineId> machine) {
  return std::ranges::any_of(s.machines, [&](const MachineView& m) {
    bool is_meant = !machine || m.id == *machine;
    return is_meant && (m.state == MachineState::kHeld || m.state == MachineState::kEnding);
  });
}

// A wish that no controller could grant is not asked.
Status CheckPossible(const RunSnapshot& s, const Flags& flags) {
  bool has_one = std::ranges::any_of(s.machines, sched::CanBeHeld);
  if (IsOver(s.run.state) || (!has_one && !WillWorkOn(s))) {
    return Conflict(fmt::format("run {} is {} and no machine of it works: there is nothing to hold",
                                s.run.id.value, Name(s.run.state)));
  }
  if (!flags.machine) return {};
  auto named = std::ranges::find(s.machines, *flags.wished(), &MachineView::id);
  if (named == s.machines.end()) {
    return NotFound(fmt::format("run {} has no machine {}; `mayfly status` lists them",
                                s.run.id.value, *flags.machine));
  }
  bool is_born = named->state == MachineState::kIntended || named->state == MachineState::kBooting;
  if (is_born || sched::CanBeHeld(*named)) return {};
  return Conflict(fmt::format("machine {} is {}{}: it cannot be held any more", *flags.machine,
                              Name(named->state),
                              named->noticed ? " and about to be taken away" : ""));
}

Result<HoldView> AwaitAnswer(const Holding& holding, HoldId id) {
  Duration end = holding.host.clock().Mono() + kReaction;
  while (true) {
    TRY_ASSIGN(HoldView hold, holding.ledger().holds().ReadHold(id));
    Duration now = holding.host.clock().Mono();
    bool is_enough = now >= end || holding.host.waiter().stop_requests() > 0;
    if (is_enough || hold.state != HoldState::kAsked) return hold;
    holding.host.waiter().WaitUntil(now + kLookEvery);
  }
}

Result<int> TellHeld(const Holding& holding, const RunSnapshot& s, MachineId id) {
  TRY_ASSIGN(RunMoney money, LoadMoney(holding.ledger(), s));
  auto machine = std::ranges::find(s.machines, id, &MachineView::id);
  std::string line = machine == s.machines.end() ? "" : HoldInALine(*machine, s, LeftOfCap(money));
  Say(line.empty() ? fmt::format("machine {} was held", id.value) : line);
  if (!line.empty()) {
    Say(
        fmt::format("`mayfly exec {} -- CMD` runs a command on it; `mayfly hold {} --end` gives it "
                    "up early",
                    id.value, s.run.id.value));
  }
  return 0;
}

// Nobody answered. With its work over, whatever a machine still does for nobody ends or is held
// from here; a run that works needs its controller for more than this.
Result<int> WithoutController(const Holding& holding, const RunSnapshot& s, HoldId id) {
  if (WillWorkOn(s)) {
    return Unavailable(
        fmt::format("hold {} is noted, and no controller of run {} answers; `mayfly run` with its "
                    "phase file goes on with it, and keeps the machine then",
                    id.value, s.run.id.value));
  }
  TRY(CarryOut({holding.host, holding.ledger(), holding.opened.place, holding.session}, s));
  TRY_ASSIGN(HoldView hold, holding.ledger().holds().ReadHold(id));
  Say(fmt::format("hold {} was {}: {}", id.value, Name(hold.state), hold.note));
  return hold.state == HoldState::kGranted ? 0 : ExitCode(ErrorKind::kExhausted);
}

Result<int> Ask(const Holding& holding, const Flags& flags, Duration length) {
  TRY_ASSIGN(RunSnapshot before, holding.Load());
  TRY(CheckPossible(before, flags));
  HoldWish wish{flags.wished(), length, OperatorName()};
  TRY_ASSIGN(HoldId id, holding.ledger().holds().RequestHold(before.run.id, wish));
  TRY_ASSIGN(HoldView hold, AwaitAnswer(holding, id));
  TRY_ASSIGN(RunSnapshot after, holding.Load());
  switch (hold.state) {
    case HoldState::kAsked:
      return WithoutController(holding, after, id);
    case HoldState::kPromised:
      Say(fmt::format("run {} will hold {}", before.run.id.value, hold.note));
      return 0;
    case HoldState::kGranted:
      return TellHeld(holding, after, *hold.keeps);
    case HoldState::kRefused:
      return Exhausted(hold.note);
    case HoldState::kWithdrawn:
      return Conflict(fmt::format("hold {} was withdrawn by another one", id.value));
  }
  return Defect("a hold without a state");
}

// The machine ends by itself; that it is gone is a controller's to see.
Result<int> End(const Holding& holding, const Flags& flags) {
  RunId run = holding.opened.run;
  TRY_ASSIGN(int ended, holding.ledger().holds().EndHolds(run, flags.wished()));
  if (ended == 0) {
    Say(fmt::format("run {} holds nothing, and nothing is wished of it", run.value));
    return 0;
  }
  Duration end = holding.host.clock().Mono() + kGoneWithin;
  while (true) {
    TRY_ASSIGN(RunSnapshot now, holding.Load());
    bool is_late = holding.host.clock().Mono() >= end;
    if (HasEnding(now, flags.wished()) && !is_late) {
      holding.host.waiter().WaitUntil(holding.host.clock().Mono() + kLookEvery);
      if (holding.host.waiter().stop_requests() == 0) continue;
      return Cancelled("the hold is over, and its machine was not seen gone yet");
    }
    if (!HasEnding(now, flags.wished())) break;
    if (WillWorkOn(now)) {
      return Unavailable(fmt::format(
          "the hold is over and its machine ends itself; no controller of run {} answers "
          "to see it gone: `mayfly run` with its phase file goes on with it",
          run.value));
    }
    TRY(CarryOut({holding.host, holding.ledger(), holding.opened.place, holding.session}, now));
    break;
  }
  Say(fmt::format("run {} holds nothing any more", run.value));
  return 0;
}

Result<int> RunHoldCommand(const Flags& flags, const Session& session) {
  if (flags.ends != flags.length.empty()) {
    return Invalid("say either how long, --for 30m, or --end");
  }
  Duration length{};
  if (!flags.ends) {
    TRY_ASSIGN(length, ParseDuration(flags.length));
    if (length <= Duration(0)) return Invalid("--for needs a time above zero, such as 30m");
  }
  std::unique_ptr<Host> host = MakeHost();
  TRY_ASSIGN(OpenedRun opened, OpenRun(flags.run));
  Holding holding{*host, opened, session};
  return flags.ends ? End(holding, flags) : Ask(holding, flags, length);
}

}  // namespace

void AddHold(CLI::App& app, Session& session) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand(
      "hold", "Keep a machine when its work is over, with a countdown and its price");
  AddRunArgument(*command, flags->run);
  command->add_option("--for", flags->length, "how long: 30m, 2h; from when its work is over");
  command->add_option("--machine", flags->machine,
                      "this one (default: the newest that works then)");
  command->add_flag("--end", flags->ends, "give up early what is held, and what is wished");
  command->callback([flags, &session] {
    session.chosen = [flags, &session] { return RunHoldCommand(*flags, session); };
  });
}

}  // namespace mayfly::cli
