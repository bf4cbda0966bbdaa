#include "controller/controller.h"

#include <fmt/format.h>

#include <algorithm>

namespace mayfly {
namespace {

constexpr int kPassesThatProve = 2;
constexpr Duration kFirstBackoff = milliseconds(100);
constexpr Duration kLongestBackoff = seconds(5);

const MachineView* FindMachine(const RunSnapshot& snapshot, MachineId id) {
  for (const MachineView& machine : snapshot.machines) {
    if (machine.id == id) return &machine;
  }
  return nullptr;
}

// Worth trying again in a while; anything else ends this controller (not the run). A conflict is
// one between a decision and the ledger: somebody else was faster, the next Load shows what is so.
bool IsPassing(const Error& error) {
  return error.kind() == ErrorKind::kUnavailable || error.kind() == ErrorKind::kAmbiguous ||
         error.kind() == ErrorKind::kExhausted || error.kind() == ErrorKind::kConflict;
}

template <typename... Handlers>
struct Visitor : Handlers... {
  using Handlers::operator()...;
};
template <typename... Handlers>
Visitor(Handlers...) -> Visitor<Handlers...>;

}  // namespace

Controller::Controller(ControllerOptions options, Clock& clock, RunStore& store,
                       MachineProvider& provider, ControllerObserver* observer)
    : options_(std::move(options)),
      purse_(options_.purse),
      clock_(clock),
      store_(store),
      provider_(provider),
      observer_(observer) {}

Duration Controller::Step() {
  if (done_) return clock_.Mono();
  acted_ = false;
  Status status = StepOnce();
  if (!status.ok()) return AfterTrouble(status.error());
  troubles_ = 0;
  trouble_since_.reset();
  return acted_ ? clock_.Mono() : clock_.Mono() + options_.poll;
}

// Load, decide, carry out, record.
Status Controller::StepOnce() {
  if (Status taken = TakeControl(); !taken.ok()) return WithoutControl(taken.error());
  loaded_ = clock_.Mono();
  TRY_ASSIGN(RunSnapshot snapshot, store_.Load(options_.run));
  if (snapshot.run.control != *control_) return WithoutControl(LostControl(snapshot));
  TRY_ASSIGN(std::vector<MachineSighting> seen, provider_.List(options_.run));
  TRY(RecordNews(snapshot, seen));
  sched::Known known;
  for (MachineSighting& s : seen) known.sightings.push_back({s.machine, s.external_id, s.alive});
  known.residue_proved_empty = empty_residue_passes_ >= kPassesThatProve;
  TRY_ASSIGN(known.money, purse_.Look(snapshot, options_.policy.machines));
  if (observer_ != nullptr) observer_->OnSnapshot(snapshot);
  if (sched::IsSettled(snapshot, known)) {
    TRY(store_.CleanUp(options_.run, *control_));
    Finish(std::move(snapshot));
    return {};
  }
  for (const sched::Action& action : sched::Decide(snapshot, known, options_.policy)) {
    Status outcome = CarryOut(action, snapshot);
    if (observer_ != nullptr) observer_->OnAction(action, outcome);
    TRY(outcome);
    acted_ = true;
  }
  return {};
}

// What the provider and the price source tell is written down before anything is decided on it, and
// read again: one look decides on what the ledger says.
Status Controller::RecordNews(RunSnapshot& snapshot, const std::vector<MachineSighting>& seen) {
  std::vector<Change> news = purse_.FindNews(snapshot, seen, clock_.Mono());
  if (purse_.trouble() && observer_ != nullptr) observer_->OnTrouble(*purse_.trouble());
  if (news.empty()) return {};
  for (const Change& change : news) TRY(Apply(change));
  loaded_ = clock_.Mono();
  TRY_ASSIGN(snapshot, store_.Load(options_.run));
  return {};
}

Status Controller::TakeControl() {
  if (control_) return {};
  TRY_ASSIGN(control_, store_.TakeControl(options_.run, options_.who));
  if (!options_.resume) return {};
  TRY_ASSIGN(RunSnapshot snapshot, store_.Load(options_.run));
  return Resume(snapshot);
}

// I9: whoever is not the acting controller does nothing more.
Status Controller::WithoutControl(const Error& error) {
  if (error.kind() != ErrorKind::kConflict) return error;
  Finish(error);
  return {};
}

Error Controller::LostControl(const RunSnapshot& snapshot) const {
  return Conflict(fmt::format("another controller took run {} over (fence {}, ours is {})",
                              options_.run.value, snapshot.run.control.value, control_->value));
}

// The operator mended the cause: what failed for good gets fresh budgets.
Status Controller::Resume(const RunSnapshot& snapshot) {
  bool at_rest = snapshot.run.state == RunState::kFailed || snapshot.run.state == RunState::kPaused;
  if (snapshot.Totals().quarantined > 0) TRY(Apply(RetryQuarantined{}));
  if (!at_rest) return {};
  // Machines that were lost before are forgiven too.
  options_.policy.replacements += static_cast<int>(snapshot.machines.size());
  options_.policy.pauses_on_overrun = false;  // they know, and want it all the same
  return Apply(SetRunState{RunState::kRunning, "the operator continues it", std::nullopt});
}

Status Controller::Apply(const Change& change) {
  return store_.Apply(options_.run, *control_, change);
}

Status Controller::CarryOut(const sched::Action& action, const RunSnapshot& snapshot) {
  return std::visit(
      Visitor{
          [&](const sched::Launch& a) {
            // The token names run and ordinal: two controllers that decide the same launch agree.
            auto token =
                fmt::format("run-{}-machine-{}", options_.run.value, snapshot.machines.size() + 1);
            return LaunchMachine(token, a.reason, snapshot);
          },
          [&](const sched::Relaunch& a) {
            return LaunchMachine(FindMachine(snapshot, a.machine)->token, a.reason, snapshot);
          },
          [&](const sched::AdoptSighting& a) {
            return Apply(RecordLaunched{a.machine, a.external_id});
          },
          [&](const sched::Drain& a) { return Apply(OrderDrain{a.machine, a.reason}); },
          [&](const sched::End& a) { return EndMachine(a.machine, a.reason, snapshot); },
          [&](const sched::Reap& a) -> Status {
            TRY(store_.ReapMachine(options_.run, *control_, a.machine, a.reason));
            return {};
          },
          [&](const sched::MoveStage& a) { return Apply(SetStageState{a.stage, a.to, a.reason}); },
          [&](const sched::MoveRun& a) { return Apply(SetRunState{a.to, a.reason, a.verdict}); },
          [&](const sched::Publish&) { return store_.Publish(options_.run, *control_); },
          [&](const sched::Vacuum&) { return Apply(VacuumSome{}); },
          [&](const sched::ProveGone&) { return LookForResidue(); },
      },
      action);
}

// Intent, act, fact. After a crash between any two of them the next Decide sees the open intent.
Status Controller::LaunchMachine(const std::string& token, const std::string& reason,
                                 const RunSnapshot& snapshot) {
  empty_residue_passes_ = 0;
  MachineIntent wish{token, options_.provider, options_.slots, reason, purse_.NextOffer(snapshot)};
  TRY_ASSIGN(wish.deadline, purse_.NextDeadline(snapshot, options_.policy.machines));
  TRY_ASSIGN(IntendedMachine intended, store_.RecordIntent(options_.run, *control_, wish));
  // I11: counted from the look at the ledger, whatever took time since then.
  Duration deadline_in = intended.deadline - snapshot.now - (clock_.Mono() - loaded_);
  if (deadline_in <= Duration(0)) {
    return Conflict(
        fmt::format("machine {} would be born after its deadline", intended.machine.value));
  }
  LaunchIntent intent{.machine = intended.machine,
                      .run = options_.run,
                      .token = token,
                      .slots = options_.slots,
                      .deadline_in = deadline_in,
                      .database = intended.access,
                      .tags = {{"run", std::to_string(options_.run.value)},
                               {"phase", snapshot.run.phase},
                               {"purpose", "worker"}},
                      .notice = options_.notice,
                      .slot_memory_bytes = options_.slot_memory_bytes,
                      .offers = {wish.offer}};
  bool is_first = snapshot.machines.empty();
  if (is_first) intent.interrupt_after = options_.interrupt_after;
  TRY_ASSIGN(LaunchAnswer answer, provider_.Launch(intent));
  if (answer.external_id.empty()) {
    return Exhausted(fmt::format("{}: {}", Describe(answer.refusals.front().pool),
                                 answer.refusals.front().message));
  }
  return Apply(RecordLaunched{intended.machine, answer.external_id});
}

// Leases come back before the machine is seen to end: work goes on while a slow cloud terminates. A
// slot that still lives is harmless: its backend is gone, its fence is old, its machine is ending.
Status Controller::EndMachine(MachineId machine, const std::string& reason,
                              const RunSnapshot& snapshot) {
  empty_residue_passes_ = 0;
  const MachineView* view = FindMachine(snapshot, machine);
  if (view->state != MachineState::kEnding) TRY(Apply(RecordEnding{machine, reason}));
  TRY(store_.ReapMachine(options_.run, *control_, machine, reason));
  TRY(provider_.Terminate(machine, view->external_id));
  return Apply(RecordGone{machine});
}

Status Controller::LookForResidue() {
  TRY_ASSIGN(std::vector<Residue> residue, provider_.FindResidue(options_.run));
  if (residue.empty()) {
    ++empty_residue_passes_;
    return {};
  }
  empty_residue_passes_ = 0;
  return Unavailable(fmt::format("{} things are left over, the first is {} {}", residue.size(),
                                 residue.front().kind, residue.front().name));
}

void Controller::Finish(Result<RunSnapshot> outcome) {
  done_ = true;
  outcome_ = std::move(outcome);
}

// I10: every retry has a bound, in time.
Duration Controller::AfterTrouble(const Error& error) {
  Duration now = clock_.Mono();
  if (!trouble_since_) trouble_since_ = now;
  bool patient = now - *trouble_since_ < options_.patience;
  if (!IsPassing(error) || !patient) {
    Finish(error);
    return now;
  }
  if (observer_ != nullptr) observer_->OnTrouble(error);
  int doublings = std::min(troubles_++, 10);
  return now + std::min(kFirstBackoff * (1 << doublings), kLongestBackoff);
}

}  // namespace mayfly
