// What is done to instances and seen of them, on the wire.

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "sim/ec2/groups.h"
#include "sim/ec2/life.h"
#include "sim/ec2/storage.h"
#include "sim/ec2/wire/ec2_actions.h"
#include "sim/ec2/wire/listing.h"
#include "sim/ec2/wire/text.h"

namespace mayfly::ec2 {
namespace {

constexpr std::size_t kConsoleKept = 64 * 1024;

void StateXml(Xml& xml, std::string_view element, InstanceState state) {
  xml.Open(element).Number("code", static_cast<int>(state)).Leaf("name", StateName(state));
  xml.Close(element);
}

std::string GroupsXml(const Cloud& cloud, const MachineRequest& asked) {
  Xml xml;
  xml.Open("groupSet");
  for (const std::string& id : asked.groups) {
    const std::string name = FindGroupName(cloud, id).value_or("");
    xml.Open("item").Leaf("groupId", id).Leaf("groupName", name).Close("item");
  }
  return xml.Close("groupSet").text();
}

std::string DisksXml(const Cloud& cloud, const Instance& instance) {
  Xml xml;
  xml.Leaf("rootDeviceType", "ebs")
      .Leaf("rootDeviceName", instance.asked.disks.front().device)
      .Open("blockDeviceMapping");
  for (const std::string& id : instance.volumes) {
    const Volume& volume = cloud.volumes.at(id);
    if (volume.deleted || !instance.is_alive()) continue;
    xml.Open("item")
        .Leaf("deviceName", volume.disk.device)
        .Open("ebs")
        .Leaf("volumeId", id)
        .Leaf("status", "attached")
        .Leaf("attachTime", Stamp(volume.created))
        .Flag("deleteOnTermination", volume.disk.delete_on_termination)
        .Close("ebs")
        .Close("item");
  }
  return xml.Close("blockDeviceMapping").text();
}

std::string InterfaceXml(const Cloud& cloud, const Instance& instance) {
  Xml xml;
  xml.Open("networkInterfaceSet");
  const auto found = cloud.interfaces.find(instance.interface);
  if (found != cloud.interfaces.end() && !found->second.deleted && instance.is_alive()) {
    xml.Open("item")
        .Leaf("networkInterfaceId", instance.interface)
        .Leaf("subnetId", instance.asked.subnet)
        .Leaf("vpcId", VpcOf(cloud.region))
        .Leaf("status", "in-use")
        .Leaf("privateIpAddress", instance.private_ip)
        .Close("item");
  }
  return xml.Close("networkInterfaceSet").text();
}

// EC2 tells the time where a user ended it: "User initiated (2025-11-14 20:48:00 GMT)".
std::string TransitionReason(const Instance& instance) {
  const bool has_time = instance.reason.code == "Client.UserInitiatedShutdown" &&
                        !instance.ran.empty() && instance.ran.back().to;
  if (!has_time) return instance.reason.message;
  std::string at = FormatInstant(std::chrono::floor<seconds>(*instance.ran.back().to));
  at.pop_back();
  std::replace(at.begin(), at.end(), 'T', ' ');
  return "User initiated (" + at + " GMT)";
}

void ReasonXml(Xml& xml, const Instance& instance) {
  if (instance.reason.code.empty()) {
    xml.Leaf("reason", "");
    return;
  }
  xml.Leaf("reason", TransitionReason(instance))
      .Open("stateReason")
      .Leaf("code", instance.reason.code)
      .Leaf("message", instance.reason.message)
      .Close("stateReason");
}

void NetworkXml(Xml& xml, const Cloud& cloud, const Instance& instance) {
  if (!instance.is_alive()) return;  // EC2 forgets these with the instance
  xml.Leaf("subnetId", instance.asked.subnet).Leaf("vpcId", VpcOf(cloud.region));
  xml.Leaf("privateIpAddress", instance.private_ip);
  if (!instance.public_ip.empty()) xml.Leaf("ipAddress", instance.public_ip);
}

void MetadataXml(Xml& xml, const MetadataOptions& options) {
  xml.Open("metadataOptions")
      .Leaf("state", "applied")
      .Leaf("httpTokens", options.tokens_required ? "required" : "optional")
      .Number("httpPutResponseHopLimit", options.hop_limit)
      .Leaf("httpEndpoint", options.endpoint_enabled ? "enabled" : "disabled")
      .Leaf("instanceMetadataTags", options.instance_tags ? "enabled" : "disabled")
      .Close("metadataOptions");
}

void ProfileXml(Xml& xml, const std::string& profile) {
  if (profile.empty()) return;
  const std::string arn =
      profile.starts_with("arn:")
          ? profile
          : fmt::format("arn:aws:iam::{}:instance-profile/{}", kAccount, profile);
  xml.Open("iamInstanceProfile").Leaf("arn", arn).Close("iamInstanceProfile");
}

bool IsShown(const Cloud& cloud, const Instance& instance) {
  return FindVisible(cloud, instance.id).ok();
}

Row InstanceRow(const Cloud& cloud, const Instance& instance) {
  const MachineRequest& asked = instance.asked;
  Row row{.id = instance.id,
          .attributes = {{"instance-id", instance.id},
                         {"client-token", instance.token},
                         {"instance-state-name", std::string(StateName(instance.state))},
                         {"instance-state-code", std::to_string(static_cast<int>(instance.state))},
                         {"instance-type", asked.type},
                         {"instance-lifecycle", asked.market == Market::kSpot ? "spot" : ""},
                         {"availability-zone", asked.zone},
                         {"image-id", asked.image},
                         {"subnet-id", asked.subnet},
                         {"vpc-id", std::string(VpcOf(cloud.region))},
                         {"reservation-id", instance.reservation},
                         {"state-reason-code", instance.reason.code},
                         {"private-ip-address", instance.private_ip},
                         {"ip-address", instance.public_ip},
                         {"spot-instance-request-id", instance.request}}};
  if (AreTagsVisible(cloud, instance.launched)) row.tags = instance.tags;
  Xml xml;
  xml.Open("item").Raw(ReservationXml(cloud, {&instance})).Close("item");
  row.xml = xml.text();
  return row;
}

// EC2's DescribeInstances groups by reservation; a client must not count on it, and here every
// instance stands in one of its own.
Answer<std::string> DescribeInstancesAction(Services& services, const Params& params) {
  Listing listing{
      .set = "reservationSet", .ids = "InstanceId", .not_found = "InvalidInstanceID.NotFound"};
  for (const std::string& id : services.cloud.launch_order) {
    const Instance& instance = services.cloud.instances.at(id);
    if (IsShown(services.cloud, instance)) {
      listing.rows.push_back(InstanceRow(services.cloud, instance));
    }
  }
  return Show(params, listing);
}

std::string EventsXml(const Instance& instance) {
  if (instance.events.empty()) return {};
  Xml xml;
  xml.Open("eventsSet");
  for (const MaintenanceEvent& event : instance.events) {
    xml.Open("item")
        .Leaf("instanceEventId", event.id)
        .Leaf("code", event.code)
        .Leaf("description", event.description)
        .Leaf("notBefore", Stamp(event.not_before))
        .Close("item");
  }
  return xml.Close("eventsSet").text();
}

Row StatusRow(const Instance& instance) {
  const bool runs = instance.state == InstanceState::kRunning;
  Xml xml;
  xml.Open("item").Leaf("instanceId", instance.id).Leaf("availabilityZone", instance.asked.zone);
  xml.Raw(EventsXml(instance));
  StateXml(xml, "instanceState", instance.state);
  for (const char* element : {"systemStatus", "instanceStatus"}) {
    xml.Open(element).Leaf("status", runs ? "ok" : "not-applicable").Close(element);
  }
  xml.Close("item");
  return {.id = instance.id,
          .attributes = {{"instance-state-name", std::string(StateName(instance.state))},
                         {"availability-zone", instance.asked.zone}},
          .tags = instance.tags,
          .xml = xml.text()};
}

Answer<std::string> DescribeInstanceStatusAction(Services& services, const Params& params) {
  Listing listing{
      .set = "instanceStatusSet", .ids = "InstanceId", .not_found = "InvalidInstanceID.NotFound"};
  const bool all = params.Flag("IncludeAllInstances");
  for (const auto& [id, instance] : services.cloud.instances) {
    const bool runs = instance.state == InstanceState::kRunning;
    if (IsShown(services.cloud, instance) && (all || runs)) {
      listing.rows.push_back(StatusRow(instance));
    }
  }
  return Show(params, listing);
}

std::string ChangesXml(const StateChanges& changes) {
  Xml xml;
  xml.Open("instancesSet");
  for (const StateChange& change : changes) {
    xml.Open("item").Leaf("instanceId", change.instance);
    StateXml(xml, "currentState", change.after);
    StateXml(xml, "previousState", change.before);
    xml.Close("item");
  }
  return xml.Close("instancesSet").text();
}

Answer<std::vector<std::string>> NeededIds(const Params& params) {
  std::vector<std::string> ids = params.List("InstanceId");
  for (const char* known : {"Force", "SkipOsShutdown", "Hibernate"}) (void)params.Text(known);
  TRY(params.RefuseUnread());
  if (!ids.empty()) return ids;
  return Refusal{"MissingParameter", "The request must contain the parameter instanceIdSet"};
}

Answer<std::string> TerminateInstancesAction(Services& services, const Params& params) {
  TRY_ASSIGN(const std::vector<std::string> ids, NeededIds(params));
  TRY_ASSIGN(const StateChanges changes, TerminateInstances(services.cloud, ids));
  return ChangesXml(changes);
}

Answer<std::string> StopInstancesAction(Services& services, const Params& params) {
  TRY_ASSIGN(const std::vector<std::string> ids, NeededIds(params));
  TRY_ASSIGN(const StateChanges changes, StopInstances(services.cloud, ids));
  return ChangesXml(changes);
}

Answer<std::string> StartInstancesAction(Services& services, const Params& params) {
  TRY_ASSIGN(const std::vector<std::string> ids, NeededIds(params));
  TRY_ASSIGN(const StateChanges changes, StartInstances(services.cloud, ids));
  return ChangesXml(changes);
}

Answer<std::string> RebootInstancesAction(Services& services, const Params& params) {
  TRY_ASSIGN(const std::vector<std::string> ids, NeededIds(params));
  TRY(RebootInstances(services.cloud, ids));
  return std::string("<return>true</return>");
}

Answer<std::string> ModifyInstanceAttributeAction(Services& services, const Params& params) {
  TRY_ASSIGN(const std::string id, params.Needed("InstanceId"));
  TRY_ASSIGN(const Instance* found, FindVisible(services.cloud, id));
  const std::string behaviour = params.Text("InstanceInitiatedShutdownBehavior.Value");
  const std::string type = params.Text("InstanceType.Value");
  const bool protects = params.Has("DisableApiStop.Value");
  const bool is_protected = params.Flag("DisableApiStop.Value");
  TRY(params.RefuseUnread());
  Instance& instance = services.cloud.instances.at(found->id);
  if (!behaviour.empty()) {
    instance.asked.on_shutdown =
        behaviour == "terminate" ? OnShutdown::kTerminate : OnShutdown::kStop;
  }
  if (protects) instance.is_stop_protected = is_protected;
  if (!type.empty()) TRY(ChangeType(services.cloud, id, type));
  return std::string("<return>true</return>");
}

Answer<std::string> DescribeInstanceAttributeAction(Services& services, const Params& params) {
  TRY_ASSIGN(const std::string id, params.Needed("InstanceId"));
  TRY_ASSIGN(const std::string attribute, params.Needed("Attribute"));
  TRY(params.RefuseUnread());
  TRY_ASSIGN(const Instance* instance, FindVisible(services.cloud, id));
  std::string value;
  if (attribute == "instanceType") value = instance->asked.type;
  if (attribute == "userData") value = Base64(instance->asked.user_data);
  if (attribute == "instanceInitiatedShutdownBehavior") {
    value = instance->asked.on_shutdown == OnShutdown::kTerminate ? "terminate" : "stop";
  }
  if (attribute == "disableApiTermination") value = "false";
  if (attribute == "disableApiStop") value = instance->is_stop_protected ? "true" : "false";
  Xml xml;
  xml.Leaf("instanceId", id).Open(attribute);
  if (!value.empty()) xml.Leaf("value", value);
  return xml.Close(attribute).text();
}

Answer<std::string> GetConsoleOutputAction(Services& services, const Params& params) {
  TRY_ASSIGN(const std::string id, params.Needed("InstanceId"));
  (void)params.Text("Latest");
  TRY(params.RefuseUnread());
  TRY_ASSIGN(const Instance* instance, FindVisible(services.cloud, id));
  const std::string all = services.read_console ? services.read_console(instance->id) : "";
  const std::string tail = all.substr(all.size() - std::min(all.size(), kConsoleKept));
  Xml xml;
  xml.Leaf("instanceId", id).Leaf("timestamp", Stamp(services.cloud.now));
  if (!tail.empty()) xml.Leaf("output", Base64(tail));
  return xml.text();
}

Row SpotRequestRow(const Cloud& cloud, const SpotRequest& request) {
  const Instance& instance = cloud.instances.at(request.instance);
  const bool is_marked = instance.taking && instance.taking->tells_at &&
                         *instance.taking->tells_at <= cloud.now && request.state == "active";
  const std::string status = is_marked ? "marked-for-termination" : request.status;
  Xml xml;
  xml.Open("item")
      .Leaf("spotInstanceRequestId", request.id)
      .Leaf("type", "one-time")
      .Leaf("state", request.state)
      .Open("status")
      .Leaf("code", status)
      .Leaf("updateTime", Stamp(cloud.now))
      .Close("status")
      .Leaf("instanceId", request.instance)
      .Leaf("createTime", Stamp(request.created))
      .Open("launchSpecification")
      .Leaf("imageId", instance.asked.image)
      .Leaf("instanceType", instance.asked.type)
      .Close("launchSpecification")
      .Leaf("launchedAvailabilityZone", instance.asked.zone)
      .Leaf("productDescription", "Linux/UNIX")
      .Leaf("instanceInterruptionBehavior", "terminate");
  xml.Raw(TagSet(request.tags)).Close("item");
  return {.id = request.id,
          .attributes = {{"state", request.state},
                         {"status-code", status},
                         {"instance-id", request.instance},
                         {"spot-instance-request-id", request.id},
                         {"launched-availability-zone", instance.asked.zone}},
          .tags = request.tags,
          .xml = xml.text()};
}

Answer<std::string> DescribeSpotRequestsAction(Services& services, const Params& params) {
  Listing listing{.set = "spotInstanceRequestSet",
                  .ids = "SpotInstanceRequestId",
                  .not_found = "InvalidSpotInstanceRequestID.NotFound"};
  for (const auto& [id, request] : services.cloud.spot_requests) {
    if (!IsVisible(services.cloud, request.created)) continue;
    listing.rows.push_back(SpotRequestRow(services.cloud, request));
  }
  return Show(params, listing);
}

Answer<std::string> CancelSpotRequestsAction(Services& services, const Params& params) {
  const std::vector<std::string> ids = params.List("SpotInstanceRequestId");
  TRY(params.RefuseUnread());
  TRY_ASSIGN(const std::vector<const SpotRequest*> requests,
             CancelSpotRequests(services.cloud, ids));
  Xml xml;
  xml.Open("spotInstanceRequestSet");
  for (const SpotRequest* request : requests) {
    xml.Open("item")
        .Leaf("spotInstanceRequestId", request->id)
        .Leaf("state", request->state)
        .Close("item");
  }
  return xml.Close("spotInstanceRequestSet").text();
}

constexpr std::array<Ec2Action, 11> kActions{{
    {"DescribeInstances", DescribeInstancesAction},
    {"DescribeInstanceStatus", DescribeInstanceStatusAction},
    {"TerminateInstances", TerminateInstancesAction},
    {"StopInstances", StopInstancesAction},
    {"StartInstances", StartInstancesAction},
    {"RebootInstances", RebootInstancesAction},
    {"ModifyInstanceAttribute", ModifyInstanceAttributeAction},
    {"DescribeInstanceAttribute", DescribeInstanceAttributeAction},
    {"GetConsoleOutput", GetConsoleOutputAction},
    {"DescribeSpotInstanceRequests", DescribeSpotRequestsAction},
    {"CancelSpotInstanceRequests", CancelSpotRequestsAction},
}};

}  // namespace

std::string InstanceXml(const Cloud& cloud, const Instance& instance) {
  const MachineRequest& asked = instance.asked;
  Xml xml;
  xml.Open("item").Leaf("instanceId", instance.id).Leaf("imageId", asked.image);
  StateXml(xml, "instanceState", instance.state);
  ReasonXml(xml, instance);
  if (!asked.key_name.empty()) xml.Leaf("keyName", asked.key_name);
  xml.Leaf("instanceType", asked.type).Leaf("launchTime", Stamp(instance.launched));
  xml.Open("placement")
      .Leaf("availabilityZone", asked.zone)
      .Leaf("tenancy", "default")
      .Close("placement");
  NetworkXml(xml, cloud, instance);
  xml.Raw(GroupsXml(cloud, asked)).Leaf("architecture", FindType(asked.type)->architecture);
  xml.Raw(DisksXml(cloud, instance));
  if (asked.market == Market::kSpot) {
    xml.Leaf("instanceLifecycle", "spot").Leaf("spotInstanceRequestId", instance.request);
  }
  if (!instance.token.empty()) xml.Leaf("clientToken", instance.token);
  if (AreTagsVisible(cloud, instance.launched)) xml.Raw(TagSet(instance.tags));
  xml.Leaf("virtualizationType", "hvm").Flag("enaSupport", true);
  xml.Raw(InterfaceXml(cloud, instance));
  ProfileXml(xml, asked.profile);
  MetadataXml(xml, asked.metadata);
  return xml.Close("item").text();
}

std::string ReservationXml(const Cloud& cloud, const std::vector<const Instance*>& instances) {
  const Instance& first = *instances.front();
  Xml xml;
  xml.Leaf("reservationId", first.reservation).Leaf("ownerId", kAccount);
  xml.Raw(GroupsXml(cloud, first.asked)).Open("instancesSet");
  for (const Instance* instance : instances) xml.Raw(InstanceXml(cloud, *instance));
  return xml.Close("instancesSet").text();
}

std::span<const Ec2Action> InstanceActions() { return kActions; }

}  // namespace mayfly::ec2
