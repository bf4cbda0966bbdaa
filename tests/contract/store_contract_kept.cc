// Kept disks, raised floors, and which machines a run really had, on every store.

#include "store_contract.h"

namespace mayfly::contract_test {

TEST_P(StoreContract, AKeptDiskMovesForwardOnlyAndUnderControl) {
  StartRun();
  IntendedMachine machine = StartMachine();
  KeptDisk disk{.machine = machine.machine,
                .gigabytes = 100,
                .monthly = Money{5'000'000},
                .expires = Load().now + hours(720)};
  auto record = [&](DiskState state, const std::string& id, const std::string& note = "") {
    disk.state = state;
    disk.external_id = id;
    disk.note = note;
    return world_->store().Apply(run_, control_, RecordKept{disk});
  };
  EXPECT_FALSE(Load().kept_disk);
  EXPECT_EQ(record(DiskState::kPending, "snap-1").error().kind(), ErrorKind::kConflict);
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(record(DiskState::kIntended, "").ok());
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(record(DiskState::kPending, "snap-1").ok());
  EXPECT_EQ(record(DiskState::kIntended, "").error().kind(), ErrorKind::kConflict);
  ASSERT_TRUE(record(DiskState::kCompleted, "snap-1").ok());
  const KeptDisk kept = *Load().kept_disk;
  EXPECT_EQ(kept.machine, machine.machine);
  EXPECT_EQ(kept.state, DiskState::kCompleted);
  EXPECT_EQ(kept.external_id, "snap-1");
  EXPECT_EQ(kept.gigabytes, 100);
  EXPECT_EQ(kept.monthly, Money{5'000'000});
  EXPECT_EQ(kept.expires, disk.expires);
  EXPECT_GE(kept.age, Duration(0));
  EXPECT_EQ(record(DiskState::kFailed, "snap-1").error().kind(), ErrorKind::kConflict);
  ASSERT_TRUE(record(DiskState::kDeleted, "snap-1", "it has expired").ok());
  EXPECT_EQ(Load().kept_disk->note, "it has expired");
  EXPECT_EQ(world_->store().Apply(run_, Fence{control_.value + 1}, RecordKept{disk}).error().kind(),
            ErrorKind::kConflict);
}

TEST_P(StoreContract, ThatNoDiskWasLeftToKeepIsAFactOfItsOwn) {
  StartRun();
  KeptDisk none{.state = DiskState::kFailed, .expires = Load().now, .note = "no machine was left"};
  ASSERT_TRUE(world_->store().Apply(run_, control_, RecordKept{none}).ok());
  ASSERT_TRUE(Load().kept_disk);
  EXPECT_EQ(Load().kept_disk->machine, MachineId{});
  EXPECT_EQ(Load().kept_disk->note, "no machine was left");
  EXPECT_FALSE(Load().kept_disk->monthly);
}

TEST_P(StoreContract, AFloorIsRaisedAndRestoredOnceAtATime) {
  StartRun();
  RaisedFloor floor{.cluster = "prod-" + world_->phase(), .before_milli = 500, .floor_milli = 8000};
  auto record = [&](FloorState state, const std::string& note = "") {
    floor.state = state;
    floor.note = note;
    return world_->store().Apply(run_, control_, RecordFloor{floor});
  };
  EXPECT_EQ(record(FloorState::kRaised).error().kind(), ErrorKind::kConflict);
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(record(FloorState::kIntended).ok());
  ASSERT_TRUE(record(FloorState::kRaised).ok());
  EXPECT_EQ(record(FloorState::kIntended).error().kind(), ErrorKind::kConflict);
  EXPECT_EQ(record(FloorState::kRestored).error().kind(), ErrorKind::kConflict);
  ASSERT_EQ(Load().floors.size(), 1U);
  EXPECT_EQ(Load().floors.back().last_set_milli, 8000);
  EXPECT_EQ(Load().floors.back().needed_by, RunId{});
  EXPECT_FALSE(Load().floors.back().over);
  ASSERT_TRUE(record(FloorState::kRestoring, "the run is paused").ok());
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(record(FloorState::kRestored).ok());
  ASSERT_EQ(Load().floors.size(), 1U);
  EXPECT_EQ(Load().floors.back().before_milli, 500);
  EXPECT_TRUE(Load().floors.back().over);
  floor.floor_milli = 9000;
  ASSERT_TRUE(record(FloorState::kIntended).ok());
  ASSERT_EQ(Load().floors.size(), 2U);
  EXPECT_EQ(Load().floors.front().last_set_milli, 9000);
  EXPECT_EQ(Load().floors.back().state, FloorState::kIntended);
}

TEST_P(StoreContract, AFloorKnowsOfAnotherRunThatCountsOnIt) {
  StartRun();
  const std::string cluster = "both-" + world_->phase();
  RaisedFloor first{.cluster = cluster, .before_milli = 500, .floor_milli = 8000};
  ASSERT_TRUE(world_->store().Apply(run_, control_, RecordFloor{first}).ok());
  PhasePlan plan = MakePlan(world_->phase() + "-other");
  auto other = world_->store().Create(plan);
  ASSERT_TRUE(other.ok()) << other.error().message();
  auto fence = world_->store().TakeControl(*other, "other");
  ASSERT_TRUE(fence.ok());
  RaisedFloor second{.cluster = cluster, .before_milli = 500, .floor_milli = 12'000};
  ASSERT_TRUE(world_->store().Apply(*other, *fence, RecordFloor{second}).ok());
  EXPECT_EQ(Load().floors.back().needed_by, *other);
  EXPECT_EQ(Load().floors.back().last_set_milli, 12'000);
  second.state = FloorState::kRestoring;
  ASSERT_TRUE(world_->store().Apply(*other, *fence, RecordFloor{second}).ok());
  EXPECT_EQ(Load().floors.back().needed_by, RunId{}) << "it counts on it no more";
  EXPECT_EQ(world_->store().Load(*other)->floors.back().needed_by, run_);
}

// A run that is over is driven by nobody: what it left raised it will not restore.
TEST_P(StoreContract, ARunThatIsOverCountsOnNoFloor) {
  StartRun();
  const std::string cluster = "over-" + world_->phase();
  const RaisedFloor raised{.cluster = cluster, .before_milli = 500, .floor_milli = 8000};
  ASSERT_TRUE(world_->store().Apply(run_, control_, RecordFloor{raised}).ok());
  auto other = world_->store().Create(MakePlan(world_->phase() + "-other"));
  ASSERT_TRUE(other.ok()) << other.error().message();
  auto fence = world_->store().TakeControl(*other, "other");
  ASSERT_TRUE(fence.ok());
  ASSERT_TRUE(world_->store().Apply(*other, *fence, RecordFloor{raised}).ok());
  ASSERT_EQ(Load().floors.back().needed_by, *other);
  const SetRunState cancelled{RunState::kCancelled, "the operator asked for it", {}};
  ASSERT_TRUE(world_->store().Apply(*other, *fence, cancelled).ok());
  EXPECT_EQ(Load().floors.back().needed_by, RunId{});
}

Offer OfferIn(const std::string& zone) {
  return {.pool = {.region = "r", .zone = zone, .instance_type = "t", .market = Market::kSpot},
          .price = {100'000, Unit::kHour},
          .highest = {100'000, Unit::kHour},
          .terms = TermsOf(Market::kSpot)};
}

// One pool refuses, the next gives: the machine boots, is billed and dies without a word.
TEST_P(StoreContract, AMachineThatRanWasHadWhoeverRefusedItBefore) {
  StartRun();
  auto apply = [&](const Change& change) { return world_->store().Apply(run_, control_, change); };
  const MachineIntent intent{
      .token = "one", .provider = "test", .reason = "r", .offers = {OfferIn("ra"), OfferIn("rb")}};
  const MachineId machine = world_->store().RecordIntent(run_, control_, intent)->machine;
  const auto refusal = [](const std::string& zone) {
    return PoolRefusal{OfferIn(zone).pool, RefusalKind::kDry, "Dry", "none is left"};
  };
  ASSERT_TRUE(apply(RecordRefused{machine, {refusal("ra")}}).ok());
  EXPECT_TRUE(Load().machines.at(0).was_refused) << "so far";
  ASSERT_TRUE(apply(RecordLaunched{machine, "i-1", OfferIn("rb"), 4}).ok());
  EXPECT_FALSE(Load().machines.at(0).was_refused) << "the next pool gave it";
  ASSERT_TRUE(apply(RecordRefused{machine, {refusal("rb")}}).ok());
  EXPECT_TRUE(Load().machines.at(0).was_refused) << "it died before it ran";
  ASSERT_TRUE(apply(RecordBilled{machine, {.running = Load().now}}).ok());
  EXPECT_FALSE(Load().machines.at(0).was_refused) << "it ran, and is billed";
}

}  // namespace mayfly::contract_test
