// What a region shows, as things. Only what is there counts: an instance that is terminated, a
// request that is closed, a fleet that is deleted show for a while and hold nothing.

#include <fmt/format.h>

#include <map>

#include "adapters/aws/ec2_instances.h"
#include "adapters/aws/ec2_places.h"
#include "adapters/aws/ec2_things.h"
#include "adapters/aws/provider/ec2_estate.h"
#include "adapters/aws/provider/machine_names.h"
#include "adapters/aws/provider/residue.h"
#include "adapters/aws/rds.h"
#include "adapters/aws/s3.h"
#include "adapters/aws/scheduler.h"
#include "adapters/aws/secrets.h"
#include "model/kept.h"

namespace mayfly::aws {
namespace {

constexpr std::string_view kObjectPrefix = "mayfly/";  // of ours in a bucket
constexpr std::int64_t kGib = std::int64_t{1} << 30;
// What the size of a gp3 volume pays for; more is billed beside it.
constexpr std::int64_t kGp3Iops = 3000, kGp3Throughput = 125;

std::optional<Instant> InstantOf(const Tags& tags, std::string_view key) {
  const std::string_view text = TagValue(tags, key);
  const Result<Instant> instant = ParseInstant(text);
  return instant.ok() && !text.empty() ? std::optional(*instant) : std::nullopt;
}

// Absent: it is no capacity.
std::optional<double> UnitsOf(std::string_view text) {
  const Result<std::int64_t> milli = ParseUnits(text);
  return milli.ok() ? std::optional(static_cast<double>(*milli) / 1000) : std::nullopt;
}

// What its price a month hangs on beside its size.
std::string DiskTypeOf(const Volume& volume) {
  const bool is_faster = volume.iops > kGp3Iops || volume.throughput > kGp3Throughput;
  return volume.type == "gp3" && is_faster ? "gp3, faster" : volume.type;
}

class Looker {
 public:
  Looker(Caller& caller, const EstateSettings& settings) : caller_(caller), settings_(settings) {}

  Result<std::vector<Thing>> Look() {
    TRY(AddInstances());
    TRY(AddFleets());
    TRY(AddSpotRequests());
    TRY(AddInterfaces());
    TRY(AddAddresses());
    TRY(AddVolumes());
    TRY(AddSnapshots());
    TRY(AddGroups());
    TRY(AddTemplates());
    TRY(AddSchedules());
    TRY(AddParameters());
    for (const std::string& bucket : settings_.buckets) TRY(AddUploads(bucket));
    TRY(AddFloors());
    return std::move(things_);
  }

 private:
  Thing& Add(ThingKind kind, const std::string& id, const Tags& tags) {
    Thing thing{.kind = kind, .place = settings_.region, .id = id};
    thing.claim = {std::string(TagValue(tags, kLedgerTag)), RunOf(tags), MachineOf(tags)};
    thing.marked = InstantOf(tags, kOrphanTag);
    return things_.emplace_back(std::move(thing));
  }

  std::string IfAlive(const std::string& instance) const {
    return alive_.contains(instance) ? instance : "";
  }

  Status AddInstances() {
    TRY_ASSIGN(instances_, DescribeInstances(caller_, {}));
    for (const Instance& one : instances_) {
      if (one.state == InstanceState::kTerminated) continue;
      alive_.insert(one.id);
      Thing& thing = Add(ThingKind::kInstance, one.id, one.tags);
      thing.about = one.type;
      thing.state = InstanceStateName(one.state);
      thing.born = one.launched;
      thing.instance_type = one.type;
      thing.zone = one.zone;
      thing.market = one.is_spot ? Market::kSpot : Market::kOnDemand;
      thing.is_stopped =
          one.state == InstanceState::kStopped || one.state == InstanceState::kStopping;
      if (thing.is_stopped) stopped_[one.id] = things_.size() - 1;
    }
    return {};
  }

  // An instant fleet is listed only by its id, and its instances know that. An instance that is
  // alive holds it: deleting the fleet would end it.
  Status AddFleets() {
    TRY_ASSIGN(std::vector<Fleet> fleets, DescribeFleets(caller_, {}));
    std::set<std::string> seen;
    for (const Fleet& fleet : fleets) seen.insert(fleet.id);
    std::map<std::string, std::string> holders;
    for (const Instance& one : instances_) {
      const std::string id(TagValue(one.tags, kFleetTag));
      if (!id.empty() && alive_.contains(one.id)) holders[id] = one.id;
    }
    for (const std::string& id : FleetsOf(instances_)) {
      if (seen.contains(id)) continue;
      Result<std::vector<Fleet>> one = DescribeFleets(caller_, {.ids = {id}, .filters = {}});
      const bool is_gone = !one.ok() && one.error().kind() == ErrorKind::kNotFound;
      if (is_gone) continue;
      if (!one.ok()) return one.error();
      fleets.insert(fleets.end(), one->begin(), one->end());
    }
    for (const Fleet& fleet : fleets) {
      if (fleet.state.starts_with("deleted")) continue;
      Thing& thing = Add(ThingKind::kFleet, fleet.id, fleet.tags);
      thing.state = fleet.state;
      thing.born = fleet.created;
      thing.held_by = holders[fleet.id];
    }
    return {};
  }

