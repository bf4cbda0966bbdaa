#include "adapters/aws/provider/ec2_estate.h"

#include <fmt/format.h>

#include "adapters/aws/ec2_instances.h"
#include "adapters/aws/ec2_launch.h"
#include "adapters/aws/ec2_places.h"
#include "adapters/aws/ec2_things.h"
#include "adapters/aws/provider/machine_names.h"
#include "adapters/aws/rds.h"
#include "adapters/aws/s3.h"
#include "adapters/aws/scheduler.h"
#include "adapters/aws/secrets.h"

namespace mayfly::aws {
namespace {

Status Terminate(Caller& caller, const std::string& id) {
  TRY(TerminateInstance(caller, id));
  return {};
}

Status Abort(Caller& caller, const Thing& thing) {
  const auto first = thing.id.find(' '), last = thing.id.rfind(' ');  // a key may have spaces
  if (first == last) return Invalid("'" + thing.id + "' does not name an upload");
  const std::string key = thing.id.substr(first + 1, last - first - 1);
  return AbortUpload(caller, thing.id.substr(0, first),
                     {.key = key, .id = thing.id.substr(last + 1), .initiated = {}});
}

// Nothing but what we raised is lowered: somebody may have set it since it was looked at.
Status CheckAsRaised(const DbCluster& cluster, const Thing& thing) {
  const auto& now = cluster.least_capacity;
  if (now == thing.restore || (thing.raised && now == thing.raised)) return {};
  return Conflict(fmt::format(
      "the floor of {} is {} ACU and not what it was raised to: somebody else has set it, and it "
      "stays",
      cluster.id, now.value_or(0)));
}

}  // namespace

// The last line of defence: whatever was judged, nothing is asked for that is not ours.
Status Ec2Estate::CheckOurs(const Thing& thing) const {
  if (thing.claim.ledger == settings_.ledger && !thing.claim.ledger.empty()) return {};
  return Denied(fmt::format("{} {} does not carry the ledger {}: it is left alone",
                            Name(thing.kind), thing.id, settings_.ledger));
}

Status Ec2Estate::Mark(const Thing& thing, Instant at) {
  TRY(CheckOurs(thing));
  const std::string since = FormatInstant(std::chrono::floor<seconds>(at));
  return CreateTags(caller_, {thing.id}, {{std::string(kOrphanTag), since}});
}

Status Ec2Estate::Unmark(const Thing& thing) {
  TRY(CheckOurs(thing));
  return DeleteTags(caller_, {thing.id}, {std::string(kOrphanTag)});
}

Status Ec2Estate::Remove(const Thing& thing) {
  TRY(CheckOurs(thing));
  Status done = Delete(thing);
  const bool is_gone = !done.ok() && done.error().kind() == ErrorKind::kNotFound;
  return is_gone ? Status() : done;
}

Status Ec2Estate::Delete(const Thing& thing) {
  switch (thing.kind) {
    case ThingKind::kInstance:
      return Terminate(caller_, thing.id);
    case ThingKind::kFleet:
      return DeleteFleet(caller_, thing.id);
    case ThingKind::kSpotRequest:
      return CancelSpotRequest(caller_, thing.id);
    case ThingKind::kInterface:
      return DeleteNetworkInterface(caller_, thing.id);
    case ThingKind::kAddress:
      return ReleaseAddress(caller_, thing.id);
    case ThingKind::kVolume:
      return DeleteVolume(caller_, thing.id);
    case ThingKind::kSnapshot:
      return DeleteSnapshot(caller_, thing.id);
    case ThingKind::kGroup:
      return DeleteSecurityGroup(caller_, thing.id);
    case ThingKind::kTemplate:
      return DeleteLaunchTemplate(caller_, thing.id);
    case ThingKind::kSchedule:
      return DeleteSchedule(caller_, thing.id, thing.about);
    case ThingKind::kParameter:
      return DeleteParameter(caller_, thing.id);
    case ThingKind::kUpload:
      return Abort(caller_, thing);
    case ThingKind::kDatabaseFloor:
    case ThingKind::kMachineFolder:
      break;
  }
  return Invalid(fmt::format("a {} is not removed in a cloud", Name(thing.kind)));
}

// The tags go last: a restore that was interrupted is found and done again.
Status Ec2Estate::Restore(const Thing& thing) {
  TRY(CheckOurs(thing));
  if (thing.kind != ThingKind::kDatabaseFloor || !thing.restore) {
    return Invalid(thing.id + " has no floor to go back to");
  }
  TRY_ASSIGN(const std::vector<DbCluster> clusters, DescribeDbClusters(caller_, thing.id));
  for (const DbCluster& cluster : clusters) {
    if (!cluster.most_capacity) return Invalid(cluster.id + " has no capacity that could be set");
    TRY(CheckAsRaised(cluster, thing));
    if (cluster.least_capacity != thing.restore) {
      TRY(ModifyDbCluster(caller_, cluster.id, {*thing.restore, *cluster.most_capacity}));
    }
    TRY(RemoveDbTags(caller_, cluster.arn,
                     {std::string(kFloorBeforeTag), std::string(kFloorRaisedTag),
                      std::string(kRunTag), std::string(kLedgerTag)}));
  }
  return {};
}

std::string UploadName(const std::string& bucket, const std::string& key, const std::string& id) {
  return fmt::format("{} {} {}", bucket, key, id);
}

}  // namespace mayfly::aws
