#pragma once
// EC2: the things around a machine that can outlive it and bill, found by tag.

#include <optional>
#include <string>
#include <vector>

#include "adapters/aws/caller.h"
#include "adapters/aws/ec2_answer.h"

namespace mayfly::aws {

struct Volume {
  std::string id, state, zone, type, instance_id;  // instance_id: what it is attached to
  std::int64_t gib = 0;
  std::int64_t iops = 0, throughput = 0;  // 0: it does not say
  bool is_encrypted = false;
  std::optional<Instant> created;
  Tags tags;
};
Result<std::vector<Volume>> DescribeVolumes(Caller& caller, const Selection& selection);
// Of these removals: kNotFound, it is gone already; kUnavailable, kConflict, something holds it.
Status DeleteVolume(Caller& caller, const std::string& id);

struct NetworkInterface {
  std::string id, status, subnet_id, instance_id, description;
  std::vector<std::string> groups;
  Tags tags;
};
Result<std::vector<NetworkInterface>> DescribeNetworkInterfaces(Caller& caller,
                                                                const Selection& selection);
Status DeleteNetworkInterface(Caller& caller, const std::string& id);

struct Address {
  std::string allocation_id, public_ip, instance_id, interface_id;
  Tags tags;
};
Result<std::vector<Address>> DescribeAddresses(Caller& caller, const Selection& selection);
Status ReleaseAddress(Caller& caller, const std::string& allocation_id);

struct Snapshot {
  std::string id, state, volume_id, progress;  // state: "pending", "completed", "error"
  std::int64_t gib = 0;                        // of its volume: it bills that much at most
  std::optional<Instant> started;
  Tags tags;
};
// Our own only.
Result<std::vector<Snapshot>> DescribeSnapshots(Caller& caller, const Selection& selection);

// Takes no token: after kAmbiguous, look for it by its tags before asking again. kUnavailable where
// one of the same volume was just made: wait 15 s.
struct SnapshotRequest {
  std::string volume_id, description;
  Tags tags;  // at least one, by which it is found again
};
Result<std::string> CreateSnapshot(Caller& caller, const SnapshotRequest& request);

// kNotFound: it is not there. One that a machine image needs is refused (kInvalid).
Status DeleteSnapshot(Caller& caller, const std::string& id);

struct Fleet {
  std::string id, state, type;
  std::optional<Instant> created;
  Tags tags;
};
Result<std::vector<Fleet>> DescribeFleets(Caller& caller, const Selection& selection);

struct LaunchTemplate {
  std::string id, name;
  std::optional<Instant> created;
  Tags tags;
};
Result<std::vector<LaunchTemplate>> DescribeLaunchTemplates(Caller& caller,
                                                            const Selection& selection);

// One that is not closed counts against the Spot quota, its machine gone or not.
struct SpotRequest {
  std::string id, state, status_code, instance_id;  // state: "open", "active", "closed", …
  std::string instance_type;
  std::optional<Instant> created;
  Tags tags;
};
Result<std::vector<SpotRequest>> DescribeSpotRequests(Caller& caller, const Selection& selection);
// Does not end its machine.
Status CancelSpotRequest(Caller& caller, const std::string& id);

}  // namespace mayfly::aws
