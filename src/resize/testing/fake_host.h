#pragma once
// For tests: one host in a cloud that does what it is told, on a clock that moves only by waiting.

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "resize/journal.h"
#include "seams/clock.h"
#include "seams/host_cloud.h"

namespace mayfly::resize::testing {

inline constexpr const char* kHost = "i-0123456789abcdef0";

class ManualClock final : public Clock {
 public:
  Instant Wall() override { return MakeInstant(2026, 11, 28) + now; }
  Duration Mono() override { return now; }
  Duration now = seconds(1000);
};

// What a host says of itself, of a type of so many processors and so much memory.
inline std::string Says(int vcpus, int memory_mib, const std::string& more = "") {
  const std::int64_t kib = std::int64_t{memory_mib} * 1000;
  return "mayfly-probe 1\nvcpus " + std::to_string(vcpus) +
         "\nmemory MemTotal: " + std::to_string(kib) +
         "\nmemory MemAvailable: " + std::to_string(kib / 2) +
         "\nmemory SwapTotal: 0\nmemory SwapFree: 0\nload15 0.10\n" + more + "mayfly-probe end\n";
}

// States that pass do so with the second look at them.
class FakeHost final : public HostCloud {
 public:
  FakeHost() {
    host.id = kHost;
    host.name = "master";
    host.type = "t3.2xlarge";
    host.region = "us-east-1";
    host.zone = "us-east-1a";
    host.architecture = "x86_64";
    host.virtualization = "hvm";
    host.has_ena = true;
    host.public_ip = "198.51.100.1";
    host.private_ip = "10.0.0.10";
    host.disks = {{"vol-1", "gp3", 400}};
  }

  Result<std::vector<Host>> Find(const std::string&) override { return std::vector<Host>{host}; }
  Result<Host> Look(const std::string&) override {
    TRY(Meet("Look"));
    if (std::exchange(changes_next_, true)) PassOn();
    return host;
  }
  Result<HostHealth> CheckHealth(const std::string&) override {
    TRY(Meet("CheckHealth"));
    return HostHealth{.is_ok = is_healthy, .is_bad = !is_healthy, .told = "told"};
  }
  Result<std::string> RunScript(const std::string&, std::string_view, Duration) override {
    TRY(Meet("RunScript"));
    return says.contains(host.type) ? says.at(host.type) : "";
  }
  Result<std::vector<HostSnapshot>> ListSnapshots(const std::string& key) override {
    TRY(Meet("ListSnapshots"));
    std::vector<HostSnapshot> found = snapshots[key];
    for (HostSnapshot& one : snapshots[key]) one.state = snapshot_state;
    return found;
  }
  Status TakeSnapshot(const SnapshotWish& wish) override {
    TRY(Meet("TakeSnapshot"));
    snapshots[wish.key].push_back({"snap-" + wish.volume_id, wish.volume_id, "pending", "0%"});
    return {};
  }
  Status Stop(const std::string&) override {
    TRY(Meet("Stop"));
    if (host.state == HostState::kRunning) Become(HostState::kStopping);
    return {};
  }
  Status ChangeType(const std::string&, const std::string& type) override {
    TRY(Meet("ChangeType"));
    CHECK(host.state == HostState::kStopped, "only a stopped host can be changed");
    host.type = type;
    return {};
  }
  Status Start(const std::string&) override {
    TRY(Meet("Start"));
    if (host.type == no_capacity_for) return Exhausted("InsufficientInstanceCapacity");
    if (host.state == HostState::kStopped) Become(HostState::kPending);
    return {};
  }
  Status Mark(const std::string&, const std::string& mark) override {
    TRY(Meet("Mark"));
    host.mark = mark;
    return {};
  }

  Host host;
  bool is_healthy = true, dies_starting = false;
  std::string no_capacity_for, snapshot_state = "completed";
  std::map<std::string, std::string> says{{"t3.2xlarge", Says(8, 32768)},
                                          {"t3.small", Says(2, 2048)}};
  std::map<std::string, std::vector<HostSnapshot>> snapshots;  // by key
  std::map<std::string, std::vector<Error>> failures;          // by verb: the next ones, used up
  std::map<std::string, Error> always;
  std::vector<std::string> calls;  // of what changes something

 private:
  Status Meet(const std::string& verb) {
    if (!verb.starts_with("Look") && !verb.starts_with("Check") && !verb.starts_with("List")) {
      calls.push_back(verb);
    }
    if (const auto found = always.find(verb); found != always.end()) return found->second;
    std::vector<Error>& next = failures[verb];
    if (next.empty()) return {};
    const Error error = next.front();
    next.erase(next.begin());
    return error;
  }
  void Become(HostState state) {
    host.state = state;
    changes_next_ = false;
  }
  void PassOn() {
    if (host.state == HostState::kStopping) {
      host.state = HostState::kStopped;
      if (!host.keeps_address) host.public_ip.clear();
    } else if (host.state == HostState::kPending && dies_starting && host.type == "t3.small") {
      host.state = HostState::kStopped;
      host.died_starting = true;
      host.reason = "Server.InsufficientInstanceCapacity";
    } else if (host.state == HostState::kPending) {
      host.state = HostState::kRunning;
      host.died_starting = false;
      if (!host.keeps_address) host.public_ip = "198.51.100.2";
    }
  }
  bool changes_next_ = true;
};

// As it is approved.
inline Journal Approved(const FakeHost& fake) {
  Journal journal;
  journal.host = fake.host.id;
  journal.name = fake.host.name;
  journal.region = fake.host.region;
  journal.from = "t3.2xlarge";
  journal.to = "t3.small";
  journal.from_size = {8, 32768};
  journal.to_size = {2, 2048};
  journal.approved = MakeInstant(2026, 11, 28);
  journal.address = fake.host.public_ip;
  journal.keeps_address = fake.host.keeps_address;
  journal.was_seen = true;
  journal.volumes = {"vol-1"};
  journal.snapshots_expire = MakeInstant(2026, 12, 5);
  return journal;
}

}  // namespace mayfly::resize::testing
