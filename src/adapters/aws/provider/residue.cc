#include "adapters/aws/provider/residue.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "adapters/aws/ec2_things.h"
#include "adapters/aws/provider/machine_names.h"
#include "adapters/aws/secrets.h"

namespace mayfly::aws {
namespace {

class Finder {
 public:
  Finder(Caller& caller, const std::string& ledger, RunId run)
      : caller_(caller),
        ledger_(ledger),
        run_(run),
        tagged_{.ids = {}, .filters = OfRun(ledger, run)} {}

  Result<ResidueLook> Find() {
    TRY_ASSIGN(const std::vector<Instance> instances, DescribeInstances(caller_, tagged_));
    AddInstances(instances);
    TRY(AddDisksAndNetwork());
    TRY(AddSnapshots());
    TRY(AddSpotRequests(instances));
    TRY(AddTemplatesAndFleets(instances));
    TRY(AddParameters());
    return std::move(look_);
  }

 private:
  void LookFor(const char* kind) { look_.kinds.emplace_back(kind); }
  void Add(std::string kind, std::string name) {
    look_.found.push_back({std::move(kind), std::move(name)});
  }

  void AddInstances(const std::vector<Instance>& instances) {
    LookFor("instance");
    for (const Instance& one : instances) {
      if (one.state == InstanceState::kTerminated) continue;
      Add("instance", fmt::format("{} ({})", one.id, InstanceStateName(one.state)));
    }
  }

  Status AddDisksAndNetwork() {
    for (const char* kind : {"volume", "network interface", "address"}) LookFor(kind);
    TRY_ASSIGN(const std::vector<Volume> volumes, DescribeVolumes(caller_, tagged_));
    for (const Volume& one : volumes) Add("volume", fmt::format("{} ({})", one.id, one.state));
    TRY_ASSIGN(const std::vector<NetworkInterface> interfaces,
               DescribeNetworkInterfaces(caller_, tagged_));
    for (const NetworkInterface& one : interfaces) {
      Add("network interface", fmt::format("{} ({})", one.id, one.status));
    }
    TRY_ASSIGN(const std::vector<Address> addresses, DescribeAddresses(caller_, tagged_));
    for (const Address& one : addresses) Add("address", one.public_ip);
    return {};
  }

  // One that is kept stands until it expires.
  Status AddSnapshots() {
    TRY_ASSIGN(const std::vector<Snapshot> snapshots, DescribeSnapshots(caller_, tagged_));
    for (const Snapshot& one : snapshots) {
      if (HasExpired(one.tags, caller_.clock().Wall())) {
        Add("expired snapshot", fmt::format("{} ({})", one.id, one.state));
      }
    }
    return {};
  }

  // One of a machine that has ended counts against the Spot quota until it is closed.
  Status AddSpotRequests(const std::vector<Instance>& instances) {
    LookFor("Spot request");
    TRY_ASSIGN(std::vector<SpotRequest> requests, DescribeSpotRequests(caller_, tagged_));
    std::set<std::string> seen;
    for (const SpotRequest& one : requests) seen.insert(one.id);
    for (const Instance& instance : instances) {
      const std::string& id = instance.spot_request_id;
      if (id.empty() || !seen.insert(id).second) continue;
      Result<std::vector<SpotRequest>> one =
          DescribeSpotRequests(caller_, {.ids = {id}, .filters = {}});
      const bool is_gone = !one.ok() && one.error().kind() == ErrorKind::kNotFound;
      if (is_gone) continue;
      if (!one.ok()) return one.error();
      requests.insert(requests.end(), one->begin(), one->end());
    }
    for (const SpotRequest& one : requests) {
      const bool is_open = one.state == "open" || one.state == "active";
      if (is_open) Add("Spot request", fmt::format("{} ({})", one.id, one.state));
    }
    return {};
  }

  Status AddTemplatesAndFleets(const std::vector<Instance>& instances) {
    for (const char* kind : {"launch template", "fleet"}) LookFor(kind);
    TRY_ASSIGN(const std::vector<LaunchTemplate> templates,
               DescribeLaunchTemplates(caller_, tagged_));
    for (const LaunchTemplate& one : templates) Add("launch template", one.id);
    for (const std::string& id : FleetsOf(instances)) {
      TRY_ASSIGN(const bool is_gone, IsFleetGone(caller_, id));
      if (!is_gone) Add("fleet", id);
    }
    return {};
  }

  Status AddParameters() {
    LookFor("parameter");
    TRY_ASSIGN(const std::vector<std::string> names,
               ListParameters(caller_, ParameterFolder(ledger_, run_)));
    for (const std::string& name : names) Add("parameter", name);
    return {};
  }

  Caller& caller_;
  const std::string& ledger_;
  RunId run_;
  Selection tagged_;
  ResidueLook look_;
};

}  // namespace

Result<ResidueLook> ListResidue(Caller& caller, const std::string& ledger, RunId run) {
  return Finder(caller, ledger, run).Find();
}

std::vector<std::string> FleetsOf(const std::vector<Instance>& instances) {
  std::set<std::string> ids;
  for (const Instance& instance : instances) {
    const std::string_view id = TagValue(instance.tags, kFleetTag);
    if (!id.empty()) ids.emplace(id);
  }
  return {ids.begin(), ids.end()};
}

Result<bool> IsFleetGone(Caller& caller, const std::string& id) {
  Result<std::vector<Fleet>> seen = DescribeFleets(caller, {.ids = {id}, .filters = {}});
  if (!seen.ok() && seen.error().kind() == ErrorKind::kNotFound) return true;
  if (!seen.ok()) return seen.error();
  return std::all_of(seen->begin(), seen->end(),
                     [](const Fleet& one) { return one.state.starts_with("deleted"); });
}

}  // namespace mayfly::aws
