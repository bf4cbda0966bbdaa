#include "controller/controller.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/offer_json.h"

namespace mayfly {
namespace {

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

// What a choice asks for; where it asks for nothing, what the ladder's first rung would.
std::vector<Offer> OffersOf(const sched::Choice& choice, const std::vector<sched::Rung>& rungs) {
  std::vector<Offer> offers;
  if (const auto* ask = std::get_if<sched::AskPools>(&choice)) {
    for (std::size_t rung : ask->rungs) offers.push_back(rungs[rung].offer);
  }
  if (offers.empty()) offers.push_back(rungs.empty() ? Offer{} : rungs.front().offer);
  return offers;
}

// Unless the look had it already.
void AddAlive(const MachineSighting& sighting, ResidueLook& look) {
  const bool is_there = std::ranges::any_of(look.found, [&](const Residue& one) {
    return one.name.find(sighting.external_id) != std::string::npos;
  });
  if (is_there) return;
  look.found.push_back(
      {"machine", fmt::format("{} ({})", sighting.machine.value, sighting.external_id)});
}

// The ledger's word that a machine is gone is held against what the provider lists.
void ConfirmEnds(const RunSnapshot& snapshot, const std::vector<MachineSighting>& seen,
                 ProofPass& pass) {
  for (const MachineView& machine : snapshot.machines) {
    if (machine.was_refused) continue;  // there never was one
    bool is_shown = false;
    bool is_alive = false;
    for (const MachineSighting& s : seen) {
      if (s.machine != machine.id) continue;
      is_shown = true;
      is_alive = is_alive || s.alive;
      if (s.alive) AddAlive(s, pass.look);
    }
    if (!is_shown) ++pass.not_shown;
    if (is_shown && !is_alive) ++pass.seen_ended;
  }
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
      keeping_(options_.keeping, clock, [this](const Change& change) { return Apply(change); }),
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
  TRY_ASSIGN(seen_, provider_.List(options_.run));
  std::optional<Error> trouble = provider_.TakeTrouble();
  if (trouble && observer_ != nullptr) observer_->OnTrouble(*trouble);
  TRY(RecordNews(snapshot, seen_));
  sched::Known known;
  for (const MachineSighting& s : seen_) {
    known.sightings.push_back({s.machine, s.external_id, s.alive, s.pool});
  }
  const ProofStanding proof = JudgeProof(snapshot);
  known.residue_proved_empty = proof.is_complete;
  known.residue_look_is_due = !proof.next || snapshot.now >= *proof.next;
  known.next = ChooseNext(snapshot);
  TRY_ASSIGN(known.money, purse_.Look(snapshot, options_.policy.machines,
                                      WorstOf(OffersOf(known.next, purse_.Rungs(snapshot)))));
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
  for (const MachineSighting& s : seen) {
    const MachineView* machine = FindMachine(snapshot, s.machine);
    bool is_new = machine != nullptr && s.refusal && !machine->was_refused;
    if (is_new) news.emplace_back(RecordRefused{s.machine, {*s.refusal}});
  }
  // A snapshot that cannot be looked at now keeps nothing else from being done.
  const Result<bool> followed = keeping_.Follow(snapshot);
  if (!followed.ok() && observer_ != nullptr) observer_->OnTrouble(followed.error());
  if (news.empty() && !(followed.ok() && *followed)) return {};
  for (const Change& change : news) TRY(Apply(change));
  loaded_ = clock_.Mono();
  TRY_ASSIGN(snapshot, store_.Load(options_.run));
  return {};
}

Status Controller::TakeControl() {
  if (!control_) {
    TRY_ASSIGN(control_, store_.TakeControl(options_.run, options_.who));
  }
  if (!options_.resume || resumed_) return {};
  TRY_ASSIGN(RunSnapshot snapshot, store_.Load(options_.run));
  TRY(Resume(snapshot));
  resumed_ = true;
  return {};
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

// The operator mended the cause: what failed for good gets fresh budgets. Repeated until it is
// known to be done, since any of its replies can be lost.
Status Controller::Resume(const RunSnapshot& snapshot) {
  bool at_rest = snapshot.run.state == RunState::kFailed || snapshot.run.state == RunState::kPaused;
  if (at_rest && !mended_) {
    mended_ = snapshot.now;
    // Machines that were lost before are forgiven too.
    options_.policy.replacements += static_cast<int>(snapshot.machines.size());
    options_.policy.forgiven = static_cast<int>(snapshot.machines.size());
    options_.policy.pauses_on_overrun = false;  // they know, and want it all the same
  }
  if (snapshot.Totals().quarantined > 0) TRY(Apply(RetryQuarantined{}));
  if (!at_rest) return {};
  return Apply(SetRunState{RunState::kRunning, "the operator continues it", std::nullopt});
}

Status Controller::Apply(const Change& change) {
  return store_.Apply(options_.run, *control_, change);
}

Status Controller::CarryOut(const sched::Action& action, const RunSnapshot& snapshot) {
  return std::visit(
      Visitor{
          [&](const sched::Launch& a) { return LaunchMachine(NewIntent(a, snapshot), snapshot); },
          [&](const sched::Relaunch& a) {
            return LaunchMachine(SameIntent(a, snapshot), snapshot);
          },
          [&](const sched::Await& a) { return Apply(RecordWaiting{a.reason, a.until}); },
          [&](const sched::AdoptSighting& a) {
            const MachineView* machine = FindMachine(snapshot, a.machine);
            return RecordBought(a.machine, a.external_id, machine->offers, a.pool);
          },
          [&](const sched::Drain& a) { return Apply(OrderDrain{a.machine, a.reason}); },
          [&](const sched::End& a) { return EndMachine(a.machine, a.reason, snapshot); },
          [&](const sched::Reap& a) -> Status {
            TRY(store_.ReapMachine(options_.run, *control_, a.machine, a.reason));
            return {};
          },
          [&](const sched::MoveStage& a) { return Apply(SetStageState{a.stage, a.to, a.reason}); },
          [&](const sched::MoveRun& a) { return Apply(SetRunState{a.to, a.reason, a.verdict}); },
          [&](const sched::AnswerHold& a) { return Apply(AnswerHold{a.hold, a.to, a.reason}); },
          [&](const sched::Hold& a) {
            return Apply(RecordHeld{a.machine, a.hold, a.length, a.reason});
          },
          [&](const sched::Publish&) { return store_.Publish(options_.run, *control_); },
          [&](const sched::Vacuum&) { return Apply(VacuumSome{}); },
          [&](const sched::ProveGone&) { return LookForResidue(snapshot); },
          [&](const sched::KeepDisk& a) { return keeping_.Keep(a, snapshot); },
          [&](const sched::DropDisk& a) { return keeping_.Drop(a, snapshot); },
          [&](const sched::RaiseFloor&) { return keeping_.Raise(snapshot); },
          [&](const sched::RestoreFloor& a) { return keeping_.Restore(a, snapshot); },
      },
      action);
}

// Where the next machine comes from, by what is known now.
sched::Choice Controller::ChooseNext(const RunSnapshot& snapshot) {
  sched::LadderView view{.rungs = purse_.Rungs(snapshot),
                         .refusals = snapshot.refusals,
                         .quotas = ReadQuotas(snapshot),
                         .mended = mended_.value_or(Instant::min()),
                         .now = snapshot.now};
  for (const MachineView& machine : snapshot.machines) {
    if (machine.born)
      view.last_had = std::max(view.last_had.value_or(*machine.born), *machine.born);
  }
  return sched::ChoosePools(view, options_.policy.ladder);
}

// Limits that cannot be read are not known: then only refusals tell of them.
std::vector<QuotaRoom> Controller::ReadQuotas(const RunSnapshot& snapshot) {
  bool may_launch = snapshot.run.state == RunState::kRunning;
  Duration now = clock_.Mono();
  bool is_due = !quotas_read_ || now - *quotas_read_ >= options_.ask_quotas;
  if (options_.market == nullptr || !may_launch || !is_due) return quotas_;
  quotas_read_ = now;
  Result<std::vector<QuotaRoom>> read = options_.market->ReadQuotas();
  if (!read.ok() && observer_ != nullptr) observer_->OnTrouble(read.error());
  quotas_ = read.ok() ? std::move(*read) : std::vector<QuotaRoom>();
  return quotas_;
}

MachineIntent Controller::NewIntent(const sched::Launch& launch,
                                    const RunSnapshot& snapshot) const {
  // The token names run and ordinal: two controllers that decide the same launch agree.
  MachineIntent intent{
      .token = fmt::format("run-{}-machine-{}", options_.run.value, snapshot.machines.size() + 1),
      .provider = options_.provider,
      .slots = options_.slots,
      .reason = launch.reason,
      .offers = OffersOf(sched::AskPools{launch.rungs, ""}, purse_.Rungs(snapshot))};
  return intent;
}

// Exactly the pools of the first time: with others it would be another request.
MachineIntent Controller::SameIntent(const sched::Relaunch& again,
                                     const RunSnapshot& snapshot) const {
  const MachineView* machine = FindMachine(snapshot, again.machine);
  MachineIntent intent{.token = machine->token,
                       .provider = options_.provider,
                       .slots = machine->slots,
                       .reason = again.reason};
  if (!machine->offers.empty()) intent.offers = machine->offers;
  return intent;
}

// Intent, act, fact. After a crash between any two of them the next Decide sees the open intent.
Status Controller::LaunchMachine(const MachineIntent& asked, const RunSnapshot& snapshot) {
  MachineIntent wish = asked;
  TRY_ASSIGN(wish.deadline,
             purse_.NextDeadline(snapshot, options_.policy.machines, WorstOf(wish.offers)));
  TRY_ASSIGN(IntendedMachine intended, store_.RecordIntent(options_.run, *control_, wish));
  // I11: counted from the look at the ledger, whatever took time since then.
  Duration deadline_in = intended.deadline - snapshot.now - (clock_.Mono() - loaded_);
  if (deadline_in <= Duration(0)) {
    return Conflict(
        fmt::format("machine {} would be born after its deadline", intended.machine.value));
  }
  LaunchIntent intent{.machine = intended.machine,
                      .run = options_.run,
                      .token = wish.token,
                      .slots = wish.slots,
                      .deadline_in = deadline_in,
                      .database = intended.access,
                      .tags = {{"run", std::to_string(options_.run.value)},
                               {"phase", snapshot.run.phase},
                               {"purpose", "worker"}},
                      .notice = options_.notice,
                      .slot_memory_bytes = options_.slot_memory_bytes,
                      .offers = wish.offers};
  bool is_first = snapshot.machines.empty();
  if (is_first) intent.interrupt_after = options_.interrupt_after;
  TRY_ASSIGN(LaunchAnswer answer, provider_.Launch(intent));
  return RecordAnswer(intended.machine, wish.offers, answer);
}

// A machine that no pool gave is gone before it was; what was said stays, for the ladder.
Status Controller::RecordAnswer(MachineId machine, const std::vector<Offer>& offers,
                                const LaunchAnswer& answer) {
  if (!answer.refusals.empty()) TRY(Apply(RecordRefused{machine, answer.refusals}));
  if (!answer.external_id.empty()) {
    return RecordBought(machine, answer.external_id, offers, answer.pool);
  }
  TRY(Apply(RecordEnding{machine, "no pool gave it"}));
  return Apply(RecordGone{machine});
}

Status Controller::RecordBought(MachineId machine, const std::string& external_id,
                                const std::vector<Offer>& offers, const std::optional<Pool>& pool) {
  RecordLaunched fact{.machine = machine, .external_id = external_id};
  const Pool bought = pool ? *pool : offers.empty() ? Pool{} : offers.front().pool;
  auto offer = std::ranges::find(offers, bought, &Offer::pool);
  if (offer != offers.end()) fact.offer = *offer;
  for (const sched::Rung& rung : options_.purse.rungs) {
    if (rung.pool.pool == bought) fact.slots = rung.pool.vcpus;
  }
  return Apply(fact);
}

// Leases come back before the machine is seen to end: work goes on while a slow cloud terminates. A
// slot that still lives is harmless: its backend is gone, its fence is old, its machine is ending.
Status Controller::EndMachine(MachineId machine, const std::string& reason,
                              const RunSnapshot& snapshot) {
  const MachineView* view = FindMachine(snapshot, machine);
  if (view->state != MachineState::kEnding) TRY(Apply(RecordEnding{machine, reason}));
  TRY(store_.ReapMachine(options_.run, *control_, machine, reason));
  TRY(provider_.Terminate(machine, view->external_id));
  return Apply(RecordGone{machine});
}

// What was found and what was not is written down either way: the looks of a run are evidence, and
// count for whoever controls it next. The snapshot's time is from before the look.
Status Controller::LookForResidue(const RunSnapshot& snapshot) {
  ProofPass pass{.began = snapshot.now};
  TRY_ASSIGN(pass.look, provider_.FindResidue(options_.run));
  ConfirmEnds(snapshot, seen_, pass);
  TRY(Apply(RecordProof{pass}));
  if (pass.look.found.empty()) return {};
  TRY(EndStrays());
  return Unavailable(Describe(pass.look));
}

// By now the ledger has given up every machine. One that lives was asked for by a call that arrived
// after that; it ends itself at its boot, if it ever boots.
Status Controller::EndStrays() {
  TRY_ASSIGN(const std::vector<MachineSighting> seen, provider_.List(options_.run));
  for (const MachineSighting& one : seen) {
    if (one.alive) TRY(provider_.Terminate(one.machine, one.external_id));
  }
  return {};
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
