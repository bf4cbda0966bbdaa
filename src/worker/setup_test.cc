#include "worker/setup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "worker/testing.h"

namespace mayfly {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct SetupBench {
  explicit SetupBench(const SetupSpec& spec)
      : setup(PlanSetup(spec, "/there"), clock, processes,
              [this](const std::string& line) { said.push_back(line); }) {}

  FixedClock clock;
  FakeProcesses processes;
  std::vector<std::string> said;
  Setup setup;
};

TEST(Setup, PlansTheSwapFileFirstAndOnlyWhereItIsStated) {
  SetupPlan plan = PlanSetup({.commands = {"a", "b"}, .swap_bytes = 8LL << 30}, "/there");
  ASSERT_EQ(plan.steps.size(), 3U);
  EXPECT_EQ(plan.steps[0].name, "setup of swap");
  EXPECT_THAT(plan.steps[0].process.argv[2], HasSubstr("fallocate -l 8589934592"));
  EXPECT_THAT(plan.steps[0].process.argv[2], HasSubstr("swapon"));
  EXPECT_THAT(PlanSetup({}, "/there").steps, IsEmpty());
}

TEST(Setup, ACommandRunsInTheFolderAndDoesNotSeeTheWayToTheLedger) {
  SetupPlan plan = PlanSetup({.commands = {"pip install x"}}, "/there");
  EXPECT_THAT(plan.steps[0].process.argv, ElementsAre("/bin/sh", "-c", "pip install x"));
  EXPECT_EQ(plan.steps[0].process.cwd, "/there");
  EXPECT_THAT(plan.steps[0].process.unset_env, Contains("MAYFLY_DATABASE"));
}

TEST(Setup, RunsOneCommandAfterTheOtherAndTellsWhatTheySay) {
  SetupBench bench({.commands = {"a", "b"}});
  ASSERT_TRUE(bench.setup.Step().ok());
  ASSERT_TRUE(bench.setup.Step().ok());
  EXPECT_EQ(bench.processes.started.size(), 1U);
  bench.processes.Say("hello");
  EXPECT_TRUE(bench.setup.OnChange(bench.processes.Exit(0)));
  ASSERT_TRUE(bench.setup.Step().ok());
  EXPECT_EQ(bench.processes.started.size(), 2U);
  EXPECT_FALSE(bench.setup.is_over());
  EXPECT_TRUE(bench.setup.OnChange(bench.processes.Exit(0)));
  EXPECT_TRUE(bench.setup.is_over());
  EXPECT_EQ(bench.setup.failure(), "");
  EXPECT_THAT(bench.said, ElementsAre("setup command 1: hello", "setup command 1 is done",
                                      "setup command 2 is done"));
}

TEST(Setup, AFailureNamesTheCommandAndItsLastWordsAndStartsNoOther) {
  SetupBench bench({.commands = {"a", "b"}});
  ASSERT_TRUE(bench.setup.Step().ok());
  bench.processes.Say("E: no such package");
  EXPECT_TRUE(bench.setup.OnChange(bench.processes.Exit(100)));
  ASSERT_TRUE(bench.setup.Step().ok());
  EXPECT_EQ(bench.processes.started.size(), 1U);
  EXPECT_TRUE(bench.setup.is_over());
  EXPECT_EQ(bench.setup.failure(), "setup command 1 failed: exited with 100: E: no such package");
}

TEST(Setup, TheTimeIsThatOfAllCommandsTogether) {
  SetupBench bench({.commands = {"a", "b"}, .timeout = minutes(10)});
  ASSERT_TRUE(bench.setup.Step().ok());
  bench.clock.mono += minutes(6);
  EXPECT_TRUE(bench.setup.OnChange(bench.processes.Exit(0)));
  ASSERT_TRUE(bench.setup.Step().ok());
  bench.clock.mono += minutes(4);
  ASSERT_TRUE(bench.setup.Step().ok());
  EXPECT_THAT(bench.processes.killed, ElementsAre(102));
  EXPECT_THAT(bench.setup.failure(), HasSubstr("setup command 2 failed: not over within"));
}

TEST(Setup, AProgramThatIsNotThereFailsAndTroubleOfOursIsTriedAgain) {
  SetupBench bench({.commands = {"a"}});
  bench.processes.start_error = Unavailable("no process now");
  EXPECT_FALSE(bench.setup.Step().ok());
  EXPECT_FALSE(bench.setup.is_over());
  bench.processes.start_error = NotFound("there is no folder /work");
  EXPECT_TRUE(bench.setup.Step().ok());
  EXPECT_EQ(bench.setup.failure(), "setup command 1 failed: there is no folder /work");
}

TEST(Setup, OthersProcessesAreNotItsOwn) {
  SetupBench bench({.commands = {"a"}});
  ASSERT_TRUE(bench.setup.Step().ok());
  EXPECT_FALSE(bench.setup.OnChange({ProcessHandle{7}, ProcessChange::What::kExited, 1}));
  EXPECT_TRUE(bench.setup.is_running());
}

TEST(Setup, StoppingEndsWhatRuns) {
  SetupBench bench({.commands = {"a", "b"}});
  ASSERT_TRUE(bench.setup.Step().ok());
  ASSERT_TRUE(bench.setup.Stop().ok());
  ASSERT_TRUE(bench.setup.Step().ok());
  EXPECT_THAT(bench.processes.killed, ElementsAre(101));
  EXPECT_TRUE(bench.setup.is_over());
  EXPECT_EQ(bench.processes.started.size(), 1U);
}

}  // namespace
}  // namespace mayfly
