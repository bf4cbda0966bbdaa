#pragma once
// Time is a seam: wall time is to show, mono time is to measure. Lease time is the database's.

#include "base/time.h"

namespace mayfly {

class Clock {
 public:
  virtual ~Clock() = default;

  // UTC, may jump; only ever shown to people.
  virtual Instant Wall() = 0;

  // Since some fixed point, never goes back, counts while the machine sleeps.
  virtual Duration Mono() = 0;
};

}  // namespace mayfly
