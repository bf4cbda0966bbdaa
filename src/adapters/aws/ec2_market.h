#pragma once
// EC2: what can be had where, and at which price.

#include <optional>
#include <string>
#include <vector>

#include "adapters/aws/caller.h"
#include "adapters/aws/ec2_answer.h"
#include "base/money.h"

namespace mayfly::aws {

struct InstanceType {
  std::string name;
  std::int64_t vcpus = 0, memory_mib = 0;
  std::optional<std::int64_t> default_cores, default_threads_per_core;
  std::vector<std::string> architectures;    // "x86_64", "arm64"
  std::vector<std::string> virtualizations;  // "hvm", "paravirtual"
  bool has_spot = false, has_on_demand = false, is_nitro = false;
  bool has_instance_storage = false;  // disks that are emptied when it stops
  bool needs_ena = false, is_burstable = false;
};
Result<std::vector<InstanceType>> DescribeInstanceTypes(Caller& caller,
                                                        const std::vector<std::string>& names);

struct Offering {
  std::string instance_type, zone;
};
// In which zones of the region each type is offered; all zones where none is named.
Result<std::vector<Offering>> DescribeInstanceTypeOfferings(
    Caller& caller, const std::vector<std::string>& instance_types);

struct Zone {
  std::string name, id;  // "us-east-1a", "use1-az4": the name is the account's own
  bool is_available = false;
};
Result<std::vector<Zone>> DescribeAvailabilityZones(Caller& caller);

struct SpotPrice {
  std::string instance_type, zone, product;
  Money per_hour;
  Instant since;
};
struct SpotPriceQuestion {
  std::vector<std::string> instance_types;
  std::string zone;  // empty: all
  std::string product = "Linux/UNIX";
  // The price in force at a time was set before it: ask from a day earlier.
  std::optional<Instant> from, to;
};
// Newest first within a pool.
Result<std::vector<SpotPrice>> DescribeSpotPriceHistory(Caller& caller,
                                                        const SpotPriceQuestion& question);

struct PlacementScore {
  std::string region, zone_id;  // map to names with DescribeAvailabilityZones
  std::int64_t score = 0;       // 1 to 10, good for now only
};
struct PlacementQuestion {
  std::vector<std::string> instance_types;  // below three the score is always low
  std::vector<std::string> regions;
  std::int64_t count = 1;
};
// New questions are limited a day; keep the answers by question. kExhausted: the limit.
Result<std::vector<PlacementScore>> GetSpotPlacementScores(Caller& caller,
                                                           const PlacementQuestion& question);

}  // namespace mayfly::aws
