#pragma once
// EC2: asking for machines. Each call takes a token: the same one again is the same machine.

#include <optional>
#include <string>
#include <vector>

#include "adapters/aws/caller.h"
#include "adapters/aws/query.h"
#include "base/money.h"

namespace mayfly::aws {

// The root volume; it dies with the machine.
struct RootDisk {
  std::string device = "/dev/xvda";  // the image's root device
  int gib = 100;
  std::string type = "gp3";
  std::optional<int> iops, throughput;
  bool is_encrypted = true;
};

// Its one interface; it dies with the machine.
struct Network {
  std::string subnet_id;  // empty: the zone's default, or an override's
  std::vector<std::string> security_groups;
  bool has_public_address = false;
};

// One-time, ended when it is taken back.
struct Spot {
  std::optional<Money> highest_price;  // an hour; absent: up to On-Demand's, as AWS advises
};

struct CpuOptions {
  int cores = 1, threads_per_core = 2;
};

// IMDSv2 with one hop, no key pair, and a shutdown from inside that terminates: always.
struct InstanceRequest {
  std::string client_token;  // at most 64 characters
  std::string image_id, instance_type;
  std::string user_data;         // as it is; at most 16 KiB
  std::string instance_profile;  // a name or an ARN
  std::string zone;              // empty: that of the subnet
  Network network;
  std::optional<RootDisk> disk;
  std::optional<Spot> spot;
  std::optional<CpuOptions> cpu;
  Tags tags;  // of instance, volume, interface and Spot request, from birth
  std::string launch_template_id, launch_template_version;
};

struct Launched {
  std::string instance_id, instance_type, zone, subnet_id;
  bool is_spot = false;
};

// A refusal, and the pool that it is about as far as AWS said.
struct PoolRefusal {
  Refusal refusal;
  std::string instance_type, zone, subnet_id;
};

// Instances and refusals can come together.
struct LaunchAnswer {
  std::vector<Launched> instances;
  std::vector<PoolRefusal> refusals;  // what passes by itself (throttling) first
  std::string fleet_id;
};

// One machine. A refusal is in the answer and not an error; the kinds of error are those of
// Caller::Exchange.
Result<LaunchAnswer> RunInstances(Caller& caller, const InstanceRequest& request);

// Whether RunInstances would be allowed; starts nothing. kDenied and others as AWS says.
Status DryRunInstances(Caller& caller, const InstanceRequest& request);
// The same of any action of EC2.
Status DryRun(Caller& caller, Query query);

struct LaunchTemplateRequest {
  std::string client_token, name;
  InstanceRequest machine;  // its token is not used; what is empty is left to the fleet
};
// Its id.
Result<std::string> CreateLaunchTemplate(Caller& caller, const LaunchTemplateRequest& request);
// One that is gone already is kNotFound.
Status DeleteLaunchTemplate(Caller& caller, const std::string& id);

struct FleetOverride {
  std::string instance_type, subnet_id, zone;
  std::optional<Money> highest_price;
  std::optional<int> priority;
};

// An instant fleet: the answer says at once what was had, and nothing more is started.
struct FleetRequest {
  std::string client_token;
  std::string launch_template_id, launch_template_version = "1";
  std::vector<FleetOverride> overrides;  // pools: type and subnet
  bool is_spot = true;
  int count = 1;
  std::string strategy;  // empty: price-capacity-optimized for Spot, else lowest-price
  Tags tags;             // of the fleet; those of the machine are the template's
};
// No capacity anywhere is an answer without instances.
Result<LaunchAnswer> CreateFleet(Caller& caller, const FleetRequest& request);
// Terminates the fleet's instances too, always. Errors name what AWS refused.
Status DeleteFleet(Caller& caller, const std::string& id);

// The bodies, for the tests of the wire format.
Query RunInstancesQuery(const InstanceRequest& request);
Query LaunchTemplateQuery(const LaunchTemplateRequest& request);
Query FleetQuery(const FleetRequest& request);

}  // namespace mayfly::aws
