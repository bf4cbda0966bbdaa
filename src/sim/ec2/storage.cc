#include "sim/ec2/storage.h"

#include <fmt/format.h>

#include <algorithm>

namespace mayfly::ec2 {
namespace {

constexpr Duration kBetweenSnapshots = seconds(15);

Refusal Missing(std::string code, std::string_view what, const std::string& id) {
  return {std::move(code), fmt::format("The {} '{}' does not exist.", what, id)};
}

Answer<Address*> FindAllocated(Cloud& cloud, const std::string& allocation) {
  for (Address& address : cloud.addresses) {
    const bool same = !allocation.empty() && address.allocation == allocation;
    if (same && !address.deleted) return &address;
  }
  return Missing("InvalidAllocationID.NotFound", "allocation ID", allocation);
}

std::string NextPublicIp(const Cloud& cloud) {
  // 198.51.100.0/24 is for documentation; each region begins elsewhere.
  const std::size_t number = cloud.addresses.size();
  const std::span<const std::string_view> regions = AllRegions();
  const auto place = std::find(regions.begin(), regions.end(), cloud.region) - regions.begin();
  return fmt::format("198.51.{}.{}", 100 + 40 * place + number / 250, 1 + number % 250);
}

Schedule* ScheduleNamed(Cloud& cloud, const std::string& name) {
  for (Schedule& schedule : cloud.schedules) {
    if (schedule.name == name && !schedule.deleted) return &schedule;
  }
  return nullptr;
}

}  // namespace

Answer<Volume> CreateVolume(Cloud& cloud, const std::string& zone, const DiskRequest& disk,
                            const Tags& tags) {
  const std::span<const Zone> zones = ZonesOf(cloud.region);
  const bool is_here =
      std::any_of(zones.begin(), zones.end(), [&](const Zone& one) { return one.name == zone; });
  if (!is_here) return Missing("InvalidZone.NotFound", "zone", zone);
  const std::string id = MakeId(cloud, "vol-");
  cloud.volumes[id] = {.id = id, .disk = disk, .zone = zone, .created = cloud.now, .tags = tags};
  return cloud.volumes.at(id);
}

Answer<Done> DeleteVolume(Cloud& cloud, const std::string& id) {
  const auto found = cloud.volumes.find(id);
  if (found == cloud.volumes.end() || found->second.deleted) {
    return Missing("InvalidVolume.NotFound", "volume", id);
  }
  if (!found->second.instance.empty()) {
    return Refusal{"VolumeInUse", fmt::format("Volume {} is currently attached to {}", id,
                                              found->second.instance)};
  }
  found->second.deleted = cloud.now;
  return Done{};
}

Answer<Snapshot> CreateSnapshot(Cloud& cloud, const SnapshotRequest& request) {
  const auto volume = cloud.volumes.find(request.volume);
  if (volume == cloud.volumes.end() || volume->second.deleted) {
    return Missing("InvalidVolume.NotFound", "volume", request.volume);
  }
  for (const auto& [id, snapshot] : cloud.snapshots) {
    if (snapshot.volume == request.volume && cloud.now < snapshot.created + kBetweenSnapshots) {
      return Refusal{"SnapshotCreationPerVolumeRateExceeded",
                     "The maximum per volume CreateSnapshot request rate has been exceeded. Use an "
                     "increasing or variable sleep interval between requests."};
    }
  }
  const std::string id = MakeId(cloud, "snap-");
  cloud.snapshots[id] = {.id = id,
                         .volume = request.volume,
                         .size_gib = volume->second.disk.size_gib,
                         .description = request.description,
                         .created = cloud.now,
                         .completes_at = cloud.now + cloud.weather.delays.snapshot,
                         .is_encrypted = volume->second.disk.encrypted,
                         .fails = cloud.weather.failing_snapshots > 0,
                         .tags = request.tags};
  if (cloud.weather.failing_snapshots > 0) --cloud.weather.failing_snapshots;
  return cloud.snapshots.at(id);
}

std::string_view SnapshotState(const Cloud& cloud, const Snapshot& snapshot) {
  if (cloud.now < snapshot.completes_at) return "pending";
  return snapshot.fails ? "error" : "completed";
}

Answer<Done> DeleteSnapshot(Cloud& cloud, const std::string& id) {
  const auto found = cloud.snapshots.find(id);
  if (found == cloud.snapshots.end() || found->second.deleted) {
    return Missing("InvalidSnapshot.NotFound", "snapshot", id);
  }
  for (const auto& [image_id, image] : cloud.images) {
    if (image.snapshot != id || image.deleted) continue;
    return Refusal{"InvalidSnapshot.InUse",
                   fmt::format("The snapshot {} is currently in use by {}", id, image_id)};
  }
  found->second.deleted = cloud.now;
  return Done{};
}

Answer<OwnImage> RegisterImage(Cloud& cloud, const std::string& name, const std::string& snapshot) {
  const auto found = cloud.snapshots.find(snapshot);
  if (found == cloud.snapshots.end() || found->second.deleted) {
    return Missing("InvalidSnapshot.NotFound", "snapshot", snapshot);
  }
  const std::string id = MakeId(cloud, "ami-");
  cloud.images[id] = {.id = id, .name = name, .snapshot = snapshot, .created = cloud.now};
  return cloud.images.at(id);
}

Address AllocateAddress(Cloud& cloud, const Tags& tags) {
  cloud.addresses.push_back({.allocation = MakeId(cloud, "eipalloc-"),
                             .ip = NextPublicIp(cloud),
                             .created = cloud.now,
                             .tags = tags});
  return cloud.addresses.back();
}

Answer<Done> AssociateAddress(Cloud& cloud, const std::string& allocation,
                              const std::string& instance) {
  TRY_ASSIGN(Address * address, FindAllocated(cloud, allocation));
  TRY(FindVisible(cloud, instance));
  address->instance = instance;
  cloud.instances.at(instance).public_ip = address->ip;
  return Done{};
}

Answer<Done> ReleaseAddress(Cloud& cloud, const std::string& allocation) {
  TRY_ASSIGN(Address * address, FindAllocated(cloud, allocation));
  if (!address->instance.empty()) {
    return Refusal{"InvalidIPAddress.InUse",
                   fmt::format("Address {} is in use by {}", address->ip, address->instance)};
  }
  address->deleted = cloud.now;
  return Done{};
}

void GiveAddress(Cloud& cloud, Instance& instance) {
  if (!instance.asked.public_address || !instance.public_ip.empty()) return;
  instance.public_ip = NextPublicIp(cloud);
  cloud.addresses.push_back(
      {.ip = instance.public_ip, .instance = instance.id, .created = cloud.now});
}

Answer<NetworkInterface> CreateInterface(Cloud& cloud, const NetworkInterface& wanted) {
  const std::span<const Subnet> subnets = SubnetsOf(cloud.region);
  const bool is_here = std::any_of(subnets.begin(), subnets.end(),
                                   [&](const Subnet& one) { return one.id == wanted.subnet; });
  if (!is_here) return Missing("InvalidSubnetID.NotFound", "subnet ID", wanted.subnet);
  NetworkInterface made = wanted;
  made.id = MakeId(cloud, "eni-");
  made.created = cloud.now;
  if (made.groups.empty()) made.groups.emplace_back(GroupsOf(cloud.region).front().id);
  cloud.interfaces[made.id] = made;
  return made;
}

Answer<Done> DeleteInterface(Cloud& cloud, const std::string& id) {
  const auto found = cloud.interfaces.find(id);
  if (found == cloud.interfaces.end() || found->second.deleted) {
    return Missing("InvalidNetworkInterfaceID.NotFound", "networkInterface ID", id);
  }
  const auto instance = cloud.instances.find(found->second.instance);
  if (instance != cloud.instances.end() && instance->second.is_alive()) {
    return Refusal{"InvalidParameterValue",
                   fmt::format("Network interface '{}' is currently in use.", id)};
  }
  found->second.deleted = cloud.now;
  return Done{};
}

Answer<std::vector<const SpotRequest*>> CancelSpotRequests(Cloud& cloud,
                                                           const std::vector<std::string>& ids) {
  std::vector<const SpotRequest*> cancelled;
  for (const std::string& id : ids) {
    const auto found = cloud.spot_requests.find(id);
    if (found == cloud.spot_requests.end()) {
      return Missing("InvalidSpotInstanceRequestID.NotFound", "spot instance request ID", id);
    }
  }
  for (const std::string& id : ids) {
    SpotRequest& request = cloud.spot_requests.at(id);
    if (request.state == "active") {
      const Instance& instance = cloud.instances.at(request.instance);
      request.state = "cancelled";
      request.status = instance.is_alive() ? "request-canceled-and-instance-running"
                                           : "instance-terminated-by-user";
    }
    cancelled.push_back(&request);
  }
  return cancelled;
}

Answer<Done> PutSchedule(Cloud& cloud, const Schedule& schedule, bool replaces) {
  Schedule* existing = ScheduleNamed(cloud, schedule.name);
  if (existing == nullptr) {
    if (replaces) return Missing("ResourceNotFoundException", "schedule", schedule.name);
    cloud.schedules.push_back(schedule);
    return Done{};
  }
  if (!replaces) {
    return Refusal{"ConflictException", fmt::format("Schedule {} already exists.", schedule.name),
                   409};
  }
  *existing = schedule;
  return Done{};
}

Answer<const Schedule*> FindSchedule(const Cloud& cloud, const std::string& name) {
  for (const Schedule& schedule : cloud.schedules) {
    if (schedule.name == name && !schedule.deleted) return &schedule;
  }
  return Refusal{"ResourceNotFoundException", fmt::format("Schedule {} does not exist.", name),
                 404};
}

Answer<Done> DeleteSchedule(Cloud& cloud, const std::string& name) {
  TRY(FindSchedule(cloud, name));
  ScheduleNamed(cloud, name)->deleted = cloud.now;
  return Done{};
}

}  // namespace mayfly::ec2
