#pragma once
// Security groups: those that are there from the start, and those that are made.

#include <optional>
#include <string>

#include "sim/ec2/cloud.h"

namespace mayfly::ec2 {

// Absent: there is no such group in the cloud's region.
std::optional<std::string> FindGroupName(const Cloud& cloud, const std::string& id);

struct GroupRequest {
  std::string name;
  std::string description;
  std::string vpc;  // empty: the region's
  Tags tags;
};
// InvalidGroup.Duplicate for a name that is taken.
Answer<OwnGroup> CreateGroup(Cloud& cloud, const GroupRequest& request);

// DependencyViolation while an interface has it; CannotDelete for one that was there from the
// start.
Answer<Done> DeleteGroup(Cloud& cloud, const std::string& id);

}  // namespace mayfly::ec2
