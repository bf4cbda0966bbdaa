#pragma once
// Machines rented from EC2 (docs/adr/0020). Nothing here is remembered that EC2 does not tell
// again: a machine is found by its tags, and asked for by tokens made of its intent, so that
// whoever continues a run needs the ledger and nothing of us.
//
// A machine's way to the ledger is a parameter of SSM, encrypted, there from before the machine is
// asked for until it is ended. User data, tags and arguments hold no secret (I12).

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "adapters/aws/caller.h"
#include "adapters/aws/ec2_instances.h"
#include "adapters/aws/provider/last_end.h"
#include "adapters/aws/provider/machine_names.h"
#include "adapters/aws/provider/places.h"
#include "adapters/aws/provider/purchase.h"
#include "adapters/aws/provider/user_data.h"
#include "model/ec2_spec.h"
#include "seams/machine_provider.h"
#include "seams/waiter.h"

namespace mayfly::aws {

struct Ec2Options {
  Ec2Spec spec;
  Ec2Places places;
  BundleObject bundle;
  PhaseNames names;  // without tags of the user's own: those are spec.tags
  // EC2 shows new things late: what is not seen so long after it was asked for is not there, and
  // what comes up later finds its intent closed and ends itself. Two empty looks for residue so far
  // apart are the proof that nothing is left.
  Duration shown_within = seconds(60);
  Duration end_limit = seconds(90);  // of waiting for a machine to be seen ending
};

// Caller and waiter outlive it. One thread.
class Ec2Machines final : public MachineProvider {
 public:
  Ec2Machines(Caller& caller, Waiter& waiter, Ec2Options options);

  // Who we are, and whether the first pool's machine might be started. What is beside it is told by
  // preflight before a run.
  Status Preflight() override;

  // Looks for the machine by its tags first, whatever pools it is asked from now. What it gives
  // gets its end by AWS's scheduler, where the phase names a role for that; List gives one to
  // whatever lives without, so that a lost answer and an adopted machine need no way of their own.
  // The user's tags cannot take the place of ours. kInvalid also: a rehearsed interruption, which
  // is the simulated cloud's to give.
  Result<mayfly::LaunchAnswer> Launch(const LaunchIntent& intent) override;

  // `running` is the launch time, some seconds before EC2 bills; a machine that died in pending has
  // none. `ended` is the time that EC2 tells, and where it tells none, as of machines that it took
  // back, the time at which we first saw it ended: never earlier than the bill's.
  Result<std::vector<MachineSighting>> List(RunId run) override;

  // All that carries the machine's tag, also where the answer of an earlier Launch was lost.
  // kUnavailable: what was asked for may still come to be shown; again later.
  Status Terminate(MachineId machine, const std::string& external_id) override;

  // Takes back a schedule that has no machine to end: a late look at EC2 may have ordered it. It
  // counts as residue this time.
  Result<ResidueLook> FindResidue(RunId run) override;

  std::optional<Error> TakeTrouble() override { return last_ends_.TakeTrouble(); }

 private:
  struct Asked {
    Instant ends_at;
    Duration at{};             // mono; of the last time
    bool was_refused = false;  // by every pool, for certain
  };

  Result<std::optional<mayfly::LaunchAnswer>> FindBought(const LaunchIntent& intent);
  Result<Order> MakeOrder(const LaunchIntent& intent, Instant ends_at) const;
  Asked& Remember(const LaunchIntent& intent);
  Billed BilledOf(const Instance& instance);
  Pool PoolOf(const Instance& instance) const;
  Status End(const std::string& id, bool was_seen, MachineId machine);
  Status WaitUntilEnding(const std::string& id);
  Status WaitOutLag(MachineId machine);
  Status RemoveWhatItNeeded(MachineId machine, const std::vector<Instance>& seen);
  Status RemoveParameters(MachineId machine);
  Status RemoveIdleEnds(RunId run, const std::vector<std::string>& names);

  Caller& caller_;
  Waiter& waiter_;
  Ec2Options options_;
  Buyer buyer_;
  LastEnds last_ends_;
  std::map<MachineId, Asked> asked_;      // by us, until ended
  std::map<MachineId, Duration> missed_;  // since when; asked for by somebody before us
  std::map<std::string, Instant> ended_;  // instances that were seen ended, and when first
};

}  // namespace mayfly::aws
