#include "sim/ec2/groups.h"

#include <fmt/format.h>

#include <algorithm>

namespace mayfly::ec2 {
namespace {

bool HasGroup(const NetworkInterface& interface, const std::string& group) {
  const auto& groups = interface.groups;
  return std::find(groups.begin(), groups.end(), group) != groups.end();
}

}  // namespace

std::optional<std::string> FindGroupName(const Cloud& cloud, const std::string& id) {
  for (const SecurityGroup& group : GroupsOf(cloud.region)) {
    if (group.id == id) return std::string(group.name);
  }
  const auto own = cloud.groups.find(id);
  if (own == cloud.groups.end() || own->second.deleted) return std::nullopt;
  return own->second.name;
}

Answer<OwnGroup> CreateGroup(Cloud& cloud, const GroupRequest& request) {
  for (const auto& [id, group] : cloud.groups) {
    if (group.name == request.name && !group.deleted) {
      return Refusal{"InvalidGroup.Duplicate",
                     fmt::format("The security group '{}' already exists", request.name)};
    }
  }
  const std::string id = MakeId(cloud, "sg-");
  const std::string vpc = request.vpc.empty() ? std::string(VpcOf(cloud.region)) : request.vpc;
  cloud.groups[id] = {.id = id,
                      .name = request.name,
                      .description = request.description,
                      .vpc = vpc,
                      .created = cloud.now,
                      .tags = request.tags};
  return cloud.groups.at(id);
}

Answer<Done> DeleteGroup(Cloud& cloud, const std::string& id) {
  if (!FindGroupName(cloud, id)) {
    return Refusal{"InvalidGroup.NotFound",
                   fmt::format("The security group '{}' does not exist", id)};
  }
  const bool is_held =
      std::any_of(cloud.interfaces.begin(), cloud.interfaces.end(),
                  [&](const auto& one) { return !one.second.deleted && HasGroup(one.second, id); });
  if (is_held) {
    return Refusal{"DependencyViolation", fmt::format("resource {} has a dependent object", id)};
  }
  const auto own = cloud.groups.find(id);
  if (own == cloud.groups.end()) {
    return Refusal{"CannotDelete",
                   fmt::format("the specified group: \"{}\" cannot be deleted", id)};
  }
  own->second.deleted = cloud.now;
  return Done{};
}

}  // namespace mayfly::ec2
