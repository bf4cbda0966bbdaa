#include "sim/ec2/host/server.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <csignal>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <mutex>

#include "adapters/posix/errno_error.h"
#include "adapters/posix/system_clock.h"
#include "adapters/posix/unique_fd.h"
#include "sim/ec2/host/http_front.h"
#include "sim/ec2/host/instance_box.h"
#include "sim/ec2/life.h"
#include "sim/ec2/wire/regions.h"

namespace mayfly::ec2 {
namespace {

constexpr Duration kLongestWait = seconds(60);
constexpr const char* kBucket = "mayfly-simulated";  // there from the start

Result<posix::UniqueFd> TakeSignals() {
  sigset_t set;
  sigemptyset(&set);
  for (int signal : {SIGINT, SIGTERM, SIGCHLD}) sigaddset(&set, signal);
  if (sigprocmask(SIG_BLOCK, &set, nullptr) != 0) return posix::ErrnoError(errno, "block signals");
  posix::UniqueFd fd(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd.valid()) return posix::ErrnoError(errno, "make a descriptor for signals");
  return fd;
}

class RealServer final : public Server {
 public:
  RealServer(ServerSettings settings, posix::UniqueFd signals, posix::UniqueFd bell)
      : settings_(std::move(settings)), signals_(std::move(signals)), bell_(std::move(bell)) {}

  Status Prepare() {
    TRY_ASSIGN(front_, HttpFront::Open(settings_.port, [this](const HttpRequest& request) {
                 return Answer(request);
               }));
    endpoint_ = fmt::format("http://127.0.0.1:{}", front_->port());
    TRY_ASSIGN(InstanceBoxes boxes,
               InstanceBoxes::Open(
                   {.folder = BoxFolder(), .endpoint = endpoint_, .shared = settings_.shared}));
    boxes_ = std::make_unique<InstanceBoxes>(std::move(boxes));
    for (auto& [name, services] : regions_.by_name) {
      services.endpoint = endpoint_;
      services.read_console = [folder = BoxFolder()](const std::string& id) {
        return ReadConsole(folder, id);
      };
      services.read_shell = [folder = BoxFolder()](const ShellRun& run) {
        return ReadJob(folder, run.instance, run.id);
      };
    }
    regions_.home().buckets[kBucket];
    AdvanceAll(regions_, clock_.Wall());
    return AddScript(regions_, settings_.script);
  }

  const std::string& endpoint() const override { return endpoint_; }
  std::string_view isolation() const override { return IsolationName(boxes_->isolation()); }

  Status Run() override {
    front_->Begin();
    Status went = {};
    while (went.ok() && !is_stopped_) went = Step();
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      is_ending_ = true;
    }
    carried_out_.notify_all();
    front_->End();
    const Status killed = boxes_->KillAll();
    return went.ok() ? killed : went;
  }

 private:
  std::string BoxFolder() const { return settings_.folder + "/instances"; }

  // From a thread of the front.
  HttpReply Answer(const HttpRequest& request) {
    std::unique_lock<std::mutex> lock(mutex_);
    HttpReply reply = Handle(regions_, request);
    // Whatever was asked may have changed what is due; the main thread looks.
    const std::uint64_t one = 1;
    (void)!write(bell_.get(), &one, sizeof one);  // full is as loud as it gets
    // Whoever is told that an instance has ended may count on it: nothing of it runs any more.
    const std::uint64_t needed = rounds_begun_ + (WantsKill() ? 1 : 0);
    carried_out_.wait(lock, [&] { return rounds_done_ >= needed || is_ending_; });
    return reply;
  }

  bool WantsKill() const {
    const auto is_kill = [](const Effect& effect) { return effect.what == Effect::What::kKill; };
    return std::any_of(regions_.by_name.begin(), regions_.by_name.end(), [&](const auto& one) {
      const std::vector<Effect>& effects = one.second.cloud.effects;
      return std::any_of(effects.begin(), effects.end(), is_kill);
    });
  }

