#include "sim/world/keeping.h"

#include <gtest/gtest.h>

namespace mayfly::sim {
namespace {

struct Kept {
  Kept() { run.view.state = RunState::kClosed; }
  bool IsWrong() const { return WhatIsKeptWrongly(run, vault, fate).has_value(); }

  VirtualTime time;
  SimCloud cloud{time, {}, 1};
  SimVault vault{cloud, {}, 2};
  RunRow run;
  KeepingFate fate;
};

TEST(WhatIsKeptWrongly, AFloorThatIsUpMarkedOrOpen) {
  Kept kept;
  EXPECT_FALSE(kept.IsWrong());
  kept.vault.cluster.least_milli = 8'000;
  EXPECT_TRUE(kept.IsWrong());
  kept.vault.cluster.least_milli = 500;
  kept.vault.cluster.mark = FloorMark{};
  EXPECT_TRUE(kept.IsWrong());
  kept.vault.cluster.mark.reset();
  kept.run.floors = {{.cluster = "c", .state = FloorState::kRaised}};
  EXPECT_TRUE(kept.IsWrong());
  kept.run.floors.back().state = FloorState::kRestored;
  EXPECT_FALSE(kept.IsWrong());
}

TEST(WhatIsKeptWrongly, ASnapshotThatTheLedgerDoesNotSpeakOfOrTheOtherWayRound) {
  Kept kept;
  kept.vault.snapshots = {{.external_id = "snap-1"}};
  EXPECT_TRUE(kept.IsWrong());
  kept.run.kept_disk =
      KeptDiskRow{.disk = {.state = DiskState::kCompleted, .external_id = "snap-1"}};
  EXPECT_FALSE(kept.IsWrong());
  kept.vault.snapshots.push_back({.external_id = "snap-2"});
  EXPECT_TRUE(kept.IsWrong());
  kept.vault.snapshots.back().dropped = true;
  EXPECT_FALSE(kept.IsWrong());
  kept.vault.snapshots.front().dropped = true;
  EXPECT_TRUE(kept.IsWrong());
}

TEST(WhatIsKeptWrongly, AWishOfWhichNothingIsSaid) {
  Kept kept;
  kept.fate.keeps_disk = true;
  EXPECT_TRUE(kept.IsWrong());
  kept.run.view.state = RunState::kFailed;
  EXPECT_FALSE(kept.IsWrong());
  kept.run.kept_disk = KeptDiskRow{.disk = {.state = DiskState::kPending}};
  EXPECT_TRUE(kept.IsWrong());
}

}  // namespace
}  // namespace mayfly::sim
