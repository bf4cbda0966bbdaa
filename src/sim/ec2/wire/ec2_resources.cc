// What lives beside instances, on the wire: what a sweep for residue looks through.

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

Tags ShownTags(const Cloud& cloud, Instant created, const Tags& tags) {
  return AreTagsVisible(cloud, created) ? tags : Tags{};
}

// "in-use" as long as something holds it; "deleting" is what lingers of an instance that has ended.
std::string_view VolumeState(const Volume& volume) {
  if (volume.deletes_at) return "deleting";
  return volume.instance.empty() ? "available" : "in-use";
}

Row VolumeRow(const Cloud& cloud, const Volume& volume) {
  Row row{.id = volume.id, .tags = ShownTags(cloud, volume.created, volume.tags)};
  row.attributes = {{"status", std::string(VolumeState(volume))},
                    {"attachment.instance-id", volume.instance},
                    {"availability-zone", volume.zone},
                    {"volume-type", volume.disk.type},
                    {"encrypted", volume.disk.encrypted ? "true" : "false"},
                    {"volume-id", volume.id}};
  Xml xml;
  xml.Open("item")
      .Leaf("volumeId", volume.id)
      .Number("size", volume.disk.size_gib)
      .Leaf("snapshotId", "")
      .Leaf("availabilityZone", volume.zone)
      .Leaf("status", VolumeState(volume))
      .Leaf("createTime", Stamp(volume.created))
      .Leaf("volumeType", volume.disk.type)
      .Number("iops", volume.disk.iops.value_or(3000))
      .Number("throughput", volume.disk.throughput.value_or(125))
      .Flag("encrypted", volume.disk.encrypted)
      .Open("attachmentSet");
  if (!volume.instance.empty()) {
    xml.Open("item")
        .Leaf("volumeId", volume.id)
        .Leaf("instanceId", volume.instance)
        .Leaf("device", volume.disk.device)
        .Leaf("status", "attached")
        .Leaf("attachTime", Stamp(volume.created))
        .Flag("deleteOnTermination", volume.disk.delete_on_termination)
        .Close("item");
  }
  xml.Close("attachmentSet").Raw(TagSet(row.tags)).Close("item");
  row.xml = xml.text();
  return row;
}

Answer<std::string> DescribeVolumesAction(Services& services, const Params& params) {
  Listing listing{.set = "volumeSet", .ids = "VolumeId", .not_found = "InvalidVolume.NotFound"};
  for (const auto& [id, volume] : services.cloud.volumes) {
    if (volume.deleted || !IsVisible(services.cloud, volume.created)) continue;
    listing.rows.push_back(VolumeRow(services.cloud, volume));
  }
  return Show(params, listing);
}

Answer<std::string> DeleteVolumeAction(Services& services, const Params& params) {
  TRY_ASSIGN(const std::string id, params.Needed("VolumeId"));
  TRY(DeleteVolume(services.cloud, id));
  return kTrue;
}

std::string GroupSet(const Cloud& cloud, const std::vector<std::string>& groups) {
  Xml xml;
  xml.Open("groupSet");
  for (const std::string& id : groups) {
    const std::string name = FindGroupName(cloud, id).value_or("");
    xml.Open("item").Leaf("groupId", id).Leaf("groupName", name).Close("item");
  }
  return xml.Close("groupSet").text();
}

Row InterfaceRow(const Cloud& cloud, const NetworkInterface& interface) {
  Row row{.id = interface.id, .tags = ShownTags(cloud, interface.created, interface.tags)};
  const char* status = interface.instance.empty() ? "available" : "in-use";
  row.attributes = {{"status", status},
                    {"attachment.instance-id", interface.instance},
                    {"subnet-id", interface.subnet},
                    {"network-interface-id", interface.id}};
  Xml xml;
  xml.Open("item")
      .Leaf("networkInterfaceId", interface.id)
      .Leaf("subnetId", interface.subnet)
      .Leaf("vpcId", VpcOf(cloud.region))
      .Leaf("status", status);
  if (!interface.private_ip.empty()) xml.Leaf("privateIpAddress", interface.private_ip);
  if (!interface.description.empty()) xml.Leaf("description", interface.description);
  if (!interface.instance.empty()) {
    xml.Open("attachment")
        .Leaf("instanceId", interface.instance)
        .Number("deviceIndex", 0)
        .Leaf("status", "attached")
        .Flag("deleteOnTermination", true)
        .Close("attachment");
  }
  xml.Raw(GroupSet(cloud, interface.groups)).Raw(TagSet(row.tags)).Close("item");
  row.xml = xml.text();
  return row;
}