  Status AddSpotRequests() {
    TRY_ASSIGN(const std::vector<SpotRequest> requests, DescribeSpotRequests(caller_, {}));
    for (const SpotRequest& one : requests) {
      if (one.state != "open" && one.state != "active") continue;
      Thing& thing = Add(ThingKind::kSpotRequest, one.id, one.tags);
      thing.about = one.instance_type;
      thing.state = one.state;
      thing.born = one.created;
      thing.held_by = IfAlive(one.instance_id);
    }
    return {};
  }

  Status AddInterfaces() {
    TRY_ASSIGN(const std::vector<NetworkInterface> interfaces,
               DescribeNetworkInterfaces(caller_, {}));
    for (const NetworkInterface& one : interfaces) {
      Thing& thing = Add(ThingKind::kInterface, one.id, one.tags);
      thing.about = one.description;
      thing.state = one.status;
      thing.held_by = IfAlive(one.instance_id);
      const bool is_anothers = one.status == "in-use" && one.instance_id.empty();
      if (is_anothers) thing.held_by = "another service";
      for (const std::string& group : one.groups) group_users_[group] = one.id;
    }
    return {};
  }

  Status AddAddresses() {
    TRY_ASSIGN(const std::vector<Address> addresses, DescribeAddresses(caller_, {}));
    for (const Address& one : addresses) {
      Thing& thing = Add(ThingKind::kAddress, one.allocation_id, one.tags);
      thing.about = one.public_ip;
      thing.held_by = one.instance_id.empty() ? one.interface_id : IfAlive(one.instance_id);
    }
    return {};
  }

  Status AddVolumes() {
    TRY_ASSIGN(const std::vector<Volume> volumes, DescribeVolumes(caller_, {}));
    for (const Volume& one : volumes) {
      Thing& thing = Add(ThingKind::kVolume, one.id, one.tags);
      thing.about = fmt::format("{} GB {}", one.gib, one.type);
      thing.state = one.state;
      thing.born = one.created;
      thing.gigabytes = one.gib;
      thing.disk_type = DiskTypeOf(one);
      thing.zone = one.zone;
      thing.held_by = IfAlive(one.instance_id);
      AddToStopped(one);
    }
    return {};
  }

  // A stopped instance of nobody's bills its disks. Of ours they are things of their own.
  void AddToStopped(const Volume& volume) {
    const auto found = stopped_.find(volume.instance_id);
    if (found == stopped_.end()) return;
    Thing& instance = things_[found->second];
    if (!instance.claim.ledger.empty()) return;
    instance.gigabytes += volume.gib;
    const std::string type = DiskTypeOf(volume);
    const bool is_alike = instance.disk_type.empty() || instance.disk_type == type;
    instance.disk_type = is_alike ? type : "several";
  }

  Status AddSnapshots() {
    TRY_ASSIGN(const std::vector<Snapshot> snapshots, DescribeSnapshots(caller_, {}));
    if (snapshots.empty()) return {};
    TRY_ASSIGN(const auto images, ListImageSnapshots(caller_));
    for (const Snapshot& one : snapshots) {
      Thing& thing = Add(ThingKind::kSnapshot, one.id, one.tags);
      thing.about = fmt::format("{} GB", one.gib);
      thing.state = one.state;
      thing.born = one.started;
      thing.gigabytes = one.gib;
      thing.expires = InstantOf(one.tags, kExpiresTag);
      const std::string_view until = TagValue(one.tags, kExpiresTag);
      if (!until.empty() && !thing.expires) {
        thing.unclear = fmt::format("its tag {} says '{}', which is no date", kExpiresTag, until);
      }
      const auto image = images.find(one.id);
      if (image != images.end()) thing.held_by = image->second;
    }
    return {};
  }

  // Interfaces say which groups they have; a rule of another group may name one too.
  Status AddGroups() {
    TRY_ASSIGN(const std::vector<SecurityGroup> groups, DescribeSecurityGroups(caller_, {}));
    for (const SecurityGroup& one : groups) {
      for (const auto* rules : {&one.inbound, &one.outbound}) {
        for (const PortRule& rule : *rules) {
          for (const std::string& named : rule.groups) {
            if (named != one.id) group_users_.emplace(named, one.id);
          }
        }
      }
    }
    for (const SecurityGroup& one : groups) {
      Thing& thing = Add(ThingKind::kGroup, one.id, one.tags);
      thing.about = one.name;
      const auto user = group_users_.find(one.id);
      if (user != group_users_.end()) thing.held_by = user->second;
    }
    return {};
  }

