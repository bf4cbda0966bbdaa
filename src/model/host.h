#pragma once
// A host that stays: what is known of it from outside and from inside, and of the type that it is
// to have. Plain values.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace mayfly {

enum class HostState { kPending, kRunning, kStopping, kStopped, kShuttingDown, kTerminated };
std::string_view Name(HostState state);  // "running"

struct HostDisk {
  std::string id, type;  // "vol-…", "gp3"
  std::int64_t gib = 0;
};

// From outside.
struct Host {
  std::string id, name;  // name: its tag Name, for people
  std::string type, region, zone, architecture, virtualization;
  HostState state = HostState::kRunning;
  std::string reason;          // why it is in its state: a code and a sentence
  bool died_starting = false;  // it is stopped because a start that was accepted failed
  bool is_spot = false;
  bool has_ena = false;  // its image knows the network device of newer types
  bool is_root_on_ebs = true;
  std::string group;  // the Auto Scaling group that would replace it
  std::string public_ip, private_ip;
  bool keeps_address = false;   // an allocated one, which stays with it
  std::vector<HostDisk> disks;  // EBS
  std::string mark;             // of a resize that is open; empty: none
};

// What the cloud's own checks say of one that runs.
struct HostHealth {
  bool is_ok = false, is_bad = false;  // neither: they have not ended
  std::string told;                    // "system ok, instance initializing"
};

struct HostType {
  std::string name;
  std::int64_t vcpus = 0, memory_mib = 0;
  std::vector<std::string> architectures, virtualizations;
  bool needs_ena = false, has_instance_storage = false, has_on_demand = true;
};

struct MountUse {
  std::string mount, device;
  std::int64_t size_kib = 0, used_kib = 0;
};

struct Tenant {
  std::string command, user;
  std::int64_t rss_kib = 0;
};

// A unit that runs now; only an enabled one is started again at the next boot.
struct HostService {
  std::string name;
  bool starts_at_boot = false;
};

// That listens now. Its unit: the service whose main process holds it, or the socket unit that has
// systemd hold it; empty: none is known, as of what a person started or a container was given.
struct HostSocket {
  std::string address;  // "0.0.0.0:5432"
  std::string unit;
  bool starts_at_boot = false;
};

// From inside, at one moment.
struct HostUse {
  std::int64_t vcpus = 0;
  std::int64_t memory_kib = 0, used_kib = 0, swap_used_kib = 0;
  std::optional<std::int64_t> high_water_kib;  // of memory, as far back as somebody kept it
  double load15 = 0;
  std::vector<MountUse> mounts;
  std::vector<HostService> services;
  std::vector<HostSocket> sockets;
  std::vector<Tenant> tenants;      // the largest processes first
  std::vector<std::string> stores;  // disks of the instance store that are in use
  std::vector<std::string> unseen;  // what it has no tool to tell: "services", "sockets"
};

struct HostSnapshot {
  std::string id, volume_id, state, progress;  // state: "pending", "completed", "error"
};

}  // namespace mayfly