Answer<std::string> DescribeInterfacesAction(Services& services, const Params& params) {
  Listing listing{.set = "networkInterfaceSet",
                  .ids = "NetworkInterfaceId",
                  .not_found = "InvalidNetworkInterfaceID.NotFound"};
  for (const auto& [id, interface] : services.cloud.interfaces) {
    if (interface.deleted || !IsVisible(services.cloud, interface.created)) continue;
    listing.rows.push_back(InterfaceRow(services.cloud, interface));
  }
  return Show(params, listing);
}

Answer<std::string> DeleteInterfaceAction(Services& services, const Params& params) {
  TRY_ASSIGN(const std::string id, params.Needed("NetworkInterfaceId"));
  TRY(DeleteInterface(services.cloud, id));
  return kTrue;
}

Answer<std::string> AllocateAddressAction(Services& services, const Params& params) {
  (void)params.Text("Domain");
  TagsByResource tags = params.TagSpecifications();
  TRY(params.RefuseUnread());
  const Address made = AllocateAddress(services.cloud, tags["elastic-ip"]);
  return Xml()
      .Leaf("publicIp", made.ip)
      .Leaf("allocationId", made.allocation)
      .Leaf("domain", "vpc")
      .text();
}

Answer<std::string> AssociateAddressAction(Services& services, const Params& params) {
  TRY_ASSIGN(const std::string allocation, params.Needed("AllocationId"));
  TRY_ASSIGN(const std::string instance, params.Needed("InstanceId"));
  TRY(AssociateAddress(services.cloud, allocation, instance));
  return kTrue;
}

Answer<std::string> ReleaseAddressAction(Services& services, const Params& params) {
  TRY_ASSIGN(const std::string allocation, params.Needed("AllocationId"));
  TRY(ReleaseAddress(services.cloud, allocation));
  return kTrue;
}

// As in EC2, addresses given at launch are not listed here: they show at their instance.
Answer<std::string> DescribeAddressesAction(Services& services, const Params& params) {
  Listing listing{
      .set = "addressesSet", .ids = "AllocationId", .not_found = "InvalidAllocationID.NotFound"};
  for (const Address& address : services.cloud.addresses) {
    if (address.deleted || address.allocation.empty()) continue;
    Row row{.id = address.allocation, .tags = address.tags};
    row.attributes = {{"public-ip", address.ip},
                      {"instance-id", address.instance},
                      {"domain", "vpc"},
                      {"allocation-id", address.allocation}};
    Xml xml;
    xml.Open("item")
        .Leaf("publicIp", address.ip)
        .Leaf("allocationId", address.allocation)
        .Leaf("domain", "vpc");
    if (!address.instance.empty()) xml.Leaf("instanceId", address.instance);
    row.xml = xml.Raw(TagSet(address.tags)).Close("item").text();
    listing.rows.push_back(std::move(row));
  }
  return Show(params, listing);
}

std::string SnapshotXml(const Cloud& cloud, const Snapshot& snapshot) {
  const bool is_done = cloud.now >= snapshot.completes_at;
  const Duration whole = snapshot.completes_at - snapshot.created;
  const auto percent =
      is_done || whole <= Duration{} ? 100 : (cloud.now - snapshot.created) * 100 / whole;
  Xml xml;
  xml.Leaf("snapshotId", snapshot.id)
      .Leaf("volumeId", snapshot.volume)
      .Leaf("status", SnapshotState(cloud, snapshot))
      .Leaf("startTime", Stamp(snapshot.created))
      .Leaf("progress", fmt::format("{}%", percent))
      .Leaf("ownerId", kAccount)
      .Number("volumeSize", snapshot.size_gib)
      .Leaf("description", snapshot.description)
      .Flag("encrypted", snapshot.is_encrypted);
  return xml.Raw(TagSet(snapshot.tags)).text();
}

Answer<std::string> CreateSnapshotAction(Services& services, const Params& params) {
  TRY_ASSIGN(const std::string volume, params.Needed("VolumeId"));
  TagsByResource tags = params.TagSpecifications();
  const std::string description = params.Text("Description");
  TRY(params.RefuseUnread());
  TRY_ASSIGN(const Snapshot made,
             CreateSnapshot(services.cloud, {volume, description, tags["snapshot"]}));
  return SnapshotXml(services.cloud, made);
}

Answer<std::string> DeleteSnapshotAction(Services& services, const Params& params) {
  TRY_ASSIGN(const std::string id, params.Needed("SnapshotId"));
  TRY(DeleteSnapshot(services.cloud, id));
  return kTrue;
}

