#pragma once
// What a run's machines left in the cloud, living ones too; found by tags and names, so that
// whoever started them need not be remembered.

#include <string>
#include <vector>

#include "adapters/aws/caller.h"
#include "adapters/aws/ec2_instances.h"
#include "seams/machine_provider.h"

namespace mayfly::aws {

// Empty: nothing is shown that bills. Says nothing of how late EC2 shows things. EC2 shows
// instances for an hour after their end; of those that it shows, the Spot request and the fleet are
// looked at by their ids, since EC2 lists an instant fleet only by its id.
Result<ResidueLook> ListResidue(Caller& caller, const std::string& ledger, RunId run);

// The ids of the fleets that started them.
std::vector<std::string> FleetsOf(const std::vector<Instance>& instances);
// Whether it is deleted, or was never there.
Result<bool> IsFleetGone(Caller& caller, const std::string& id);

}  // namespace mayfly::aws
