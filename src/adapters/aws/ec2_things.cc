#include "adapters/aws/ec2_things.h"

namespace mayfly::aws {
namespace {

Result<Volume> ParseVolume(pugi::xml_node item) {
  Volume volume;
  TRY_ASSIGN(volume.id, NeedText(item, "volumeId"));
  TRY_ASSIGN(volume.state, NeedText(item, "status"));
  TRY_ASSIGN(volume.gib, NeedInt(item, "size"));
  volume.zone = Text(item, "availabilityZone");
  volume.type = Text(item, "volumeType");
  if (item.child("iops")) {
    TRY_ASSIGN(volume.iops, NeedInt(item, "iops"));
  }
  if (item.child("throughput")) {
    TRY_ASSIGN(volume.throughput, NeedInt(item, "throughput"));
  }
  volume.is_encrypted = Text(item, "encrypted") == "true";
  volume.instance_id = Text(item, "attachmentSet/item/instanceId");
  TRY_ASSIGN(volume.created, MaybeInstant(item, "createTime"));
  volume.tags = TagsOf(item);
  return volume;
}

Result<NetworkInterface> ParseInterface(pugi::xml_node item) {
  NetworkInterface interface;
  TRY_ASSIGN(interface.id, NeedText(item, "networkInterfaceId"));
  TRY_ASSIGN(interface.status, NeedText(item, "status"));
  interface.subnet_id = Text(item, "subnetId");
  interface.instance_id = Text(item, "attachment/instanceId");
  interface.description = Text(item, "description");
  for (pugi::xml_node group : Items(item, "groupSet")) {
    interface.groups.push_back(Text(group, "groupId"));
  }
  interface.tags = TagsOf(item);
  return interface;
}

Result<Address> ParseAddress(pugi::xml_node item) {
  Address address;
  TRY_ASSIGN(address.public_ip, NeedText(item, "publicIp"));
  address.allocation_id = Text(item, "allocationId");
  address.instance_id = Text(item, "instanceId");
  address.interface_id = Text(item, "networkInterfaceId");
  address.tags = TagsOf(item);
  return address;
}

Result<Snapshot> ParseSnapshot(pugi::xml_node item) {
  Snapshot snapshot;
  TRY_ASSIGN(snapshot.id, NeedText(item, "snapshotId"));
  TRY_ASSIGN(snapshot.state, NeedText(item, "status"));
  TRY_ASSIGN(snapshot.started, MaybeInstant(item, "startTime"));
  snapshot.volume_id = Text(item, "volumeId");
  if (!Text(item, "volumeSize").empty()) {
    TRY_ASSIGN(snapshot.gib, NeedInt(item, "volumeSize"));
  }
  snapshot.progress = Text(item, "progress");
  snapshot.tags = TagsOf(item);
  return snapshot;
}

Result<Fleet> ParseFleet(pugi::xml_node item) {
  Fleet fleet;
  TRY_ASSIGN(fleet.id, NeedText(item, "fleetId"));
  TRY_ASSIGN(fleet.state, NeedText(item, "fleetState"));
  fleet.type = Text(item, "type");
  TRY_ASSIGN(fleet.created, MaybeInstant(item, "createTime"));
  fleet.tags = TagsOf(item);
  return fleet;
}

Result<LaunchTemplate> ParseTemplate(pugi::xml_node item) {
  LaunchTemplate found;
  TRY_ASSIGN(found.id, NeedText(item, "launchTemplateId"));
  TRY_ASSIGN(found.name, NeedText(item, "launchTemplateName"));
  TRY_ASSIGN(found.created, MaybeInstant(item, "createTime"));
  found.tags = TagsOf(item);
  return found;
}

Result<SpotRequest> ParseSpotRequest(pugi::xml_node item) {
  SpotRequest request;
  TRY_ASSIGN(request.id, NeedText(item, "spotInstanceRequestId"));
  TRY_ASSIGN(request.state, NeedText(item, "state"));
  request.status_code = Text(item, "status/code");
  request.instance_id = Text(item, "instanceId");
  request.instance_type = Text(item, "launchSpecification/instanceType");
  TRY_ASSIGN(request.created, MaybeInstant(item, "createTime"));
  request.tags = TagsOf(item);
  return request;
}

Status RemoveOne(Caller& caller, std::string_view action, std::string parameter,
                 const std::string& id) {
  Query query = Ec2Query(action);
  query.Set(std::move(parameter), id);
  return Ec2Done(caller, query, Effect::kRemoving);
}

}  // namespace

Status DeleteVolume(Caller& caller, const std::string& id) {
  return RemoveOne(caller, "DeleteVolume", "VolumeId", id);
}

Status DeleteNetworkInterface(Caller& caller, const std::string& id) {
  return RemoveOne(caller, "DeleteNetworkInterface", "NetworkInterfaceId", id);
}

Status ReleaseAddress(Caller& caller, const std::string& allocation_id) {
  return RemoveOne(caller, "ReleaseAddress", "AllocationId", allocation_id);
}

Result<std::vector<Volume>> DescribeVolumes(Caller& caller, const Selection& selection) {
  return Ec2List<Volume>(caller, Select("DescribeVolumes", "VolumeId", selection), "volumeSet",
                         &ParseVolume);
}

Result<std::vector<NetworkInterface>> DescribeNetworkInterfaces(Caller& caller,
                                                                const Selection& selection) {
  return Ec2List<NetworkInterface>(
      caller, Select("DescribeNetworkInterfaces", "NetworkInterfaceId", selection),
      "networkInterfaceSet", &ParseInterface);
}

Result<std::vector<Address>> DescribeAddresses(Caller& caller, const Selection& selection) {
  return Ec2List<Address>(caller, Select("DescribeAddresses", "AllocationId", selection),
                          "addressesSet", &ParseAddress);
}

Result<std::vector<Snapshot>> DescribeSnapshots(Caller& caller, const Selection& selection) {
  Query query = Select("DescribeSnapshots", "SnapshotId", selection);
  query.Set("Owner.1", "self");
  return Ec2List<Snapshot>(caller, query, "snapshotSet", &ParseSnapshot);
}

Result<std::string> CreateSnapshot(Caller& caller, const SnapshotRequest& request) {
  if (request.tags.empty()) {
    return Invalid("a snapshot needs a tag, by which it is found if the answer is lost");
  }
  Query query = Ec2Query("CreateSnapshot");
  const std::vector<std::string> tagged{"snapshot"};
  query.Set("VolumeId", request.volume_id)
      .SetUnlessEmpty("Description", request.description)
      .SetTagSpecifications("TagSpecification", tagged, request.tags);
  TRY_ASSIGN(const XmlAnswer answer, Ec2Change(caller, query, Effect::kOnce));
  Result<std::string> id = NeedText(answer.root(), "snapshotId");
  if (!id.ok()) return UnreadChange(id.error());
  return id;
}

Status DeleteSnapshot(Caller& caller, const std::string& id) {
  return RemoveOne(caller, "DeleteSnapshot", "SnapshotId", id);
}

Result<std::vector<Fleet>> DescribeFleets(Caller& caller, const Selection& selection) {
  return Ec2List<Fleet>(caller, Select("DescribeFleets", "FleetId", selection), "fleetSet",
                        &ParseFleet);
}

Result<std::vector<LaunchTemplate>> DescribeLaunchTemplates(Caller& caller,
                                                            const Selection& selection) {
  return Ec2List<LaunchTemplate>(caller,
                                 Select("DescribeLaunchTemplates", "LaunchTemplateId", selection),
                                 "launchTemplates", &ParseTemplate);
}

Result<std::vector<SpotRequest>> DescribeSpotRequests(Caller& caller, const Selection& selection) {
  return Ec2List<SpotRequest>(
      caller, Select("DescribeSpotInstanceRequests", "SpotInstanceRequestId", selection),
      "spotInstanceRequestSet", &ParseSpotRequest);
}

Status CancelSpotRequest(Caller& caller, const std::string& id) {
  Query query = Ec2Query("CancelSpotInstanceRequests");
  query.Set("SpotInstanceRequestId.1", id);
  TRY_ASSIGN(const XmlAnswer answer, Ec2Change(caller, query, Effect::kRemoving));
  for (pugi::xml_node item : Items(answer.root(), "spotInstanceRequestSet")) {
    if (Text(item, "spotInstanceRequestId") == id) return {};
  }
  return Ambiguous("ec2 CancelSpotInstanceRequests: the answer does not speak of " + id);
}

}  // namespace mayfly::aws
