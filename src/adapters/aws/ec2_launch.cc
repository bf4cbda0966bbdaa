#include "adapters/aws/ec2_launch.h"

#include <fmt/format.h>

#include <algorithm>

#include "adapters/aws/ec2_answer.h"

namespace mayfly::aws {
namespace {

constexpr std::size_t kLongestUserData = 16 * 1024;
constexpr std::size_t kLongestToken = 64;

void SetDisk(Query& query, const std::string& prefix, const RootDisk& disk) {
  const std::string one = prefix + "BlockDeviceMapping.1.";
  query.Set(one + "DeviceName", disk.device)
      .SetInt(one + "Ebs.VolumeSize", disk.gib)
      .Set(one + "Ebs.VolumeType", disk.type)
      .SetFlag(one + "Ebs.DeleteOnTermination", true)
      .SetFlag(one + "Ebs.Encrypted", disk.is_encrypted);
  if (disk.iops) query.SetInt(one + "Ebs.Iops", *disk.iops);
  if (disk.throughput) query.SetInt(one + "Ebs.Throughput", *disk.throughput);
}

void SetNetwork(Query& query, const std::string& prefix, const Network& network) {
  const std::string one = prefix + "NetworkInterface.1.";
  query.SetInt(one + "DeviceIndex", 0)
      .SetUnlessEmpty(one + "SubnetId", network.subnet_id)
      .SetList(one + "SecurityGroupId", network.security_groups)
      .SetFlag(one + "AssociatePublicIpAddress", network.has_public_address)
      .SetFlag(one + "DeleteOnTermination", true);
}

void SetSpot(Query& query, const std::string& prefix, const Spot& spot) {
  const std::string options = prefix + "InstanceMarketOptions.";
  query.Set(options + "MarketType", "spot")
      .Set(options + "SpotOptions.SpotInstanceType", "one-time")
      .Set(options + "SpotOptions.InstanceInterruptionBehavior", "terminate");
  if (spot.highest_price) {
    query.Set(options + "SpotOptions.MaxPrice", DecimalUsd(*spot.highest_price));
  }
}

void SetMetadata(Query& query, const std::string& prefix) {
  const std::string options = prefix + "MetadataOptions.";
  query.Set(options + "HttpTokens", "required")
      .Set(options + "HttpEndpoint", "enabled")
      .SetInt(options + "HttpPutResponseHopLimit", 1)
      .Set(options + "InstanceMetadataTags", "enabled");
}

// What RunInstances and a launch template say in the same words, the latter under a prefix.
void SetMachine(Query& query, const std::string& prefix, const InstanceRequest& request) {
  query.SetUnlessEmpty(prefix + "ImageId", request.image_id)
      .SetUnlessEmpty(prefix + "InstanceType", request.instance_type)
      .SetUnlessEmpty(prefix + "UserData", Base64(request.user_data))
      .Set(prefix + "InstanceInitiatedShutdownBehavior", "terminate")
      .SetUnlessEmpty(prefix + "Placement.AvailabilityZone", request.zone);
  const bool is_arn = request.instance_profile.starts_with("arn:");
  query.SetUnlessEmpty(prefix + "IamInstanceProfile." + (is_arn ? "Arn" : "Name"),
                       request.instance_profile);
  SetMetadata(query, prefix);
  SetNetwork(query, prefix, request.network);
  if (request.disk) SetDisk(query, prefix, *request.disk);
  if (request.spot) SetSpot(query, prefix, *request.spot);
  if (request.cpu) {
    query.SetInt(prefix + "CpuOptions.CoreCount", request.cpu->cores)
        .SetInt(prefix + "CpuOptions.ThreadsPerCore", request.cpu->threads_per_core);
  }
  std::vector<std::string> tagged{"instance", "volume", "network-interface"};
  if (request.spot) tagged.emplace_back("spot-instances-request");
  query.SetTagSpecifications(prefix + "TagSpecification", tagged, request.tags);
}

Status CheckToken(const std::string& token) {
  if (!token.empty() && token.size() <= kLongestToken) return {};
  return Invalid(
      fmt::format("a client token has 1 to {} characters, not {}", kLongestToken, token.size()));
}

Status CheckMachine(const InstanceRequest& request) {
  if (request.user_data.size() <= kLongestUserData) return {};
  return Invalid(fmt::format("user data of {} bytes is more than the {} that EC2 takes",
                             request.user_data.size(), kLongestUserData));
}

Result<LaunchAnswer> ParseRun(const HttpResponse& response) {
  TRY_ASSIGN(const XmlAnswer answer, XmlAnswer::Parse(response.body, "RunInstancesResponse"));
  LaunchAnswer launched;
  for (pugi::xml_node item : Items(answer.root(), "instancesSet")) {
    Launched one;
    TRY_ASSIGN(one.instance_id, NeedText(item, "instanceId"));
    one.instance_type = Text(item, "instanceType");
    one.zone = Text(item, "placement/availabilityZone");
    one.subnet_id = Text(item, "subnetId");
    one.is_spot = Text(item, "instanceLifecycle") == "spot";
    launched.instances.push_back(std::move(one));
  }
  if (launched.instances.empty()) return Corrupt("ec2 RunInstances: an answer without an instance");
  return launched;
}

Status TakeFleetInstances(pugi::xml_node item, LaunchAnswer& launched) {
  Launched one;
  one.instance_type = Text(item, "instanceType");
  one.is_spot = Text(item, "lifecycle") == "spot";
  one.subnet_id = Text(item, "launchTemplateAndOverrides/overrides/subnetId");
  one.zone = Text(item, "launchTemplateAndOverrides/overrides/availabilityZone");
  for (pugi::xml_node id : Items(item, "instanceIds")) {
    one.instance_id = id.text().get();
    if (!one.instance_id.starts_with("i-")) return Corrupt("a fleet's instance without an id");
    launched.instances.push_back(one);
  }
  return {};
}

// What a launch does not find is something that it was told to use.
Refusal OfLaunch(Refusal refusal) {
  if (refusal.reaction != Reaction::kAbsent) return refusal;
  refusal.reaction = Reaction::kFatalConfig;
  refusal.kind = ErrorKind::kInvalid;
  refusal.next_step = "correct what the message names";
  return refusal;
}

PoolRefusal ParseFleetError(pugi::xml_node item) {
  const std::string overrides = "launchTemplateAndOverrides/overrides/";
  PoolRefusal refusal;
  refusal.refusal = OfLaunch(Classify(Text(item, "errorCode"), Text(item, "errorMessage"), 200));
  refusal.instance_type = Text(item, overrides + "instanceType");
  refusal.zone = Text(item, overrides + "availabilityZone");
  refusal.subnet_id = Text(item, overrides + "subnetId");
  return refusal;
}

// UnfulfillableCapacity only points at the others; what heals by itself is what to go by.
void OrderRefusals(std::vector<PoolRefusal>& refusals) {
  const auto is_pointer = [](const PoolRefusal& one) {
    return one.refusal.code == "UnfulfillableCapacity";
  };
  if (!std::all_of(refusals.begin(), refusals.end(), is_pointer)) {
    std::erase_if(refusals, is_pointer);
  }
  std::stable_partition(refusals.begin(), refusals.end(),
                        [](const PoolRefusal& one) { return one.refusal.is_throttling; });
}

Result<LaunchAnswer> ParseFleet(const HttpResponse& response) {
  TRY_ASSIGN(const XmlAnswer answer, XmlAnswer::Parse(response.body, "CreateFleetResponse"));
  LaunchAnswer launched;
  TRY_ASSIGN(launched.fleet_id, NeedText(answer.root(), "fleetId"));
  for (pugi::xml_node item : Items(answer.root(), "fleetInstanceSet")) {
    TRY(TakeFleetInstances(item, launched));
  }
  for (pugi::xml_node item : Items(answer.root(), "errorSet")) {
    launched.refusals.push_back(ParseFleetError(item));
  }
  OrderRefusals(launched.refusals);
  if (launched.instances.empty() && launched.refusals.empty()) {
    return Corrupt("ec2 CreateFleet: an answer with neither an instance nor an error");
  }
  return launched;
}

}  // namespace

Query RunInstancesQuery(const InstanceRequest& request) {
  Query query = Ec2Query("RunInstances");
  query.SetInt("MinCount", 1).SetInt("MaxCount", 1).Set("ClientToken", request.client_token);
  query.SetUnlessEmpty("LaunchTemplate.LaunchTemplateId", request.launch_template_id)
      .SetUnlessEmpty("LaunchTemplate.Version", request.launch_template_version);
  SetMachine(query, "", request);
  return query;
}

Result<LaunchAnswer> RunInstances(Caller& caller, const InstanceRequest& request) {
  TRY(CheckToken(request.client_token));
  TRY(CheckMachine(request));
  const Query query = RunInstancesQuery(request);
  TRY_ASSIGN(Caller::Answer answer,
             caller.Exchange(QueryCall(Service::kEc2, query, Effect::kRepeatable)));
  if (answer.refusal) {
    LaunchAnswer refused;
    refused.refusals = {{OfLaunch(*std::move(answer.refusal)), request.instance_type, request.zone,
                         request.network.subnet_id}};
    return refused;
  }
  Result<LaunchAnswer> launched = ParseRun(answer.response);
  if (!launched.ok()) return UnreadChange(launched.error());
  return launched;
}

Status DryRun(Caller& caller, Query query) {
  query.SetFlag("DryRun", true);
  TRY_ASSIGN(const Caller::Answer answer, caller.Exchange(QueryCall(Service::kEc2, query)));
  const std::string what = "ec2 " + query.action();
  if (!answer.refusal) return Ambiguous(what + ": a dry run was carried out; look for its effect");
  if (answer.refusal->reaction == Reaction::kSuccess) return {};
  return ErrorOf(OfLaunch(*answer.refusal), what + " (dry run)");
}

Status DryRunInstances(Caller& caller, const InstanceRequest& request) {
  TRY(CheckMachine(request));
  return DryRun(caller, RunInstancesQuery(request));
}

Query LaunchTemplateQuery(const LaunchTemplateRequest& request) {
  Query query = Ec2Query("CreateLaunchTemplate");
  query.Set("LaunchTemplateName", request.name).Set("ClientToken", request.client_token);
  SetMachine(query, "LaunchTemplateData.", request.machine);
  const std::vector<std::string> tagged{"launch-template"};
  query.SetTagSpecifications("TagSpecification", tagged, request.machine.tags);
  return query;
}

Result<std::string> CreateLaunchTemplate(Caller& caller, const LaunchTemplateRequest& request) {
  TRY(CheckToken(request.client_token));
  TRY(CheckMachine(request.machine));
  TRY_ASSIGN(const XmlAnswer answer,
             Ec2Change(caller, LaunchTemplateQuery(request), Effect::kRepeatable));
  Result<std::string> id = NeedText(answer.root(), "launchTemplate/launchTemplateId");
  if (!id.ok()) return UnreadChange(id.error());
  return id;
}

Status DeleteLaunchTemplate(Caller& caller, const std::string& id) {
  Query query = Ec2Query("DeleteLaunchTemplate");
  query.Set("LaunchTemplateId", id);
  TRY(Ec2Change(caller, query, Effect::kRemoving));
  return {};
}

Query FleetQuery(const FleetRequest& request) {
  Query query = Ec2Query("CreateFleet");
  query.Set("Type", "instant").Set("ClientToken", request.client_token);
  const std::string strategy = !request.strategy.empty() ? request.strategy
                               : request.is_spot         ? "price-capacity-optimized"
                                                         : "lowest-price";
  query.Set(
      request.is_spot ? "SpotOptions.AllocationStrategy" : "OnDemandOptions.AllocationStrategy",
      strategy);
  query.SetInt("TargetCapacitySpecification.TotalTargetCapacity", request.count)
      .Set("TargetCapacitySpecification.DefaultTargetCapacityType",
           request.is_spot ? "spot" : "on-demand");
  const std::string config = "LaunchTemplateConfigs.1.";
  query.Set(config + "LaunchTemplateSpecification.LaunchTemplateId", request.launch_template_id)
      .Set(config + "LaunchTemplateSpecification.Version", request.launch_template_version);
  for (std::size_t i = 0; i < request.overrides.size(); ++i) {
    const FleetOverride& pool = request.overrides[i];
    const std::string one = fmt::format("{}Overrides.{}.", config, i + 1);
    query.SetUnlessEmpty(one + "InstanceType", pool.instance_type)
        .SetUnlessEmpty(one + "SubnetId", pool.subnet_id)
        .SetUnlessEmpty(one + "AvailabilityZone", pool.zone);
    if (pool.highest_price) query.Set(one + "MaxPrice", DecimalUsd(*pool.highest_price));
    if (pool.priority) query.SetInt(one + "Priority", *pool.priority);
  }
  const std::vector<std::string> tagged{"fleet"};
  query.SetTagSpecifications("TagSpecification", tagged, request.tags);
  return query;
}

Result<LaunchAnswer> CreateFleet(Caller& caller, const FleetRequest& request) {
  TRY(CheckToken(request.client_token));
  TRY_ASSIGN(Caller::Answer answer,
             caller.Exchange(QueryCall(Service::kEc2, FleetQuery(request), Effect::kRepeatable)));
  if (answer.refusal) {
    LaunchAnswer refused;
    refused.refusals.push_back({OfLaunch(*std::move(answer.refusal)), "", "", ""});
    return refused;
  }
  Result<LaunchAnswer> launched = ParseFleet(answer.response);
  if (!launched.ok()) return UnreadChange(launched.error());
  return launched;
}

Status DeleteFleet(Caller& caller, const std::string& id) {
  Query query = Ec2Query("DeleteFleets");
  query.Set("FleetId.1", id).SetFlag("TerminateInstances", true);
  TRY_ASSIGN(const XmlAnswer answer, Ec2Change(caller, query, Effect::kRemoving));
  for (pugi::xml_node item : Items(answer.root(), "unsuccessfulFleetDeletionSet")) {
    const Refusal refusal = Classify(Text(item, "error/code"), Text(item, "error/message"), 400);
    const bool is_gone = refusal.code == "fleetIdDoesNotExist";
    if (is_gone) return NotFound("ec2 DeleteFleets: no fleet " + id);
    return ErrorOf(refusal, "ec2 DeleteFleets " + id);
  }
  for (pugi::xml_node item : Items(answer.root(), "successfulFleetDeletionSet")) {
    if (Text(item, "fleetId") == id) return {};
  }
  return Ambiguous("ec2 DeleteFleets: the answer does not speak of " + id + "; ask again");
}

}  // namespace mayfly::aws
