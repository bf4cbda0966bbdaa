#include "controller/keeping.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace mayfly {
namespace {

class FixedClock : public Clock {
 public:
  Instant Wall() override { return Instant(mono); }
  Duration Mono() override { return mono; }
  Duration mono{0};
};

// Disks and a cluster that do as they are told, and a ledger that is one snapshot.
class Desk : public DiskKeeper, public FloorKeeper {
 public:
  Desk() {
    snapshot.run.id = RunId{7};
    snapshot.now = MakeInstant(2026, 11, 28);
    snapshot.machines.push_back({.id = MachineId{2}, .external_id = "i-2"});
  }

  Result<std::optional<DiskSight>> Look(RunId, MachineId) override {
    told += "look ";
    if (look_fails) return *look_fails;
    return shown;
  }
  Result<DiskSight> Ask(const DiskIntent& intent) override {
    told += "ask ";
    asked = intent;
    if (ask_fails) return *ask_fails;
    return DiskSight{.external_id = "snap-1"};
  }
  Status Drop(RunId, MachineId) override {
    told += "drop ";
    return drop_fails ? Status(*drop_fails) : Status();
  }

  Result<FloorSight> Look(const std::string&) override {
    told += "see ";
    if (see_fails) return *see_fails;
    return sight;
  }
  Status Set(const std::string&, std::int64_t least_milli) override {
    told += "set ";
    if (set_fails) return *set_fails;
    sight.least_milli = least_milli;
    return {};
  }
  Status Mark(const std::string&, const FloorMark& mark) override {
    told += "mark ";
    sight.mark = mark;
    return {};
  }
  Status Unmark(const std::string&) override {
    told += "unmark ";
    sight.mark.reset();
    return {};
  }

  // What is written is what the next look at the ledger says.
  Status Write(const Change& change) {
    if (const auto* kept = std::get_if<RecordKept>(&change)) {
      told += fmt::format("disk {}; ", Name(kept->disk.state));
      snapshot.kept_disk = kept->disk;
    } else {
      RaisedFloor floor = std::get<RecordFloor>(change).floor;
      told += fmt::format("floor {}; ", Name(floor.state));
      floor.last_set_milli = floor.floor_milli;
      if (snapshot.floors.empty()) snapshot.floors.emplace_back();
      snapshot.floors.back() = floor;
    }
    return {};
  }

  Status Keep() { return keeping.Keep({MachineId{2}, ""}, snapshot); }
  // Both steps.
  Status Restore() {
    TRY(keeping.Restore({"the run is closed"}, snapshot));
    return keeping.Restore({"the run is closed"}, snapshot);
  }
  std::string Told() { return std::exchange(told, ""); }

