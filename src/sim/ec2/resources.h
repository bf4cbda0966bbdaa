#pragma once
// The things that exist in the cloud, as data. Everything that is billed, or would be residue,
// keeps its record for ever: the bill is made from them.

#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "sim/ec2/answer.h"
#include "sim/ec2/request.h"

namespace mayfly::ec2 {

enum class InstanceState {
  kPending = 0,
  kRunning = 16,
  kShuttingDown = 32,
  kTerminated = 48,
  kStopping = 64,
  kStopped = 80,
};
std::string_view StateName(InstanceState state);

// A stretch of running, open where it has not ended, and as what type.
struct Span {
  Instant from;
  std::optional<Instant> to;
  std::string type;
};

struct StateReason {
  std::string code;
  std::string message;
};

// How the cloud takes an instance back: each of the three may be missing, and what lies in the
// future is not known to anybody yet.
struct Taking {
  std::optional<Instant> recommends_at;  // a rebalance recommendation
  std::optional<Instant> tells_at;       // the interruption notice
  std::optional<Instant> takes_at;
  std::string action = "terminate";
};

struct MaintenanceEvent {
  std::string id;
  std::string code = "instance-retirement";
  std::string description = "The instance is running on degraded hardware";
  Instant not_before;
};

struct Instance {
  std::string id;
  std::string reservation;
  MachineRequest asked;  // subnet, zone, groups and disks filled in
  std::string token;
  std::string fleet;  // empty: RunInstances
  InstanceState state = InstanceState::kPending;
  StateReason reason;
  Instant launched;
  std::optional<Instant> changes_at;  // when the state goes on by itself
  std::optional<Instant> ended;       // terminated
  std::vector<Span> ran;              // running, for the bill
  std::string death;                  // it will die in pending, with this code
  bool was_reclaimed = false;
  bool is_stop_protected = false;  // attribute disableApiStop
  std::string interface;
  std::string request;  // Spot request
  std::vector<std::string> volumes;
  std::string private_ip;
  std::string public_ip;
  Tags tags;
  std::optional<Taking> taking;
  std::vector<MaintenanceEvent> events;
  PoolKey pool() const { return {asked.type, asked.zone, asked.market}; }
  bool is_alive() const { return state != InstanceState::kTerminated; }
};

struct Volume {
  std::string id;
  DiskRequest disk;
  std::string zone;
  std::string instance;  // empty: attached to none
  Instant created;
  std::optional<Instant> deletes_at;
  std::optional<Instant> deleted;
  Tags tags;
};

struct NetworkInterface {
  std::string id;
  std::string subnet;
  std::string instance;  // empty: attached to none
  std::string private_ip;
  std::vector<std::string> groups;
  std::string description;
  Instant created;
  std::optional<Instant> deletes_at;
  std::optional<Instant> deleted;
  Tags tags;
};

// A public IPv4 address: one given at launch has no allocation id and goes with its instance.
struct Address {
  std::string allocation;
  std::string ip;
  std::string instance;
  Instant created;
  std::optional<Instant> deletes_at;
  std::optional<Instant> deleted;
  Tags tags;
};

struct SpotRequest {
  std::string id;
  std::string instance;
  std::string state = "active";  // active, closed, cancelled
  std::string status = "fulfilled";
  Instant created;
  std::optional<Instant> closes_at;
  Tags tags;
};

struct Snapshot {
  std::string id;
  std::string volume;
  int size_gib = 0;
  std::string description;
  Instant created;
  Instant completes_at;
  bool is_encrypted = false;  // as its volume
  bool fails = false;         // it ends in error instead of being complete
  std::optional<Instant> deleted;
  Tags tags;
};

// A stretch at one floor, open where it has not ended.
struct FloorSpan {
  Instant from;
  std::optional<Instant> to;
  double units = 0;
};

// An Aurora Serverless v2 cluster of RDS.
struct DbCluster {
  std::string id, arn;
  double least = 0.5, most = 16;
  Instant changed_until;
  std::vector<FloorSpan> floors;
  Tags tags;
};

// An image of this account's, made from a snapshot.
struct OwnImage {
  std::string id;
  std::string name;
  std::string snapshot;
  Instant created;
  std::optional<Instant> deleted;
  Tags tags;
};

// A security group that was made, beside those that are there from the start.
struct OwnGroup {
  std::string id;
  std::string name;
  std::string description;
  std::string vpc;
  Instant created;
  std::optional<Instant> deleted;
  Tags tags;
};

struct LaunchTemplate {
  std::string id;
  std::string name;
  std::vector<MachineRequest> versions;  // from 1
  Instant created;
  std::optional<Instant> deleted;
  Tags tags;
};

struct FleetError {
  PoolKey pool;
  FleetOverride asked;
  Refusal why;
};

struct Fleet {
  std::string id;
  FleetRequest asked;
  std::vector<std::string> instances;
  std::vector<FleetError> errors;
  Instant created;
  std::optional<Instant> deleted;
  Tags tags;
};

// A one-shot schedule that terminates instances, as EventBridge Scheduler has them.
struct Schedule {
  std::string name;
  std::string group = "default";
  Instant at;
  std::vector<std::string> instances;
  bool delete_when_done = false;
  std::string target;  // as given, JSON
  Instant created;
  std::optional<Instant> fired;
  std::optional<Instant> deleted;
};

struct QuotaRequest {
  std::string id;
  std::string code;
  double desired = 0;
  std::vector<std::string> states;  // that it will have, one a step
  std::size_t state = 0;
  Duration step{};
  bool is_applied = true;
  Instant created;
  const std::string& status() const { return states[state]; }
};

struct Quota {
  std::string code;
  std::string name;
  double value = 0;
  double default_value = 0;
  bool is_adjustable = true;
};

}  // namespace mayfly::ec2
