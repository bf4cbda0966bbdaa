#include "adapters/posix/deadline.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <optional>

#include "adapters/posix/errno_error.h"

namespace mayfly::posix {

Status ArmKillTimer(Duration in) {
  static std::optional<timer_t> armed;  // one per process, as the process has one end
  if (!armed) {
    sigevent event{};
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGKILL;
    timer_t timer{};
    if (timer_create(CLOCK_BOOTTIME, &event, &timer) != 0) {
      return ErrnoError(errno, "make the deadline's timer");
    }
    armed = timer;
  }
  std::int64_t micros = std::max<std::int64_t>(in.count(), 1);
  itimerspec when{};
  when.it_value = {micros / 1'000'000, micros % 1'000'000 * 1'000};
  if (timer_settime(*armed, 0, &when, nullptr) != 0) return ErrnoError(errno, "arm the deadline");
  return {};
}

}  // namespace mayfly::posix
