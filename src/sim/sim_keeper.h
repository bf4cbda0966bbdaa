#pragma once
// A model of what stays beside machines, in virtual time: snapshots of disks, and a database
// cluster with a floor. SimDiskKeeper and SimFloorKeeper are its fronts in memory.

#include <optional>
#include <string>
#include <vector>

#include "base/rng.h"
#include "seams/keeper.h"
#include "sim/sim_cloud.h"

namespace mayfly::sim {

struct KeeperWeather {
  Duration shown_max{};       // a new snapshot is shown so late at most
  Duration complete_max{};    // and is complete so long after it was asked for
  double snapshot_fails = 0;  // it ends in error
  double answer_lost = 0;     // it is made, and nobody hears of it
  double floor_busy = 0;      // the cluster is being changed: not now
};

struct SimSnapshot {
  RunId run;
  MachineId machine;
  std::string external_id;
  Instant expires;
  Duration asked{}, shown{}, complete{};
  bool fails = false;
  bool dropped = false;
};

struct SimCluster {
  std::string name = "sim-cluster";
  std::int64_t least_milli = 500, most_milli = 16'000;
  std::optional<FloorMark> mark;
};

// The cloud must outlive it.
class SimVault {
 public:
  SimVault(const SimCloud& cloud, KeeperWeather weather, std::uint64_t seed)
      : cloud_(cloud), weather_(weather), rng_(seed) {}

  Result<std::optional<DiskSight>> Look(RunId run, MachineId machine) const;
  Result<DiskSight> Ask(const DiskIntent& intent);
  void Drop(RunId run, MachineId machine);
  Status TouchFloor();  // kUnavailable: not now

  // From now on nothing goes wrong any more.
  void ClearUp() { weather_ = {.shown_max = weather_.shown_max}; }

  std::vector<SimSnapshot> snapshots;
  SimCluster cluster;

 private:
  Duration UpTo(Duration longest);

  const SimCloud& cloud_;
  KeeperWeather weather_;
  Rng rng_;
};

// The vault must outlive both.
class SimDiskKeeper : public DiskKeeper {
 public:
  explicit SimDiskKeeper(SimVault& vault) : vault_(vault) {}
  Result<std::optional<DiskSight>> Look(RunId run, MachineId machine) override {
    return vault_.Look(run, machine);
  }
  Result<DiskSight> Ask(const DiskIntent& intent) override { return vault_.Ask(intent); }
  Status Drop(RunId run, MachineId machine) override {
    vault_.Drop(run, machine);
    return {};
  }

 private:
  SimVault& vault_;
};

class SimFloorKeeper : public FloorKeeper {
 public:
  explicit SimFloorKeeper(SimVault& vault) : vault_(vault) {}
  Result<FloorSight> Look(const std::string& cluster) override;
  Status Set(const std::string& cluster, std::int64_t least_milli) override;
  Status Mark(const std::string& cluster, const FloorMark& mark) override;
  Status Unmark(const std::string& cluster) override;

 private:
  SimVault& vault_;
};

}  // namespace mayfly::sim
