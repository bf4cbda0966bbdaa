#include "sim/world/world.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sim/world/misfortune.h"
#include "sim/world/narrator.h"
#include "sim/world/operators.h"

namespace mayfly::sim {
namespace {

constexpr Duration kMustRestBy = hours(1);       // I10, counted from the beginning
constexpr Duration kMustBeGoneBy = minutes(10);  // I6, counted from the rest
constexpr std::size_t kMostResumes = 3;          // by the operator, of a run that failed
constexpr std::int64_t kLongestLife = 400'000;   // steps

struct Fates {
  Fate life;
  MoneyFate money;
  KeepingFate keeping;
};

class World {
 public:
  World(std::uint64_t seed, const LifeOptions& options, RandomPhase phase, Fates fates);
  LifeResult Run();

 private:
  void Create();
  void Plan(const Incident& incident);
  void Befall(const Incident& incident);
  void BefallMachine(const Incident& incident);
  ControllerOptions MakeOptions(bool resume);
  void StartController(Duration at, bool resume);
  void OnControllerEnd(SimController& controller, SimProcess::Ending how);
  void OnRest(const RunSnapshot& snapshot);
  void RestartDatabase(Duration down);
  void GoAway(Duration length, bool takes_ledger);
  void ComeBack(bool had_ledger);
  bool IsIdle() const;
  void ClearUp();
  bool Advance();
  void TendCloud();
  bool IsQuiet() const;
  void JudgeEnd();
  void CheckInvariants();
  cost::Facts Audit();
  void CountEnds();
  std::optional<std::string> WhatIsLeft() const;
  std::optional<std::string> WhatTheCloudHas() const;
  std::size_t CountHad() const;
  std::optional<std::string> WhyNotAtRest() const;
  SimMachine* PickMachine();
  const RunRow& run() const { return scene_.ledger.runs.front(); }

