#pragma once
// Launching: what EC2 checks, in its order, and what a launch makes. The same token in the same
// zone makes the same machines for ever.

#include <string>
#include <vector>

#include "sim/ec2/cloud.h"

namespace mayfly::ec2 {

// The ids of the machines, new or those that the token made before. The refusals, in the order in
// which they are looked for: parameters (InvalidParameterValue, InvalidAMIID.NotFound, …), DryRun
// (DryRunOperation, status 412), the token (IdempotentParameterMismatch,
// IdempotentInstanceTerminated), scripted faults, the type in that zone (Unsupported), quota, price
// (SpotMaxPriceTooLow), capacity.
Answer<std::vector<std::string>> RunInstances(Cloud& cloud, const RunRequest& request);

// The request with subnet, zone, group and disks filled in, or what is wrong with it.
Answer<MachineRequest> Resolve(const Cloud& cloud, const MachineRequest& asked);

// One launch of a resolved request without a token: what a fleet does for each pool that it tries.
Answer<std::vector<std::string>> LaunchMachines(Cloud& cloud, const MachineRequest& resolved,
                                                int min_count, int max_count);

// For a start of what is stopped: whether the pool has room for one more, and the code with which
// it will die in pending; empty: it will not.
Answer<Done> CheckCapacity(const Cloud& cloud, const PoolKey& pool);
std::string MeetDeath(Cloud& cloud, const PoolKey& pool);

// The first scripted fault that this call meets; it is used up by it. Launches pass their pool.
const CallRule* MeetFault(Cloud& cloud, std::string_view action, const PoolKey* pool);

}  // namespace mayfly::ec2
