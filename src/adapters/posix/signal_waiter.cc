#include "adapters/posix/signal_waiter.h"

#include <poll.h>
#include <sys/signalfd.h>

#include <algorithm>
#include <csignal>

#include "base/check.h"

namespace mayfly::posix {
namespace {

UniqueFd TakeSignals() {
  sigset_t set;
  sigemptyset(&set);
  for (int signal : {SIGINT, SIGTERM, SIGCHLD}) sigaddset(&set, signal);
  CHECK(sigprocmask(SIG_BLOCK, &set, nullptr) == 0, "blocking known signals cannot fail");
  UniqueFd fd(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  CHECK(fd.valid(), "no descriptor is left for signals at the start of the process");
  return fd;
}

}  // namespace

SignalWaiter::SignalWaiter(Clock& clock) : clock_(clock), signals_(TakeSignals()) {}

void SignalWaiter::WaitUntil(Duration mono) {
  std::int64_t left = std::max<std::int64_t>((mono - clock_.Mono()).count(), 0);
  timespec timeout{left / 1'000'000, left % 1'000'000 * 1'000};
  pollfd watched{signals_.get(), POLLIN, 0};
  int ready = ppoll(&watched, 1, &timeout, nullptr);
  if (ready > 0) ReadSignals();
}

void SignalWaiter::ReadSignals() {
  signalfd_siginfo info{};
  while (read(signals_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    bool stop = info.ssi_signo == SIGINT || info.ssi_signo == SIGTERM;
    if (stop) ++stop_requests_;
  }
}

}  // namespace mayfly::posix