  RandomPhase phase_;
  Fate fate_;
  MoneyFate money_;
  KeepingFate keeping_;
  LifeOptions options_;
  Scene scene_;
  SimVault vault_;
  SimDiskKeeper disks_{vault_};
  SimFloorKeeper floors_{vault_};
  MemoryPrices prices_;
  MachineSetup setup_;
  Operators operators_;
  Invariants invariants_;
  std::optional<Narrator> narrator_;
  std::deque<std::unique_ptr<SimMachine>> machines_;
  std::deque<std::unique_ptr<SimController>> controllers_;
  int resumes_ = 0;
  bool is_mended_ = false;
  Duration away_until_{};         // till then no controller runs
  Duration ledger_down_until_{};  // nor does the ledger
  std::optional<Duration> rest_;  // since when the run is at rest for good
};

World::World(std::uint64_t seed, const LifeOptions& options, RandomPhase phase, Fates fates)
    : phase_(std::move(phase)),
      fate_(std::move(fates.life)),
      money_(std::move(fates.money)),
      keeping_(fates.keeping),
      options_(options),
      scene_(seed, fate_.clouds, options.checks),
      vault_(scene_.cloud, keeping_.weather, Rng(seed).Fork(7).Next()),
      prices_(scene_.time, money_.weather, Rng(seed).Fork(5).Next()),
      setup_{.run = RunId{1},
             .phase = phase_,
             .seed = seed,
             .group = fate_.group,
             .silence = fate_.silence},
      operators_(scene_, fate_.operators),
      invariants_(scene_,
                  {.machines = static_cast<std::size_t>(fate_.machines + fate_.replacements) *
                               (1 + kMostResumes)}) {
  scene_.weather = fate_.calls;
  scene_.tell = options.tell;
  FillPrices(prices_, money_, scene_.time);
  if (options.tell) narrator_.emplace(scene_);
}

void World::Create() {
  MemoryRunStore store(scene_.ledger);
  Result<RunId> run = store.Create(phase_.plan);
  CHECK(run.ok(), "an empty ledger takes a run");
  scene_.Tell([&] {
    return fmt::format(
        "A phase of {} stages and {} tasks, for up to {} machines at once with {} slots each, "
        "which "
        "take up to {} tasks at a time. {} misfortunes lie ahead.",
        phase_.plan.stages.size(), phase_.plan.tasks.size(), fate_.machines, fate_.slots,
        fate_.group, fate_.incidents.size());
  });
  StartController(Duration{0}, /*resume=*/false);
  for (const Incident& incident : fate_.incidents) Plan(incident);
  operators_.Plan();
  scene_.queue.At(kClearsUp, [this] { ClearUp(); });
}

void World::Plan(const Incident& incident) {
  scene_.queue.At(incident.at, [this, what = &incident] {
    if (!rest_) Befall(*what);
  });
}

void World::ClearUp() {
  scene_.weather = {.delayed = fate_.calls.delayed};
  scene_.cloud.ClearUp();
  prices_.ClearUp();
  vault_.ClearUp();
  scene_.Tell([] { return std::string("From here on nothing goes wrong any more."); });
}

ControllerOptions World::MakeOptions(bool resume) {
  ControllerOptions options{.run = RunId{1}};
  options.who = fmt::format("controller {}", controllers_.size() + 1);
  options.policy = {.machines = fate_.machines,
                    .replacements = fate_.replacements,
                    .boot_patience = seconds(30),
                    .drain_patience = seconds(20),
                    .ladder = {.on_demand = OnDemandRule::kAfterSpot,
                               .on_demand_after = seconds(20),
                               .dry_for = seconds(8),
                               .look_again = seconds(5)}};
  options.policy.keep = RulesOf(keeping_);
  options.slots = fate_.slots;
  options.resume = resume;
  options.poll = seconds(1);
  options.purse = {.rungs = money_.rungs,
                   .cap = money_.cap,
                   .reserve = kCapReserve,
                   .least_life = kLeastLife,
                   .fixed = money_.fixed,
                   .source = &prices_,
                   .ask_every = seconds(5)};
  options.keeping = OptionsOf(keeping_, disks_, floors_);
  if (options_.spoil_purse) options_.spoil_purse(options.purse);
  if (options_.spoil_keeping) options_.spoil_keeping(options.keeping);
  return options;
}

void World::StartController(Duration at, bool resume) {
  at = std::max(at, away_until_);
  ControllerOptions options = MakeOptions(resume);
  controllers_.push_back(std::make_unique<SimController>(
      scene_, options,
      [this](SimController& c, SimProcess::Ending how) { OnControllerEnd(c, how); }));
  controllers_.back()->Start(at);
}

// Somebody always starts a controller again while the run is not at rest.
void World::OnControllerEnd(SimController& controller, SimProcess::Ending how) {
  bool settled = how == SimProcess::Ending::kByItself && controller.outcome().ok();
  if (settled) return OnRest(*controller.outcome());
  if (how == SimProcess::Ending::kByItself) {
    scene_.Tell([&] { return "A controller gave up: " + controller.outcome().error().message(); });
  }
  scene_.queue.At(scene_.time.now + scene_.Between(seconds(1), seconds(20)), [this] {
    bool one_lives = std::ranges::any_of(controllers_, &SimController::is_alive);
    if (!one_lives && !rest_) StartController(scene_.time.now, /*resume=*/false);
  });
}

// The run is paused, failed, closed or cancelled, and its controller is content with that.
void World::OnRest(const RunSnapshot& snapshot) {
  ++scene_.figures.rests;
  if (std::optional<std::string> left = WhatTheCloudHas()) {
    scene_.Violate(
        6, fmt::format("the run is {} and proved gone, and {}", Name(snapshot.run.state), *left));
  }
  bool paused = snapshot.run.state == RunState::kPaused && !IsCapUsedUp(snapshot.run);
  bool mends = snapshot.run.state == RunState::kFailed && fate_.operator_mends &&
               resumes_ < static_cast<int>(kMostResumes);
  if (!paused && !mends) {
    // One that an operator started meanwhile has its own say.
    bool one_lives = std::ranges::any_of(controllers_, &SimController::is_alive);
    if (!rest_ && !one_lives) rest_ = scene_.time.now;
    return;
  }
  ++resumes_;
  for (TaskNature& nature : phase_.natures) {
    if (mends) nature.always_fails = false;
  }
  is_mended_ = is_mended_ || mends;
  scene_.Tell([&] {
    return std::string(mends ? "The operator mends the cause and runs it again."
                             : "The operator lets it go on.");
  });
  StartController(scene_.time.now + seconds(5), /*resume=*/true);
}

void World::RestartDatabase(Duration down) {
  scene_.ledger.server.Stop();
  scene_.changed = true;
  scene_.queue.At(scene_.time.now + down, [this] {
    if (scene_.time.now < ledger_down_until_) return;
    scene_.ledger.server.Start();
    scene_.Tell([] { return std::string("The database server is up again."); });
  });
}

// Controllers and operator, and perhaps the ledger, all at once: what lives has to end by itself.
void World::GoAway(Duration length, bool takes_ledger) {
  ++scene_.figures.absences;
  away_until_ = std::max(away_until_, scene_.time.now + length);
  for (const auto& controller : controllers_) controller->Kill();
  if (takes_ledger) {
    ledger_down_until_ = std::max(ledger_down_until_, scene_.time.now + length);
    RestartDatabase(length);
  }
  scene_.queue.At(scene_.time.now + length, [this, takes_ledger] { ComeBack(!takes_ledger); });
}

// I6: a machine that has booted does not outlive a ledger that is down, nor its run's work.
void World::ComeBack(bool had_ledger) {
  if (scene_.time.now < away_until_ || (had_ledger && !IsIdle())) return;
  for (const CloudMachine& m : scene_.cloud.machines()) {
    const bool has_found_out = m.has_booted && scene_.time.now - *m.boots > minutes(6);
    if (!scene_.cloud.IsAlive(m) || !has_found_out) continue;
    scene_.Violate(6, fmt::format("nobody was there, and machine {} lives on", m.machine.value));
  }
}

// For longer than a machine waits for somebody to end it, and than whatever stalls it lasts.
bool World::IsIdle() const {
  const MemoryLedger& ledger = scene_.ledger;
  const bool has_work = std::ranges::any_of(ledger.tasks, [](const TaskRow& task) {
    return task.state == TaskState::kReady || task.state == TaskState::kLeased;
  });
  const Instant since = scene_.time.Wall() - minutes(4);
  return !has_work && std::ranges::all_of(ledger.attempts, [&](const AttemptRow& attempt) {
    return attempt.ended && *attempt.ended < since;
  });
}

SimMachine* World::PickMachine() {
  std::vector<SimMachine*> living;
  for (const std::unique_ptr<SimMachine>& machine : machines_) {
    if (!machine->has_ended()) living.push_back(machine.get());
  }
  return living.empty() ? nullptr : living[scene_.rng.Below(living.size())];
}

void World::Befall(const Incident& incident) {
  scene_.Trace(static_cast<std::uint64_t>(incident.what));
  auto tell = [&](std::string_view who) {
    scene_.Tell([&] {
      std::string lasts =
          incident.lasts > Duration{0} ? " (" + HumanDuration(incident.lasts) + ")" : "";
      return fmt::format("Misfortune: {}{}{}.", Name(incident.what), lasts, who);
    });
  };
  SimController* controller = nullptr;
  for (const auto& c : controllers_) controller = c->is_alive() ? c.get() : controller;
  switch (incident.what) {
    case Misfortune::kControllerKilled:
      tell("");
      ++scene_.figures.kills;
      if (controller != nullptr) controller->Kill();
      return;
    case Misfortune::kControllerStalls:
      tell("");
      ++scene_.figures.stalls;
      if (controller != nullptr) controller->Stall(scene_.time.now + incident.lasts);
      return;
    case Misfortune::kNobodyIsThere:
      tell("");
      return GoAway(incident.lasts, /*takes_ledger=*/true);
    case Misfortune::kNoControllerIsThere:
      tell("");
      return GoAway(incident.lasts, /*takes_ledger=*/false);
    case Misfortune::kRivalController:
      tell("");
      return StartController(scene_.time.now, /*resume=*/false);
    case Misfortune::kDatabaseRestarts:
      tell("");
      ++scene_.figures.restarts;
      return RestartDatabase(incident.lasts);
    case Misfortune::kOperatorPauses:
    case Misfortune::kOperatorCancels: {
      tell("");
      bool pause = incident.what == Misfortune::kOperatorPauses;
      MemoryRunStore store(scene_.ledger);
      // A run that is over, or a server that is down, does not hear it; the operator shrugs.
      (void)store.RequestStop(RunId{1}, pause ? StopWish::kPause : StopWish::kCancel);
      return;
    }
    default:
      BefallMachine(incident);
  }
}

void World::BefallMachine(const Incident& incident) {
  SimMachine* machine = PickMachine();
  if (machine == nullptr) return;
  scene_.Tell([&] {
    return fmt::format("Misfortune on machine {}: {}.", machine->id().value, Name(incident.what));
  });
  Duration until = scene_.time.now + incident.lasts;
  switch (incident.what) {
    case Misfortune::kSlotKilled:
      scene_.figures.kills += machine->KillSlot() ? 1 : 0;
      return;
    case Misfortune::kSlotStopped:
      scene_.figures.stalls += machine->StopSlot() ? 1 : 0;
      return;
    case Misfortune::kSlotHangs:
      scene_.figures.stalls += machine->HangSlot(until) ? 1 : 0;
      return;
    case Misfortune::kSupervisorKilled:
      ++scene_.figures.kills;
      return machine->KillSupervisor();
    case Misfortune::kSupervisorHangs:
      ++scene_.figures.stalls;
      return machine->HangSupervisor(until);
    case Misfortune::kMachineVanishes:
      ++scene_.figures.kills;
      return machine->Vanish();
    case Misfortune::kMachineStalls:
      ++scene_.figures.stalls;
      return machine->Stall(until);
    case Misfortune::kMachineCutOff:
      return machine->CutOff(until);
    case Misfortune::kMachineTakenAway:
      ++scene_.figures.reclaims;
      return machine->TakeAway(incident.lasts);
    default:
      return;
  }
}

// Machines boot and end.
void World::TendCloud() {
  for (const CloudChange& change : scene_.cloud.TakeChanges()) {
    scene_.changed = true;
    scene_.Trace(change.index * 2 + static_cast<std::uint64_t>(change.what));
    Duration residue_until = scene_.cloud.machines()[change.index].residue_until;
    scene_.queue.At(residue_until, [this] { scene_.changed = true; });
    if (change.what == CloudChange::What::kBooted) {
      ++scene_.figures.machines;
      machines_.push_back(std::make_unique<SimMachine>(scene_, setup_, change.index));
      continue;
    }
    for (const std::unique_ptr<SimMachine>& machine : machines_) {
      if (machine->cloud_index() == change.index) machine->OnEnded();
    }
  }
}

// One step of the world. False: nothing will happen any more, or it is time to judge.
bool World::Advance() {
  std::optional<Duration> next = scene_.queue.NextAt(), cloud = scene_.cloud.NextChange();
  Duration bound = rest_ ? *rest_ + kMustBeGoneBy : away_until_ + kMustRestBy;
  Duration due = std::min(next.value_or(Duration::max()), cloud.value_or(Duration::max()));
  if (due > bound || scene_.figures.steps > kLongestLife) return false;
  if (cloud && *cloud <= due) {
    scene_.time.now = std::max(scene_.time.now, *cloud);
  } else {
    scene_.queue.RunNext();
  }
  TendCloud();
  if (narrator_) narrator_->Hear();
  CheckInvariants();
  return !scene_.violation && !(rest_ && IsQuiet());
}

void World::CheckInvariants() {
  if (!std::exchange(scene_.changed, false) || scene_.violation) return;
  scene_.violation = invariants_.Check();
  std::optional<std::string> broken = FindBeyondCap(scene_, money_);
  if (!broken) broken = FindBehind(scene_, money_);
  if (broken) scene_.Violate(11, *broken);
}

bool World::IsQuiet() const {
  bool machines = std::ranges::all_of(machines_, [](const auto& m) { return m->is_quiet(); });
  bool controllers = std::ranges::none_of(controllers_, &SimController::is_alive);
  return machines && controllers && !WhatIsLeft();
}

// What bills now, or will do something later.
std::optional<std::string> World::WhatTheCloudHas() const {
  for (const CloudMachine& m : scene_.cloud.machines()) {
    if (scene_.cloud.IsAlive(m)) return fmt::format("machine {} lives", m.machine.value);
    if (m.residue_until > scene_.time.now) return "a volume is left of " + m.external_id;
    const bool is_ordered = m.last_end && *m.last_end > scene_.time.now;
    if (is_ordered) return "a schedule is left of " + m.external_id;
  }
  return std::nullopt;
}

// I6: what a run leaves behind at its end.
std::optional<std::string> World::WhatIsLeft() const {
  for (const CloudMachine& m : scene_.cloud.machines()) {
    if (!m.ended) return fmt::format("machine {} is not ended", m.machine.value);
  }
  if (std::optional<std::string> left = WhatTheCloudHas()) return left;
  const std::vector<Backend>& backends = scene_.ledger.server.backends();
  for (std::size_t i = 0; i < backends.size(); ++i) {
    if (backends[i].alive) return fmt::format("backend {} is left", i + 1);
  }
  for (const MachineRow& row : scene_.ledger.machines) {
    if (row.state != MachineState::kGone) return "a machine is not gone in the ledger";
  }
  return std::nullopt;
}

// Machines that some pool gave, alive.
std::size_t World::CountHad() const {
  RunSnapshot snapshot = scene_.ledger.Snapshot(run());
  return static_cast<std::size_t>(std::ranges::count_if(
      snapshot.machines, [](const MachineView& machine) { return !machine.was_refused; }));
}

// Closed, or failed or cancelled for a reason that the ledger's rows bear out.
std::optional<std::string> World::WhyNotAtRest() const {
  const RunRow& row = run();
  TaskCounts totals = scene_.ledger.Snapshot(row).Totals();
  switch (row.view.state) {
    case RunState::kClosed:
      if (totals.finished() && row.view.published && row.cleaned_up) return std::nullopt;
      return "it is closed without being finished, published and cleaned up";
    case RunState::kFailed: {
      int machines = fate_.machines + fate_.replacements;
      auto bound = static_cast<std::size_t>(machines);
      if (totals.quarantined > 0 || CountHad() >= bound) return std::nullopt;
      return "it failed without a task or its machines being lost for good: " + row.view.reason;
    }
    case RunState::kCancelled: {
      bool wished = std::ranges::any_of(fate_.incidents, [](const Incident& incident) {
        return incident.what == Misfortune::kOperatorCancels;
      });
      if (wished) return std::nullopt;
      return "it is cancelled, and nobody wished it";
    }
    case RunState::kPaused:
      if (IsCapUsedUp(row.view)) return WhyNotCapped(scene_, money_);
      return "it is paused";
    default:
      return fmt::format("it is {}", Name(row.view.state));
  }
}

// Somebody looks at the account later, when the cloud has told everything: a controller that finds
// the run at rest.
cost::Facts World::Audit() {
  scene_.ledger.server.Start();
  prices_.ClearUp();
  MemoryRunStore store(scene_.ledger);
  SimProvider provider(scene_.cloud, [](Duration) { return true; });
  SimClock clock(scene_.time);
  Controller auditor(MakeOptions(/*resume=*/false), clock, store, provider, nullptr);
  constexpr int kMostSteps = 1000;
  for (int i = 0; i < kMostSteps && !auditor.done(); ++i) {
    scene_.time.now = std::max(scene_.time.now, auditor.Step());
  }
  if (!auditor.done() || !auditor.outcome().ok())
    scene_.Violate(10, "the account is never settled");
  return cost::FactsOf(scene_.ledger.Snapshot(run()));
}

void World::JudgeEnd() {
  if (scene_.violation) return;
  if (!rest_) {
    RunSnapshot s = scene_.ledger.Snapshot(run());
    TaskCounts t = s.Totals();
    return scene_.Violate(
        10,
        fmt::format("the run is {} and does not come to rest ({} ready, {} leased, {} done of {})",
                    Name(s.run.state), t.ready, t.leased, t.done, t.total()));
  }
  if (std::optional<std::string> wrong = WhyNotAtRest()) scene_.Violate(10, *wrong);
  if (std::optional<std::string> left = WhatIsLeft()) scene_.Violate(6, *left);
  if (auto wrong = WhatIsKeptWrongly(run(), vault_, keeping_)) scene_.Violate(6, *wrong);
  if (!IsQuiet()) scene_.Violate(10, "a process does not end");
  if (scene_.violation) return;
  cost::Facts facts = Audit();
  if (options_.spoil_meter) options_.spoil_meter(facts);
  if (auto wrong = FindDifference(scene_, money_, facts)) scene_.Violate(11, *wrong);
}

void World::CountEnds() {
  LifeFigures& f = scene_.figures;
  for (const CloudMachine& m : scene_.cloud.machines()) {
    if (!m.ended) continue;
    f.by_timer += m.ended_by == EndedBy::kTimer ? 1 : 0;
    f.by_supervisor += m.ended_by == EndedBy::kSupervisor ? 1 : 0;
    f.by_scheduler += m.ended_by == EndedBy::kScheduler ? 1 : 0;
    f.by_order += m.ended_by == EndedBy::kOrder ? 1 : 0;
  }
}

LifeResult World::Run() {
  Create();
  while (Advance()) {
  }
  JudgeEnd();
  if (narrator_) narrator_->Close(scene_.violation);
  for (const EventRow& event : scene_.ledger.events) {
    scene_.Trace(Fnv1a(event.kind) ^ static_cast<std::uint64_t>(event.fence.value));
  }
  const TaskCounts totals = scene_.ledger.Snapshot(run()).Totals();
  scene_.figures.tasks = totals.done;
  const std::optional<KeptDiskRow>& kept = run().kept_disk;
  const bool is_kept = kept && kept->disk.state == DiskState::kCompleted;
  scene_.figures.disks_kept = is_kept ? 1 : 0;
  scene_.figures.floors_raised = std::ssize(run().floors);
  CountEnds();
  return {.trace = scene_.trace,
          .violation = scene_.violation,
          .figures = scene_.figures,
          .state = run().view.state,
          .lasted = scene_.time.now,
          .billed = OwedSoFar(scene_, money_),
          .is_capped = IsCapUsedUp(run().view)};
}

}  // namespace

LifeResult Live(std::uint64_t seed, const LifeOptions& options) {
  Rng drawn = Rng(seed).Fork(3);
  RandomPhase phase = DrawPhase(drawn);
  Fate fate = DrawFate(drawn);
  Rng drawn_operators = Rng(seed).Fork(6);
  fate.operators = DrawOperators(drawn_operators);
  Rng drawn_money = Rng(seed).Fork(4);
  MoneyFate money = DrawMoney(drawn_money);
  if (options.shape) options.shape(fate, money);
  Rng drawn_keeping = Rng(seed).Fork(6);
  KeepingFate keeping = DrawKeeping(drawn_keeping);
  if (options.shape_keeping) options.shape_keeping(keeping);
  return World(seed, options, std::move(phase), {std::move(fate), std::move(money), keeping}).Run();
}

}  // namespace mayfly::sim
