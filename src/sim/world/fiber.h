#pragma once
// A simulated process runs the real loops, and these call seams in the middle of a Step. For
// virtual time to pass inside such a call, and for other processes to run meanwhile, every process
// has a stack of its own: a fiber, which the driver resumes and which suspends itself. All fibers
// share one thread, and only the driver decides who runs; so a seed still tells everything.
//
// Why not split every Step at its calls instead: the loops would be written for the simulation, and
// the moments between two calls, where faults hurt most, would be the ones nobody simulates.

#include <ucontext.h>

#include <cstddef>
#include <functional>
#include <memory>

namespace mayfly::sim {

class Fiber {
 public:
  Fiber();
  // Needs is_idle(): a body that is suspended still has objects on this stack.
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  // Runs the body until it suspends or ends. Needs is_idle().
  void Start(std::function<void()> body);

  // Goes on where the body suspended itself. Needs !is_idle().
  void Resume();

  // Called by the body only: back to whoever started or resumed it.
  void Suspend();

  bool is_idle() const { return !running_; }

 private:
  static void Enter(unsigned high, unsigned low);
  void Loop();
  void SwitchIn();
  void SwitchOut();

  void* stack_ = nullptr;
  ucontext_t inside_{}, outside_{};
  std::function<void()> body_;
  bool running_ = false;
  bool entered_ = false;
  // What the address sanitizer keeps for us, and the driver's stack; unused in other builds.
  [[maybe_unused]] void* fake_stack_ = nullptr;
  [[maybe_unused]] const void* outside_stack_ = nullptr;
  [[maybe_unused]] std::size_t outside_size_ = 0;
};

}  // namespace mayfly::sim
