#include "adapters/aws/host/ec2_host_cloud.h"

#include <fmt/format.h>

#include <algorithm>

#include "adapters/aws/ec2_hosts.h"
#include "adapters/aws/ec2_instances.h"
#include "adapters/aws/ec2_things.h"
#include "adapters/aws/provider/machine_names.h"
#include "adapters/aws/ssm.h"
#include "base/text.h"

namespace mayfly::aws {
namespace {

constexpr Duration kLook = milliseconds(500);  // between two questions whether a script has ended
constexpr std::string_view kGroupTag = "aws:autoscaling:groupName";

HostState StateOf(InstanceState state) {
  switch (state) {
    case InstanceState::kPending:
      return HostState::kPending;
    case InstanceState::kRunning:
      return HostState::kRunning;
    case InstanceState::kStopping:
      return HostState::kStopping;
    case InstanceState::kStopped:
      return HostState::kStopped;
    case InstanceState::kShuttingDown:
      return HostState::kShuttingDown;
    case InstanceState::kTerminated:
      return HostState::kTerminated;
  }
  return HostState::kTerminated;
}

Host FromOutside(const Instance& instance, const std::string& region) {
  Host host;
  host.id = instance.id;
  host.name = TagValue(instance.tags, "Name");
  host.type = instance.type;
  host.region = region;
  host.zone = instance.zone;
  host.architecture = instance.architecture;
  host.virtualization = instance.virtualization;
  host.state = StateOf(instance.state);
  host.reason = instance.reason.empty() ? instance.reason_code : instance.reason;
  host.died_starting =
      instance.state == InstanceState::kStopped && instance.reason_code.starts_with("Server.");
  host.is_spot = instance.is_spot;
  host.has_ena = instance.has_ena;
  host.is_root_on_ebs = instance.root_device_type != "instance-store";
  host.group = TagValue(instance.tags, kGroupTag);
  host.public_ip = instance.public_ip;
  host.private_ip = instance.private_ip;
  host.mark = TagValue(instance.tags, kResizeTag);
  return host;
}

}  // namespace

Result<Host> Ec2HostCloud::HostOf(const Instance& instance) {
  Host host = FromOutside(instance, caller_.endpoints().region());
  TRY_ASSIGN(const std::vector<Address> addresses,
             DescribeAddresses(caller_, {{}, {{"instance-id", {instance.id}}}}));
  host.keeps_address = !addresses.empty();
  if (instance.volumes.empty()) return host;
  TRY_ASSIGN(const std::vector<Volume> volumes, DescribeVolumes(caller_, {instance.volumes, {}}));
  for (const Volume& volume : volumes) host.disks.push_back({volume.id, volume.type, volume.gib});
  return host;
}

Result<std::vector<Host>> Ec2HostCloud::Find(const std::string& name) {
  Selection selection;
  if (name.starts_with("i-")) {
    selection.ids = {name};
  } else {
    selection.filters = {{"tag:Name", {name}}};
  }
  TRY_ASSIGN(const std::vector<Instance> instances, DescribeInstances(caller_, selection));
  if (instances.empty()) {
    return NotFound(fmt::format("no instance in {} is called {}; name it by its id",
                                caller_.endpoints().region(), name));
  }
  std::vector<Host> hosts;
  for (const Instance& instance : instances) {
    TRY_ASSIGN(Host host, HostOf(instance));
    hosts.push_back(std::move(host));
  }
  return hosts;
}

Result<Host> Ec2HostCloud::Look(const std::string& id) {
  TRY_ASSIGN(const std::vector<Instance> instances, DescribeInstances(caller_, {{id}, {}}));
  for (const Instance& instance : instances) {
    if (instance.id == id) return HostOf(instance);
  }
  return Corrupt("ec2 DescribeInstances: the answer does not speak of " + id);
}

Result<HostHealth> Ec2HostCloud::CheckHealth(const std::string& id) {
  TRY_ASSIGN(const std::vector<InstanceStatus> all, DescribeInstanceStatus(caller_, {{id}, {}}));
  for (const InstanceStatus& status : all) {
    if (status.instance_id != id) continue;
    HostHealth health;
    health.is_ok = status.system_status == "ok" && status.instance_status == "ok";
    health.is_bad = status.system_status == "impaired" || status.instance_status == "impaired";
    health.told =
        fmt::format("system {}, instance {}", status.system_status, status.instance_status);
    return health;
  }
  return Unavailable("EC2 does not tell the status of " + id + " yet");
}

Result<std::string> Ec2HostCloud::RunScript(const std::string& id, std::string_view script,
                                            Duration patience) {
  const Duration end = caller_.clock().Mono() + patience;
  TRY_ASSIGN(const std::string command,
             SendCommand(caller_, {id, std::string(script), "mayfly looks what is in use"}));
  while (true) {
    const Result<ShellResult> result = GetCommandInvocation(caller_, command, id);
    const bool is_unknown = !result.ok() && result.error().kind() == ErrorKind::kNotFound;
    if (!result.ok() && !is_unknown) return result.error();
    if (result.ok() && result->status == "Success") return result->out;
    if (result.ok() && result->is_over) {
      return Unavailable(fmt::format("the script on {} ended as {} ({}): {}", id, result->status,
                                     result->code, Trim(result->err.substr(0, 200))));
    }
    if (waiter_.stop_requests() > 1) return Cancelled("stopped while a script ran on " + id);
    if (caller_.clock().Mono() >= end) {
      return Unavailable(
          fmt::format("the script on {} has not ended in {}", id, HumanDuration(patience)));
    }
    waiter_.WaitUntil(caller_.clock().Mono() + kLook);
  }
}

Result<std::vector<HostSnapshot>> Ec2HostCloud::ListSnapshots(const std::string& key) {
  const Filters filters{{"tag:" + std::string(kResizeTag), {key}}};
  TRY_ASSIGN(const std::vector<Snapshot> snapshots, DescribeSnapshots(caller_, {{}, filters}));
  std::vector<HostSnapshot> found;
  for (const Snapshot& one : snapshots) {
    found.push_back({one.id, one.volume_id, one.state, one.progress});
  }
  return found;
}

Status Ec2HostCloud::TakeSnapshot(const SnapshotWish& wish) {
  Tags tags{{"Name", "mayfly " + wish.description},
            {std::string(kResizeTag), wish.key},
            {std::string(kExpiresTag), FormatInstant(wish.expires)}};
  if (!ledger_.empty()) tags.emplace_back(kLedgerTag, ledger_);
  TRY(CreateSnapshot(caller_, {wish.volume_id, wish.description, tags}));
  return {};
}

Status Ec2HostCloud::Stop(const std::string& id) { return StopInstance(caller_, id); }

Status Ec2HostCloud::ChangeType(const std::string& id, const std::string& type) {
  return ModifyInstanceType(caller_, id, type);
}

Status Ec2HostCloud::Start(const std::string& id) { return StartInstance(caller_, id); }

Status Ec2HostCloud::Mark(const std::string& id, const std::string& mark) {
  if (mark.empty()) return DeleteTags(caller_, {id}, {std::string(kResizeTag)});
  return CreateTags(caller_, {id}, {{std::string(kResizeTag), mark}});
}

}  // namespace mayfly::aws
