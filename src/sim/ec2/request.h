#pragma once
// What is asked of the cloud to make machines, as values: two requests are the same for a client
// token where they compare equal.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/ec2/catalogue.h"

namespace mayfly::ec2 {

using Tags = std::map<std::string, std::string>;

// Tags by the type of resource they are for: "instance", "volume", "network-interface", …
using TagsByResource = std::map<std::string, Tags>;

struct DiskRequest {
  std::string device = "/dev/xvda";
  int size_gib = 8;
  std::string type = "gp3";
  std::optional<int> iops;
  std::optional<int> throughput;
  bool encrypted = false;
  bool delete_on_termination = true;
  friend bool operator==(const DiskRequest&, const DiskRequest&) = default;
};

struct MetadataOptions {
  bool tokens_required = false;
  bool endpoint_enabled = true;
  int hop_limit = 1;
  bool instance_tags = false;
  friend bool operator==(const MetadataOptions&, const MetadataOptions&) = default;
};

enum class OnShutdown { kStop, kTerminate };

// One kind of machine: what a launch template holds, and what RunInstances asks for.
struct MachineRequest {
  std::string image;
  std::string type;
  std::string subnet;  // empty: that of the zone, or of the first zone
  std::string zone;
  std::vector<std::string> groups;
  Market market = Market::kOnDemand;
  std::optional<std::int64_t> max_price_micro_usd_h;
  OnShutdown on_shutdown = OnShutdown::kStop;
  std::string user_data;  // decoded
  std::string profile;    // name or ARN of an instance profile
  std::string key_name;
  MetadataOptions metadata;
  bool public_address = false;
  std::vector<DiskRequest> disks;
  TagsByResource tags;
  friend bool operator==(const MachineRequest&, const MachineRequest&) = default;
};

struct RunRequest {
  MachineRequest machine;
  int min_count = 1;
  int max_count = 1;
  std::string token;
  bool dry_run = false;
};

// The pool that a launch draws from.
struct PoolKey {
  std::string type;
  std::string zone;
  Market market = Market::kOnDemand;
  friend auto operator<=>(const PoolKey&, const PoolKey&) = default;
};

struct FleetOverride {
  std::string type;
  std::string subnet;
  std::string zone;
  std::string image;
  std::optional<std::int64_t> max_price_micro_usd_h;
  std::optional<double> priority;
  int weight = 1;
  friend bool operator==(const FleetOverride&, const FleetOverride&) = default;
};

struct TemplateRef {
  std::string id;
  std::string name;
  std::string version;  // "$Latest", "$Default" or a number
  friend bool operator==(const TemplateRef&, const TemplateRef&) = default;
};

struct FleetRequest {
  std::string type = "instant";
  TemplateRef from;
  std::vector<FleetOverride> overrides;
  std::string spot_strategy = "lowest-price";
  std::string on_demand_strategy = "lowest-price";
  Market default_market = Market::kOnDemand;
  int target = 1;
  int min_target = 0;
  bool single_type = false;
  bool single_zone = false;
  TagsByResource tags;
  friend bool operator==(const FleetRequest&, const FleetRequest&) = default;
};

}  // namespace mayfly::ec2
