#include "sweep/sweeper.h"

#include <gtest/gtest.h>

#include "sweep/testing.h"

namespace mayfly::sweep {
namespace {

class FakeClock final : public Clock {
 public:
  Instant Wall() override { return Now() + mono; }
  Duration Mono() override { return mono; }
  Duration mono{};
};

// A sweep of one region, whose waits pass at once.
class World {
 public:
  explicit World(bool is_reaping) : policy{.window = kWindow, .is_reaping = is_reaping} {
    ledger.ledger.machines.resize(1);  // nobody is at work
    ledger.ledger.runs.resize(1);
  }

  Sweeper Sweep() {
    Sweeper sweeper({&estate}, ledger, clock, policy);
    while (!sweeper.done()) {
      const Result<Duration> next = sweeper.Step();
      EXPECT_TRUE(next.ok());
      ledger.ledger.now += *next - clock.mono;
      clock.mono = *next;
    }
    return sweeper;
  }

  FakeEstate estate{kRegion};
  FakeRegister ledger;
  FakeClock clock;
  SweepPolicy policy;
};

Thing Orphan(ThingKind kind, std::string id) {
  return MakeThing(kind, std::move(id), OfMachine(1, 1));
}

TEST(Sweeper, TwoEmptyPassesAWindowApartAreTheProof) {
  World world(/*is_reaping=*/false);
  const Sweeper swept = world.Sweep();
  EXPECT_TRUE(swept.is_proved());
  EXPECT_EQ(swept.passes(), 2);
  EXPECT_EQ(world.clock.mono, 2 * kWindow);
}

TEST(Sweeper, WhatIsFoundIsToldAtOnceAndNotTouched) {
  World world(/*is_reaping=*/false);
  world.estate.Add(Orphan(ThingKind::kVolume, "vol-1"));
  const Sweeper swept = world.Sweep();
  EXPECT_EQ(swept.passes(), 1);
  EXPECT_FALSE(swept.is_proved());
  EXPECT_FALSE(world.estate.things.at("vol-1").marked);
}

TEST(Sweeper, ASilentRegionIsNotAnEmptyOne) {
  World world(/*is_reaping=*/false);
  world.estate.silence = Unavailable("no answer");
  const Sweeper swept = world.Sweep();
  EXPECT_FALSE(swept.is_proved());
  ASSERT_EQ(swept.last().unasked.size(), 1U);
  EXPECT_FALSE(swept.last().has_left());
}

TEST(Sweeper, ReapsInTwoPhasesWhatHangsOnNothingFirst) {
  World world(/*is_reaping=*/true);
  Thing volume = Orphan(ThingKind::kVolume, "vol-1");
  volume.held_by = "i-1";
  world.estate.Add(volume);
  world.estate.Add(Orphan(ThingKind::kInstance, "i-1"));
  const Sweeper swept = world.Sweep();
  EXPECT_TRUE(swept.is_proved());
  EXPECT_EQ(world.estate.touched, (std::vector<std::string>{"i-1", "vol-1"}));
  EXPECT_EQ(swept.passes(), 5);  // mark, the machine, its disk, nothing, nothing
}

TEST(Sweeper, AMachineThatTurnsOutToWorkIsSparedAndUnmarked) {
  World world(/*is_reaping=*/true);
  world.policy.reaps_unknown = true;
  world.estate.Add(MakeThing(ThingKind::kInstance, "i-5", OfMachine(1, 5)));
  Sweeper sweeper({&world.estate}, world.ledger, world.clock, world.policy);
  ASSERT_TRUE(sweeper.Step().ok());
  EXPECT_TRUE(world.estate.things.at("i-5").marked);
  world.ledger.ledger.machines.push_back(Machine(5, 1, MachineState::kWorking));
  world.ledger.ledger.now += hours(1);
  ASSERT_TRUE(sweeper.Step().ok());
  EXPECT_FALSE(world.estate.things.at("i-5").marked);
  EXPECT_TRUE(world.estate.touched.empty());
}

TEST(Sweeper, WhatItMayNotRemoveEndsTheSweepUnproved) {
  World world(/*is_reaping=*/true);
  Thing volume = Orphan(ThingKind::kVolume, "vol-1");
  volume.held_by = "i-of-somebody";
  world.estate.Add(volume);
  const Sweeper swept = world.Sweep();
  EXPECT_EQ(swept.passes(), 1);
  EXPECT_TRUE(swept.last().has_left());
}

}  // namespace
}  // namespace mayfly::sweep
