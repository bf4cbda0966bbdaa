#pragma once
// Disks of rented machines, kept as EBS snapshots. EC2 has no token for a snapshot: it is found by
// its tags, which say also until when it is kept (docs/adr/0027).

#include <optional>

#include "adapters/aws/caller.h"
#include "adapters/aws/provider/machine_names.h"
#include "seams/keeper.h"

namespace mayfly::aws {

// The caller outlives it. One thread.
class Ec2Disks final : public DiskKeeper {
 public:
  // `names` with the user's own tags.
  Ec2Disks(Caller& caller, PhaseNames names) : caller_(caller), names_(std::move(names)) {}

  // Of several the one that is nearest to being complete.
  Result<std::optional<DiskSight>> Look(RunId run, MachineId machine) override;

  // The machine's one disk; only an encrypted one.
  Result<DiskSight> Ask(const DiskIntent& intent) override;

  Status Drop(RunId run, MachineId machine) override;

 private:
  Result<std::string> FindVolume(const DiskIntent& intent);

  Caller& caller_;
  PhaseNames names_;
};

}  // namespace mayfly::aws
