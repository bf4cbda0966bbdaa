#include "sim/sim_keeper.h"

#include <gtest/gtest.h>

namespace mayfly::sim {
namespace {

// A cloud with one machine.
struct Vaulted {
  Vaulted() {
    LaunchIntent intent{.machine = MachineId{1}, .run = RunId{7}, .token = "t"};
    intent.deadline_in = hours(1);
    EXPECT_TRUE(cloud.Ask(intent).ok());
  }
  Result<DiskSight> Ask() {
    return vault.Ask({RunId{7}, MachineId{1}, "i-0001", Instant(hours(9))});
  }

  VirtualTime time;
  SimCloud cloud{time, {}, 1};
  SimVault vault{cloud, {.shown_max = seconds(8), .complete_max = seconds(40)}, 2};
};

TEST(SimVault, ShowsASnapshotLateAndCompletesIt) {
  Vaulted world;
  ASSERT_TRUE(world.Ask().ok());
  world.vault.snapshots.front().shown = seconds(5);
  EXPECT_FALSE(*world.vault.Look(RunId{7}, MachineId{1}));
  world.time.now = seconds(41);
  auto seen = world.vault.Look(RunId{7}, MachineId{1});
  ASSERT_TRUE(*seen);
  EXPECT_EQ((*seen)->state, DiskState::kCompleted);
  EXPECT_FALSE(*world.vault.Look(RunId{8}, MachineId{1}));
}

TEST(SimVault, TakesOneOfADiskEveryFifteenSeconds) {
  Vaulted world;
  ASSERT_TRUE(world.Ask().ok());
  EXPECT_EQ(world.Ask().error().kind(), ErrorKind::kUnavailable);
  world.time.now = seconds(15);
  EXPECT_TRUE(world.Ask().ok());
}

TEST(SimVault, NoMachineHasNoDisk) {
  Vaulted world;
  world.cloud.End(0, EndedBy::kCloud);
  EXPECT_EQ(world.Ask().error().kind(), ErrorKind::kNotFound);
}

}  // namespace
}  // namespace mayfly::sim
