#pragma once
// A model of a cloud, in virtual time: machines that are asked for, appear, boot, end and leave
// things behind. SimProvider is its front in memory. It knows nothing of what runs on a machine.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/rng.h"
#include "seams/machine_provider.h"
#include "sim/sim_clock.h"

namespace mayfly::sim {

// While it lasts, these pools refuse.
struct PoolTrouble {
  Duration from{}, until{};
  RefusalKind kind = RefusalKind::kDry;
  std::optional<Market> market;  // absent: any
  std::string zone;              // empty: any
};

// How this cloud behaves. Chances are per launch.
struct CloudWeather {
  Duration boot_min = seconds(1), boot_max = seconds(8);
  double never_boots = 0;
  double late = 0;  // the answer is lost, and the machine appears up to `late_max` later
  Duration late_max = seconds(20);
  Duration list_lag{};      // List and FindResidue tell how it was so long ago
  Duration shutdown_max{};  // from the order to terminate to the end; what runs on it runs on
  Duration residue_max{};   // a volume outlives its machine up to so long
  // What a machine may lack of its four ends, each by itself. Its own timer does nothing; AWS's
  // scheduler takes no order for it, at each try.
  double timer_dead = 0, no_last_end = 0;
  // How long a machine that is not shown may still come up, for who wants to call it gone.
  Duration shown_within = seconds(60);
  // What the provider says of that to who looks for residue; absent: the truth.
  std::optional<Duration> says_shown_within;
  double dies_unborn = 0;  // it is given, and dies before it boots: there was no capacity after all
  std::vector<PoolTrouble> pools;
};

// What ended a machine: its own timer; its supervisor, by leaving or dying; the cloud's scheduler;
// an order to terminate, which is the controller's; the cloud itself.
enum class EndedBy { kTimer, kSupervisor, kScheduler, kOrder, kCloud };

struct CloudMachine {
  MachineId machine;
  RunId run;
  std::string token, external_id;
  int slots = 1;
  Duration asked{}, appears{};
  std::optional<Duration> boots;       // absent: never
  Duration deadline{};                 // armed at boot: it ends itself then
  bool timer_dead = false;             // or not
  std::optional<Duration> last_end;    // the scheduler ends it then
  std::optional<Duration> ends;        // it was ordered to terminate, and will have
  std::optional<Duration> ended;       // absent: it lives, or has not appeared yet
  EndedBy ended_by = EndedBy::kCloud;  // once it has ended
  Duration residue_until{};            // its volume is there until then
  Offer offer;
  std::optional<Duration> billed_until;  // from the order to terminate on it costs nothing
  bool reclaimed = false;                // the cloud took it back
  bool has_booted = false;
  bool dies_unborn = false;
};

struct CloudChange {
  enum class What { kBooted, kEnded } what = What::kBooted;
  std::size_t index = 0;  // into machines()
};

class SimCloud {
 public:
  // `time` must outlive it.
  SimCloud(const VirtualTime& time, CloudWeather weather, std::uint64_t seed)
      : time_(time),
        weather_(std::move(weather)),
        shown_within_(weather_.says_shown_within.value_or(TrueWindow(weather_))),
        rng_(seed) {}

  // One machine per token, from the first of its pools that gives one. kAmbiguous: the answer was
  // lost.
  Result<LaunchAnswer> Ask(const LaunchIntent& intent);

  // Whatever ended it, at once; harmless for one that has ended.
  void End(std::size_t index, EndedBy by);

  // The cloud takes it back, unless it was told to terminate before.
  void Reclaim(std::size_t index);

  // The order to terminate: it ends in a while. Answers when; now if it has ended.
  Duration Terminate(std::size_t index);

  // An order to the cloud's own scheduler, a while after the deadline; taken back when the machine
  // is gone. False: it was not taken.
  bool ArmLastEnd(std::size_t index);
  void DisarmLastEnd(std::size_t index) { machines_[index].last_end.reset(); }

  // What is due now has happened. Answers it in order; call it whenever time has moved.
  std::vector<CloudChange> TakeChanges();

  // When something will happen by itself, or never.
  std::optional<Duration> NextChange() const;

  bool IsAlive(const CloudMachine& m) const { return m.appears <= time_.now && !m.ended; }
  const std::vector<CloudMachine>& machines() const { return machines_; }
  const CloudWeather& weather() const { return weather_; }
  Duration now() const { return time_.now; }
  Instant WallAt(Duration when) const { return time_.Wall() + (when - time_.now); }

  // Whatever was asked for is shown so long afterwards, if it is there.
  Duration shown_within() const { return shown_within_; }

  // From now on nothing goes wrong any more.
  void ClearUp();

 private:
  static Duration TrueWindow(const CloudWeather& weather);
  Duration Between(Duration low, Duration high);
  std::optional<PoolRefusal> Refuse(const Pool& pool) const;
  CloudMachine& Give(const LaunchIntent& intent, const Offer& offer);

  const VirtualTime& time_;
  CloudWeather weather_;
  Duration shown_within_;
  Rng rng_;
  std::vector<CloudMachine> machines_;
  std::vector<CloudChange> changes_;
};

// Beyond its deadline the cloud's own scheduler ends a machine, so much later.
inline constexpr Duration kLastEndAfter = seconds(60);

// The seam in front of the model. As that of EC2, it gives every machine that it sees its last end,
// and calls one that it does not see gone only when none can come up any more.
class SimProvider : public MachineProvider {
 public:
  // The cloud must outlive it. `wait` lets time pass, as Terminate has to; false: give up waiting.
  SimProvider(SimCloud& cloud, std::function<bool(Duration)> wait)
      : cloud_(cloud), wait_(std::move(wait)) {}

  Status Preflight() override { return {}; }
  Result<LaunchAnswer> Launch(const LaunchIntent& intent) override;
  Result<std::vector<MachineSighting>> List(RunId run) override;
  Status Terminate(MachineId machine, const std::string& external_id) override;
  Result<ResidueLook> FindResidue(RunId run) override;

 private:
  Status WaitOutLag(MachineId machine);

  SimCloud& cloud_;
  std::function<bool(Duration)> wait_;
  std::map<MachineId, Duration> missed_;  // since when
};

}  // namespace mayfly::sim
