#pragma once
// A simulated process: a loop on a fiber, and the gate through which all its calls go. It can be
// killed, stalled and cut off between any two calls and in the middle of one. What it had sent to
// the server may still happen after its death; nothing that it would have done later does.

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "sim/faulty.h"
#include "sim/world/fiber.h"
#include "sim/world/scene.h"

namespace mayfly::sim {

class SimProcess : public CallGate {
 public:
  // One step of its loop: answers when it wants to be called again, or nothing: it ends by itself.
  using StepFunction = std::function<std::optional<Duration>()>;
  enum class Ending { kByItself, kKilled };

  // The scene must outlive it. `on_end` is called once, outside of the fiber.
  SimProcess(Scene& scene, std::string name, std::function<void(Ending)> on_end);
  ~SimProcess() override;

  void Start(StepFunction step, Duration at);

  // Steps now if it waits for its next step: a signal, or a child that changed.
  void Wake();

  // SIGKILL. With `in_flight`, a call that is under way still reaches its server.
  void Kill(bool in_flight);

  // Runs nothing until then. Calls that are under way reach their servers.
  void Stall(Duration until);

  // Every call fails before it is sent until then.
  void CutOff(Duration until) { cut_off_until_ = until; }

  Status Before(std::string_view verb) override;
  Status After(std::string_view verb) override;

  // Computing: time passes. False: the process was killed meanwhile.
  bool Pause(Duration length);

  bool is_dead() const { return dead_; }
  bool is_stalled() const { return scene_.time.now < stalled_until_; }
  const std::string& name() const { return name_; }

 private:
  void Schedule(Duration at);
  void OnEvent(std::uint64_t ticket);
  void AfterSwitch();
  void End(Ending how);
  void WaitOutStall();
  Duration Latency();
  Status Gone() const;

  Scene& scene_;
  std::string name_;
  std::uint64_t hash_;
  std::function<void(Ending)> on_end_;
  StepFunction step_;
  std::unique_ptr<Fiber> fiber_;
  std::uint64_t ticket_ = 0;  // only the newest wake-up counts
  std::optional<Duration> next_;
  Duration stalled_until_{0}, cut_off_until_{0};
  int steps_now_ = 0;  // I10: how often it stepped without time passing
  Duration last_step_{-1};
  bool in_flight_ = false;  // suspended with a call on its way to the server
  bool last_gasp_ = false;  // dead, and that call still arrives
  bool dead_ = false;
  bool ended_ = false;
};

}  // namespace mayfly::sim
