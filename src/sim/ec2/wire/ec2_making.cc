// What is made without a machine, and can be left without one: volumes, interfaces, security
// groups, images.

#include <fmt/format.h>

#include <array>

#include "sim/ec2/groups.h"
#include "sim/ec2/storage.h"
#include "sim/ec2/wire/ec2_actions.h"
#include "sim/ec2/wire/listing.h"
#include "sim/ec2/wire/text.h"

namespace mayfly::ec2 {
namespace {

const std::string kTrue = "<return>true</return>";

Answer<std::string> CreateVolumeAction(Services& services, const Params& params) {
  TRY_ASSIGN(const std::string zone, params.Needed("AvailabilityZone"));
  TRY_ASSIGN(const std::int64_t gib, params.Number("Size", 8));
  DiskRequest disk{.size_gib = static_cast<int>(gib), .encrypted = params.Flag("Encrypted")};
  if (params.Has("VolumeType")) disk.type = params.Text("VolumeType");
  TagsByResource tags = params.TagSpecifications();
  TRY(params.RefuseUnread());
  TRY_ASSIGN(const Volume made, CreateVolume(services.cloud, zone, disk, tags["volume"]));
  Xml xml;
  xml.Leaf("volumeId", made.id)
      .Number("size", made.disk.size_gib)
      .Leaf("availabilityZone", made.zone)
      .Leaf("status", "creating")
      .Leaf("createTime", Stamp(made.created))
      .Leaf("volumeType", made.disk.type);
  return xml.Raw(TagSet(made.tags)).text();
}

Answer<std::string> CreateInterfaceAction(Services& services, const Params& params) {
  TRY_ASSIGN(const std::string subnet, params.Needed("SubnetId"));
  const std::vector<std::string> groups = params.List("SecurityGroupId");
  const std::string description = params.Text("Description");
  (void)params.Text("ClientToken");
  TagsByResource tags = params.TagSpecifications();
  TRY(params.RefuseUnread());
  TRY_ASSIGN(const NetworkInterface made,
             CreateInterface(services.cloud, {.subnet = subnet,
                                              .groups = groups,
                                              .description = description,
                                              .tags = tags["network-interface"]}));
  Xml xml;
  xml.Open("networkInterface")
      .Leaf("networkInterfaceId", made.id)
      .Leaf("subnetId", made.subnet)
      .Leaf("description", made.description)
      .Leaf("status", "pending");
  return xml.Raw(TagSet(made.tags)).Close("networkInterface").text();
}

Answer<std::string> CreateGroupAction(Services& services, const Params& params) {
  TRY_ASSIGN(const std::string name, params.Needed("GroupName"));
  TRY_ASSIGN(const std::string description, params.Needed("GroupDescription"));
  TagsByResource tags = params.TagSpecifications();
  const std::string vpc = params.Text("VpcId");
  TRY(params.RefuseUnread());
  TRY_ASSIGN(const OwnGroup made, CreateGroup(services.cloud, {.name = name,
                                                               .description = description,
                                                               .vpc = vpc,
                                                               .tags = tags["security-group"]}));
  return kTrue + Xml().Leaf("groupId", made.id).Raw(TagSet(made.tags)).text();
}

Answer<std::string> DeleteGroupAction(Services& services, const Params& params) {
  TRY_ASSIGN(const std::string id, params.Needed("GroupId"));
  TRY(DeleteGroup(services.cloud, id));
  return kTrue + Xml().Leaf("groupId", id).text();
}

// No inbound rule, and outbound to anywhere.
Row GroupRow(const OwnGroup& group) {
  Xml xml;
  xml.Open("item")
      .Leaf("groupId", group.id)
      .Leaf("groupName", group.name)
      .Leaf("groupDescription", group.description)
      .Leaf("vpcId", group.vpc)
      .Leaf("ownerId", kAccount)
      .Raw(
          "<ipPermissions/><ipPermissionsEgress><item><ipProtocol>-1</ipProtocol><ipRanges>"
          "<item><cidrIp>0.0.0.0/0</cidrIp></item></ipRanges></item></ipPermissionsEgress>")
      .Raw(TagSet(group.tags))
      .Close("item");
  return {group.id,
          {{"group-id", group.id}, {"group-name", group.name}, {"vpc-id", group.vpc}},
          group.tags,
          xml.text()};
}

Answer<std::string> DescribeGroupsAction(Services& services, const Params& params) {
  const Cloud& cloud = services.cloud;
  Listing listing{
      .set = "securityGroupInfo", .ids = "GroupId", .not_found = "InvalidGroup.NotFound"};
  for (const SecurityGroup& group : GroupsOf(cloud.region)) {
    const std::string name(group.name);
    listing.rows.push_back(GroupRow({.id = std::string(group.id),
                                     .name = name,
                                     .description = name,
                                     .vpc = std::string(VpcOf(cloud.region))}));
  }
  for (const auto& [id, group] : cloud.groups) {
    if (!group.deleted) listing.rows.push_back(GroupRow(group));
  }
  return Show(params, listing);
}

Answer<std::string> RegisterImageAction(Services& services, const Params& params) {
  TRY_ASSIGN(const std::string name, params.Needed("Name"));
  TRY_ASSIGN(const std::string snapshot, params.Needed("BlockDeviceMapping.1.Ebs.SnapshotId"));
  (void)params.Text("BlockDeviceMapping.1.DeviceName");
  (void)params.Text("RootDeviceName");
  TRY(params.RefuseUnread());
  TRY_ASSIGN(const OwnImage made, RegisterImage(services.cloud, name, snapshot));
  return Xml().Leaf("imageId", made.id).text();
}

Answer<std::string> DeregisterImageAction(Services& services, const Params& params) {
  TRY_ASSIGN(const std::string id, params.Needed("ImageId"));
  const auto found = services.cloud.images.find(id);
  if (found == services.cloud.images.end() || found->second.deleted) {
    return Refusal{"InvalidAMIID.NotFound", fmt::format("The image id '[{}]' does not exist", id)};
  }
  found->second.deleted = services.cloud.now;
  return kTrue;
}

constexpr std::array<Ec2Action, 7> kActions{{
    {"CreateVolume", CreateVolumeAction},
    {"CreateNetworkInterface", CreateInterfaceAction},
    {"CreateSecurityGroup", CreateGroupAction},
    {"DeleteSecurityGroup", DeleteGroupAction},
    {"DescribeSecurityGroups", DescribeGroupsAction},
    {"RegisterImage", RegisterImageAction},
    {"DeregisterImage", DeregisterImageAction},
}};

}  // namespace

std::span<const Ec2Action> MakingActions() { return kActions; }

}  // namespace mayfly::ec2
