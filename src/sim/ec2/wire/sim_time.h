#pragma once
// The simulator's time as a function of real time: it can run faster, and jump ahead.

#include "base/time.h"

namespace mayfly::ec2 {

class SimTime {
 public:
  Instant At(Instant wall) const {
    if (wall <= wall_) return sim_;
    const auto passed = std::chrono::duration<double, std::micro>(wall - wall_) * scale_;
    return sim_ + std::chrono::duration_cast<Duration>(passed);
  }

  // How long until it is `sim`, in real time; zero if it has been.
  Duration Until(Instant sim, Instant wall) const {
    const auto left = std::chrono::duration<double, std::micro>(sim - At(wall)) / scale_;
    return left.count() <= 0 ? Duration{} : std::chrono::duration_cast<Duration>(left);
  }

  double scale() const { return scale_; }

  // From `wall` on it runs so many times faster. Needs scale > 0.
  void Scale(double scale, Instant wall) {
    Settle(wall);
    scale_ = scale;
  }

  void Advance(Duration by, Instant wall) {
    Settle(wall);
    sim_ += by;
  }

 private:
  void Settle(Instant wall) {
    sim_ = wall_ == Instant{} ? wall : At(wall);
    wall_ = wall;
  }

  // Before the first Settle both are the epoch, and simulated time is real time.
  Instant wall_{};
  Instant sim_{};
  double scale_ = 1;
};

}  // namespace mayfly::ec2
