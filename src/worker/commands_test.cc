#include "worker/commands.h"

#include <gtest/gtest.h>

#include "worker/testing.h"

namespace mayfly {
namespace {

class FakeExecs : public ExecQueue {
 public:
  Result<std::vector<ExecOrder>> Take(MachineId) override {
    if (away) return Unavailable("no ledger");
    return orders;
  }
  Status AddOutput(ExecId, std::int64_t part, std::string_view bytes) override {
    if (away) return Unavailable("no ledger");
    auto index = static_cast<std::size_t>(part);
    if (index >= parts.size()) parts.resize(index + 1);
    if (parts[index].empty()) parts[index] = bytes;
    return loses_answers ? Status(Ambiguous("lost")) : Status();
  }
  Status End(ExecId exec, const ExecExit& exit) override {
    if (away) return Unavailable("no ledger");
    ended.emplace_back(exec, exit);
    std::erase_if(orders, [&](const ExecOrder& order) { return order.id == exec; });
    return {};
  }
  std::string Output() const {
    std::string all;
    for (const std::string& part : parts) all += part;
    return all;
  }

  bool away = false, loses_answers = false;
  std::vector<ExecOrder> orders;
  std::vector<std::string> parts;
  std::vector<std::pair<ExecId, ExecExit>> ended;
};

struct Bench {
  FixedClock clock;
  FakeExecs execs;
  FakeProcesses processes;
  std::string said;
  Commands commands{
      {.machine = MachineId{1},
       .process_of = [](const ExecOrder& order) { return ProcessSpec{.argv = order.argv}; },
       .say = [this](const std::string& line) { said += line + "\n"; }},
      clock,
      execs,
      processes};

  void Ask(std::int64_t id, Duration timeout = minutes(1)) {
    execs.orders.push_back({ExecId{id}, {"ls", "-l"}, "ann@here", timeout});
  }
  void Step(Duration later = seconds(1)) {
    clock.mono += later;
    ASSERT_TRUE(commands.Step().ok());
  }
};

TEST(Commands, OutputComesBeforeTheEndAndBothAreKept) {
  Bench b;
  b.Ask(5);
  b.Step();
  ASSERT_EQ(b.processes.started.size(), 1U);
  b.processes.Say(std::string("one\0two", 7));
  EXPECT_TRUE(b.commands.OnChange(b.processes.Exit(3)));
  b.Step();
  EXPECT_EQ(b.execs.Output(), std::string("one\0two", 7));
  ASSERT_EQ(b.execs.ended.size(), 1U);
  EXPECT_EQ(b.execs.ended[0].second.how, ExecEnd::kExited);
  EXPECT_EQ(b.execs.ended[0].second.code, 3);
  EXPECT_NE(b.said.find("command 5 of ann@here: ls -l"), std::string::npos);
  EXPECT_NE(b.said.find("exited with 3"), std::string::npos);
}

TEST(Commands, ACommandIsStartedOnceHoweverOftenItIsNamed) {
  Bench b;
  b.Ask(5);
  for (int i = 0; i < 4; ++i) b.Step();
  EXPECT_EQ(b.processes.started.size(), 1U);
  b.commands.OnChange(b.processes.Exit(0));
  auto again = b.execs.orders;
  b.Step();
  b.execs.orders = again;  // a look that was under way names it once more
  b.Step();
  EXPECT_EQ(b.processes.started.size(), 1U);
}

TEST(Commands, APartWhoseAnswerWasLostIsRepeatedAsItWas) {
  Bench b;
  b.Ask(5);
  b.Step();
  b.processes.Say("first ");
  b.execs.loses_answers = true;
  EXPECT_FALSE(b.commands.Step().ok());
  b.processes.Say("second");
  b.execs.loses_answers = false;
  b.Step();
  EXPECT_EQ(b.execs.Output(), "first second");
}

TEST(Commands, WhatTheLedgerCouldNotHearIsToldLater) {
  Bench b;
  b.Ask(5);
  b.Step();
  b.execs.away = true;
  b.processes.Say("kept");
  b.commands.OnChange(b.processes.Exit(0));
  EXPECT_FALSE(b.commands.Step().ok());
  b.execs.away = false;
  b.Step();
  EXPECT_EQ(b.execs.Output(), "kept");
  EXPECT_EQ(b.execs.ended.size(), 1U);
}

TEST(Commands, OneThatRunsOverItsTimeIsEnded) {
  Bench b;
  b.Ask(5, seconds(10));
  b.Step();
  b.Step(seconds(9));
  EXPECT_TRUE(b.processes.killed.empty());
  b.Step(seconds(1));
  EXPECT_EQ(b.processes.killed, (std::vector<std::int64_t>{101}));
  ASSERT_EQ(b.execs.ended.size(), 1U);
  EXPECT_EQ(b.execs.ended[0].second.how, ExecEnd::kTimedOut);
}

TEST(Commands, ACancelledOneIsEnded) {
  Bench b;
  b.Ask(5);
  b.Step();
  b.execs.orders[0].is_cancelled = true;
  b.Step();
  EXPECT_EQ(b.processes.killed.size(), 1U);
  b.Step();
  ASSERT_EQ(b.execs.ended.size(), 1U);
  EXPECT_EQ(b.execs.ended[0].second.how, ExecEnd::kCancelled);
}

TEST(Commands, OneThatIsNotToBeFoundEndsAsInAShell) {
  Bench b;
  b.processes.start_error = NotFound("no program ls");
  b.Ask(5);
  b.Step();
  b.Step();
  ASSERT_EQ(b.execs.ended.size(), 1U);
  EXPECT_EQ(b.execs.ended[0].second.how, ExecEnd::kNotStarted);
  EXPECT_EQ(b.execs.ended[0].second.code, 127);
}

TEST(Commands, OutputBeyondTheBoundIsCountedAndTold) {
  Bench b;
  b.Ask(5);
  b.Step();
  std::string megabyte(std::size_t{1} << 20, 'x');
  for (int i = 0; i < 9; ++i) b.processes.Say(megabyte);
  b.commands.OnChange(b.processes.Exit(0));
  b.Step();
  EXPECT_EQ(b.execs.Output().size(), Commands::kMostKept);
  EXPECT_NE(b.execs.ended[0].second.note.find("not kept"), std::string::npos);
}

TEST(Commands, StoppingEndsWhatRunsAndSaysSo) {
  Bench b;
  b.Ask(5);
  b.Step();
  ASSERT_TRUE(b.commands.Stop().ok());
  EXPECT_EQ(b.processes.killed.size(), 1U);
  ASSERT_EQ(b.execs.ended.size(), 1U);
  EXPECT_EQ(b.execs.ended[0].second.how, ExecEnd::kMachineEnded);
  EXPECT_FALSE(b.commands.is_running());
}

}  // namespace
}  // namespace mayfly
