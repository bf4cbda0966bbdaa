#include "sim/world/sim_machine.h"

#include <fmt/format.h>

#include <algorithm>

namespace mayfly::sim {
namespace {

constexpr Duration kKillGrace = seconds(5);  // as in `mayfly worker`

}  // namespace

Result<std::optional<Notice>> SimMachine::Notices::Poll() {
  if (!taken_at) return std::optional<Notice>{};
  return std::optional<Notice>{Notice{*taken_at - time.now, "the cloud wants it back"}};
}

SimMachine::SimMachine(Scene& scene, const MachineSetup& setup, std::size_t cloud_index)
    : scene_(scene),
      cloud_index_(cloud_index),
      id_(scene.cloud.machines()[cloud_index].machine),
      run_(setup.run),
      clock_(scene.time),
      notices_(scene.time),
      registry_(scene.ledger, id_),
      gated_(registry_, process_),
      execs_(scene.ledger, id_),
      gated_execs_(execs_, process_),
      slots_(scene, setup, id_, [this] { process_.Wake(); }),
      supervisor_(Options(setup), clock_, gated_, slots_, notices_),
      process_(scene, fmt::format("supervisor of machine {}", id_.value),
               [this](SimProcess::Ending how) {
                 if (how == SimProcess::Ending::kByItself) {
                   registry_.connection().Close();
                   execs_.connection().Close();
                 }
                 scene_.cloud.End(cloud_index_, EndedBy::kSupervisor);
               }) {
  ArmSilence(setup.silence);
  ArmDeadline(scene.cloud.machines()[cloud_index].deadline);  // as it was told at birth
  process_.Start(
      [this]() -> std::optional<Duration> {
        Duration next = supervisor_.Step();
        if (supervisor_.done()) return std::nullopt;
        return next;
      },
      scene.time.now);
}

SimMachine::~SimMachine() = default;

SupervisorOptions SimMachine::Options(const MachineSetup& setup) {
  SupervisorOptions options{.run = run_, .machine = id_};
  options.silence_limit = setup.silence;
  options.slot_process = [](int slot, const WorkerBrief&) {
    return ProcessSpec{.argv = {"slot", std::to_string(slot)}};
  };
  options.execs = &gated_execs_;
  options.exec_process = [](const ExecOrder& order) {
    return ProcessSpec{.argv = {"command", std::to_string(order.id.value)}};
  };
  // The kernel's timers hold whatever hangs.
  options.arm_deadline = [this](Duration in) { ArmAgain(in); };
  options.arm_silence = [this](Duration within) { ArmSilence(within); };
  return options;
}

// That of its birth, which nothing moves.
void SimMachine::ArmDeadline(Duration at) {
  scene_.queue.At(at, [this] {
    if (!ended_) KillSupervisor();
  });
}

// Its own, which a hold moves.
void SimMachine::ArmAgain(Duration in) {
  const Duration at = scene_.time.now + std::max(in, Duration(0)) + kKillGrace;
  scene_.queue.At(at, [this, arming = ++armings_] {
    if (arming == armings_ && !ended_) KillSupervisor();
  });
}

void SimMachine::ArmSilence(Duration within) {
  silence_ends_ = scene_.time.now + within + kKillGrace;
  if (!is_watched_) WatchSilence();
}

void SimMachine::WatchSilence() {
  is_watched_ = true;
  scene_.queue.At(silence_ends_, [this] {
    is_watched_ = false;
    if (ended_) return;
    if (scene_.time.now < silence_ends_) return WatchSilence();
    KillSupervisor();
  });
}

std::optional<std::size_t> SimMachine::PickSlot() {
  std::vector<std::size_t> living = slots_.ListLiving();
  if (ended_ || living.empty()) return std::nullopt;
  return living[scene_.rng.Below(living.size())];
}

bool SimMachine::KillSlot() {
  std::optional<std::size_t> slot = PickSlot();
  if (slot) slots_.KillAt(*slot, Goodbye::kClosed);
  return slot.has_value();
}

bool SimMachine::StopSlot() {
  std::optional<std::size_t> slot = PickSlot();
  if (slot) slots_.StopAt(*slot);
  return slot.has_value();
}

bool SimMachine::HangSlot(Duration until) {
  std::optional<std::size_t> slot = PickSlot();
  if (slot) slots_.ProcessAt(*slot).Stall(until);
  return slot.has_value();
}

void SimMachine::KillAll(Goodbye how) {
  for (std::size_t slot : slots_.ListLiving()) slots_.KillAt(slot, how);
  if (process_.is_dead()) return;
  slots_.DropCommands();
  LoseClient(scene_, registry_.connection(), how);
  if (execs_.connection().backend()) {
    LoseClient(scene_, execs_.connection(), how);
  } else {
    execs_.connection().Cut();  // a call in flight opens none for a process that is gone
  }
  process_.Kill(/*in_flight=*/true);
}

void SimMachine::KillSupervisor() { KillAll(Goodbye::kClosed); }

void SimMachine::HangSupervisor(Duration until) { process_.Stall(until); }

void SimMachine::Vanish() {
  KillAll(Goodbye::kSilent);
  scene_.cloud.End(cloud_index_, EndedBy::kCloud);
}

void SimMachine::Stall(Duration until) {
  process_.Stall(until);
  for (std::size_t slot : slots_.ListLiving()) slots_.ProcessAt(slot).Stall(until);
}

void SimMachine::CutOff(Duration until) {
  process_.CutOff(until);
  for (std::size_t slot : slots_.ListLiving()) slots_.ProcessAt(slot).CutOff(until);
}

void SimMachine::TakeAway(Duration taken_in) {
  if (notices_.taken_at) return;
  notices_.taken_at = scene_.time.now + taken_in;
  scene_.queue.At(*notices_.taken_at, [this] { scene_.cloud.Reclaim(cloud_index_); });
}

void SimMachine::OnEnded() {
  if (ended_) return;
  ended_ = true;
  KillAll(scene_.rng.Chance(0.5) ? Goodbye::kClosed : Goodbye::kSilent);
}

bool SimMachine::is_quiet() const { return process_.is_dead() && slots_.is_quiet(); }

}  // namespace mayfly::sim
