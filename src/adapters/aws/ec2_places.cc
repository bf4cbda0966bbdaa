#include "adapters/aws/ec2_places.h"

namespace mayfly::aws {
namespace {

Result<Image> ParseImage(pugi::xml_node item) {
  Image image;
  TRY_ASSIGN(image.id, NeedText(item, "imageId"));
  TRY_ASSIGN(image.state, NeedText(item, "imageState"));
  TRY_ASSIGN(image.architecture, NeedText(item, "architecture"));
  TRY_ASSIGN(image.created, MaybeInstant(item, "creationDate"));
  image.name = Text(item, "name");
  image.owner_id = Text(item, "imageOwnerId");
  image.root_device = Text(item, "rootDeviceName");
  return image;
}

Result<Subnet> ParseSubnet(pugi::xml_node item) {
  Subnet subnet;
  TRY_ASSIGN(subnet.id, NeedText(item, "subnetId"));
  TRY_ASSIGN(subnet.vpc_id, NeedText(item, "vpcId"));
  TRY_ASSIGN(subnet.zone, NeedText(item, "availabilityZone"));
  TRY_ASSIGN(subnet.free_addresses, NeedInt(item, "availableIpAddressCount"));
  subnet.range = Text(item, "cidrBlock");
  subnet.gives_public_address = Text(item, "mapPublicIpOnLaunch") == "true";
  return subnet;
}

Result<std::vector<PortRule>> ParseRules(pugi::xml_node item, std::string_view path) {
  std::vector<PortRule> rules;
  for (pugi::xml_node node : Items(item, path)) {
    PortRule rule;
    TRY_ASSIGN(rule.protocol, NeedText(node, "ipProtocol"));
    const bool has_ports = !Text(node, "fromPort").empty();
    if (has_ports) {
      TRY_ASSIGN(rule.from, NeedInt(node, "fromPort"));
      TRY_ASSIGN(rule.to, NeedInt(node, "toPort"));
    }
    for (pugi::xml_node range : Items(node, "ipRanges")) {
      rule.ranges.push_back(Text(range, "cidrIp"));
    }
    for (pugi::xml_node range : Items(node, "ipv6Ranges")) {
      rule.ranges.push_back(Text(range, "cidrIpv6"));
    }
    for (pugi::xml_node group : Items(node, "groups")) {
      rule.groups.push_back(Text(group, "groupId"));
    }
    rules.push_back(std::move(rule));
  }
  return rules;
}

Result<SecurityGroup> ParseGroup(pugi::xml_node item) {
  SecurityGroup group;
  TRY_ASSIGN(group.id, NeedText(item, "groupId"));
  group.name = Text(item, "groupName");
  group.vpc_id = Text(item, "vpcId");
  TRY_ASSIGN(group.inbound, ParseRules(item, "ipPermissions"));
  TRY_ASSIGN(group.outbound, ParseRules(item, "ipPermissionsEgress"));
  group.tags = TagsOf(item);
  return group;
}

}  // namespace

Result<std::vector<Image>> DescribeImages(Caller& caller, const Selection& selection) {
  return Ec2List<Image>(caller, Select("DescribeImages", "ImageId", selection), "imagesSet",
                        &ParseImage);
}

Result<std::vector<Subnet>> DescribeSubnets(Caller& caller, const Selection& selection) {
  return Ec2List<Subnet>(caller, Select("DescribeSubnets", "SubnetId", selection), "subnetSet",
                         &ParseSubnet);
}

Result<std::vector<SecurityGroup>> DescribeSecurityGroups(Caller& caller,
                                                          const Selection& selection) {
  return Ec2List<SecurityGroup>(caller, Select("DescribeSecurityGroups", "GroupId", selection),
                                "securityGroupInfo", &ParseGroup);
}

Status DeleteSecurityGroup(Caller& caller, const std::string& id) {
  Query query = Ec2Query("DeleteSecurityGroup");
  query.Set("GroupId", id);
  return Ec2Done(caller, query, Effect::kRemoving);
}

Result<std::map<std::string, std::string>> ListImageSnapshots(Caller& caller) {
  Query query = Ec2Query("DescribeImages");
  query.Set("Owner.1", "self");
  std::map<std::string, std::string> images;
  TRY(ForEachItem(caller, query, "imagesSet", [&](pugi::xml_node item) -> Status {
    TRY_ASSIGN(const std::string image, NeedText(item, "imageId"));
    for (pugi::xml_node disk : Items(item, "blockDeviceMapping")) {
      const std::string snapshot = Text(disk, "ebs/snapshotId");
      if (!snapshot.empty()) images[snapshot] = image;
    }
    return {};
  }));
  return images;
}

Result<std::vector<std::string>> ListRegions(Caller& caller) {
  std::vector<std::string> regions;
  TRY(ForEachItem(caller, Ec2Query("DescribeRegions"), "regionInfo",
                  [&](pugi::xml_node item) -> Status {
                    TRY_ASSIGN(std::string name, NeedText(item, "regionName"));
                    regions.push_back(std::move(name));
                    return {};
                  }));
  return regions;
}

Result<bool> HasAnyTagged(Caller& caller, std::string_view key, const std::string& value) {
  Query query = Ec2Query("DescribeTags");
  const Filters filters{{"key", {std::string(key)}}, {"value", {value}}};
  query.SetFilters(filters);
  bool has_any = false;
  TRY(ForEachItem(caller, query, "tagSet", [&](pugi::xml_node) -> Status {
    has_any = true;
    return {};
  }));
  return has_any;
}

}  // namespace mayfly::aws
