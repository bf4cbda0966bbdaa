#include "sim/world/keeping.h"

#include <fmt/format.h>

namespace mayfly::sim {
namespace {

constexpr const char* kCluster = "sim-cluster";
constexpr std::int64_t kBefore = 500, kRaised = 8'000;

Duration Between(Rng& rng, Duration low, Duration high) {
  auto span = static_cast<std::uint64_t>((high - low).count()) + 1;
  return low + Duration(static_cast<std::int64_t>(rng.Below(span)));
}

std::optional<std::string> FloorIsWrong(const RunRow& run, const SimCluster& cluster) {
  if (!run.floors.empty() && IsOpen(run.floors.back().state)) {
    return fmt::format("a floor is {} by the ledger", Name(run.floors.back().state));
  }
  if (cluster.least_milli != kBefore) {
    return fmt::format("the database's floor is {} and was {}", FormatUnits(cluster.least_milli),
                       FormatUnits(kBefore));
  }
  if (cluster.mark)
    return "the cluster carries a mark of run " + std::to_string(cluster.mark->run.value);
  return std::nullopt;
}

std::optional<std::string> DiskIsWrong(const RunRow& run, const SimVault& vault, bool is_wanted) {
  const bool is_kept = run.kept_disk && run.kept_disk->disk.state == DiskState::kCompleted;
  int standing = 0;
  for (const SimSnapshot& one : vault.snapshots) {
    if (one.dropped) continue;
    ++standing;
    const bool is_known = is_kept && run.kept_disk->disk.external_id == one.external_id;
    if (!is_known) return "the ledger does not speak of " + one.external_id;
    if (one.fails) return one.external_id + " failed, and is kept";
  }
  if (is_kept && standing == 0) return "the disk that is kept is not there";
  if (run.kept_disk && IsOpen(run.kept_disk->disk.state)) return "a disk is being kept still";
  const bool is_due = is_wanted && run.view.state == RunState::kClosed && !run.kept_disk;
  return is_due ? std::optional<std::string>("nothing says what became of its disk") : std::nullopt;
}

}  // namespace

KeepingFate DrawKeeping(Rng& rng) {
  KeepingFate fate{.keeps_disk = rng.Chance(0.4), .raises_floor = rng.Chance(0.4)};
  if (rng.Chance(0.5)) fate.weather.shown_max = Between(rng, Duration{0}, seconds(8));
  fate.weather.complete_max = Between(rng, seconds(1), seconds(150));
  if (rng.Chance(0.3)) fate.weather.snapshot_fails = 0.5;
  if (rng.Chance(0.3)) fate.weather.answer_lost = 0.5;
  if (rng.Chance(0.3)) fate.weather.floor_busy = 0.3;
  return fate;
}

sched::KeepRules RulesOf(const KeepingFate& fate) {
  sched::KeepRules rules{.raises_floor = fate.raises_floor};
  if (fate.keeps_disk) rules.disk_wait = minutes(2);
  return rules;
}

KeepingOptions OptionsOf(const KeepingFate& fate, DiskKeeper& disks, FloorKeeper& floors) {
  KeepingOptions options{.keep = hours(24),
                         .disk_gb = 8,
                         .cluster = kCluster,
                         .floor_milli = kRaised,
                         // The longest lag after the longest call.
                         .shown_within = seconds(30),
                         .ask_disk = seconds(2)};
  if (fate.keeps_disk) options.disks = &disks;
  if (fate.raises_floor) options.floors = &floors;
  return options;
}

std::optional<std::string> WhatIsKeptWrongly(const RunRow& run, const SimVault& vault,
                                             const KeepingFate& fate) {
  if (auto wrong = FloorIsWrong(run, vault.cluster)) return wrong;
  return DiskIsWrong(run, vault, fate.keeps_disk);
}

}  // namespace mayfly::sim
