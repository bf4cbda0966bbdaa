#pragma once
// The clock of this computer. Mono is CLOCK_BOOTTIME: it goes on while the computer sleeps.

#include "seams/clock.h"

namespace mayfly::posix {

class SystemClock final : public Clock {
 public:
  Instant Wall() override;
  Duration Mono() override;
};

}  // namespace mayfly::posix
