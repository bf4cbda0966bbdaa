#pragma once
// What a simulated run keeps and raises beside its machines, and whether all of it is accounted for
// in the end (I6).

#include <optional>
#include <string>

#include "base/rng.h"
#include "controller/keeping.h"
#include "sched/keep.h"
#include "sim/ledger_rows.h"
#include "sim/sim_keeper.h"

namespace mayfly::sim {

struct KeepingFate {
  bool keeps_disk = false;
  bool raises_floor = false;
  KeeperWeather weather;
};

KeepingFate DrawKeeping(Rng& rng);

sched::KeepRules RulesOf(const KeepingFate& fate);

// The two keepers must outlive whoever is given these.
KeepingOptions OptionsOf(const KeepingFate& fate, DiskKeeper& disks, FloorKeeper& floors);

// What is wrong once the run is at rest: a floor that is up or marked, a snapshot that the ledger
// does not speak of, or one that it speaks of and that is not there.
std::optional<std::string> WhatIsKeptWrongly(const RunRow& run, const SimVault& vault,
                                             const KeepingFate& fate);

}  // namespace mayfly::sim