Answer<std::string> DescribeSnapshotsAction(Services& services, const Params& params) {
  Listing listing{
      .set = "snapshotSet", .ids = "SnapshotId", .not_found = "InvalidSnapshot.NotFound"};
  (void)params.List("Owner");  // there is one owner
  for (const auto& [id, snapshot] : services.cloud.snapshots) {
    if (snapshot.deleted || !IsVisible(services.cloud, snapshot.created)) continue;
    listing.rows.push_back(
        {id,
         {{"status", std::string(SnapshotState(services.cloud, snapshot))},
          {"volume-id", snapshot.volume},
          {"snapshot-id", id}},
         ShownTags(services.cloud, snapshot.created, snapshot.tags),
         Xml().Open("item").Raw(SnapshotXml(services.cloud, snapshot)).Close("item").text()});
  }
  return Show(params, listing);
}

Answer<std::vector<Tags*>> TaggedResources(Services& services, const Params& params) {
  std::vector<Tags*> found;
  for (const std::string& id : params.List("ResourceId")) {
    Tags* tags = FindTags(services.cloud, id);
    if (tags == nullptr) {
      return Refusal{"InvalidID", fmt::format("The ID '{}' is not valid", id)};
    }
    found.push_back(tags);
  }
  return found;
}

Answer<std::string> CreateTagsAction(Services& services, const Params& params) {
  TRY_ASSIGN(const std::vector<Tags*> found, TaggedResources(services, params));
  const Tags added = params.TagsAt("");
  TRY(params.RefuseUnread());
  for (Tags* tags : found) {
    for (const auto& [key, value] : added) (*tags)[key] = value;
  }
  return kTrue;
}

Answer<std::string> DeleteTagsAction(Services& services, const Params& params) {
  TRY_ASSIGN(const std::vector<Tags*> found, TaggedResources(services, params));
  for (Tags* tags : found) {
    for (const auto& [key, value] : params.TagsAt("")) tags->erase(key);
  }
  return kTrue;
}

void AddTagRows(Listing& listing, const std::string& id, const char* type, const Tags& tags) {
  for (const auto& [key, value] : tags) {
    Xml xml;
    xml.Open("item")
        .Leaf("resourceId", id)
        .Leaf("resourceType", type)
        .Leaf("key", key)
        .Leaf("value", value)
        .Close("item");
    listing.rows.push_back(
        {id,
         {{"resource-id", id}, {"resource-type", type}, {"key", key}, {"value", value}},
         {{key, value}},
         xml.text()});
  }
}

Answer<std::string> DescribeTagsAction(Services& services, const Params& params) {
  const Cloud& cloud = services.cloud;
  Listing listing{.set = "tagSet"};
  for (const auto& [id, instance] : cloud.instances) {
    AddTagRows(listing, id, "instance", ShownTags(cloud, instance.launched, instance.tags));
  }
  for (const auto& [id, one] : cloud.volumes) {
    if (!one.deleted) AddTagRows(listing, id, "volume", ShownTags(cloud, one.created, one.tags));
  }
  for (const auto& [id, one] : cloud.interfaces) {
    if (!one.deleted) AddTagRows(listing, id, "network-interface", one.tags);
  }
  for (const auto& [id, one] : cloud.spot_requests) {
    AddTagRows(listing, id, "spot-instances-request", one.tags);
  }
  for (const auto& [id, one] : cloud.snapshots) {
    if (!one.deleted) AddTagRows(listing, id, "snapshot", one.tags);
  }
  for (const auto& [id, one] : cloud.templates) {
    if (!one.deleted) AddTagRows(listing, id, "launch-template", one.tags);
  }
  for (const auto& [id, one] : cloud.fleets) AddTagRows(listing, id, "fleet", one.tags);
  for (const auto& [id, one] : cloud.groups) {
    if (!one.deleted) AddTagRows(listing, id, "security-group", one.tags);
  }
  for (const Address& one : cloud.addresses) {
    if (!one.deleted && !one.allocation.empty()) {
      AddTagRows(listing, one.allocation, "elastic-ip", one.tags);
    }
  }
  return Show(params, listing);
}

constexpr std::array<Ec2Action, 14> kActions{{
    {"DescribeVolumes", DescribeVolumesAction},
    {"DeleteVolume", DeleteVolumeAction},
    {"DescribeNetworkInterfaces", DescribeInterfacesAction},
    {"DeleteNetworkInterface", DeleteInterfaceAction},
    {"AllocateAddress", AllocateAddressAction},
    {"AssociateAddress", AssociateAddressAction},
    {"ReleaseAddress", ReleaseAddressAction},
    {"DescribeAddresses", DescribeAddressesAction},
    {"CreateSnapshot", CreateSnapshotAction},
    {"DeleteSnapshot", DeleteSnapshotAction},
    {"DescribeSnapshots", DescribeSnapshotsAction},
    {"CreateTags", CreateTagsAction},
    {"DeleteTags", DeleteTagsAction},
    {"DescribeTags", DescribeTagsAction},
}};

}  // namespace

std::span<const Ec2Action> ResourceActions() { return kActions; }

}  // namespace mayfly::ec2
