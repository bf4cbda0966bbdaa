// RunInstances, launch templates and fleets on the wire.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "sim/ec2/fleet.h"
#include "sim/ec2/launch.h"
#include "sim/ec2/prices.h"
#include "sim/ec2/wire/ec2_actions.h"
#include "sim/ec2/wire/listing.h"
#include "sim/ec2/wire/text.h"

namespace mayfly::ec2 {
namespace {

void Override(const Params& params, const std::string& name, std::string& value) {
  if (params.Has(name)) value = params.Text(name);
}

Answer<std::optional<int>> ReadCount(const Params& params, const std::string& name) {
  if (!params.Has(name)) return std::optional<int>();
  TRY_ASSIGN(const std::int64_t number, params.Number(name, 0));
  return std::optional(static_cast<int>(number));
}

Answer<std::optional<std::int64_t>> ReadMaxPrice(const Params& params, const std::string& name) {
  const std::string text = params.Text(name);
  if (text.empty()) return std::optional<std::int64_t>();
  const std::optional<std::int64_t> price = ReadPrice(text);
  if (price && *price >= 1000) return price;
  return Refusal{"InvalidParameterValue",
                 fmt::format("Invalid value '{}' for {}: the least is 0.001", text, name)};
}

Answer<DiskRequest> ReadDisk(const Params& params, const std::string& at) {
  DiskRequest disk;
  Override(params, at + ".DeviceName", disk.device);
  TRY_ASSIGN(const std::int64_t size, params.Number(at + ".Ebs.VolumeSize", disk.size_gib));
  disk.size_gib = static_cast<int>(size);
  Override(params, at + ".Ebs.VolumeType", disk.type);
  TRY_ASSIGN(disk.iops, ReadCount(params, at + ".Ebs.Iops"));
  TRY_ASSIGN(disk.throughput, ReadCount(params, at + ".Ebs.Throughput"));
  disk.encrypted = params.Flag(at + ".Ebs.Encrypted", disk.encrypted);
  disk.delete_on_termination =
      params.Flag(at + ".Ebs.DeleteOnTermination", disk.delete_on_termination);
  (void)params.Text(at + ".Ebs.SnapshotId");  // every image has the same disk here
  return disk;
}

// Subnet and groups stand at the top, or in the one network interface, but not in both.
Answer<Done> ReadNetwork(const Params& params, const std::string& at, MachineRequest& machine) {
  const std::vector<std::string> interfaces = params.Items(at + "NetworkInterface");
  const bool has_top = params.Has(at + "SubnetId") || params.Has(at + "SecurityGroupId.1");
  if (!interfaces.empty() && has_top) {
    return Refusal{"InvalidParameterCombination",
                   "Network interfaces and an instance-level subnet ID or security groups may not "
                   "be specified on the same request"};
  }
  const std::string from = interfaces.empty() ? at : interfaces.front() + ".";
  Override(params, from + "SubnetId", machine.subnet);
  const std::vector<std::string> groups = params.List(from + "SecurityGroupId");
  if (!groups.empty()) machine.groups = groups;
  for (const char* ignored : {"DeviceIndex", "DeleteOnTermination", "Description"}) {
    (void)params.Text(from + ignored);  // an interface here always dies with its instance
  }
  machine.public_address = params.Flag(from + "AssociatePublicIpAddress", machine.public_address);
  return Done{};
}

Answer<Done> ReadMarket(const Params& params, const std::string& at, MachineRequest& machine) {
  const std::string options = at + "InstanceMarketOptions.";
  const std::string market = params.Text(options + "MarketType");
  if (market == "spot") machine.market = Market::kSpot;
  const std::string kind = params.Text(options + "SpotOptions.SpotInstanceType");
  const std::string then = params.Text(options + "SpotOptions.InstanceInterruptionBehavior");
  TRY_ASSIGN(const auto price, ReadMaxPrice(params, options + "SpotOptions.MaxPrice"));
  if (price) machine.max_price_micro_usd_h = price;
  if (!market.empty() && market != "spot") {
    return Refusal{"InvalidParameterValue", fmt::format("Invalid MarketType: {}", market)};
  }
  const bool ends = (kind.empty() || kind == "one-time") && (then.empty() || then == "terminate");
  if (ends) return Done{};
  return Refusal{"InvalidParameterCombination",
                 "Only one-time Spot requests that terminate are simulated"};
}

void ReadMetadataOptions(const Params& params, const std::string& at, MetadataOptions& options) {
  const std::string from = at + "MetadataOptions.";
  const std::string tokens = params.Text(from + "HttpTokens");
  if (!tokens.empty()) options.tokens_required = tokens == "required";
  const std::string endpoint = params.Text(from + "HttpEndpoint");
  if (!endpoint.empty()) options.endpoint_enabled = endpoint == "enabled";
  const std::string tags = params.Text(from + "InstanceMetadataTags");
  if (!tags.empty()) options.instance_tags = tags == "enabled";
  const Answer<std::int64_t> hops = params.Number(from + "HttpPutResponseHopLimit", 1);
  if (hops.ok()) options.hop_limit = static_cast<int>(*hops);
}

Answer<Done> ReadUserData(const Params& params, const std::string& at, MachineRequest& machine) {
  if (!params.Has(at + "UserData")) return Done{};
  std::optional<std::string> bytes = ReadBase64(params.Text(at + "UserData"));
  if (!bytes) return Refusal{"InvalidParameterValue", "Invalid BASE64 encoding of user data"};
  machine.user_data = *std::move(bytes);
  return Done{};
}

Answer<Done> ReadShutdown(const Params& params, const std::string& at, MachineRequest& machine) {
  const std::string name = at + "InstanceInitiatedShutdownBehavior";
  const std::string behaviour = params.Text(name);
  if (behaviour == "terminate") machine.on_shutdown = OnShutdown::kTerminate;
  if (behaviour == "stop") machine.on_shutdown = OnShutdown::kStop;
  if (behaviour.empty() || behaviour == "stop" || behaviour == "terminate") return Done{};
  return Refusal{"InvalidParameterValue",
                 fmt::format("Invalid value '{}' for {}", behaviour, name)};
}

// `at` is empty, or "LaunchTemplateData."; what is not said stays as it is in `machine`.
Answer<MachineRequest> ReadMachine(const Params& params, const std::string& at,
                                   MachineRequest machine) {
  Override(params, at + "ImageId", machine.image);
  Override(params, at + "InstanceType", machine.type);
  Override(params, at + "Placement.AvailabilityZone", machine.zone);
  Override(params, at + "KeyName", machine.key_name);
  Override(params, at + "IamInstanceProfile.Name", machine.profile);
  Override(params, at + "IamInstanceProfile.Arn", machine.profile);
  for (const char* ignored : {"EbsOptimized", "Monitoring.Enabled", "CpuOptions.CoreCount",
                              "CpuOptions.ThreadsPerCore", "CreditSpecification.CpuCredits"}) {
    (void)params.Text(at + ignored);  // nothing here depends on them
  }
  TRY(ReadNetwork(params, at, machine));
  TRY(ReadMarket(params, at, machine));
  TRY(ReadShutdown(params, at, machine));
  TRY(ReadUserData(params, at, machine));
  ReadMetadataOptions(params, at, machine.metadata);
  const std::vector<std::string> disks = params.Items(at + "BlockDeviceMapping");
  if (!disks.empty()) machine.disks.clear();
  for (const std::string& item : disks) {
    TRY_ASSIGN(DiskRequest disk, ReadDisk(params, item));
    machine.disks.push_back(std::move(disk));
  }
  for (auto& [resource, tags] : params.TagSpecifications(at + "TagSpecification")) {
    machine.tags[resource] = tags;
  }
  return machine;
}

TemplateRef ReadTemplateRef(const Params& params, const std::string& at) {
  return {params.Text(at + "LaunchTemplateId"), params.Text(at + "LaunchTemplateName"),
          params.Text(at + "Version")};
}

Answer<std::string> RunInstancesAction(Services& services, const Params& params) {
  Cloud& cloud = services.cloud;
  MachineRequest base;
  const TemplateRef from = ReadTemplateRef(params, "LaunchTemplate.");
  if (!from.id.empty() || !from.name.empty()) {
    TRY_ASSIGN(base, ReadTemplate(cloud, from));
  }
  RunRequest request{.token = params.Text("ClientToken"), .dry_run = params.Flag("DryRun")};
  TRY_ASSIGN(request.machine, ReadMachine(params, "", std::move(base)));
  TRY(params.Needed("MinCount"));
  TRY(params.Needed("MaxCount"));
  TRY_ASSIGN(const std::int64_t least, params.Number("MinCount", 1));
  TRY_ASSIGN(const std::int64_t most, params.Number("MaxCount", 1));
  request.min_count = static_cast<int>(least);
  request.max_count = static_cast<int>(most);
  TRY(params.RefuseUnread());
  TRY_ASSIGN(const std::vector<std::string> ids, RunInstances(cloud, request));
  std::vector<const Instance*> made;
  for (const std::string& id : ids) made.push_back(&cloud.instances.at(id));
  return ReservationXml(cloud, made);
}

std::string TemplateXml(const LaunchTemplate& one) {
  Xml xml;
  xml.Leaf("launchTemplateId", one.id)
      .Leaf("launchTemplateName", one.name)
      .Leaf("createTime", Stamp(one.created))
      .Leaf("createdBy", fmt::format("arn:aws:iam::{}:root", kAccount))
      .Number("defaultVersionNumber", 1)
      .Number("latestVersionNumber", static_cast<std::int64_t>(one.versions.size()));
  return xml.Raw(TagSet(one.tags)).text();
}

std::string WithElement(std::string_view name, const std::string& inside) {
  return Xml().Open(name).Raw(inside).Close(name).text();
}

Answer<std::string> CreateLaunchTemplateAction(Services& services, const Params& params) {
  TRY_ASSIGN(const std::string name, params.Needed("LaunchTemplateName"));
  TRY_ASSIGN(MachineRequest data, ReadMachine(params, "LaunchTemplateData.", {}));
  (void)params.Text("VersionDescription");
  TagsByResource tags = params.TagSpecifications();
  TRY(params.RefuseUnread());
  TRY_ASSIGN(const LaunchTemplate made,
             CreateLaunchTemplate(services.cloud, {.name = name,
                                                   .data = std::move(data),
                                                   .token = params.Text("ClientToken"),
                                                   .tags = tags["launch-template"]}));
  return WithElement("launchTemplate", TemplateXml(made));
}

Answer<std::string> DeleteLaunchTemplateAction(Services& services, const Params& params) {
  TRY_ASSIGN(const LaunchTemplate gone,
             DeleteLaunchTemplate(services.cloud, ReadTemplateRef(params, "")));
  return WithElement("launchTemplate", TemplateXml(gone));
}

Answer<std::string> DescribeLaunchTemplatesAction(Services& services, const Params& params) {
  Listing listing{.set = "launchTemplates",
                  .ids = "LaunchTemplateId",
                  .not_found = "InvalidLaunchTemplateId.NotFound"};
  const std::vector<std::string> names = params.List("LaunchTemplateName");
  for (const auto& [id, one] : services.cloud.templates) {
    if (one.deleted) continue;
    const bool named =
        names.empty() || std::find(names.begin(), names.end(), one.name) != names.end();
    if (!named) continue;
    listing.rows.push_back({id,
                            {{"launch-template-name", one.name}},
                            one.tags,
                            WithElement("item", TemplateXml(one))});
  }
  if (!names.empty() && listing.rows.empty()) {
    return Refusal{"InvalidLaunchTemplateName.NotFoundException",
                   "At least one of the launch templates specified in the request does not exist."};
  }
  return Show(params, listing);
}

Answer<std::vector<FleetOverride>> ReadOverrides(const Params& params, const std::string& at) {
  std::vector<FleetOverride> overrides;
  for (const std::string& item : params.Items(at + ".Overrides")) {
    FleetOverride one{.type = params.Text(item + ".InstanceType"),
                      .subnet = params.Text(item + ".SubnetId"),
                      .zone = params.Text(item + ".AvailabilityZone"),
                      .image = params.Text(item + ".ImageId")};
    TRY_ASSIGN(one.max_price_micro_usd_h, ReadMaxPrice(params, item + ".MaxPrice"));
    const std::string priority = params.Text(item + ".Priority");
    if (!priority.empty()) one.priority = std::strtod(priority.c_str(), nullptr);
    const std::string weight = params.Text(item + ".WeightedCapacity");
    if (!weight.empty()) one.weight = std::max(1, std::atoi(weight.c_str()));
    overrides.push_back(std::move(one));
  }
  return overrides;
}

Answer<Done> ReadFleetTarget(const Params& params, FleetRequest& request) {
  const std::string target = "TargetCapacitySpecification.";
  TRY_ASSIGN(const std::int64_t total, params.Number(target + "TotalTargetCapacity", 1));
  request.target = static_cast<int>(total);
  const bool is_spot = params.Text(target + "DefaultTargetCapacityType") == "spot";
  request.default_market = is_spot ? Market::kSpot : Market::kOnDemand;
  for (const char* part : {"SpotTargetCapacity", "OnDemandTargetCapacity"}) {
    (void)params.Text(target + part);  // the default type carries the whole target here
  }
  const std::string options = is_spot ? "SpotOptions." : "OnDemandOptions.";
  TRY_ASSIGN(const std::int64_t least, params.Number(options + "MinTargetCapacity", 0));
  request.min_target = static_cast<int>(least);
  request.single_type = params.Flag(options + "SingleInstanceType");
  request.single_zone = params.Flag(options + "SingleAvailabilityZone");
  return Done{};
}

Answer<FleetRequest> ReadFleet(const Params& params) {
  FleetRequest request{.type = params.Text("Type")};
  if (request.type.empty()) request.type = "maintain";
  const std::vector<std::string> configs = params.Items("LaunchTemplateConfigs");
  if (configs.empty()) {
    return Refusal{"MissingParameter",
                   "The request must contain the parameter "
                   "LaunchTemplateConfigs"};
  }
  request.from = ReadTemplateRef(params, configs.front() + ".LaunchTemplateSpecification.");
  TRY_ASSIGN(request.overrides, ReadOverrides(params, configs.front()));
  Override(params, "SpotOptions.AllocationStrategy", request.spot_strategy);
  Override(params, "OnDemandOptions.AllocationStrategy", request.on_demand_strategy);
  TRY(ReadFleetTarget(params, request));
  request.tags = params.TagSpecifications();
  TRY(params.RefuseUnread());
  return request;
}

std::string OverrideXml(const FleetOverride& asked, const TemplateRef& from, const PoolKey& pool) {
  Xml xml;
  xml.Open("launchTemplateAndOverrides").Open("launchTemplateSpecification");
  if (!from.id.empty()) xml.Leaf("launchTemplateId", from.id);
  if (!from.name.empty()) xml.Leaf("launchTemplateName", from.name);
  xml.Leaf("version", from.version).Close("launchTemplateSpecification").Open("overrides");
  if (!pool.type.empty()) xml.Leaf("instanceType", pool.type);
  if (!asked.subnet.empty()) xml.Leaf("subnetId", asked.subnet);
  if (!pool.zone.empty()) xml.Leaf("availabilityZone", pool.zone);
  return xml.Close("overrides").Close("launchTemplateAndOverrides").text();
}

std::string FleetInstancesXml(const Cloud& cloud, const Fleet& fleet) {
  Xml xml;
  xml.Open("fleetInstanceSet");
  for (const std::string& id : fleet.instances) {
    const Instance& instance = cloud.instances.at(id);
    xml.Open("item")
        .Raw(OverrideXml({.subnet = instance.asked.subnet}, fleet.asked.from, instance.pool()))
        .Leaf("lifecycle", MarketName(instance.asked.market))
        .Open("instanceIds")
        .Leaf("item", id)
        .Close("instanceIds")
        .Leaf("instanceType", instance.asked.type)
        .Close("item");
  }
  return xml.Close("fleetInstanceSet").text();
}

std::string FleetErrorsXml(const Fleet& fleet) {
  Xml xml;
  xml.Open("errorSet");
  for (const FleetError& error : fleet.errors) {
    xml.Open("item")
        .Raw(OverrideXml(error.asked, fleet.asked.from, error.pool))
        .Leaf("lifecycle", MarketName(error.pool.market))
        .Leaf("errorCode", error.why.code)
        .Leaf("errorMessage", error.why.message)
        .Close("item");
  }
  return xml.Close("errorSet").text();
}

Answer<std::string> CreateFleetAction(Services& services, const Params& params) {
  TRY_ASSIGN(const FleetRequest request, ReadFleet(params));
  TRY_ASSIGN(const Fleet* fleet, CreateFleet(services.cloud, request, params.Text("ClientToken")));
  return Xml()
      .Leaf("fleetId", fleet->id)
      .Raw(FleetErrorsXml(*fleet))
      .Raw(FleetInstancesXml(services.cloud, *fleet))
      .text();
}

std::string FleetXml(const Cloud& cloud, const Fleet& fleet) {
  Xml xml;
  xml.Open("item")
      .Leaf("fleetId", fleet.id)
      .Leaf("type", fleet.asked.type)
      .Leaf("fleetState", fleet.deleted ? "deleted_terminating" : "active")
      .Leaf("createTime", Stamp(fleet.created))
      .Open("targetCapacitySpecification")
      .Number("totalTargetCapacity", fleet.asked.target)
      .Leaf("defaultTargetCapacityType", MarketName(fleet.asked.default_market))
      .Close("targetCapacitySpecification")
      .Raw(FleetErrorsXml(fleet))
      .Raw(FleetInstancesXml(cloud, fleet));
  return xml.Raw(TagSet(fleet.tags)).Close("item").text();
}

Answer<std::string> DescribeFleetsAction(Services& services, const Params& params) {
  Listing listing{.set = "fleetSet", .ids = "FleetId", .not_found = "InvalidFleetId.NotFound"};
  for (const auto& [id, fleet] : services.cloud.fleets) {
    listing.rows.push_back({id,
                            {{"fleet-state", fleet.deleted ? "deleted_terminating" : "active"},
                             {"type", fleet.asked.type}},
                            fleet.tags,
                            FleetXml(services.cloud, fleet)});
  }
  return Show(params, listing);
}

Answer<std::string> DeleteFleetsAction(Services& services, const Params& params) {
  TRY_ASSIGN(
      const std::vector<FleetDeletion> deletions,
      DeleteFleets(services.cloud, params.List("FleetId"), params.Flag("TerminateInstances")));
  Xml good;
  Xml bad;
  for (const FleetDeletion& one : deletions) {
    if (one.was_known) {
      good.Open("item")
          .Leaf("currentFleetState", "deleted_terminating")
          .Leaf("previousFleetState", "active")
          .Leaf("fleetId", one.id)
          .Close("item");
    } else {
      bad.Open("item")
          .Leaf("fleetId", one.id)
          .Open("error")
          .Leaf("code", "fleetIdDoesNotExist")
          .Leaf("message", "The fleet ID does not exist")
          .Close("error")
          .Close("item");
    }
  }
  return WithElement("successfulFleetDeletionSet", good.text()) +
         WithElement("unsuccessfulFleetDeletionSet", bad.text());
}

constexpr std::array<Ec2Action, 7> kActions{{
    {"RunInstances", RunInstancesAction},
    {"CreateLaunchTemplate", CreateLaunchTemplateAction},
    {"DeleteLaunchTemplate", DeleteLaunchTemplateAction},
    {"DescribeLaunchTemplates", DescribeLaunchTemplatesAction},
    {"CreateFleet", CreateFleetAction},
    {"DescribeFleets", DescribeFleetsAction},
    {"DeleteFleets", DeleteFleetsAction},
}};

}  // namespace

std::span<const Ec2Action> LaunchActions() { return kActions; }

}  // namespace mayfly::ec2