  // One look at the model and the processes, then sleep until something is due.
  Status Step() {
    TRY(CarryOut(TakeDue()));
    FinishRound();
    for (const ShellRun& run : TakeCommands()) TRY(boxes_->Run(run.instance, run.id, run.script));
    const std::vector<BoxEnd> ends = boxes_->Reap();
    for (const BoxEnd& end : ends) TRY(Ended(end));
    if (ends.empty()) Wait();
    return {};
  }

  struct Order {
    Effect effect;
    Instance instance;
  };

  std::vector<Order> TakeDue() {
    const std::lock_guard<std::mutex> lock(mutex_);
    AdvanceAll(regions_, clock_.Wall());
    ++rounds_begun_;
    std::vector<Order> orders;
    for (auto& [name, services] : regions_.by_name) {
      for (Effect& effect : TakeEffects(services.cloud)) {
        orders.push_back({effect, services.cloud.instances.at(effect.instance)});
      }
    }
    return orders;
  }

  std::vector<ShellRun> TakeCommands() {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::vector<ShellRun> runs;
    for (auto& [name, services] : regions_.by_name) {
      for (const std::string& id : std::exchange(services.shell_waiting, {})) {
        runs.push_back(services.shell_runs.at(id));
      }
    }
    return runs;
  }

  void FinishRound() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      rounds_done_ = rounds_begun_;
    }
    carried_out_.notify_all();
  }

  // Without the lock: the processes are this thread's own.
  Status CarryOut(const std::vector<Order>& orders) {
    for (const auto& [effect, instance] : orders) {
      switch (effect.what) {
        case Effect::What::kBoot:
          TRY(boxes_->Boot(instance, effect.is_first_boot));
          break;
        case Effect::What::kShutDown:
          TRY(boxes_->ShutDown(instance.id));
          break;
        case Effect::What::kKill:
          TRY(boxes_->Kill(instance.id, !instance.is_alive()));
          break;
      }
    }
    return {};
  }

  Status Ended(const BoxEnd& end) {
    const std::lock_guard<std::mutex> lock(mutex_);
    Cloud& cloud = regions_.Of(end.instance).cloud;
    if (end.how == BoxEnd::How::kPowerOff) ShutDownFromWithin(cloud, end.instance);
    // After a reboot nothing is started again: user data runs once in an instance's life.
    if (end.how == BoxEnd::How::kReboot) RebootFromWithin(cloud, end.instance);
    return {};
  }

  void Wait() {
    pollfd watched[2]{{signals_.get(), POLLIN, 0}, {bell_.get(), POLLIN, 0}};
    (void)poll(watched, 2, static_cast<int>(UntilDue() / milliseconds(1)) + 1);  // looked at anyway
    signalfd_siginfo info{};
    while (read(signals_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
      if (info.ssi_signo != SIGCHLD) is_stopped_ = true;
    }
    std::uint64_t rings = 0;
    (void)!read(bell_.get(), &rings, sizeof rings);  // none is fine
  }

  Duration UntilDue() {
    const std::lock_guard<std::mutex> lock(mutex_);
    const std::optional<Instant> next = NextChange(regions_);
    if (!next) return kLongestWait;
    return std::min(kLongestWait, regions_.home().time.Until(*next, clock_.Wall()));
  }

  ServerSettings settings_;
  posix::UniqueFd signals_;
  posix::UniqueFd bell_;
  posix::SystemClock clock_;
  std::string endpoint_;
  std::unique_ptr<InstanceBoxes> boxes_;
  bool is_stopped_ = false;
  std::mutex mutex_;  // guards what follows
  Regions regions_;
  std::uint64_t rounds_begun_ = 0;  // of taking effects and carrying them out
  std::uint64_t rounds_done_ = 0;
  bool is_ending_ = false;
  std::condition_variable carried_out_;
  std::unique_ptr<HttpFront> front_;  // last: its threads use all of the above
};

}  // namespace

Result<std::unique_ptr<Server>> Server::Open(const ServerSettings& settings) {
  TRY_ASSIGN(posix::UniqueFd signals, TakeSignals());
  posix::UniqueFd bell(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!bell.valid()) return posix::ErrnoError(errno, "make an event descriptor");
  auto server = std::make_unique<RealServer>(settings, std::move(signals), std::move(bell));
  TRY(server->Prepare());
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace mayfly::ec2
