#include "sim/ec2/launch.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/ec2/groups.h"
#include "sim/ec2/prices.h"
#include "sim/ec2/quotas.h"

namespace mayfly::ec2 {
namespace {

constexpr std::size_t kUserDataLimit = 16 * 1024;
constexpr std::size_t kTokenLimit = 64;

Refusal BadValue(std::string message) { return {"InvalidParameterValue", std::move(message)}; }

Answer<Done> CheckImage(const MachineRequest& asked, const InstanceType& type) {
  const Image* image = FindImage(asked.image);
  if (image == nullptr) {
    return Refusal{"InvalidAMIID.NotFound",
                   fmt::format("The image id '[{}]' does not exist", asked.image)};
  }
  if (image->architecture == type.architecture) return Done{};
  return BadValue(
      fmt::format("The architecture '{}' of the specified instance type does not match "
                  "the architecture '{}' of the specified AMI. Specify an instance type "
                  "and an AMI that have matching architectures, and try again.",
                  type.architecture, image->architecture));
}

Answer<Done> CheckGroups(const Cloud& cloud, const MachineRequest& asked) {
  for (const std::string& group : asked.groups) {
    if (!FindGroupName(cloud, group)) {
      return Refusal{"InvalidGroup.NotFound",
                     fmt::format("The security group '{}' does not exist", group)};
    }
  }
  return Done{};
}

Answer<Done> CheckDisks(const MachineRequest& asked) {
  for (const DiskRequest& disk : asked.disks) {
    if (disk.size_gib < 1 || disk.size_gib > 16384) {
      return Refusal{"InvalidBlockDeviceMapping",
                     fmt::format("Volume of size {}GiB is outside of 1 to 16384", disk.size_gib)};
    }
  }
  return Done{};
}

// The zone of a request, by its subnet, its placement, or as the first there is.
Answer<const Subnet*> PlaceOf(const Cloud& cloud, const MachineRequest& asked) {
  const std::span<const Subnet> here = SubnetsOf(cloud.region);
  const auto is_here = [&](const Subnet* one) {
    return one != nullptr && one >= here.data() && one < here.data() + here.size();
  };
  if (asked.subnet.empty() && asked.zone.empty()) return here.data();
  if (asked.subnet.empty()) {
    const Subnet* subnet = SubnetOfZone(asked.zone);
    if (is_here(subnet)) return subnet;
    return BadValue(fmt::format("Invalid availability zone: [{}]", asked.zone));
  }
  const Subnet* subnet = FindSubnet(asked.subnet);
  if (!is_here(subnet)) {
    return Refusal{"InvalidSubnetID.NotFound",
                   fmt::format("The subnet ID '{}' does not exist", asked.subnet)};
  }
  if (!asked.zone.empty() && asked.zone != subnet->zone) {
    return Refusal{"InvalidParameterCombination",
                   fmt::format("The subnet {} is not in the zone {}", asked.subnet, asked.zone)};
  }
  return subnet;
}

Answer<Done> CheckCounts(const RunRequest& request) {
  if (request.token.size() > kTokenLimit) {
    return BadValue("The client token is longer than 64 characters");
  }
  if (request.min_count >= 1 && request.max_count >= request.min_count) return Done{};
  return BadValue(fmt::format("Invalid counts: MinCount {}, MaxCount {}", request.min_count,
                              request.max_count));
}

std::string TokenKey(const RunRequest& request, const MachineRequest& resolved) {
  return resolved.zone + " " + request.token;
}

bool IsSame(const RunRequest& a, const RunRequest& b) {
  MachineRequest left = a.machine;
  MachineRequest right = b.machine;
  // Region and zone are exempt from the comparison, and the key has the zone.
  left.zone = right.zone = left.subnet = right.subnet = "";
  return left == right && a.min_count == b.min_count && a.max_count == b.max_count;
}

// What the token made before; empty where it is new.
Answer<std::vector<std::string>> FindEarlier(const Cloud& cloud, const RunRequest& request,
                                             const MachineRequest& resolved) {
  const auto used = cloud.launch_tokens.find(TokenKey(request, resolved));
  if (request.token.empty() || used == cloud.launch_tokens.end()) {
    return std::vector<std::string>{};
  }
  if (!IsSame(used->second.asked, request)) {
    return Refusal{
        "IdempotentParameterMismatch",
        "The specified idempotent token has already been used with different parameters"};
  }
  for (const std::string& id : used->second.made) {
    const Instance& instance = cloud.instances.at(id);
    if (instance.state == InstanceState::kTerminated) {
      return Refusal{"IdempotentInstanceTerminated",
                     "The client token you have provided is associated with a terminated instance. "
                     "Please use a different client token."};
    }
  }
  return used->second.made;
}

Answer<Done> CheckPrice(const Cloud& cloud, const MachineRequest& resolved) {
  if (resolved.market != Market::kSpot || !resolved.max_price_micro_usd_h) return Done{};
  const std::int64_t price = SpotPrice(cloud, resolved.type, resolved.zone, cloud.now);
  if (price <= *resolved.max_price_micro_usd_h) return Done{};
  return Refusal{"SpotMaxPriceTooLow",
                 fmt::format("Your Spot request price of {} is lower than the minimum required "
                             "Spot request fulfillment price of {}.",
                             FormatPrice(*resolved.max_price_micro_usd_h), FormatPrice(price))};
}

Refusal NoCapacity(const PoolKey& pool, const std::string& code) {
  if (code == "InsufficientInstanceCapacity") {
    return {code,
            fmt::format("We currently do not have sufficient {} capacity in the Availability Zone "
                        "you requested ({}). Our system will be working on provisioning "
                        "additional capacity.",
                        pool.type, pool.zone),
            500};
  }
  if (code == "Unsupported") {
    return {code, fmt::format("Your requested instance type ({}) is not supported in your "
                              "requested Availability Zone ({}).",
                              pool.type, pool.zone)};
  }
  return {code,
          fmt::format("{}: {} {} in {}", code, MarketName(pool.market), pool.type, pool.zone)};
}

// How many of `wanted` the pool has; the code of the rule that has the fewest.
int TakeCapacity(const Cloud& cloud, const PoolKey& pool, int wanted, std::string& code) {
  int granted = wanted;
  for (const CapacityRule& rule : cloud.weather.capacity) {
    const bool holds = !rule.until || cloud.now < *rule.until;
    if (!holds || !rule.pool.Matches(pool) || rule.left >= granted) continue;
    granted = rule.left;
    code = rule.code;
  }
  return granted;
}

void UseCapacity(Cloud& cloud, const PoolKey& pool, int used) {
  for (CapacityRule& rule : cloud.weather.capacity) {
    const bool holds = !rule.until || cloud.now < *rule.until;
    if (holds && rule.pool.Matches(pool)) rule.left = std::max(0, rule.left - used);
  }
}

Tags TagsFor(const MachineRequest& request, const std::string& resource) {
  const auto found = request.tags.find(resource);
  return found == request.tags.end() ? Tags{} : found->second;
}

std::string NextPrivateIp(const Cloud& cloud, const Subnet& subnet) {
  const std::string start(subnet.cidr.substr(0, subnet.cidr.rfind('.')));
  const std::size_t number = 10 + cloud.interfaces.size();
  const std::size_t third = number / 200;
  const auto dot = start.rfind('.');
  const int base = std::stoi(start.substr(dot + 1));
  return fmt::format("{}.{}.{}", start.substr(0, dot), base + static_cast<int>(third % 16),
                     number % 200);
}

void MakeDisks(Cloud& cloud, Instance& instance) {
  for (const DiskRequest& disk : instance.asked.disks) {
    const std::string id = MakeId(cloud, "vol-");
    cloud.volumes[id] = {.id = id,
                         .disk = disk,
                         .zone = instance.asked.zone,
                         .instance = instance.id,
                         .created = cloud.now,
                         .tags = TagsFor(instance.asked, "volume")};
    instance.volumes.push_back(id);
  }
}

void MakeInterface(Cloud& cloud, Instance& instance) {
  const Subnet* subnet = FindSubnet(instance.asked.subnet);
  instance.private_ip = NextPrivateIp(cloud, *subnet);
  instance.interface = MakeId(cloud, "eni-");
  cloud.interfaces[instance.interface] = {.id = instance.interface,
                                          .subnet = instance.asked.subnet,
                                          .instance = instance.id,
                                          .private_ip = instance.private_ip,
                                          .groups = instance.asked.groups,
                                          .created = cloud.now,
                                          .tags = TagsFor(instance.asked, "network-interface")};
}

void MakeSpotRequest(Cloud& cloud, Instance& instance) {
  if (instance.asked.market != Market::kSpot) return;
  instance.request = MakeId(cloud, "sir-");
  cloud.spot_requests[instance.request] = {
      .id = instance.request,
      .instance = instance.id,
      .created = cloud.now,
      .tags = TagsFor(instance.asked, "spot-instances-request")};
}

std::string MakeInstance(Cloud& cloud, const MachineRequest& resolved,
                         const std::string& reservation) {
  const std::string id = MakeId(cloud, "i-");
  Instance& instance = cloud.instances[id];
  instance.id = id;
  instance.reservation = reservation;
  instance.asked = resolved;
  instance.launched = cloud.now;
  instance.changes_at = cloud.now + cloud.weather.delays.boot;
  instance.tags = TagsFor(resolved, "instance");
  instance.death = MeetDeath(cloud, instance.pool());
  MakeDisks(cloud, instance);
  MakeInterface(cloud, instance);
  MakeSpotRequest(cloud, instance);
  cloud.launch_order.push_back(id);
  return id;
}

}  // namespace

Answer<Done> CheckCapacity(const Cloud& cloud, const PoolKey& pool) {
  std::string code;
  if (TakeCapacity(cloud, pool, 1, code) > 0) return Done{};
  return NoCapacity(pool, code);
}

std::string MeetDeath(Cloud& cloud, const PoolKey& pool) {
  for (DeathRule& rule : cloud.weather.deaths) {
    if (rule.times <= 0 || !rule.pool.Matches(pool)) continue;
    --rule.times;
    return rule.code;
  }
  return {};
}

const CallRule* MeetFault(Cloud& cloud, std::string_view action, const PoolKey* pool) {
  for (CallRule& rule : cloud.weather.calls) {
    const bool holds = (!rule.until || cloud.now < *rule.until) && (!rule.times || *rule.times > 0);
    const bool is_any_pool =
        rule.pool.type == "*" && rule.pool.zone == "*" && rule.pool.market == "*";
    // A rule with a pool waits for the launch into it; one without meets the call as such.
    const bool fits = pool != nullptr ? !is_any_pool && rule.pool.Matches(*pool) : is_any_pool;
    if (!holds || !fits || !MatchesGlob(rule.action, action)) continue;
    if (rule.times) --*rule.times;
    return &rule;
  }
  return nullptr;
}

Answer<MachineRequest> Resolve(const Cloud& cloud, const MachineRequest& asked) {
  const InstanceType* type = FindType(asked.type);
  if (type == nullptr) {
    return BadValue(fmt::format("Invalid value '{}' for InstanceType.", asked.type));
  }
  TRY(CheckImage(asked, *type));
  TRY(CheckGroups(cloud, asked));
  TRY(CheckDisks(asked));
  if (asked.user_data.size() > kUserDataLimit)
    return BadValue("User data is limited to 16384 bytes");
  TRY_ASSIGN(const Subnet* subnet, PlaceOf(cloud, asked));
  MachineRequest resolved = asked;
  resolved.subnet = subnet->id;
  resolved.zone = subnet->zone;
  if (resolved.groups.empty()) resolved.groups.emplace_back(GroupsOf(cloud.region).front().id);
  if (resolved.disks.empty()) resolved.disks.emplace_back();
  return resolved;
}

Answer<std::vector<std::string>> LaunchMachines(Cloud& cloud, const MachineRequest& resolved,
                                                int min_count, int max_count) {
  const PoolKey pool{resolved.type, resolved.zone, resolved.market};
  if (const CallRule* fault = MeetFault(cloud, "RunInstances", &pool)) return fault->refusal;
  const int vcpus = FindType(resolved.type)->vcpus;
  std::string code;
  const int count = TakeCapacity(cloud, pool, max_count, code);
  if (count < min_count && code == "Unsupported") return NoCapacity(pool, code);
  TRY(CheckQuota(cloud, resolved.market, vcpus * max_count));
  TRY(CheckPrice(cloud, resolved));
  if (count < min_count) return NoCapacity(pool, code);
  UseCapacity(cloud, pool, count);
  const std::string reservation = MakeId(cloud, "r-");
  std::vector<std::string> ids;
  while (static_cast<int>(ids.size()) < count) {
    ids.push_back(MakeInstance(cloud, resolved, reservation));
  }
  return ids;
}

Answer<std::vector<std::string>> RunInstances(Cloud& cloud, const RunRequest& request) {
  TRY(CheckCounts(request));
  TRY_ASSIGN(const MachineRequest resolved, Resolve(cloud, request.machine));
  if (request.dry_run) {
    return Refusal{"DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412};
  }
  TRY_ASSIGN(std::vector<std::string> made, FindEarlier(cloud, request, resolved));
  if (!made.empty()) return made;
  TRY_ASSIGN(made, LaunchMachines(cloud, resolved, request.min_count, request.max_count));
  for (const std::string& id : made) cloud.instances.at(id).token = request.token;
  if (!request.token.empty()) cloud.launch_tokens[TokenKey(request, resolved)] = {request, made};
  return made;
}

}  // namespace mayfly::ec2
