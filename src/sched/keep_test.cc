#include "sched/keep.h"

#include <gtest/gtest.h>

#include "sched/decide.h"

namespace mayfly::sched {
namespace {

MachineView Machine(std::int64_t id, MachineState state) {
  MachineView machine{.id = MachineId{id}, .state = state};
  machine.external_id = "i-1";
  machine.heartbeat_age = seconds(1);
  machine.deadline_in = hours(1);
  return machine;
}

RunSnapshot Finishing() {
  RunSnapshot s;
  s.run.state = RunState::kFinishing;
  s.run.published = true;
  s.run.deadline_in = hours(1);
  s.server_up = hours(1);
  s.now = MakeInstant(2026, 1, 1);
  s.machines = {Machine(1, MachineState::kGone), Machine(2, MachineState::kWorking)};
  return s;
}

KeptDisk Disk(DiskState state, Duration age = seconds(1)) {
  return {.machine = MachineId{2}, .state = state, .expires = MakeInstant(2026, 2, 1), .age = age};
}

const Policy kKeeps{.keep = {.disk_wait = minutes(30)}};

template <typename T>
const T* Find(const std::vector<Action>& actions) {
  for (const Action& action : actions) {
    if (const T* found = std::get_if<T>(&action)) return found;
  }
  return nullptr;
}

TEST(Keep, TheLastMachineStaysUntilItsDiskIsKept) {
  RunSnapshot s = Finishing();
  auto actions = Decide(s, {}, kKeeps);
  ASSERT_NE(Find<KeepDisk>(actions), nullptr);
  EXPECT_EQ(Find<KeepDisk>(actions)->machine, MachineId{2});
  EXPECT_EQ(Find<Drain>(actions), nullptr);
  for (DiskState open : {DiskState::kIntended, DiskState::kPending}) {
    s.kept_disk = Disk(open);
    actions = Decide(s, {}, kKeeps);
    EXPECT_EQ(Find<Drain>(actions), nullptr);
    EXPECT_EQ(Find<KeepDisk>(actions) != nullptr, open == DiskState::kIntended);
  }
  for (DiskState over : {DiskState::kCompleted, DiskState::kFailed, DiskState::kDeleted}) {
    s.kept_disk = Disk(over);
    EXPECT_NE(Find<Drain>(Decide(s, {}, kKeeps)), nullptr) << Name(over);
  }
}

TEST(Keep, OtherMachinesLeaveMeanwhile) {
  RunSnapshot s = Finishing();
  s.machines[0] = Machine(1, MachineState::kWorking);
  s.kept_disk = Disk(DiskState::kPending);
  auto actions = Decide(s, {}, kKeeps);
  ASSERT_NE(Find<Drain>(actions), nullptr);
  EXPECT_EQ(Find<Drain>(actions)->machine, MachineId{1});
}

TEST(Keep, NoDiskKeepsAMachineBeyondItsDeadline) {
  RunSnapshot s = Finishing();
  s.kept_disk = Disk(DiskState::kPending);
  s.machines[1].deadline_in = Duration(0);
  ASSERT_NE(Find<End>(Decide(s, {}, kKeeps)), nullptr);
}

TEST(Keep, ADiskThatTakesTooLongIsDropped) {
  RunSnapshot s = Finishing();
  s.kept_disk = Disk(DiskState::kPending, minutes(31));
  auto actions = Decide(s, {}, kKeeps);
  ASSERT_NE(Find<DropDisk>(actions), nullptr);
  EXPECT_EQ(Find<DropDisk>(actions)->to, DiskState::kFailed);
  EXPECT_NE(Find<Drain>(actions), nullptr) << "its machine goes at once";
}

TEST(Keep, ARunIsNotClosedBeforeItsDiskIsSettled) {
  RunSnapshot s = Finishing();
  s.machines[1].state = MachineState::kGone;
  const Known known{.residue_proved_empty = true};
  s.kept_disk = Disk(DiskState::kPending);
  EXPECT_TRUE(Decide(s, known, kKeeps).empty());
  s.kept_disk = Disk(DiskState::kCompleted);
  ASSERT_NE(Find<MoveRun>(Decide(s, known, kKeeps)), nullptr);
  s.now = s.kept_disk->expires;
  auto actions = Decide(s, known, kKeeps);
  ASSERT_NE(Find<DropDisk>(actions), nullptr);
  EXPECT_EQ(Find<DropDisk>(actions)->to, DiskState::kDeleted);
  EXPECT_EQ(Find<MoveRun>(actions), nullptr);
}

TEST(Keep, WhereNoMachineIsLeftThatIsSaidAndTheRunEnds) {
  RunSnapshot s = Finishing();
  s.machines[1].state = MachineState::kGone;
  auto actions = Decide(s, {}, kKeeps);
  ASSERT_NE(Find<DropDisk>(actions), nullptr);
  EXPECT_EQ(Find<DropDisk>(actions)->to, DiskState::kFailed);
}

TEST(Keep, OnlyAPassKeepsADisk) {
  for (RunState state : {RunState::kFailed, RunState::kPaused, RunState::kCancelled}) {
    RunSnapshot s = Finishing();
    s.run.state = state;
    EXPECT_EQ(Find<KeepDisk>(Decide(s, {}, kKeeps)), nullptr) << Name(state);
  }
  EXPECT_EQ(Find<KeepDisk>(Decide(Finishing(), {}, {})), nullptr) << "and one that wants it";
}

RunSnapshot WithWork(std::optional<FloorState> floor) {
  RunSnapshot s = Finishing();
  s.run.state = RunState::kRunning;
  s.machines.clear();
  s.stages = {{.id = StageId{1}, .state = StageState::kOpen, .tasks = {.ready = 3}}};
  if (floor) s.floors = {{.cluster = "c", .state = *floor}};
  return s;
}

TEST(Keep, TheFloorIsUpBeforeAMachineIsAskedFor) {
  const Policy raises{.keep = {.raises_floor = true}};
  struct Case {
    std::optional<FloorState> floor;
    bool raises, restores;
  };
  for (const Case& c : {Case{std::nullopt, true, false},
                        {FloorState::kIntended, true, false},
                        {FloorState::kRaised, false, false},
                        {FloorState::kRestoring, false, true},
                        {FloorState::kRestored, true, false},
                        {FloorState::kLeft, true, false}}) {
    auto actions = Decide(WithWork(c.floor), {}, raises);
    const char* name = c.floor ? Name(*c.floor).data() : "none";
    EXPECT_EQ(Find<RaiseFloor>(actions) != nullptr, c.raises) << name;
    EXPECT_EQ(Find<RestoreFloor>(actions) != nullptr, c.restores) << name;
    EXPECT_EQ(Find<Launch>(actions) != nullptr, !c.raises && !c.restores) << name;
  }
  EXPECT_NE(Find<Launch>(Decide(WithWork(std::nullopt), {}, {})), nullptr);
}

TEST(Keep, NoRunIsSettledWhileAFloorIsUp) {
  const Known known{.residue_proved_empty = true};
  for (RunState state : {RunState::kFailed, RunState::kPaused, RunState::kCancelled,
                         RunState::kClosed, RunState::kFinishing}) {
    for (FloorState open : {FloorState::kIntended, FloorState::kRaised, FloorState::kRestoring}) {
      RunSnapshot s = Finishing();
      s.machines.clear();
      s.run.state = state;
      s.floors = {{.cluster = "c", .state = open}};
      auto actions = Decide(s, known, {});
      EXPECT_NE(Find<RestoreFloor>(actions), nullptr) << Name(state) << " " << Name(open);
      EXPECT_EQ(Find<MoveRun>(actions), nullptr);
      EXPECT_FALSE(IsSettled(s, known));
      s.floors.back().state = FloorState::kRestored;
      EXPECT_EQ(IsSettled(s, known), state != RunState::kFinishing);
    }
  }
}

// Whoever is killed in between leaves a run that goes on, and not one that nobody drives any more.
TEST(Keep, ARunIsCancelledOnlyOnceItsFloorIsRestored) {
  RunSnapshot s = WithWork(FloorState::kRaised);
  s.run.stop_wish = StopWish::kCancel;
  for (FloorState open : {FloorState::kIntended, FloorState::kRaised, FloorState::kRestoring}) {
    s.floors.back().state = open;
    auto actions = Decide(s, {}, {});
    EXPECT_NE(Find<RestoreFloor>(actions), nullptr) << Name(open);
    EXPECT_EQ(Find<MoveRun>(actions), nullptr) << Name(open);
  }
  s.floors.back().state = FloorState::kRestored;
  auto actions = Decide(s, {}, {});
  ASSERT_NE(Find<MoveRun>(actions), nullptr);
  EXPECT_EQ(Find<MoveRun>(actions)->to, RunState::kCancelled);
}

}  // namespace
}  // namespace mayfly::sched
