#include "adapters/aws/ec2_instances.h"

#include <array>

namespace mayfly::aws {
namespace {

using enum InstanceState;

struct StateRow {
  InstanceState state;
  std::string_view name;
};
constexpr std::array<StateRow, 6> kStates{{{kPending, "pending"},
                                           {kRunning, "running"},
                                           {kShuttingDown, "shutting-down"},
                                           {kTerminated, "terminated"},
                                           {kStopping, "stopping"},
                                           {kStopped, "stopped"}}};

Result<InstanceState> ParseState(pugi::xml_node node, std::string_view path) {
  TRY_ASSIGN(const std::string name, NeedText(node, path));
  for (const StateRow& row : kStates) {
    if (row.name == name) return row.state;
  }
  return Corrupt("an instance is in the state '" + name + "', which mayfly does not know");
}

// "User initiated (2025-11-14 20:48:00 GMT)"; absent where EC2 gives no time.
std::optional<Instant> TimeIn(std::string_view reason) {
  constexpr std::string_view kEnd = " GMT)";
  const std::size_t open = reason.rfind('(');
  if (open == std::string_view::npos || !reason.ends_with(kEnd)) return std::nullopt;
  const std::string_view text = reason.substr(open + 1, reason.size() - kEnd.size() - open - 1);
  const Result<Instant> at = ParseInstant(text);
  return at.ok() ? std::optional(*at) : std::nullopt;
}

Result<Instance> ParseInstance(pugi::xml_node item) {
  Instance instance;
  TRY_ASSIGN(instance.id, NeedText(item, "instanceId"));
  TRY_ASSIGN(instance.state, ParseState(item, "instanceState/name"));
  TRY_ASSIGN(instance.launched, MaybeInstant(item, "launchTime"));
  instance.type = Text(item, "instanceType");
  instance.zone = Text(item, "placement/availabilityZone");
  instance.image_id = Text(item, "imageId");
  instance.subnet_id = Text(item, "subnetId");
  instance.private_ip = Text(item, "privateIpAddress");
  instance.public_ip = Text(item, "ipAddress");
  instance.architecture = Text(item, "architecture");
  instance.virtualization = Text(item, "virtualizationType");
  instance.root_device_type = Text(item, "rootDeviceType");
  instance.has_ena = Text(item, "enaSupport") == "true";
  instance.client_token = Text(item, "clientToken");
  instance.is_spot = Text(item, "instanceLifecycle") == "spot";
  instance.spot_request_id = Text(item, "spotInstanceRequestId");
  instance.reason_code = Text(item, "stateReason/code");
  instance.reason = Text(item, "stateReason/message");
  instance.transition_at = TimeIn(Text(item, "reason"));
  instance.tags = TagsOf(item);
  for (pugi::xml_node disk : Items(item, "blockDeviceMapping")) {
    if (std::string id = Text(disk, "ebs/volumeId"); !id.empty()) instance.volumes.push_back(id);
  }
  for (pugi::xml_node interface : Items(item, "networkInterfaceSet")) {
    TRY_ASSIGN(std::string id, NeedText(interface, "networkInterfaceId"));
    instance.interfaces.push_back(std::move(id));
  }
  return instance;
}

Result<InstanceStatus> ParseStatus(pugi::xml_node item) {
  InstanceStatus status;
  TRY_ASSIGN(status.instance_id, NeedText(item, "instanceId"));
  TRY_ASSIGN(status.state, NeedText(item, "instanceState/name"));
  status.system_status = Text(item, "systemStatus/status");
  status.instance_status = Text(item, "instanceStatus/status");
  for (pugi::xml_node node : Items(item, "eventsSet")) {
    ScheduledEvent event;
    event.instance_id = status.instance_id;
    TRY_ASSIGN(event.code, NeedText(node, "code"));
    TRY_ASSIGN(event.not_before, MaybeInstant(node, "notBefore"));
    event.description = Text(node, "description");
    status.events.push_back(std::move(event));
  }
  return status;
}

}  // namespace

std::string_view InstanceStateName(InstanceState state) {
  for (const StateRow& row : kStates) {
    if (row.state == state) return row.name;
  }
  return "";
}

Result<std::vector<Instance>> DescribeInstances(Caller& caller, const Selection& selection) {
  Query query = Select("DescribeInstances", "InstanceId", selection);
  if (selection.ids.empty()) query.SetInt("MaxResults", 1000);
  std::vector<Instance> instances;
  TRY(ForEachItem(caller, query, "reservationSet", [&](pugi::xml_node reservation) -> Status {
    for (pugi::xml_node item : Items(reservation, "instancesSet")) {
      TRY_ASSIGN(Instance instance, ParseInstance(item));
      instances.push_back(std::move(instance));
    }
    return {};
  }));
  return instances;
}

Result<std::vector<InstanceStatus>> DescribeInstanceStatus(Caller& caller,
                                                           const Selection& selection) {
  Query query = Select("DescribeInstanceStatus", "InstanceId", selection);
  query.SetFlag("IncludeAllInstances", true);
  return Ec2List<InstanceStatus>(caller, query, "instanceStatusSet", &ParseStatus);
}

Result<InstanceState> TerminateInstance(Caller& caller, const std::string& id) {
  Query query = Ec2Query("TerminateInstances");
  query.Set("InstanceId.1", id);
  TRY_ASSIGN(const XmlAnswer answer, Ec2Change(caller, query, Effect::kRemoving));
  for (pugi::xml_node item : Items(answer.root(), "instancesSet")) {
    if (Text(item, "instanceId") != id) continue;
    Result<InstanceState> state = ParseState(item, "currentState/name");
    if (!state.ok()) return UnreadChange(state.error());
    return state;
  }
  return Ambiguous("ec2 TerminateInstances: the answer does not speak of " + id + "; ask again");
}

Result<std::string> GetConsoleOutput(Caller& caller, const std::string& instance_id) {
  Query query = Ec2Query("GetConsoleOutput");
  query.Set("InstanceId", instance_id).SetFlag("Latest", true);
  TRY_ASSIGN(const XmlAnswer answer, Ec2Read(caller, query));
  Result<std::string> text = FromBase64(Text(answer.root(), "output"));
  if (!text.ok()) return text.error().Within("ec2 GetConsoleOutput " + instance_id);
  return text;
}

Status CreateTags(Caller& caller, const std::vector<std::string>& resource_ids, const Tags& tags) {
  Query query = Ec2Query("CreateTags");
  query.SetList("ResourceId", resource_ids).SetTags("Tag", tags);
  return Ec2Done(caller, query, Effect::kRepeatable);
}

Status DeleteTags(Caller& caller, const std::vector<std::string>& resource_ids,
                  const std::vector<std::string>& keys) {
  Query query = Ec2Query("DeleteTags");
  query.SetList("ResourceId", resource_ids);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    query.Set("Tag." + std::to_string(i + 1) + ".Key", keys[i]);
  }
  return Ec2Done(caller, query, Effect::kRepeatable);
}

}  // namespace mayfly::aws