  RunSnapshot snapshot;
  std::optional<DiskSight> shown;
  std::optional<DiskIntent> asked;
  std::optional<Error> look_fails, ask_fails, drop_fails, see_fails, set_fails;
  FloorSight sight{.least_milli = 500, .most_milli = 32'000};
  std::string told;
  FixedClock clock;
  Keeping keeping{{.disks = this,
                   .floors = this,
                   .keep = hours(24 * 30),
                   .disk_gb = 100,
                   .monthly = Money{5'000'000},
                   .cluster = "prod",
                   .floor_milli = 8'000},
                  clock,
                  [this](const Change& change) { return Write(change); }};
};

TEST(KeepingDisk, IsWrittenDownBeforeItIsAskedFor) {
  Desk desk;
  ASSERT_TRUE(desk.Keep().ok());
  EXPECT_EQ(desk.Told(), "look disk intended; ask disk pending; ");
  EXPECT_EQ(desk.asked->machine_id, "i-2");
  EXPECT_EQ(desk.asked->expires, MakeInstant(2026, 12, 28));
  const KeptDisk& disk = *desk.snapshot.kept_disk;
  EXPECT_EQ(disk.external_id, "snap-1");
  EXPECT_EQ(disk.gigabytes, 100);
  EXPECT_EQ(disk.monthly, Money{5'000'000});
}

TEST(KeepingDisk, OneThatIsShownIsNotAskedForAgain) {
  Desk desk;
  desk.ask_fails = Ambiguous("no answer");
  EXPECT_EQ(desk.Keep().error().kind(), ErrorKind::kAmbiguous);
  desk.snapshot.kept_disk->asked_ago = seconds(5);
  desk.Told();
  EXPECT_EQ(desk.Keep().error().kind(), ErrorKind::kUnavailable) << "it may come to be shown";
  EXPECT_EQ(desk.Told(), "look ");
  desk.shown = DiskSight{.external_id = "snap-1"};
  ASSERT_TRUE(desk.Keep().ok());
  EXPECT_EQ(desk.Told(), "look disk pending; ");
}

TEST(KeepingDisk, OneThatNeverCameToBeShownIsAskedForAgain) {
  Desk desk;
  desk.snapshot.kept_disk = KeptDisk{.machine = MachineId{2}, .asked_ago = seconds(61)};
  ASSERT_TRUE(desk.Keep().ok());
  EXPECT_EQ(desk.Told(), "look disk intended; ask disk pending; ");
}

TEST(KeepingDisk, WhatCannotBeKeptIsSaidAndNoError) {
  for (const Error& error :
       {NotFound("gone"), Invalid("not encrypted"), Denied("may not"), Exhausted("quota")}) {
    Desk desk;
    desk.ask_fails = error;
    EXPECT_TRUE(desk.Keep().ok()) << error.message();
    EXPECT_EQ(desk.snapshot.kept_disk->state, DiskState::kFailed);
    EXPECT_EQ(desk.snapshot.kept_disk->note, error.message());
  }
  Desk desk;
  desk.ask_fails = Unavailable("one was just made");
  EXPECT_EQ(desk.Keep().error().kind(), ErrorKind::kUnavailable);
  EXPECT_EQ(desk.snapshot.kept_disk->state, DiskState::kIntended);
}

TEST(KeepingDisk, IsFollowedUntilItIsCompleteAndNotInEveryStep) {
  Desk desk;
  desk.snapshot.kept_disk = KeptDisk{.machine = MachineId{2}, .state = DiskState::kPending};
  desk.shown = DiskSight{.external_id = "snap-1"};
  EXPECT_FALSE(*desk.keeping.Follow(desk.snapshot));
  desk.shown->state = DiskState::kCompleted;
  EXPECT_FALSE(*desk.keeping.Follow(desk.snapshot)) << "it was looked at a moment ago";
  desk.clock.mono = seconds(5);
  EXPECT_TRUE(*desk.keeping.Follow(desk.snapshot));
  EXPECT_EQ(desk.Told(), "look look disk completed; ");
  desk.clock.mono = seconds(10);
  EXPECT_FALSE(*desk.keeping.Follow(desk.snapshot)) << "nothing is left to follow";
}

TEST(KeepingDisk, OneThatFailsOrVanishesLeavesNothing) {
  Desk desk;
  desk.snapshot.kept_disk = KeptDisk{.machine = MachineId{2}, .state = DiskState::kPending};
  desk.shown = DiskSight{.external_id = "snap-1", .state = DiskState::kFailed};
  EXPECT_TRUE(*desk.keeping.Follow(desk.snapshot));
  EXPECT_EQ(desk.Told(), "look drop disk failed; ");
  EXPECT_EQ(desk.snapshot.kept_disk->note, "the provider could not complete it");

  desk.snapshot.kept_disk->state = DiskState::kPending;
  desk.shown.reset();
  desk.clock.mono = seconds(5);
  desk.snapshot.kept_disk->asked_ago = seconds(5);
  EXPECT_FALSE(*desk.keeping.Follow(desk.snapshot)) << "it is shown late";
  desk.clock.mono = seconds(10);
  desk.snapshot.kept_disk->asked_ago = seconds(61);
  EXPECT_TRUE(*desk.keeping.Follow(desk.snapshot));
  EXPECT_EQ(desk.snapshot.kept_disk->note, "it is not there any more");
}

TEST(KeepingDisk, IsNotCalledDroppedBeforeItIs) {
  Desk desk;
  desk.snapshot.kept_disk = KeptDisk{.machine = MachineId{2}, .state = DiskState::kPending};
  desk.drop_fails = Unavailable("throttled");
  EXPECT_FALSE(desk.keeping.Drop({DiskState::kFailed, "too late"}, desk.snapshot).ok());
  EXPECT_EQ(desk.snapshot.kept_disk->state, DiskState::kPending);
  desk.drop_fails.reset();
  EXPECT_TRUE(desk.keeping.Drop({DiskState::kFailed, "too late"}, desk.snapshot).ok());
  EXPECT_EQ(desk.snapshot.kept_disk->note, "too late");
}

TEST(KeepingDisk, WhatMayNotBeLookedAtOrRemovedEndsNoRun) {
  Desk desk;
  desk.snapshot.kept_disk =
      KeptDisk{.machine = MachineId{2}, .state = DiskState::kPending, .external_id = "snap-1"};
  desk.look_fails = Denied("may not look");
  EXPECT_TRUE(*desk.keeping.Follow(desk.snapshot));
  EXPECT_NE(desk.snapshot.kept_disk->note.find("snap-1 stands"), std::string::npos);
  desk.snapshot.kept_disk->state = DiskState::kPending;
  desk.drop_fails = Denied("may not remove");
  EXPECT_TRUE(desk.keeping.Drop({DiskState::kFailed, "too late"}, desk.snapshot).ok());
  EXPECT_EQ(desk.snapshot.kept_disk->note, "too late; snap-1 could not be removed: may not remove");
  desk.snapshot.kept_disk->state = DiskState::kCompleted;
  EXPECT_FALSE(desk.keeping.Drop({DiskState::kDeleted, "expired"}, desk.snapshot).ok());
  desk.look_fails = Unavailable("throttled");
  desk.snapshot.kept_disk->state = DiskState::kPending;
  desk.clock.mono = seconds(5);
  EXPECT_FALSE(desk.keeping.Follow(desk.snapshot).ok());
  EXPECT_EQ(desk.snapshot.kept_disk->state, DiskState::kPending);
}

TEST(KeepingFloor, IsWrittenDownAndMarkedBeforeItIsRaised) {
  Desk desk;
  ASSERT_TRUE(desk.keeping.Raise(desk.snapshot).ok());
  EXPECT_EQ(desk.Told(), "see floor intended; mark set floor raised; ");
  EXPECT_EQ(desk.sight.least_milli, 8'000);
  EXPECT_EQ(desk.sight.mark->run, RunId{7});
  EXPECT_EQ(desk.sight.mark->before_milli, 500);
  EXPECT_EQ(desk.sight.mark->raised_milli, 8'000) << "a sweep lowers nothing else";
}

TEST(KeepingFloor, IsRestoredAfterTheLedgerSaysSo) {
  Desk desk;
  ASSERT_TRUE(desk.keeping.Raise(desk.snapshot).ok());
  desk.Told();
  ASSERT_TRUE(desk.Restore().ok());
  EXPECT_EQ(desk.Told(), "floor restoring; see set unmark floor restored; ");
  EXPECT_EQ(desk.sight.least_milli, 500);
  EXPECT_FALSE(desk.sight.mark);
}

TEST(KeepingFloor, ACrashBetweenIntentAndFactIsMendedFromTheLedger) {
  Desk desk;
  desk.set_fails = Ambiguous("no answer");
  EXPECT_FALSE(desk.keeping.Raise(desk.snapshot).ok());
  desk.set_fails.reset();
  desk.sight.least_milli = 8'000;  // it was heard
  desk.sight.mark.reset();         // and somebody took the mark away
  ASSERT_TRUE(desk.keeping.Raise(desk.snapshot).ok());
  EXPECT_EQ(desk.snapshot.floors.back().before_milli, 500) << "what it was is in the ledger";
  ASSERT_TRUE(desk.Restore().ok());
  EXPECT_EQ(desk.sight.least_milli, 500);
}

TEST(KeepingFloor, OneThatWasNeverRaisedIsRestoredByLooking) {
  Desk desk;
  desk.set_fails = Denied("may not");
  EXPECT_FALSE(desk.keeping.Raise(desk.snapshot).ok());
  ASSERT_TRUE(desk.Restore().ok()) << "and needs no right to change it";
  EXPECT_EQ(desk.snapshot.floors.back().state, FloorState::kRestored);
}

TEST(KeepingFloor, IsNeverLoweredWhereSomebodyElseSetIt) {
  Desk desk;
  ASSERT_TRUE(desk.keeping.Raise(desk.snapshot).ok());
  desk.sight.least_milli = 12'000;
  ASSERT_TRUE(desk.Restore().ok());
  EXPECT_EQ(desk.sight.least_milli, 12'000);
  EXPECT_FALSE(desk.sight.mark) << "no sweep may take it for ours";
  EXPECT_EQ(desk.snapshot.floors.back().state, FloorState::kLeft);
  EXPECT_NE(desk.snapshot.floors.back().note.find("12"), std::string::npos);
}

TEST(KeepingFloor, AHigherOneStaysAsItIs) {
  Desk desk;
  desk.sight.least_milli = 10'000;
  ASSERT_TRUE(desk.keeping.Raise(desk.snapshot).ok());
  EXPECT_EQ(desk.Told(), "see floor intended; floor raised; ");
  ASSERT_TRUE(desk.Restore().ok());
  EXPECT_EQ(desk.sight.least_milli, 10'000);
  EXPECT_EQ(desk.snapshot.floors.back().state, FloorState::kRestored);
}

TEST(KeepingFloor, TheSecondRunKeepsWhatItWasBeforeTheFirst) {
  Desk desk;
  desk.sight = {8'000, 32'000, FloorMark{.run = RunId{6}, .before_milli = 500}};
  ASSERT_TRUE(desk.keeping.Raise(desk.snapshot).ok());
  EXPECT_EQ(desk.sight.mark->run, RunId{7});
  EXPECT_EQ(desk.sight.mark->before_milli, 500);
  ASSERT_TRUE(desk.Restore().ok());
  EXPECT_EQ(desk.sight.least_milli, 500);
}

TEST(KeepingFloor, AnotherRunThatCountsOnItRestoresIt) {
  Desk desk;
  ASSERT_TRUE(desk.keeping.Raise(desk.snapshot).ok());
  ASSERT_TRUE(desk.keeping.Restore({""}, desk.snapshot).ok());
  desk.snapshot.floors.back().needed_by = RunId{8};
  desk.Told();
  ASSERT_TRUE(desk.keeping.Restore({""}, desk.snapshot).ok());
  EXPECT_EQ(desk.Told(), "see mark floor left; ");
  EXPECT_EQ(desk.sight.least_milli, 8'000);
  EXPECT_EQ(desk.sight.mark->run, RunId{8}) << "a sweep knows whose it is";
  EXPECT_EQ(desk.sight.mark->raised_milli, 8'000);
}

TEST(KeepingFloor, AnotherLedgersMarkStands) {
  Desk desk;
  ASSERT_TRUE(desk.keeping.Raise(desk.snapshot).ok());
  desk.sight.mark = FloorMark{.run = RunId{3}, .is_ours = false, .before_milli = 500};
  ASSERT_TRUE(desk.Restore().ok());
  EXPECT_EQ(desk.sight.least_milli, 8'000);
  EXPECT_TRUE(desk.sight.mark);
  EXPECT_EQ(desk.snapshot.floors.back().state, FloorState::kLeft);
}

TEST(KeepingFloor, AClusterThatIsGoneIsNothingToRestore) {
  Desk desk;
  ASSERT_TRUE(desk.keeping.Raise(desk.snapshot).ok());
  desk.see_fails = NotFound("no such cluster");
  ASSERT_TRUE(desk.Restore().ok());
  EXPECT_EQ(desk.snapshot.floors.back().state, FloorState::kLeft);
  desk.snapshot.floors.back().state = FloorState::kRestoring;
  desk.see_fails = Unavailable("away");
  EXPECT_FALSE(desk.keeping.Restore({""}, desk.snapshot).ok());
  EXPECT_EQ(desk.snapshot.floors.back().state, FloorState::kRestoring);
}

TEST(KeepingFloor, IsNotRaisedBeyondTheClustersMost) {
  Desk desk;
  desk.sight.most_milli = 4'000;
  EXPECT_EQ(desk.keeping.Raise(desk.snapshot).error().kind(), ErrorKind::kInvalid);
  EXPECT_TRUE(desk.snapshot.floors.empty());
}

}  // namespace
}  // namespace mayfly
