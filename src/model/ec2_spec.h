#pragma once
// [machines.ec2] and [machines.setup]: what is rented, where, and how it is made ready.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/kept.h"

namespace mayfly {

// When machines are bought On-Demand.
enum class OnDemandRule { kNever, kAfterSpot, kOnly };

struct Ec2Spec {
  std::string region;                        // empty: as the AWS tools find it
  std::vector<std::string> types;            // any of them does; the cheapest to be had is taken
  std::vector<std::string> smaller;          // allowed where none of `types` is to be had, in order
  std::vector<std::string> zones;            // empty: every zone that has a subnet
  std::vector<std::string> subnets;          // at most one a zone; empty: the zones' default ones
  std::vector<std::string> security_groups;  // ids; empty: the network's default one
  std::string image = "debian-12";           // or an id, "ami-…", or "ssm:NAME"
  std::string instance_profile;              // name or ARN: what the machine may do
  std::string scheduler_role;                // name or ARN: whom AWS ends machines as; empty: never
  std::string bucket;                        // where its program is fetched from
  OnDemandRule on_demand = OnDemandRule::kNever;
  Duration on_demand_after = minutes(10);  // how long Spot is tried first
  int disk_gib = 100;
  std::string disk_type = "gp3";
  bool public_address = false;
  std::map<std::string, std::string> tags;  // of the user's own, on everything
  std::optional<SnapshotSpec> snapshot;     // absent: no disk is kept
  friend bool operator==(const Ec2Spec&, const Ec2Spec&) = default;
};

// What a rented machine does once, before its first task.
struct SetupSpec {
  std::vector<std::string> commands;  // each by the shell, as root; one that fails ends the machine
  Duration timeout = minutes(10);     // for all of them
  std::optional<std::int64_t> swap_bytes;  // a stated safety: absent, the machine has none
  friend bool operator==(const SetupSpec&, const SetupSpec&) = default;
};

}  // namespace mayfly
