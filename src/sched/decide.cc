#include "sched/decide.h"

#include <fmt/format.h>

#include <algorithm>

#include "sched/forecast.h"
#include "sched/hold.h"

namespace mayfly::sched {
namespace {

constexpr int kSetupsThatTell = 2;  // in a row

// What a machine may still do for the run.
bool IsUseful(const MachineView& machine) {
  bool may_work = machine.state == MachineState::kIntended ||
                  machine.state == MachineState::kBooting ||
                  machine.state == MachineState::kWorking;
  return may_work && !machine.noticed && !machine.ordered_to_drain;
}

bool HasLife(const RunSnapshot& s) {
  return std::any_of(s.machines.begin(), s.machines.end(),
                     [](const MachineView& m) { return IsAlive(m.state); });
}

const Sighting* FindSighting(const Known& known, MachineId machine) {
  for (const Sighting& sighting : known.sightings) {
    if (sighting.machine == machine) return &sighting;
  }
  return nullptr;
}

// A heartbeat that is too old says nothing while the database itself was away: nobody could renew.
bool IsSilent(const MachineView& machine, const RunSnapshot& s, const Policy& policy) {
  return machine.heartbeat_age && *machine.heartbeat_age > policy.lease &&
         s.server_up > policy.lease;
}

// Why a living machine must end now, or nothing.
std::optional<std::string> ReasonToEnd(const MachineView& m, const RunSnapshot& s,
                                       const Known& known, const Policy& policy) {
  if (m.state == MachineState::kEnding) return "it was about to be ended";
  if (m.deadline_in <= policy.reserve) return "its deadline is here";
  const Sighting* sighting = FindSighting(known, m.id);
  if (sighting != nullptr && !sighting->alive) return "the provider says that it is gone";
  if (IsSilent(m, s, policy)) {
    return fmt::format("no heartbeat for {}", HumanDuration(*m.heartbeat_age));
  }
  if (std::optional<std::string> over = ReasonToEndHold(m)) return over;
  bool registered = m.state != MachineState::kIntended && m.state != MachineState::kBooting;
  if (!registered && m.age > policy.boot_patience) {
    return fmt::format("it did not report within {}", HumanDuration(policy.boot_patience));
  }
  return std::nullopt;
}

void TendMachine(const MachineView& m, const RunSnapshot& s, const Known& known,
                 const Policy& policy, std::vector<Action>& actions) {
  if (m.state == MachineState::kGone) return;
  if (std::optional<std::string> reason = ReasonToEnd(m, s, known, policy)) {
    actions.emplace_back(End{m.id, *reason});
    return;
  }
  bool no_fact = m.external_id.empty();
  if (!no_fact) return;
  const Sighting* sighting = FindSighting(known, m.id);
  if (sighting != nullptr) {
    actions.emplace_back(AdoptSighting{m.id, sighting->external_id, sighting->pool});
  } else if (m.state == MachineState::kIntended) {
    actions.emplace_back(
        Relaunch{m.id, "it is intended, and nobody knows whether it was launched"});
  }
}

// Machines that do not work any more leave nothing behind in the ledger either.
void TendRaces(const RunSnapshot& s, std::vector<Action>& actions) {
  if (s.leases_of_dead == 0) return;
  for (const MachineView& m : s.machines) {
    if (m.state == MachineState::kGone) {
      actions.emplace_back(Reap{m.id, "a claim raced its death"});
    }
  }
}

// How machines are asked to leave: all but one, where that is to stay for a while.
struct Leave {
  bool gently = true;
  std::optional<MachineId> but;
};

// Every living machine drains, and is ended once it left or patience is over; but what is held is
// kept.
void EmptyTheField(const RunSnapshot& s, const Policy& policy, const std::string& reason,
                   const Leave& leave, std::vector<Action>& actions) {
  const bool gently = leave.gently;
  for (const MachineView& m : s.machines) {
    if (!IsAlive(m.state) || m.state == MachineState::kEnding || leave.but == m.id) continue;
    if (m.state == MachineState::kHeld && KeepsHeld(s, policy)) continue;
    bool works = m.state == MachineState::kWorking || m.state == MachineState::kDraining;
    if (gently && works && !m.ordered_to_drain) {
      actions.emplace_back(Drain{m.id, reason});
    } else if (!gently || !works) {
      actions.emplace_back(End{m.id, reason});
    } else if (m.drain_age && *m.drain_age > policy.drain_patience) {
      actions.emplace_back(End{m.id, reason + ", and it did not drain in time"});
    }
  }
}

bool HasDecision(const std::vector<Action>& actions, MachineId machine) {
  return std::any_of(actions.begin(), actions.end(), [&](const Action& action) {
    const auto* end = std::get_if<End>(&action);
    return end != nullptr && end->machine == machine;
  });
}

int CountUseful(const RunSnapshot& s, const std::vector<Action>& actions) {
  return static_cast<int>(std::count_if(
      s.machines.begin(), s.machines.end(),
      [&](const MachineView& m) { return IsUseful(m) && !HasDecision(actions, m.id); }));
}

void MoveStages(const RunSnapshot& s, std::vector<Action>& actions) {
  for (const StageView& stage : s.stages) {
    const TaskCounts& t = stage.tasks;
    bool started = t.ready + t.leased + t.done + t.quarantined > 0;
    if ((stage.state == StageState::kBlocked || stage.state == StageState::kFailed) && started &&
        t.quarantined == 0) {
      actions.emplace_back(MoveStage{stage.id, StageState::kOpen, "its first tasks are ready"});
    } else if (stage.state == StageState::kOpen && t.finished()) {
      actions.emplace_back(MoveStage{stage.id, StageState::kComplete, "all its tasks are done"});
    } else if (stage.state == StageState::kOpen && t.quarantined > 0) {
      actions.emplace_back(
          MoveStage{stage.id, StageState::kFailed,
                    fmt::format("{} of its tasks failed for good", t.quarantined)});
    }
  }
}

// I11: what the cap does not pay for is not asked for. Machines that live go on until their own
// deadlines; then the run waits for the operator.
void PauseForTheCap(const RunSnapshot& s, const Known& known, const std::string& reason,
                    std::vector<Action>& actions) {
  bool may_be_less = known.money.account_is_open;  // an end that is not told yet counts as late
  if (!HasWorkers(s) && !may_be_less)
    actions.emplace_back(MoveRun{RunState::kPaused, std::nullopt, reason});
}

// A machine that no pool gave was not lost: the ladder bounds how often that happens.
int CountHad(const RunSnapshot& s) {
  return static_cast<int>(
      std::ranges::count_if(s.machines, [](const MachineView& m) { return !m.was_refused; }));
}

// Asking again never helps: the operator acts, once the machines that live have done what they can.
void PauseForTheLadder(const RunSnapshot& s, const NoPool& none, std::vector<Action>& actions) {
  if (HasWorkers(s)) return;
  actions.emplace_back(MoveRun{RunState::kPaused, std::nullopt, none.reason});
}

void WaitForTheLadder(const RunSnapshot& s, const WaitForPools& wait,
                      std::vector<Action>& actions) {
  const std::optional<Waiting>& said = s.run.waiting;
  bool is_said = said && said->reason == wait.reason && said->until && *said->until > s.now;
  if (!is_said) actions.emplace_back(Await{wait.reason, wait.until});
}

// How many of the newest machines in a row could not be made ready.
int CountFailedSetups(const RunSnapshot& s, const Policy& policy) {
  int failed = 0;
  for (std::size_t i = s.machines.size(); i > static_cast<std::size_t>(policy.forgiven); --i) {
    const MachineView& machine = s.machines[i - 1];
    if (FailedInSetup(machine)) {
      ++failed;
    } else if (!machine.was_refused && !IsAlive(machine.state)) {
      break;
    }
  }
  return failed;
}

// Before anything was ever done, a setup that fails again is no bad luck: further machines would be
// paid for to say the same (I10).
bool SetupIsHopeless(const RunSnapshot& s, const Policy& policy) {
  return s.Totals().done == 0 && CountFailedSetups(s, policy) >= kSetupsThatTell;
}

void PauseForTheSetup(const RunSnapshot& s, std::vector<Action>& actions) {
  if (HasLife(s)) return;
  const auto told = std::find_if(s.machines.rbegin(), s.machines.rend(), FailedInSetup);
  actions.emplace_back(MoveRun{
      RunState::kPaused, std::nullopt,
      fmt::format("no machine can be made ready: {}; mend it, and `run` continues", told->reason)});
}

void LaunchWhatIsMissing(const RunSnapshot& s, const Known& known, const Policy& policy,
                         std::vector<Action>& actions) {
  TaskCounts totals = s.Totals();
  std::int64_t waiting = totals.ready + totals.leased;
  int useful = CountUseful(s, actions);
  int wanted = static_cast<int>(std::min<std::int64_t>(policy.machines, waiting));
  int bound = policy.machines + policy.replacements;
  if (useful >= wanted) return;
  if (SetupIsHopeless(s, policy)) return PauseForTheSetup(s, actions);
  if (CountHad(s) >= bound) {
    if (useful > 0 || HasWorkers(s)) return;  // those that are left may still finish it
    actions.emplace_back(
        MoveRun{RunState::kFailed, std::nullopt,
                fmt::format("{} machines were lost; `run` continues it", CountHad(s))});
    return;
  }
  if (const auto* none = std::get_if<NoPool>(&known.next)) {
    return PauseForTheLadder(s, *none, actions);
  }
  if (const auto* wait = std::get_if<WaitForPools>(&known.next)) {
    return WaitForTheLadder(s, *wait, actions);
  }
  if (known.money.no_launch) return PauseForTheCap(s, known, *known.money.no_launch, actions);
  const auto& ask = std::get<AskPools>(known.next);
  if (auto floor = FloorBeforeLaunch(s, policy.keep)) {
    std::visit([&](auto& act) { actions.emplace_back(std::move(act)); }, *floor);
    return;
  }
  std::string why = fmt::format("{} tasks are ready or leased and {} of {} machines work", waiting,
                                useful, wanted);
  if (!ask.reason.empty()) why += "; " + ask.reason;
  actions.emplace_back(Launch{why, ask.rungs});
}

// What a task may not do it may not do the next time either: the operator acts, and pays for no
// machine meanwhile.
std::optional<std::string> FindDenied(const RunSnapshot& s) {
  for (const StageView& stage : s.stages) {
    if (!stage.denied) continue;
    return fmt::format("stage {} is not allowed to do its work: {}; grant it, and `run` continues",
                       stage.name, *stage.denied);
  }
  return std::nullopt;
}

void PauseForTheOperator(const RunSnapshot& s, const Policy& policy, const std::string& reason,
                         std::vector<Action>& actions) {
  EmptyTheField(s, policy, reason, {}, actions);
  if (!HasWorkers(s)) actions.emplace_back(MoveRun{RunState::kPaused, std::nullopt, reason});
}

void DecideRunning(const RunSnapshot& s, const Known& known, const Policy& policy,
                   std::vector<Action>& actions) {
  TaskCounts totals = s.Totals();
  std::size_t before = actions.size();
  MoveStages(s, actions);
  bool stages_move = actions.size() > before;
  if (totals.finished() && stages_move) return;  // the run follows its last stage, a step later
  if (totals.finished() && policy.only_tries) {
    actions.emplace_back(MoveRun{RunState::kPaused, std::nullopt, std::string(kTried)});
    return;
  }
  if (totals.finished()) {
    actions.emplace_back(MoveRun{RunState::kVerifying, std::nullopt, "every task is done"});
    return;
  }
  if (auto denied = FindDenied(s)) return PauseForTheOperator(s, policy, *denied, actions);
  std::optional<std::string> overrun = FindOverrun(s);
  if (overrun && policy.pauses_on_overrun) {
    actions.emplace_back(MoveRun{RunState::kPaused, std::nullopt, *overrun});
    return;
  }
  if (known.money.crossing && policy.pauses_on_overrun) {
    EmptyTheField(s, policy, *known.money.crossing, {}, actions);
    return PauseForTheCap(s, known, *known.money.crossing, actions);
  }
  if (totals.ready + totals.leased > 0) {
    LaunchWhatIsMissing(s, known, policy, actions);
    return;
  }
  std::string why =
      totals.quarantined > 0
          ? fmt::format("{} tasks failed for good; `mayfly explain` tells why", totals.quarantined)
          : std::string("tasks wait for what will never be done");
  actions.emplace_back(MoveRun{RunState::kFailed, Verdict::kFail, why});
}

void DecideVerifying(const RunSnapshot& s, std::vector<Action>& actions) {
  if (s.findings_total > 0 && s.findings_failed == 0) {
    actions.emplace_back(MoveRun{RunState::kFinishing, Verdict::kPass,
                                 fmt::format("all {} checks pass", s.findings_total)});
    return;
  }
  std::string why = s.findings_total == 0 ? std::string("no check could be evaluated")
                                          : fmt::format("{} of {} checks do not pass",
                                                        s.findings_failed, s.findings_total);
  actions.emplace_back(MoveRun{RunState::kFailed, Verdict::kFail, why});
}

// Last in a step: what these calls meet keeps no machine from its end.
void TendKept(const RunSnapshot& s, const DiskDecision& disk, const std::string& reason,
              std::vector<Action>& actions) {
  if (disk.act) {
    std::visit([&](const auto& act) { actions.emplace_back(act); }, *disk.act);
  }
  if (auto floor = FloorAfterWork(s, reason)) actions.emplace_back(*std::move(floor));
}

// Needs a run without living machines.
void ProveNothingIsLeft(const Known& known, std::vector<Action>& actions) {
  if (known.residue_proved_empty || !known.residue_look_is_due) return;
  actions.emplace_back(ProveGone{"no machine is left"});
}

void DecideFinishing(const RunSnapshot& s, const Known& known, const Policy& policy,
                     std::vector<Action>& actions) {
  if (!s.run.published) actions.emplace_back(Publish{"the verdict is pass"});
  const DiskDecision disk = DecideDisk(s, policy.keep);
  EmptyTheField(s, policy, "the run needs it no more", {.but = disk.stays}, actions);
  TendKept(s, disk, "the run's work is done", actions);
  if (HasLife(s) || disk.is_open || IsFloorOpen(s)) return;
  ProveNothingIsLeft(known, actions);
  if (s.leaves_to_vacuum > 0) {  // the database's work alone: done while looks are waited for
    actions.emplace_back(Vacuum{fmt::format("{} leaves are not frozen", s.leaves_to_vacuum)});
  } else if (s.run.published && known.residue_proved_empty) {
    actions.emplace_back(MoveRun{RunState::kClosed, std::nullopt, "published, and proved gone"});
  }
}

void Settle(const RunSnapshot& s, const Known& known, const Policy& policy,
            std::vector<Action>& actions) {
  const std::string reason = fmt::format("the run is {}", Name(s.run.state));
  EmptyTheField(s, policy, reason, {.gently = false}, actions);
  TendKept(s, DecideDisk(s, policy.keep), reason, actions);
  if (IsDiskOpen(s) || IsFloorOpen(s)) return;
  if (!HasLife(s)) ProveNothingIsLeft(known, actions);
}

// The operator's wish: everything drains, then the run pauses or is cancelled. A paused one may
// keep a held machine.
void DecideStop(const RunSnapshot& s, const Policy& policy, std::vector<Action>& actions) {
  EmptyTheField(s, policy, std::string(kAskedToStop), {}, actions);
  bool cancels = s.run.stop_wish == StopWish::kCancel;
  if (cancels ? HasLife(s) : HasWorkers(s)) return;
  // Nobody drives a cancelled run whose controller dies: a floor it left raised would stay so.
  if (auto floor = FloorAfterWork(s, std::string(kAskedToStop)); cancels && floor) {
    actions.emplace_back(*std::move(floor));
    return;
  }
  RunState to = cancels ? RunState::kCancelled : RunState::kPaused;
  actions.emplace_back(MoveRun{to, std::nullopt, std::string(kAskedToStop)});
}

bool CanStop(const RunSnapshot& s) {
  bool pause = s.run.stop_wish == StopWish::kPause && s.run.state == RunState::kRunning;
  bool cancel = s.run.stop_wish == StopWish::kCancel && MayStep(s.run.state, RunState::kCancelled);
  return pause || cancel;
}

void DecideByState(const RunSnapshot& s, const Known& known, const Policy& policy,
                   std::vector<Action>& actions) {
  switch (s.run.state) {
    case RunState::kPlanned:
      break;
    case RunState::kApproved:
      actions.emplace_back(MoveRun{RunState::kRunning, std::nullopt, "it is approved"});
      break;
    case RunState::kRunning:
      if (s.run.deadline_in <= policy.reserve) {
        actions.emplace_back(MoveRun{RunState::kFailed, std::nullopt, "the deadline is here"});
      } else {
        DecideRunning(s, known, policy, actions);
      }
      break;
    case RunState::kVerifying:
      DecideVerifying(s, actions);
      break;
    case RunState::kFinishing:
      DecideFinishing(s, known, policy, actions);
      break;
    case RunState::kPaused:
    case RunState::kClosed:
    case RunState::kFailed:
    case RunState::kCancelled:
      Settle(s, known, policy, actions);
      break;
  }
}

}  // namespace

std::vector<Action> Decide(const RunSnapshot& s, const Known& known, const Policy& policy) {
  std::vector<Action> actions;
  for (const MachineView& m : s.machines) TendMachine(m, s, known, policy, actions);
  TendRaces(s, actions);
  std::size_t tended = actions.size();
  if (CanStop(s)) {
    DecideStop(s, policy, actions);
  } else {
    DecideByState(s, known, policy, actions);
  }
  KeepWhatIsWished(s, known, policy, tended, actions);
  return actions;
}

bool IsSettled(const RunSnapshot& s, const Known& known) {
  bool at_rest =
      IsOver(s.run.state) || s.run.state == RunState::kFailed || s.run.state == RunState::kPaused;
  bool wish_open = CanStop(s);
  return at_rest && !wish_open && !HasLife(s) && s.leases_of_dead == 0 && !IsDiskOpen(s) &&
         !IsFloorOpen(s) && known.residue_proved_empty && !known.money.account_is_open;
}

namespace {

struct Describer {
  std::string operator()(const Launch& a) const { return "launch a machine: " + a.reason; }
  std::string operator()(const Await& a) const {
    return fmt::format("wait until {}: {}", FormatInstant(a.until), a.reason);
  }
  std::string operator()(const Relaunch& a) const {
    return fmt::format("launch machine {} again: {}", a.machine.value, a.reason);
  }
  std::string operator()(const AdoptSighting& a) const {
    return fmt::format("machine {} exists as {}", a.machine.value, a.external_id);
  }
  std::string operator()(const Drain& a) const {
    return fmt::format("drain machine {}: {}", a.machine.value, a.reason);
  }
  std::string operator()(const End& a) const {
    return fmt::format("end machine {}: {}", a.machine.value, a.reason);
  }
  std::string operator()(const Reap& a) const {
    return fmt::format("take back leases of machine {}: {}", a.machine.value, a.reason);
  }
  std::string operator()(const MoveStage& a) const {
    return fmt::format("stage {} is {}: {}", a.stage.value, Name(a.to), a.reason);
  }
  std::string operator()(const MoveRun& a) const {
    return fmt::format("the run is {}: {}", Name(a.to), a.reason);
  }
  std::string operator()(const Publish& a) const { return "publish: " + a.reason; }
  std::string operator()(const Vacuum& a) const { return "vacuum: " + a.reason; }
  std::string operator()(const AnswerHold& a) const {
    return fmt::format("the hold is {}: {}", Name(a.to), a.reason);
  }
  std::string operator()(const Hold& a) const {
    return fmt::format("keep machine {}: {}", a.machine.value, a.reason);
  }
  std::string operator()(const ProveGone& a) const { return "look for residue: " + a.reason; }
  std::string operator()(const KeepDisk& a) const {
    return fmt::format("keep the disk of machine {}: {}", a.machine.value, a.reason);
  }
  std::string operator()(const DropDisk& a) const { return "drop the kept disk: " + a.reason; }
  std::string operator()(const RaiseFloor& a) const {
    return "raise the database's floor: " + a.reason;
  }
  std::string operator()(const RestoreFloor& a) const {
    return "restore the database's floor: " + a.reason;
  }
};

}  // namespace

std::string Describe(const Action& action) { return std::visit(Describer{}, action); }

}  // namespace mayfly::sched
