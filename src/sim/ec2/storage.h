#pragma once
// What lives beside instances: volumes, snapshots, addresses, interfaces, Spot requests, schedules.

#include <string>
#include <string_view>
#include <vector>

#include "sim/ec2/cloud.h"

namespace mayfly::ec2 {

// Attached to nothing. InvalidZone.NotFound for a zone of another region.
Answer<Volume> CreateVolume(Cloud& cloud, const std::string& zone, const DiskRequest& disk,
                            const Tags& tags);

// Free ones only: VolumeInUse otherwise.
Answer<Done> DeleteVolume(Cloud& cloud, const std::string& id);

struct SnapshotRequest {
  std::string volume;
  std::string description;
  Tags tags;
};
// A volume takes one every 15 s: SnapshotCreationPerVolumeRateExceeded. There is no token.
Answer<Snapshot> CreateSnapshot(Cloud& cloud, const SnapshotRequest& request);
std::string_view SnapshotState(const Cloud& cloud, const Snapshot& snapshot);
// InvalidSnapshot.InUse while an image is made of it.
Answer<Done> DeleteSnapshot(Cloud& cloud, const std::string& id);
Answer<OwnImage> RegisterImage(Cloud& cloud, const std::string& name, const std::string& snapshot);

Address AllocateAddress(Cloud& cloud, const Tags& tags);
Answer<Done> AssociateAddress(Cloud& cloud, const std::string& allocation,
                              const std::string& instance);
Answer<Done> ReleaseAddress(Cloud& cloud, const std::string& allocation);

// For life.h: the address that an instance was to have, from its start.
void GiveAddress(Cloud& cloud, Instance& instance);

// Attached to nothing; `wanted` says subnet, groups, description and tags.
Answer<NetworkInterface> CreateInterface(Cloud& cloud, const NetworkInterface& wanted);
Answer<Done> DeleteInterface(Cloud& cloud, const std::string& id);

// Does not terminate: the instance of the request goes on.
Answer<std::vector<const SpotRequest*>> CancelSpotRequests(Cloud& cloud,
                                                           const std::vector<std::string>& ids);

// Replaces where `replaces`; otherwise ConflictException for a name that exists.
Answer<Done> PutSchedule(Cloud& cloud, const Schedule& schedule, bool replaces);
Answer<const Schedule*> FindSchedule(const Cloud& cloud, const std::string& name);
Answer<Done> DeleteSchedule(Cloud& cloud, const std::string& name);

}  // namespace mayfly::ec2
