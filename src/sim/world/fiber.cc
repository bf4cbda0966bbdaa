#include "sim/world/fiber.h"

#include <sys/mman.h>

#include <cstdint>
#include <utility>
#include <vector>

#include "base/check.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

namespace mayfly::sim {
namespace {

constexpr std::size_t kStackBytes = 256 * 1024;

// Stacks are used again: making one costs more than a whole short life.
std::vector<void*>& FreeStacks() {
  static thread_local std::vector<void*> stacks;
  return stacks;
}

void* TakeStack() {
  if (!FreeStacks().empty()) {
    void* stack = FreeStacks().back();
    FreeStacks().pop_back();
    return stack;
  }
  void* stack = mmap(nullptr, kStackBytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  CHECK(stack != MAP_FAILED, "no memory for the stack of a simulated process");
  return stack;
}

}  // namespace

Fiber::Fiber() : stack_(TakeStack()) {}

Fiber::~Fiber() {
  CHECK(is_idle(), "a fiber was destroyed in the middle of its body");
#if defined(__SANITIZE_ADDRESS__)
  ASAN_UNPOISON_MEMORY_REGION(stack_, kStackBytes);
#endif
  FreeStacks().push_back(stack_);
}

void Fiber::Start(std::function<void()> body) {
  CHECK(is_idle(), "a fiber runs one body at a time");
  body_ = std::move(body);
  running_ = true;
  if (!entered_) {
    entered_ = true;
    getcontext(&inside_);
    inside_.uc_stack.ss_sp = stack_;
    inside_.uc_stack.ss_size = kStackBytes;
    inside_.uc_link = nullptr;
    // makecontext passes ints only: the pointer goes in two halves.
    auto self = reinterpret_cast<std::uintptr_t>(this);
    makecontext(&inside_, reinterpret_cast<void (*)()>(&Fiber::Enter), 2,
                static_cast<unsigned>(self >> 32), static_cast<unsigned>(self));
  }
  SwitchIn();
}

void Fiber::Resume() {
  CHECK(!is_idle(), "there is nothing to resume");
  SwitchIn();
}

void Fiber::Suspend() { SwitchOut(); }

void Fiber::Enter(unsigned high, unsigned low) {
  auto self = (static_cast<std::uintptr_t>(high) << 32) | low;
  reinterpret_cast<Fiber*>(self)->Loop();  // NOLINT(performance-no-int-to-ptr): makecontext
}

void Fiber::Loop() {
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(nullptr, &outside_stack_, &outside_size_);
#endif
  for (;;) {
    body_();
    running_ = false;
    SwitchOut();
  }
}

void Fiber::SwitchIn() {
#if defined(__SANITIZE_ADDRESS__)
  void* mine = nullptr;
  __sanitizer_start_switch_fiber(&mine, stack_, kStackBytes);
#endif
  swapcontext(&outside_, &inside_);
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(mine, nullptr, nullptr);
#endif
}

void Fiber::SwitchOut() {
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_start_switch_fiber(&fake_stack_, outside_stack_, outside_size_);
#endif
  swapcontext(&inside_, &outside_);
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(fake_stack_, &outside_stack_, &outside_size_);
#endif
}

}  // namespace mayfly::sim
