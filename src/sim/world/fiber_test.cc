#include "sim/world/fiber.h"

#include <gtest/gtest.h>

#include <string>

#include "sim/world/event_queue.h"
#include "sim/world/sim_process.h"

namespace mayfly::sim {
namespace {

TEST(Fiber, GoesOnWhereItSuspendedItselfWithItsLocals) {
  Fiber fiber;
  std::string seen;
  fiber.Start([&] {
    std::string local = "kept";
    seen += "a";
    fiber.Suspend();
    seen += local;
  });
  seen += "-";
  EXPECT_FALSE(fiber.is_idle());
  fiber.Resume();
  EXPECT_TRUE(fiber.is_idle());
  EXPECT_EQ(seen, "a-kept");
}

TEST(Fiber, RunsOneBodyAfterTheOther) {
  Fiber fiber;
  int runs = 0;
  for (int i = 0; i < 3; ++i) fiber.Start([&] { ++runs; });
  EXPECT_EQ(runs, 3);
}

TEST(EventQueue, RunsInOrderOfTimeAndTheSeedBreaksTies) {
  auto order = [](std::uint64_t seed) {
    VirtualTime time;
    EventQueue queue(time, seed);
    std::string said;
    for (char c : std::string("abcdefgh")) queue.At(seconds(1), [&said, c] { said += c; });
    queue.At(Duration{0}, [&said] { said += '0'; });
    while (queue.NextAt()) queue.RunNext();
    return said;
  };
  EXPECT_EQ(order(1), order(1));
  EXPECT_NE(order(1), order(2));
  EXPECT_EQ(order(1).front(), '0');
}

// A process that calls a server once and counts what arrived there.
struct ProcessBench {
  Scene scene{1, {}, {}};
  int arrived = 0;
  std::optional<bool> answered;
  std::optional<SimProcess::Ending> ending;
  SimProcess process{scene, "client", [this](SimProcess::Ending how) { ending = how; }};

  void Begin() {
    scene.weather = {.delayed = 1};
    process.Start(
        [this]() -> std::optional<Duration> {
          answered = ThroughGate(process, "call", [&]() -> Status {
                       ++arrived;
                       return {};
                     }).ok();
          return std::nullopt;
        },
        Duration{0});
    scene.queue.RunNext();
  }
  void Finish() {
    while (scene.queue.NextAt()) scene.queue.RunNext();
  }
};

TEST(SimProcess, ACallTakesTimeAndIsAnswered) {
  ProcessBench bench;
  bench.Begin();
  EXPECT_EQ(bench.arrived, 0);
  bench.Finish();
  EXPECT_EQ(bench.arrived, 1);
  EXPECT_EQ(bench.answered, true);
  EXPECT_GT(bench.scene.time.now, Duration{0});
  EXPECT_EQ(bench.ending, SimProcess::Ending::kByItself);
}

TEST(SimProcess, WhatWasInFlightMayArriveAfterItsClientDied) {
  for (bool in_flight : {true, false}) {
    ProcessBench bench;
    bench.Begin();
    bench.process.Kill(in_flight);
    bench.Finish();
    EXPECT_EQ(bench.arrived, in_flight ? 1 : 0);
    EXPECT_EQ(bench.answered, false);
    EXPECT_EQ(bench.ending, SimProcess::Ending::kKilled);
  }
}

TEST(SimProcess, AStalledClientsCallArrivesAndItsAnswerWaits) {
  ProcessBench bench;
  bench.Begin();
  bench.process.Stall(minutes(1));
  bench.scene.queue.RunNext();
  EXPECT_EQ(bench.arrived, 1);
  bench.Finish();
  EXPECT_EQ(bench.answered, true);
  EXPECT_GE(bench.scene.time.now, Duration(minutes(1)));
}

}  // namespace
}  // namespace mayfly::sim
