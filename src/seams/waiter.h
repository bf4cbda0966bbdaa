#pragma once
// The only place that blocks. A driver is: while (!done) waiter.WaitUntil(loop.Step()).

#include "base/time.h"

namespace mayfly {

class Waiter {
 public:
  virtual ~Waiter() = default;

  // Returns at `mono` (the time of Clock::Mono) or earlier: when a child process changed state,
  // when somebody called Wake, or when a stop was asked for. Spurious returns are allowed.
  virtual void WaitUntil(Duration mono) = 0;

  // How often the operator or the system asked this process to stop (SIGINT, SIGTERM) so far.
  // Once means drain, twice means stop at once.
  virtual int stop_requests() const = 0;
};

}  // namespace mayfly