  Status AddTemplates() {
    TRY_ASSIGN(const std::vector<LaunchTemplate> templates, DescribeLaunchTemplates(caller_, {}));
    for (const LaunchTemplate& one : templates) {
      Thing& thing = Add(ThingKind::kTemplate, one.id, one.tags);
      thing.about = one.name;
      thing.born = one.created;
    }
    return {};
  }

  // A schedule has no tags: the ledger's identity in its name is its tag.
  Status AddSchedules() {
    const std::string prefix = fmt::format("mayfly-{}-run-", settings_.ledger);
    TRY_ASSIGN(const std::vector<ListedSchedule> schedules, ListSchedules(caller_, prefix));
    for (const ListedSchedule& one : schedules) {
      Thing& thing = Add(ThingKind::kSchedule, one.name, {});
      thing.about = one.group;
      thing.born = one.created;
      const std::optional<MachineName> name = ParseMachineName(one.name, settings_.ledger);
      if (name) thing.claim = {settings_.ledger, name->run, name->machine};
    }
    return {};
  }

  // Below a folder that is the ledger's: "/mayfly/LEDGER/run-R/machine-M".
  Status AddParameters() {
    const std::string folder = ParameterFolder(settings_.ledger);
    TRY_ASSIGN(const std::vector<std::string> names, ListParameters(caller_, folder));
    for (const std::string& name : names) {
      Thing& thing = Add(ThingKind::kParameter, name, {});
      std::string flat = "mayfly-" + settings_.ledger + name.substr(folder.size());
      for (char& c : flat) c = c == '/' ? '-' : c;
      const std::optional<MachineName> found = ParseMachineName(flat, settings_.ledger);
      if (found) thing.claim = {settings_.ledger, found->run, found->machine};
    }
    return {};
  }

  // Ours is what is below "mayfly/LEDGER/"; of the rest of "mayfly/" nobody can tell whose it is.
  Status AddUploads(const std::string& bucket) {
    Result<std::string> region = HeadBucket(caller_, bucket);
    const bool is_elsewhere = !region.ok() && (region.error().kind() == ErrorKind::kInvalid ||
                                               region.error().kind() == ErrorKind::kNotFound);
    if (is_elsewhere) return {};
    if (!region.ok()) return region.error();
    TRY_ASSIGN(const std::vector<Upload> uploads,
               ListUploads(caller_, bucket, std::string(kObjectPrefix)));
    for (const Upload& one : uploads) {
      Thing& thing = Add(ThingKind::kUpload, UploadName(bucket, one.key, one.id), {});
      thing.about = fmt::format("s3://{}/{}", bucket, one.key);
      thing.born = one.initiated;
      TRY_ASSIGN(const std::int64_t bytes, MeasureUpload(caller_, bucket, one));
      thing.gigabytes = (bytes + kGib - 1) / kGib;
      const std::string ours = fmt::format("{}{}/", kObjectPrefix, settings_.ledger);
      if (one.key.starts_with(ours)) thing.claim.ledger = settings_.ledger;
    }
    return {};
  }

  Status AddFloors() {
    TRY_ASSIGN(const std::vector<DbCluster> clusters, DescribeDbClusters(caller_));
    for (const DbCluster& one : clusters) {
      const std::string_view before = TagValue(one.tags, kFloorBeforeTag);
      if (before.empty()) continue;
      Thing& thing = Add(ThingKind::kDatabaseFloor, one.id, one.tags);
      thing.state = one.status;
      thing.floor = one.least_capacity;
      thing.restore = UnitsOf(before);
      thing.raised = UnitsOf(TagValue(one.tags, kFloorRaisedTag));
      thing.about =
          fmt::format("at least {} ACU, {} before", one.least_capacity.value_or(0), before);
      if (!thing.restore) {
        thing.unclear =
            fmt::format("its tag {} says '{}', which is no capacity", kFloorBeforeTag, before);
      }
    }
    return {};
  }

  Caller& caller_;
  const EstateSettings& settings_;
  std::vector<Thing> things_;
  std::vector<Instance> instances_;
  std::set<std::string> alive_;
  std::map<std::string, std::size_t> stopped_;      // place among the things
  std::map<std::string, std::string> group_users_;  // who uses a group
};

}  // namespace

Result<std::vector<Thing>> Ec2Estate::Look() {
  if (settings_.only_if_tagged) {
    TRY_ASSIGN(const bool has_any, HasAnyTagged(caller_, kLedgerTag, settings_.ledger));
    if (!has_any) return std::vector<Thing>{};
  }
  return Looker(caller_, settings_).Look();
}

}  // namespace mayfly::aws
