#include "sim/world/sim_process.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace mayfly::sim {
namespace {

constexpr int kStepsWithoutTime = 2000;

bool ChangesNothing(std::string_view verb) {
  return verb == "load" || verb == "list" || verb == "renew" || verb == "find residue" ||
         verb == "log";
}

}  // namespace

SimProcess::SimProcess(Scene& scene, std::string name, std::function<void(Ending)> on_end)
    : scene_(scene),
      name_(std::move(name)),
      hash_(Fnv1a(name_)),
      on_end_(std::move(on_end)),
      fiber_(std::make_unique<Fiber>()) {}

SimProcess::~SimProcess() {
  on_end_ = nullptr;
  dead_ = true;
  last_gasp_ = false;
  if (fiber_ && !fiber_->is_idle()) fiber_->Resume();
}

void SimProcess::Start(StepFunction step, Duration at) {
  step_ = std::move(step);
  Schedule(at);
}

void SimProcess::Schedule(Duration at) {
  scene_.queue.At(at, [this, ticket = ++ticket_] { OnEvent(ticket); });
}

void SimProcess::OnEvent(std::uint64_t ticket) {
  if (ticket != ticket_ || ended_) return;
  if (is_stalled() && !in_flight_ && !dead_) return Schedule(stalled_until_);
  ++scene_.figures.steps;
  if (!fiber_->is_idle()) {
    fiber_->Resume();
  } else if (!dead_) {
    steps_now_ = scene_.time.now == last_step_ ? steps_now_ + 1 : 0;
    if (steps_now_ > kStepsWithoutTime) {
      scene_.Violate(10, name_ + " steps and steps, and no time passes");
    }
    last_step_ = scene_.time.now;
    fiber_->Start([this] { next_ = step_(); });
  }
  AfterSwitch();
}

void SimProcess::AfterSwitch() {
  if (!fiber_->is_idle()) return;  // it suspended, and scheduled its own return
  if (dead_) return End(Ending::kKilled);
  if (!next_) return End(Ending::kByItself);
  Schedule(*next_);
}

void SimProcess::End(Ending how) {
  if (ended_) return;
  ended_ = true;
  dead_ = true;
  scene_.changed = true;
  fiber_.reset();
  if (on_end_) on_end_(how);
}

void SimProcess::Wake() {
  if (!dead_ && fiber_->is_idle()) Schedule(scene_.time.now);
}

void SimProcess::Kill(bool in_flight) {
  if (dead_) return;
  dead_ = true;
  scene_.changed = true;
  last_gasp_ = in_flight && in_flight_;
  // Its stack is unwound by letting every further call fail; the queue does it, for the caller may
  // be on a fiber itself.
  if (!last_gasp_) Schedule(scene_.time.now);
}

void SimProcess::Stall(Duration until) { stalled_until_ = std::max(stalled_until_, until); }

Status SimProcess::Gone() const { return Unavailable(name_ + " is dead"); }

Duration SimProcess::Latency() {
  const CallWeather& weather = scene_.weather;
  if (scene_.rng.Chance(weather.delayed)) return scene_.Between(milliseconds(1), milliseconds(40));
  if (scene_.rng.Chance(weather.slow)) return scene_.Between(milliseconds(40), seconds(15));
  return Duration{0};
}

bool SimProcess::Pause(Duration length) {
  if (dead_) return false;
  Schedule(scene_.time.now + length);
  fiber_->Suspend();
  WaitOutStall();
  return !dead_;
}

void SimProcess::WaitOutStall() {
  while (!dead_ && is_stalled()) {
    Schedule(stalled_until_);
    fiber_->Suspend();
  }
}

Status SimProcess::Before(std::string_view verb) {
  if (dead_) return Gone();
  ++scene_.figures.calls;
  scene_.Trace(hash_ ^ (verb.size() * 131 + static_cast<std::uint64_t>(verb.front())));
  WaitOutStall();
  if (dead_) return Gone();
  if (scene_.time.now < cut_off_until_ || scene_.rng.Chance(scene_.weather.not_sent)) {
    ++scene_.figures.not_sent;
    return Unavailable(fmt::format("{} was not sent", verb));
  }
  Duration latency = Latency();
  if (latency > Duration{0}) {
    Schedule(scene_.time.now + latency);
    in_flight_ = true;
    fiber_->Suspend();
    in_flight_ = false;
    if (dead_ && !std::exchange(last_gasp_, false)) return Gone();
  }
  if (!ChangesNothing(verb)) scene_.changed = true;
  return {};
}

Status SimProcess::After(std::string_view verb) {
  if (dead_) return Gone();
  Duration latency = Latency();
  if (latency > Duration{0}) {
    Schedule(scene_.time.now + latency);
    fiber_->Suspend();
  }
  WaitOutStall();
  if (dead_) return Gone();
  bool lost = scene_.time.now < cut_off_until_ || scene_.rng.Chance(scene_.weather.reply_lost);
  if (!lost) return {};
  ++scene_.figures.replies_lost;
  scene_.Trace(hash_ + 7);
  return Ambiguous(fmt::format("the reply to {} was lost", verb));
}

}  // namespace mayfly::sim
