#pragma once
// EC2: the machines that are there, and their end.

#include <optional>
#include <string>
#include <vector>

#include "adapters/aws/caller.h"
#include "adapters/aws/ec2_answer.h"

namespace mayfly::aws {

enum class InstanceState { kPending, kRunning, kShuttingDown, kTerminated, kStopping, kStopped };
std::string_view InstanceStateName(InstanceState state);

struct Instance {
  std::string id, type, zone, image_id, subnet_id, private_ip, client_token;
  InstanceState state = InstanceState::kPending;
  bool is_spot = false;
  std::string spot_request_id;
  std::optional<Instant> launched;
  // Why it is in its state: "Server.SpotInstanceTermination", "Client.UserInitiatedShutdown", …
  std::string reason_code, reason;
  // When a user's or the system's wish ended it, if EC2 says: "User initiated (… GMT)".
  std::optional<Instant> transition_at;
  std::vector<std::string> volumes, interfaces;
  std::string public_ip, architecture, virtualization;
  std::string root_device_type;  // "ebs", "instance-store"
  bool has_ena = false;          // may be resized to a type that needs it
  Tags tags;
};

// May not show for some seconds what was launched, and shows for an hour what was terminated.
Result<std::vector<Instance>> DescribeInstances(Caller& caller, const Selection& selection);

// What the provider has planned for an instance ("instance-stop", …).
struct ScheduledEvent {
  std::string instance_id, code, description;
  std::optional<Instant> not_before;
};
struct InstanceStatus {
  std::string instance_id, state;
  std::string system_status, instance_status;  // "ok", "impaired", "initializing", …
  std::vector<ScheduledEvent> events;
};
// Of instances in any state.
Result<std::vector<InstanceStatus>> DescribeInstanceStatus(Caller& caller,
                                                           const Selection& selection);

// One instance a call, since one wrong id fails all of them. The state it is in now; ending one
// that ends already is fine. kNotFound: it is not there, or not visible yet; only whoever saw it
// before, or has waited, may take that for its end.
Result<InstanceState> TerminateInstance(Caller& caller, const std::string& id);

// The last words of a machine; empty where there are none yet.
Result<std::string> GetConsoleOutput(Caller& caller, const std::string& instance_id);

// Machines are tagged at birth; this is for what cannot be.
Status CreateTags(Caller& caller, const std::vector<std::string>& resource_ids, const Tags& tags);
// Whatever their values; tags that are not there are fine.
Status DeleteTags(Caller& caller, const std::vector<std::string>& resource_ids,
                  const std::vector<std::string>& keys);

}  // namespace mayfly::aws
