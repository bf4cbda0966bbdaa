#include "adapters/posix/system_clock.h"

#include <chrono>

#include "adapters/posix/process_table.h"

namespace mayfly::posix {

Instant SystemClock::Wall() {
  return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

Duration SystemClock::Mono() { return SinceBoot(); }

}  // namespace mayfly::posix
