#pragma once
// EC2: what a machine is made from and put into, for the checks before anything is paid.

#include <map>
#include <string>
#include <vector>

#include "adapters/aws/caller.h"
#include "adapters/aws/ec2_answer.h"

namespace mayfly::aws {

struct Image {
  std::string id, name, state, architecture, owner_id, root_device;
  std::optional<Instant> created;
};
Result<std::vector<Image>> DescribeImages(Caller& caller, const Selection& selection);

struct Subnet {
  std::string id, vpc_id, zone, range;  // range: "10.0.16.0/20"
  std::int64_t free_addresses = 0;
  bool gives_public_address = false;
};
Result<std::vector<Subnet>> DescribeSubnets(Caller& caller, const Selection& selection);

// "tcp 5432 to 10.0.0.0/16": one line of what a security group lets through.
struct PortRule {
  std::string protocol;           // "tcp", "-1" for all
  std::int64_t from = 0, to = 0;  // meaningless for all protocols
  std::vector<std::string> ranges, groups;
};
struct SecurityGroup {
  std::string id, name, vpc_id;
  std::vector<PortRule> inbound, outbound;
  Tags tags;
};
Result<std::vector<SecurityGroup>> DescribeSecurityGroups(Caller& caller,
                                                          const Selection& selection);
// kNotFound: it is gone already; kUnavailable: something uses it.
Status DeleteSecurityGroup(Caller& caller, const std::string& id);

// Snapshots that images of this account are made of: the image's id by the snapshot's.
Result<std::map<std::string, std::string>> ListImageSnapshots(Caller& caller);

// The regions that the account has enabled, whatever is in them.
Result<std::vector<std::string>> ListRegions(Caller& caller);

// Whether anything of EC2's in the caller's region carries this tag.
Result<bool> HasAnyTagged(Caller& caller, std::string_view key, const std::string& value);

}  // namespace mayfly::aws
