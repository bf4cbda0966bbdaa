#include "sim/sim_keeper.h"

#include <fmt/format.h>

#include <algorithm>

namespace mayfly::sim {
namespace {

constexpr Duration kBetweenSnapshots = seconds(15);

DiskSight SightOf(const SimSnapshot& snapshot, Duration now) {
  DiskSight sight{.external_id = snapshot.external_id};
  if (now >= snapshot.complete) {
    sight.state = snapshot.fails ? DiskState::kFailed : DiskState::kCompleted;
  }
  return sight;
}

}  // namespace

Duration SimVault::UpTo(Duration longest) {
  return Duration(
      static_cast<std::int64_t>(rng_.Below(static_cast<std::uint64_t>(longest.count()) + 1)));
}

Result<std::optional<DiskSight>> SimVault::Look(RunId run, MachineId machine) const {
  std::optional<DiskSight> newest;
  for (const SimSnapshot& one : snapshots) {
    const bool is_meant = one.run == run && one.machine == machine && !one.dropped;
    if (is_meant && cloud_.now() >= one.shown) newest = SightOf(one, cloud_.now());
  }
  return newest;
}

Result<DiskSight> SimVault::Ask(const DiskIntent& intent) {
  const bool lives = std::ranges::any_of(cloud_.machines(), [&](const CloudMachine& m) {
    return m.external_id == intent.machine_id && cloud_.IsAlive(m);
  });
  if (!lives) return NotFound(intent.machine_id + " has no disk any more");
  for (const SimSnapshot& one : snapshots) {
    if (one.machine == intent.machine && cloud_.now() - one.asked < kBetweenSnapshots) {
      return Unavailable("one of this disk was just made");
    }
  }
  const Duration now = cloud_.now();
  snapshots.push_back({.run = intent.run,
                       .machine = intent.machine,
                       .external_id = fmt::format("snap-{:04}", snapshots.size() + 1),
                       .expires = intent.expires,
                       .asked = now,
                       .shown = now + UpTo(weather_.shown_max),
                       .complete = now + UpTo(weather_.complete_max),
                       .fails = rng_.Chance(weather_.snapshot_fails)});
  if (rng_.Chance(weather_.answer_lost)) return Ambiguous("the snapshot was never answered");
  return SightOf(snapshots.back(), now);
}

void SimVault::Drop(RunId run, MachineId machine) {
  for (SimSnapshot& one : snapshots) {
    const bool is_meant = one.run == run && one.machine == machine && cloud_.now() >= one.shown;
    one.dropped = one.dropped || is_meant;
  }
}

Status SimVault::TouchFloor() {
  return rng_.Chance(weather_.floor_busy) ? Status(Unavailable("the cluster is being changed"))
                                          : Status();
}

Result<FloorSight> SimFloorKeeper::Look(const std::string& cluster) {
  const SimCluster& there = vault_.cluster;
  if (there.name != cluster) return NotFound("there is no cluster " + cluster);
  return FloorSight{there.least_milli, there.most_milli, there.mark};
}

Status SimFloorKeeper::Set(const std::string& cluster, std::int64_t least_milli) {
  TRY(Look(cluster));
  TRY(vault_.TouchFloor());
  vault_.cluster.least_milli = least_milli;
  return {};
}

Status SimFloorKeeper::Mark(const std::string& cluster, const FloorMark& mark) {
  TRY(Look(cluster));
  vault_.cluster.mark = mark;
  vault_.cluster.mark->is_ours = true;
  return {};
}

Status SimFloorKeeper::Unmark(const std::string& cluster) {
  TRY(Look(cluster));
  vault_.cluster.mark.reset();
  return {};
}

}  // namespace mayfly::sim
