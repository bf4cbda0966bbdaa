#pragma once
// The end of a machine that needs nobody of us: AWS's own scheduler terminates it, once, a while
// after its deadline (docs/adr/0025). It is the last of four ends, so that a machine lives on where
// it cannot be made; that is told, and tried again.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "adapters/aws/caller.h"
#include "adapters/aws/provider/machine_names.h"
#include "base/result.h"
#include "base/time.h"

namespace mayfly::aws {

// Behind the machine's deadline: its own timers, which count whole minutes where there is no
// systemd, come first. The scheduler itself is up to a minute late.
inline constexpr Duration kLastEndAfter = seconds(60);

// The caller outlives it. One thread.
class LastEnds {
 public:
  // `role` is whom the scheduler acts as, a name or an ARN; empty: there are no such ends.
  LastEnds(Caller& caller, std::string ledger, std::string role);

  // Made where this object does not know that it is there; one of its name that says something else
  // is mended. Harmless to repeat; what failed is tried again after a while.
  void Arm(const MachineName& machine, const std::string& instance, Instant ends_at);

  // The machine is gone. By its name in whichever run: the caller knows the machine only.
  Status Disarm(MachineId machine);

  // Those of the run that are there, by name.
  Result<std::vector<std::string>> List(RunId run);
  // One by its name; that it is gone is fine.
  Status Remove(const std::string& name);

  // Why a machine that lives has no such end; each reason is told once.
  std::optional<Error> TakeTrouble();

 private:
  struct Known {
    bool is_armed = false;
    Duration next_try{};  // mono
  };

  Status Make(const MachineName& machine, const std::string& instance, Instant ends_at);
  Result<std::string> RoleArn();

  Caller& caller_;
  std::string ledger_, role_;
  std::map<std::string, Known> known_;  // by instance
  Duration answers_from_{};  // mono; the scheduler was away, and is left alone until then
  std::optional<Error> trouble_;
  std::string told_;
};

}  // namespace mayfly::aws
