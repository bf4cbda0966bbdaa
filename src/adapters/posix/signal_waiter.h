#pragma once
// Waits for time, for signals, and for children that changed state. Takes SIGINT, SIGTERM and
// SIGCHLD over for the whole process (blocked and read as a descriptor), so make one per process,
// before any thread.

#include "adapters/posix/unique_fd.h"
#include "seams/clock.h"
#include "seams/waiter.h"

namespace mayfly::posix {

class SignalWaiter final : public Waiter {
 public:
  explicit SignalWaiter(Clock& clock);

  void WaitUntil(Duration mono) override;
  int stop_requests() const override { return stop_requests_; }

 private:
  void ReadSignals();

  Clock& clock_;
  UniqueFd signals_;
  int stop_requests_ = 0;
};

}  // namespace mayfly::posix
