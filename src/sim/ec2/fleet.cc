#include "sim/ec2/fleet.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "sim/ec2/launch.h"
#include "sim/ec2/life.h"
#include "sim/ec2/prices.h"

namespace mayfly::ec2 {
namespace {

Refusal NoTemplate(const TemplateRef& which) {
  if (!which.id.empty()) {
    return {"InvalidLaunchTemplateId.NotFound",
            fmt::format("The specified launch template, with template ID {}, does not exist.",
                        which.id)};
  }
  return {"InvalidLaunchTemplateName.NotFoundException",
          fmt::format("The specified launch template, with template name {}, does not exist.",
                      which.name)};
}

Answer<Done> CheckFleet(const FleetRequest& request) {
  if (request.type != "instant") {
    return Refusal{"InvalidParameterValue",
                   fmt::format("Fleets of type {} are not simulated; use instant", request.type)};
  }
  if (request.min_target > 0 && !request.single_type && !request.single_zone) {
    return Refusal{"InvalidParameterCombination",
                   "MinTargetCapacity needs SingleInstanceType or SingleAvailabilityZone"};
  }
  const bool known = request.spot_strategy == "lowest-price" ||
                     request.spot_strategy == "price-capacity-optimized" ||
                     request.spot_strategy == "capacity-optimized" ||
                     request.spot_strategy == "capacity-optimized-prioritized" ||
                     request.spot_strategy == "diversified";
  if (known) return Done{};
  return Refusal{"InvalidParameterValue",
                 fmt::format("Invalid allocation strategy: {}", request.spot_strategy)};
}

// One pool that a fleet may draw from.
struct Candidate {
  FleetOverride asked;
  MachineRequest machine;
  std::int64_t price = 0;
};

MachineRequest Complete(const FleetRequest& fleet, MachineRequest machine,
                        const FleetOverride& with) {
  if (!with.type.empty()) machine.type = with.type;
  if (!with.image.empty()) machine.image = with.image;
  if (!with.subnet.empty() || !with.zone.empty()) {
    machine.subnet = with.subnet;
    machine.zone = with.zone;
  }
  if (with.max_price_micro_usd_h) machine.max_price_micro_usd_h = with.max_price_micro_usd_h;
  machine.market = fleet.default_market;
  for (const auto& [resource, tags] : fleet.tags) {
    if (resource == "fleet") continue;
    for (const auto& [key, value] : tags) machine.tags[resource][key] = value;
  }
  return machine;
}

std::int64_t PriceOf(const Cloud& cloud, const MachineRequest& machine) {
  if (machine.market == Market::kSpot) {
    return SpotPrice(cloud, machine.type, machine.zone, cloud.now);
  }
  return FindType(machine.type)->on_demand_micro_usd_h;
}

bool UsesPriority(const FleetRequest& request) {
  return request.default_market == Market::kSpot
             ? request.spot_strategy == "capacity-optimized-prioritized"
             : request.on_demand_strategy == "prioritized";
}

void Order(const FleetRequest& request, std::vector<Candidate>& candidates) {
  constexpr double kLast = 1e9;
  const bool by_priority = UsesPriority(request);
  std::stable_sort(candidates.begin(), candidates.end(),
                   [&](const Candidate& a, const Candidate& b) {
                     if (by_priority) {
                       return a.asked.priority.value_or(kLast) < b.asked.priority.value_or(kLast);
                     }
                     return a.price * b.asked.weight < b.price * a.asked.weight;
                   });
}

// The pools, those that cannot be right for the request noted as errors of the fleet.
std::vector<Candidate> MakeCandidates(const Cloud& cloud, const MachineRequest& data,
                                      Fleet& fleet) {
  std::vector<FleetOverride> overrides = fleet.asked.overrides;
  if (overrides.empty()) overrides.emplace_back();
  std::vector<Candidate> candidates;
  for (const FleetOverride& asked : overrides) {
    const MachineRequest machine = Complete(fleet.asked, data, asked);
    Answer<MachineRequest> resolved = Resolve(cloud, machine);
    if (!resolved.ok()) {
      fleet.errors.push_back(
          {{machine.type, machine.zone, machine.market}, asked, resolved.error()});
      continue;
    }
    const std::int64_t price = PriceOf(cloud, *resolved);
    candidates.push_back({asked, *std::move(resolved), price});
  }
  Order(fleet.asked, candidates);
  return candidates;
}

// Launches out of the candidates until the target is reached; answers the capacity reached.
int Fill(Cloud& cloud, const std::vector<Candidate>& candidates, Fleet& fleet) {
  int filled = 0;
  for (const Candidate& candidate : candidates) {
    while (filled < fleet.asked.target) {
      Answer<std::vector<std::string>> made = LaunchMachines(cloud, candidate.machine, 1, 1);
      if (!made.ok()) {
        const MachineRequest& m = candidate.machine;
        fleet.errors.push_back({{m.type, m.zone, m.market}, candidate.asked, made.error()});
        break;
      }
      Instance& instance = cloud.instances.at(made->front());
      instance.fleet = fleet.id;
      instance.tags["aws:ec2:fleet-id"] = fleet.id;
      fleet.instances.push_back(instance.id);
      filled += candidate.asked.weight;
    }
  }
  return filled;
}

Answer<const Fleet*> FindEarlierFleet(const Cloud& cloud, const FleetRequest& request,
                                      const std::string& token) {
  const auto used = cloud.fleet_tokens.find(token);
  if (token.empty() || used == cloud.fleet_tokens.end()) return nullptr;
  if (used->second.asked == request) return &cloud.fleets.at(used->second.made);
  return Refusal{"IdempotentParameterMismatch",
                 "The specified idempotent token has already been used with different parameters"};
}

}  // namespace

Answer<const LaunchTemplate*> FindTemplate(const Cloud& cloud, const TemplateRef& which) {
  for (const auto& [id, one] : cloud.templates) {
    const bool same = which.id.empty() ? one.name == which.name : id == which.id;
    if (same && !one.deleted) return &one;
  }
  return NoTemplate(which);
}

Answer<LaunchTemplate> CreateLaunchTemplate(Cloud& cloud, const TemplateRequest& request) {
  const auto used = cloud.template_tokens.find(request.token);
  if (!request.token.empty() && used != cloud.template_tokens.end()) {
    if (used->second.name == request.name && used->second.asked == request.data) {
      return cloud.templates.at(used->second.made);
    }
    return Refusal{
        "IdempotentParameterMismatch",
        "The specified idempotent token has already been used with different parameters"};
  }
  if (request.name.size() < 3) {
    return Refusal{"InvalidLaunchTemplateName.MalformedException",
                   "A launch template name must be between 3 and 128 characters"};
  }
  if (FindTemplate(cloud, {.name = request.name}).ok()) {
    return Refusal{"InvalidLaunchTemplateName.AlreadyExistsException",
                   "Launch template name already in use."};
  }
  const std::string id = MakeId(cloud, "lt-");
  cloud.templates[id] = {.id = id,
                         .name = request.name,
                         .versions = {request.data},
                         .created = cloud.now,
                         .tags = request.tags};
  if (!request.token.empty()) {
    cloud.template_tokens[request.token] = {request.name, request.data, id};
  }
  return cloud.templates.at(id);
}

Answer<int> AddTemplateVersion(Cloud& cloud, const TemplateRef& which, const MachineRequest& data) {
  TRY_ASSIGN(const LaunchTemplate* found, FindTemplate(cloud, which));
  LaunchTemplate& one = cloud.templates.at(found->id);
  one.versions.push_back(data);
  return static_cast<int>(one.versions.size());
}

Answer<LaunchTemplate> DeleteLaunchTemplate(Cloud& cloud, const TemplateRef& which) {
  TRY_ASSIGN(const LaunchTemplate* found, FindTemplate(cloud, which));
  LaunchTemplate& one = cloud.templates.at(found->id);
  one.deleted = cloud.now;
  return one;
}

Answer<MachineRequest> ReadTemplate(const Cloud& cloud, const TemplateRef& which) {
  TRY_ASSIGN(const LaunchTemplate* found, FindTemplate(cloud, which));
  if (which.version == "$Latest") return found->versions.back();
  if (which.version.empty() || which.version == "$Default") return found->versions.front();
  std::size_t number = 0;
  const char* end = which.version.data() + which.version.size();
  const auto parsed = std::from_chars(which.version.data(), end, number);
  if (parsed.ptr == end && number >= 1 && number <= found->versions.size()) {
    return found->versions[number - 1];
  }
  return Refusal{"InvalidLaunchTemplateId.VersionNotFound",
                 fmt::format("Could not find launch template version {}", which.version)};
}

Answer<const Fleet*> CreateFleet(Cloud& cloud, const FleetRequest& request,
                                 const std::string& token) {
  TRY(CheckFleet(request));
  TRY_ASSIGN(const Fleet* earlier, FindEarlierFleet(cloud, request, token));
  if (earlier != nullptr) return earlier;
  TRY_ASSIGN(const MachineRequest data, ReadTemplate(cloud, request.from));
  Fleet fleet{.id = MakeId(cloud, "fleet-"), .asked = request, .created = cloud.now};
  const auto own = request.tags.find("fleet");
  if (own != request.tags.end()) fleet.tags = own->second;
  const int filled = Fill(cloud, MakeCandidates(cloud, data, fleet), fleet);
  if (filled < request.min_target && !fleet.instances.empty()) {
    TRY(TerminateInstances(cloud, fleet.instances));
    fleet.instances.clear();
  }
  if (fleet.instances.empty()) {
    fleet.errors.push_back({{"", "", request.default_market},
                            {},
                            {"UnfulfillableCapacity",
                             "Failed to fulfill capacity. Please review errors in the response."}});
  }
  if (!token.empty()) cloud.fleet_tokens[token] = {request, fleet.id};
  return &(cloud.fleets[fleet.id] = fleet);
}

Answer<std::vector<FleetDeletion>> DeleteFleets(Cloud& cloud, const std::vector<std::string>& ids,
                                                bool terminates) {
  if (ids.size() > 25) {
    return Refusal{"InvalidParameterValue", "Up to 25 instant fleets can be deleted in a request"};
  }
  if (!terminates) {
    return Refusal{"InvalidParameterValue",
                   "Deleting an instant fleet always terminates its instances"};
  }
  std::vector<FleetDeletion> deletions;
  for (const std::string& id : ids) {
    const auto found = cloud.fleets.find(id);
    const bool known = found != cloud.fleets.end();
    deletions.push_back({id, known});
    if (!known) continue;
    if (!found->second.deleted) found->second.deleted = cloud.now;
    for (const std::string& instance : found->second.instances) {
      // One whose record is not shown any more has ended long ago.
      (void)TerminateInstances(cloud, {instance});
    }
  }
  return deletions;
}

}  // namespace mayfly::ec2
