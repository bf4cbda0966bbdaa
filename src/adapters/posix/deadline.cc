#include "adapters/posix/deadline.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <optional>

#include "adapters/posix/errno_error.h"

namespace mayfly::posix {
namespace {

struct KillTimer {
  timer_t timer{};
  bool made = false;
};

Status MakeTimer(KillTimer& kill) {
  if (kill.made) return {};
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGKILL;
  if (timer_create(CLOCK_BOOTTIME, &event, &kill.timer) != 0) {
    return ErrnoError(errno, "make the deadline's timer");
  }
  kill.made = true;
  return {};
}

Status Arm(KillTimer& kill, Duration in) {
  TRY(MakeTimer(kill));
  const std::int64_t micros = std::max<std::int64_t>(in.count(), 1);
  itimerspec when{};
  when.it_value = {micros / 1'000'000, micros % 1'000'000 * 1'000};
  if (timer_settime(kill.timer, 0, &when, nullptr) != 0) {
    return ErrnoError(errno, "arm the deadline");
  }
  return {};
}

// Time left; nullopt where it is not armed.
std::optional<Duration> Left(const KillTimer& kill) {
  itimerspec when{};
  if (!kill.made || timer_gettime(kill.timer, &when) != 0) return std::nullopt;
  if (when.it_value.tv_sec == 0 && when.it_value.tv_nsec == 0) return std::nullopt;
  return seconds(when.it_value.tv_sec) + Duration(when.it_value.tv_nsec / 1'000);
}

}  // namespace

Status ArmKillTimer(Duration in) {
  static KillTimer deadline;  // one per process, as the process has one end
  return Arm(deadline, in);
}

Status ArmTakenTimer(Duration in) {
  static KillTimer taken;
  const std::optional<Duration> left = Left(taken);
  if (left && *left <= in) return {};
  return Arm(taken, in);
}

Status ArmSilenceTimer(Duration in) {
  static KillTimer silence;
  return Arm(silence, in);
}

}  // namespace mayfly::posix
