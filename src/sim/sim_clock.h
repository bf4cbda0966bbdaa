#pragma once
// Virtual time: it moves only when the driver of a simulation moves it.

#include "seams/clock.h"

namespace mayfly::sim {

// The one time of a simulated world; the database's clock and everybody's mono clock.
struct VirtualTime {
  Duration now{0};

  // Simulated worlds begin on a fixed day, so that the same seed prints the same story.
  Instant Wall() const { return MakeInstant(2025, 7, 1) + now; }
};

// A process's clock. A skew moves what it shows, never what it measures.
class SimClock : public Clock {
 public:
  explicit SimClock(const VirtualTime& time, Duration skew = {}) : time_(time), skew_(skew) {}

  Instant Wall() override { return time_.Wall() + skew_; }
  Duration Mono() override { return time_.now; }

 private:
  const VirtualTime& time_;
  Duration skew_;
};

}  // namespace mayfly::sim
