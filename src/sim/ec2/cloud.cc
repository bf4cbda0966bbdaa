#include "sim/ec2/cloud.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/rng.h"

namespace mayfly::ec2 {
namespace {

constexpr Duration kTerminatedIsShown = hours(1);

std::vector<Quota> MakeQuotas() {
  return {{"L-1216C47A", "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances", 64, 5},
          {"L-34B43A08", "All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests", 64, 5},
          {"L-3819A6DF", "All G and VT Spot Instance Requests", 0, 0},
          {"L-DB2E81BA", "Running On-Demand G and VT instances", 0, 0},
          {"L-417A185B", "Running On-Demand P instances", 0, 0},
          {"L-7212CCBC", "All P4, P3 and P2 Spot Instance Requests", 0, 0}};
}

template <typename Map>
Tags* TagsIn(Map& map, const std::string& id) {
  const auto found = map.find(id);
  return found == map.end() ? nullptr : &found->second.tags;
}

}  // namespace

Cloud::Cloud() : quotas(MakeQuotas()) {}

std::string_view StateName(InstanceState state) {
  switch (state) {
    case InstanceState::kPending:
      return "pending";
    case InstanceState::kRunning:
      return "running";
    case InstanceState::kShuttingDown:
      return "shutting-down";
    case InstanceState::kTerminated:
      return "terminated";
    case InstanceState::kStopping:
      return "stopping";
    case InstanceState::kStopped:
      return "stopped";
  }
  return "pending";
}

std::string MakeId(Cloud& cloud, std::string_view prefix) {
  const std::uint64_t number = cloud.next_id++;
  const std::uint64_t noise = Rng(cloud.seed).Fork(number).Next();
  // The counter makes it unlike any other, the noise makes it look like an id.
  return fmt::format("{}0{:09x}{:07x}", prefix, noise >> 28, number & 0xFFFFFFF);
}

std::vector<Effect> TakeEffects(Cloud& cloud) { return std::exchange(cloud.effects, {}); }

bool IsVisible(const Cloud& cloud, Instant created) {
  return cloud.now >= created + cloud.weather.delays.describe_lag;
}

bool AreTagsVisible(const Cloud& cloud, Instant created) {
  return cloud.now >= created + cloud.weather.delays.tag_lag;
}

Answer<const Instance*> FindVisible(const Cloud& cloud, const std::string& id) {
  const auto found = cloud.instances.find(id);
  const bool shown =
      found != cloud.instances.end() && IsVisible(cloud, found->second.launched) &&
      (!found->second.ended || cloud.now < *found->second.ended + kTerminatedIsShown);
  if (shown) return &found->second;
  return Refusal{"InvalidInstanceID.NotFound",
                 fmt::format("The instance ID '{}' does not exist", id)};
}

Tags* FindTags(Cloud& cloud, const std::string& id) {
  if (id.starts_with("i-")) return TagsIn(cloud.instances, id);
  if (id.starts_with("vol-")) return TagsIn(cloud.volumes, id);
  if (id.starts_with("eni-")) return TagsIn(cloud.interfaces, id);
  if (id.starts_with("sir-")) return TagsIn(cloud.spot_requests, id);
  if (id.starts_with("snap-")) return TagsIn(cloud.snapshots, id);
  if (id.starts_with("lt-")) return TagsIn(cloud.templates, id);
  if (id.starts_with("ami-")) return TagsIn(cloud.images, id);
  if (id.starts_with("sg-")) return TagsIn(cloud.groups, id);
  if (id.starts_with("fleet-")) return TagsIn(cloud.fleets, id);
  for (Address& address : cloud.addresses) {
    if (!address.allocation.empty() && address.allocation == id) return &address.tags;
  }
  return nullptr;
}

}  // namespace mayfly::ec2
