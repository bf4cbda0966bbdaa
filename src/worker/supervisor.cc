#include "worker/supervisor.h"

#include <fmt/format.h>

#include <algorithm>

#include "worker/slot_protocol.h"

namespace mayfly {
namespace {

constexpr Duration kPoll = milliseconds(100);    // when no event wakes us
constexpr Duration kRetry = milliseconds(500);   // after trouble with the ledger
constexpr Duration kTimeoutGrace = seconds(5);   // the slot ends its own command first
constexpr Duration kHoldPatience = seconds(30);  // for tasks in work when the machine is held
constexpr Duration kLongestPause = seconds(5);   // before a slot that keeps dying starts again

}  // namespace

Supervisor::Supervisor(SupervisorOptions options, Clock& clock, WorkerRegistry& registry,
                       ProcessRunner& processes, NoticeSource& notices)
    : options_(std::move(options)),
      clock_(clock),
      registry_(registry),
      processes_(processes),
      notices_(notices),
      log_(registry, options_.run, options_.machine),
      born_(clock.Mono()) {
  if (options_.execs == nullptr) return;
  auto say = [this](const std::string& line) { log_.Add(line); };
  commands_.emplace(Commands::Terms{options_.machine, options_.exec_process, say}, clock_,
                    *options_.execs, processes_);
}

Duration Supervisor::Step() {
  Duration now = clock_.Mono();
  if (done_) return now;
  Status status = brief_ ? StepOnce() : Register();
  if (!status.ok()) return AfterTrouble(status.error());
  if (done_) return now;
  return std::min(next_beat_, now + kPoll);
}

void Supervisor::Drain(const std::string& reason) {
  if (!draining_) drain_reason_ = reason;
  draining_ = true;
}

void Supervisor::StopAtOnce(const std::string& reason) {
  Drain(reason);
  stop_now_ = true;
}

// A machine's first act: is its intent still open? If not it must not exist, and ends itself.
Status Supervisor::Register() {
  TRY_ASSIGN(brief_, registry_.Register(options_.run, options_.machine));
  options_.arm_deadline(brief_->orders.deadline_in);
  if (options_.terms_of) Accept(options_.terms_of(*brief_));
  for (int slot = 0; slot < brief_->slots; ++slot) slots_[slot] = {};
  next_beat_ = clock_.Mono() + options_.heartbeat;
  HeardLedger();
  return WorkOn();
}

// The timer is behind the limit by what it takes to notice silence in good order.
void Supervisor::HeardLedger() {
  silent_since_.reset();
  if (options_.arm_silence) options_.arm_silence(options_.silence_limit + 2 * options_.heartbeat);
}

void Supervisor::Accept(const MachineTerms& terms) {
  options_.heartbeat = terms.heartbeat;
  options_.silence_limit = terms.silence;
  options_.idle_limit = std::min(options_.idle_limit, terms.silence);
  brief_->slots = terms.slots;
  brief_->slot_memory_bytes = terms.slot_memory_bytes;
  for (const std::string& note : terms.notes) log_.Add(note);
  if (options_.sensor != nullptr) use_.emplace(terms.slots, terms.is_rented);
  if (terms.setup.steps.empty()) return;
  setup_.emplace(terms.setup, clock_, processes_,
                 [this](const std::string& line) { log_.Add(line); });
}

Status Supervisor::StepOnce() {
  TRY(WatchProcesses());
  TRY(WatchTimeouts());
  if (clock_.Mono() >= next_beat_) TRY(Beat());
  TRY(WatchNotice());
  if (stop_now_) TRY(KillSlots(drain_reason_));
  TRY(PayDebts());
  WatchUse();
  if (held_until_ && !draining_) TRY(BeHeld());
  if (!held_until_ && !draining_) TRY(WorkOn());
  if (!draining_) return {};
  TRY(TellSlotsToEnd());
  return AnySlotRuns() ? Status() : Leave();
}

// First what has to be set up, then slots. A machine that cannot be made ready leaves: it counts as
// one that was lost, of which a run bears only so many (I10).
Status Supervisor::WorkOn() {
  if (!setup_) return KeepSlotsRunning();
  TRY(setup_->Step());
  if (!setup_->is_over()) return {};
  if (!setup_->failure().empty()) {
    Drain(setup_->failure());
    return {};
  }
  if (options_.on_set_up) TRY(options_.on_set_up());
  setup_.reset();
  return KeepSlotsRunning();
}

Status Supervisor::TellSlotsToEnd() {
  if (setup_) TRY(setup_->Stop());  // nothing of it is worth finishing
  if (told_slots_) return {};
  told_slots_ = true;
  for (auto& [number, slot] : slots_) {
    if (slot.process) TRY(processes_.Terminate(*slot.process));
  }
  return {};
}

Status Supervisor::Beat() {
  next_beat_ = clock_.Mono() + options_.heartbeat;
  TRY(log_.Flush());
  TRY_ASSIGN(WorkerOrders orders, registry_.Renew(options_.machine));
  HeardLedger();
  if (orders.held_for) Hold(*orders.held_for, orders.deadline_in);
  if (orders.stop) StopAtOnce(orders.reason);
  if (orders.drain) Drain(orders.reason);
  WatchNeed(orders.is_needed);
  return {};
}

// With nothing left to do a machine is ended within moments. Where nobody does, nobody is there.
void Supervisor::WatchNeed(bool is_needed) {
  const Duration now = clock_.Mono();
  if (is_needed) idle_since_.reset();
  if (!is_needed && !idle_since_) idle_since_ = now;
  if (!idle_since_ || now - *idle_since_ < options_.idle_limit) return;
  Drain(fmt::format("the run has had no task left for {}, and nobody ended this machine",
                    HumanDuration(options_.idle_limit)));
}

// The kernel ends this process soon after the countdown, whatever hangs; never later than its own
// deadline. A countdown that was changed counts from here on.
void Supervisor::Hold(Duration left, Duration deadline_in) {
  Duration now = clock_.Mono();
  bool is_new = !held_until_;
  bool has_changed = !is_new && std::chrono::abs(now + left - *held_until_) > seconds(1);
  if (is_new) slots_until_ = now + kHoldPatience;
  if (!is_new && !has_changed) return;
  held_until_ = now + left;
  log_.Add(fmt::format("it is held for {}", HumanDuration(std::max(left, Duration(0)))));
  options_.arm_deadline(std::clamp(left, Duration(0), std::max(deadline_in, Duration(0))));
}

// Nothing is claimed any more; what is in work is finished or given back, and ended by force where
// that takes too long. Then the machine is there for commands until its countdown is over.
Status Supervisor::BeHeld() {
  if (clock_.Mono() >= *held_until_) {
    Drain("its hold is over");
    return {};
  }
  TRY(TellSlotsToEnd());
  if (AnySlotRuns()) {
    return clock_.Mono() >= slots_until_ ? KillSlots("the machine is held") : Status();
  }
  return commands_ ? commands_->Step() : Status();
}

// Within the notice: finish or give back, and leave in good order before the machine is taken.
Status Supervisor::WatchNotice() {
  TRY_ASSIGN(std::optional<Notice> notice, notices_.Poll());
  Duration now = clock_.Mono();
  if (notice && !taken_at_) {
    taken_at_ = now + notice->taken_in;
    Drain("it will be taken away: " + notice->reason);
  }
  if (notice && !told_notice_) {
    TRY(registry_.ReportNotice(options_.machine, notice->taken_in, notice->reason));
    told_notice_ = true;
  }
  if (taken_at_ && now >= *taken_at_ - options_.reserve) stop_now_ = true;
  return {};
}

Status Supervisor::WatchProcesses() {
  TRY_ASSIGN(std::vector<ProcessChange> changes, processes_.Poll());
  for (const ProcessChange& change : changes) {
    if (setup_ && setup_->OnChange(change)) continue;
    if (commands_ && commands_->OnChange(change)) continue;
    auto found = std::find_if(slots_.begin(), slots_.end(), [&](const auto& entry) {
      return entry.second.process == change.process;
    });
    if (found == slots_.end()) continue;
    // A slot that somebody stopped holds its locks and its lease for ever: it counts as dead.
    bool stopped = change.what == ProcessChange::What::kStopped;
    // Its end is told once: the other changes must be heard whatever becomes of this call.
    if (stopped && !processes_.Kill(change.process).ok()) continue;
    std::string how =
        change.what == ProcessChange::What::kExited
            ? fmt::format("exited with {}", change.value)
            : fmt::format("{} by signal {}", stopped ? "was stopped" : "was ended", change.value);
    OnSlotEnded(found->first, how, std::nullopt);
  }
  return {};
}

void Supervisor::OnSlotEnded(int number, const std::string& how, std::optional<Fence> overdue) {
  SlotState& slot = slots_[number];
  Duration now = clock_.Mono();
  bool quick = now - slot.started < options_.heartbeat;
  slot.quick_deaths = quick ? slot.quick_deaths + 1 : 0;
  slot.process.reset();
  slot.task_ends.reset();
  slot.start_again_at =
      now +
      std::min<Duration>(milliseconds(50) * slot.quick_deaths * slot.quick_deaths, kLongestPause);
  if (++deaths_ > options_.slot_deaths) Drain("its slots keep dying");
  next_beat_ = now;  // it may have ended because the ledger wants this machine no more: ask
  std::string about = slot.task.empty() ? "" : " at " + slot.task;
  slot.debt = Debt{fmt::format("slot {} {}{}", number, how, about), overdue};
}

// A slot's end is heard once, the ledger may be out of reach for longer: its leases are owed until
// they are given back, and only then the slot starts again.
Status Supervisor::PayDebts() {
  for (auto& [number, slot] : slots_) {
    if (!slot.debt) continue;
    SlotIdentity who{options_.run, options_.machine, number};
    TRY(registry_.ReleaseSlot(who, slot.debt->reason, slot.debt->overdue));
    slot.debt.reset();
  }
  return {};
}

Status Supervisor::WatchTimeouts() {
  Duration now = clock_.Mono();
  for (auto& [number, slot] : slots_) {
    if (!slot.process || !slot.task_ends || now < *slot.task_ends + kTimeoutGrace) continue;
    TRY(processes_.Kill(*slot.process));
    // I5: the task that began last is to blame, and a commit that takes too long is no task's
    // fault.
    OnSlotEnded(number, slot.lease ? "ran over the task's timeout" : "took too long", slot.lease);
  }
  return {};
}

Status Supervisor::KeepSlotsRunning() {
  for (auto& [number, slot] : slots_) {
    if (slot.process || slot.debt || clock_.Mono() < slot.start_again_at) continue;
    auto hear = [this, n = number](ProcessHandle, std::string_view line) { Hear(n, line); };
    TRY_ASSIGN(slot.process, processes_.Start(options_.slot_process(number, *brief_), hear));
    slot.started = clock_.Mono();
    slot.task.clear();
    slot.lease.reset();
  }
  return {};
}

Status Supervisor::KillSlots(const std::string& reason) {
  for (auto& [number, slot] : slots_) {
    if (!slot.process) continue;
    TRY(processes_.Kill(*slot.process));
    OnSlotEnded(number, "was ended: " + reason, std::nullopt);
  }
  return {};
}

// What was said last reaches the ledger before the machine is let go.
Status Supervisor::Leave() {
  if (commands_) TRY(commands_->Stop());
  if (use_) log_.Add(use_->Summary());
  use_.reset();
  TRY(log_.Flush());
  TRY(registry_.Leave(options_.machine, drain_reason_));
  done_ = true;
  return {};
}

void Supervisor::Hear(int number, std::string_view line) {
  std::optional<SlotSignal> signal = DecodeSignal(line);
  if (!signal) {
    log_.Add(fmt::format("slot {}: {}", number, line));
    return;
  }
  SlotState& slot = slots_[number];
  slot.task_ends.reset();
  slot.lease = signal->lease;
  slot.task = signal->task;
  if (signal->begins) slot.task_ends = clock_.Mono() + signal->timeout;
  if (use_) use_->AddWork(signal->worked, signal->waited);
}

// A machine that does not tell works all the same; it says so once.
void Supervisor::WatchUse() {
  if (!use_ || clock_.Mono() < next_look_) return;
  next_look_ = clock_.Mono() + Utilisation::kLookEvery;
  Result<MachineReading> reading = options_.sensor->Read();
  if (!reading.ok()) {
    log_.Add("utilisation is not watched: " + reading.error().message());
    use_.reset();
    return;
  }
  for (const std::string& line : use_->Take(*reading, clock_.Mono())) log_.Add(line);
}

bool Supervisor::AnySlotRuns() const {
  return std::any_of(slots_.begin(), slots_.end(),
                     [](const auto& entry) { return entry.second.process.has_value(); });
}

// Conflict: the ledger does not want this machine; nothing it could still do would count. Silence
// is borne for a while, for slots may be computing; then nobody knows of us any more, and we end.
Duration Supervisor::AfterTrouble(const Error& error) {
  Duration now = clock_.Mono();
  bool unwanted = error.kind() == ErrorKind::kConflict || error.kind() == ErrorKind::kDenied ||
                  error.kind() == ErrorKind::kNotFound;
  if (!silent_since_) silent_since_ = now;
  bool too_long = now - *silent_since_ > options_.silence_limit ||
                  (held_until_ && now >= *held_until_ + options_.reserve);
  if (!unwanted && !too_long) return now + kRetry;
  for (auto& [number, slot] : slots_) {
    // The error that ends the machine is told; slots die with this process in any case.
    if (slot.process) (void)processes_.Kill(*slot.process);
    slot.process.reset();
  }
  if (setup_) (void)setup_->Stop();  // as the slots
  if (commands_) commands_->Abandon();
  outcome_ = error;
  done_ = true;
  return now;
}

}  // namespace mayfly
