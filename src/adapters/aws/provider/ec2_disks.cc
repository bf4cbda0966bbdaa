#include "adapters/aws/provider/ec2_disks.h"

#include <fmt/format.h>

#include <vector>

#include "adapters/aws/ec2_instances.h"
#include "adapters/aws/ec2_things.h"

namespace mayfly::aws {
namespace {

DiskSight SightOf(const Snapshot& snapshot) {
  DiskSight sight{.external_id = snapshot.id};
  if (snapshot.state == "completed") sight.state = DiskState::kCompleted;
  if (snapshot.state == "error") sight.state = DiskState::kFailed;
  return sight;
}

int Rank(DiskState state) {
  if (state == DiskState::kCompleted) return 2;
  return state == DiskState::kPending ? 1 : 0;
}

Selection OfDisk(const PhaseNames& names, RunId run, MachineId machine) {
  Filters filters = OfRun(names.ledger, run);
  filters.push_back({fmt::format("tag:{}", kMachineTag), {std::to_string(machine.value)}});
  return {.ids = {}, .filters = std::move(filters)};
}

}  // namespace

Result<std::optional<DiskSight>> Ec2Disks::Look(RunId run, MachineId machine) {
  TRY_ASSIGN(const std::vector<Snapshot> seen,
             DescribeSnapshots(caller_, OfDisk(names_, run, machine)));
  std::optional<DiskSight> best;
  for (const Snapshot& one : seen) {
    DiskSight sight = SightOf(one);
    if (!best || Rank(sight.state) > Rank(best->state)) best = std::move(sight);
  }
  return best;
}

Result<std::string> Ec2Disks::FindVolume(const DiskIntent& intent) {
  TRY_ASSIGN(const std::vector<Instance> seen,
             DescribeInstances(caller_, {.ids = {intent.machine_id}, .filters = {}}));
  const bool is_alive = !seen.empty() && (seen.front().state == InstanceState::kPending ||
                                          seen.front().state == InstanceState::kRunning);
  if (!is_alive || seen.front().volumes.empty()) {
    return NotFound(fmt::format("{} has no disk any more", intent.machine_id));
  }
  const std::string& id = seen.front().volumes.front();
  TRY_ASSIGN(const std::vector<Volume> volumes,
             DescribeVolumes(caller_, {.ids = {id}, .filters = {}}));
  if (volumes.empty()) return NotFound(fmt::format("disk {} is not there any more", id));
  if (!volumes.front().is_encrypted) {
    return Invalid(fmt::format("disk {} is not encrypted, and is not kept", id));
  }
  return id;
}

Result<DiskSight> Ec2Disks::Ask(const DiskIntent& intent) {
  TRY_ASSIGN(const std::string volume, FindVolume(intent));
  const MachineName machine{intent.run, intent.machine};
  const SnapshotRequest request{
      .volume_id = volume,
      .description = fmt::format("mayfly {} run {} machine {}", names_.phase, intent.run.value,
                                 intent.machine.value),
      .tags = SnapshotTags(names_, machine, intent.expires)};
  TRY_ASSIGN(const std::string id, CreateSnapshot(caller_, request));
  return DiskSight{.external_id = id};
}

Status Ec2Disks::Drop(RunId run, MachineId machine) {
  TRY_ASSIGN(const std::vector<Snapshot> seen,
             DescribeSnapshots(caller_, OfDisk(names_, run, machine)));
  for (const Snapshot& one : seen) {
    const Status deleted = DeleteSnapshot(caller_, one.id);
    const bool is_gone = !deleted.ok() && deleted.error().kind() == ErrorKind::kNotFound;
    if (!deleted.ok() && !is_gone) return deleted;
  }
  return {};
}

}  // namespace mayfly::aws
