#include "adapters/posix/process_runner.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <ctime>

#include "adapters/posix/deadline.h"
#include "adapters/posix/spawn.h"

namespace mayfly::posix {
namespace {

const auto kNever = [] { return false; };
const auto kSilent = [](std::string_view) {};

ProcessSpec Shell(const std::string& script) {
  ProcessSpec spec;
  spec.argv = {"/bin/sh", "-c", script};
  return spec;
}

Result<CommandExit> RunShell(PosixProcessRunner& runner, const std::string& script,
                             Duration timeout = seconds(20)) {
  return runner.Run(Shell(script), timeout, kSilent, kNever);
}

// Polls until the predicate holds; a change of a child is an event, not a matter of time.
template <typename Done>
void PollUntil(PosixProcessRunner& runner, std::vector<ProcessChange>& changes, Done done) {
  Duration limit = SinceBoot() + seconds(20);
  while (!done() && SinceBoot() < limit) {
    Result<std::vector<ProcessChange>> more = runner.Poll();
    ASSERT_TRUE(more.ok());
    changes.insert(changes.end(), more->begin(), more->end());
  }
}

TEST(ProcessRunner, GivesExitCodeSignalAndTail) {
  PosixProcessRunner runner;
  Result<CommandExit> exit = RunShell(runner, "echo out; echo err >&2; exit 7");
  ASSERT_TRUE(exit.ok());
  EXPECT_EQ(exit->exit_code, 7);
  EXPECT_EQ(exit->tail, "out\nerr\n");
  EXPECT_EQ(RunShell(runner, "kill -9 $$")->signal, SIGKILL);
}

TEST(ProcessRunner, KeepsOnlyTheTailOfMuchOutput) {
  PosixProcessRunner runner;
  Result<CommandExit> exit = RunShell(runner, "yes 0123456789 | head -n 100000; echo last");
  EXPECT_LE(exit->tail.size(), 64U * 1024);
  EXPECT_TRUE(exit->tail.ends_with("last\n"));
}

TEST(ProcessRunner, EndsACommandAtItsTimeoutWithAllItStarted) {
  PosixProcessRunner runner;
  Result<CommandExit> exit = RunShell(runner, "sleep 600 & sleep 600", milliseconds(200));
  EXPECT_TRUE(exit->timed_out);
  EXPECT_TRUE(ListChildren().empty());
}

TEST(ProcessRunner, CountsAndEndsAGrandchildThatLeftTheGroup) {
  PosixProcessRunner runner;
  Result<CommandExit> exit = RunShell(runner, "setsid sleep 600 & exit 0");
  EXPECT_EQ(exit->exit_code, 0);
  EXPECT_EQ(exit->stragglers, 1);
  EXPECT_TRUE(ListChildren().empty());
}

TEST(ProcessRunner, ATimeoutHoldsAgainstACommandThatNeverStopsWriting) {
  PosixProcessRunner runner;
  Result<CommandExit> exit = RunShell(runner, "exec yes", milliseconds(200));
  EXPECT_TRUE(exit->timed_out);
  EXPECT_EQ(exit->tail.size(), 64U * 1024);
}

TEST(ProcessRunner, ACommandThatClosesItsOutputIsAwaitedWithoutSpinning) {
  PosixProcessRunner runner;
  std::clock_t before = std::clock();  // of this process, not of the child
  Result<CommandExit> exit = RunShell(runner, "exec >&- 2>&-; sleep 0.5; exit 4");
  EXPECT_EQ(exit->exit_code, 4);
  EXPECT_LT(std::clock() - before, CLOCKS_PER_SEC / 5);
}

TEST(ProcessRunner, EndsAChainOfDaemonsWithoutOurEnvironment) {
  PosixProcessRunner runner;
  const std::string daemon = "env -i setsid sh -c 'setsid sleep 600 & setsid sleep 600 & wait' & ";
  Result<CommandExit> exit = RunShell(runner, daemon + "sleep 0.1; exit 0");
  ASSERT_TRUE(exit.ok()) << exit.error().message();
  EXPECT_GE(exit->stragglers, 1);
  EXPECT_TRUE(ListChildren().empty());
}

TEST(ProcessRunner, ADetachedProcessIsNoOrphan) {
  PosixProcessRunner runner;
  Result<ProcessId> meant = Spawn({.argv = {"sleep", "600"}, .tie = Tie::kDetached});
  ASSERT_TRUE(meant.ok());
  EXPECT_EQ(RunShell(runner, "exit 0")->stragglers, 0);
  ASSERT_TRUE(runner.Poll().ok());
  EXPECT_TRUE(IsRunning(*meant));
  ASSERT_TRUE(KillUntilGone([&] { return FindTree(meant->pid); }, seconds(5)).ok());
  ASSERT_TRUE(runner.Poll().ok());  // reaps it
  EXPECT_TRUE(ListChildren().empty());
}

TEST(ProcessRunner, ChildThatEndsTakesItsGroupAlong) {
  PosixProcessRunner runner;
  ASSERT_TRUE(
      runner.Start(Shell("sleep 600 & exit 0"), [](ProcessHandle, std::string_view) {}).ok());
  std::vector<ProcessChange> changes;
  PollUntil(runner, changes, [&] { return !changes.empty(); });
  EXPECT_EQ(changes[0].what, ProcessChange::What::kExited);
  EXPECT_TRUE(ListChildren().empty());
}

TEST(ProcessRunner, ACancelledCommandEnds) {
  PosixProcessRunner runner;
  Result<CommandExit> exit =
      runner.Run(Shell("sleep 600"), seconds(60), kSilent, [] { return true; });
  EXPECT_TRUE(exit->cancelled);
}

TEST(ProcessRunner, NamesAProgramThatIsNotThere) {
  PosixProcessRunner runner;
  ProcessSpec spec;
  spec.argv = {"no-such-program-anywhere"};
  Result<CommandExit> exit = runner.Run(spec, seconds(1), kSilent, kNever);
  EXPECT_EQ(exit.error().kind(), ErrorKind::kNotFound);
  EXPECT_NE(exit.error().message().find("no-such-program-anywhere"), std::string::npos);
}

TEST(ProcessRunner, DeliversLinesAndTheEndOfAChild) {
  PosixProcessRunner runner;
  std::vector<std::string> lines;
  auto hear = [&](ProcessHandle, std::string_view line) { lines.emplace_back(line); };
  ASSERT_TRUE(runner.Start(Shell("echo one; echo two; printf three; exit 3"), hear).ok());
  std::vector<ProcessChange> changes;
  PollUntil(runner, changes, [&] { return !changes.empty(); });
  EXPECT_EQ(changes[0].value, 3);
  EXPECT_EQ(lines, (std::vector<std::string>{"one", "two", "three"}));
}

TEST(ProcessRunner, TellsOfAStoppedChildAndCanStillKillIt) {
  PosixProcessRunner runner;
  Result<ProcessHandle> child =
      runner.Start(Shell("kill -STOP $$"), [](ProcessHandle, std::string_view) {});
  std::vector<ProcessChange> changes;
  PollUntil(runner, changes, [&] { return !changes.empty(); });
  EXPECT_EQ(changes[0].what, ProcessChange::What::kStopped);
  ASSERT_TRUE(runner.Kill(*child).ok());
  EXPECT_TRUE(ListChildren().empty());
}

int StatusOf(pid_t child) {
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return status;
}

TEST(Deadline, EndsAProcessThatIsStopped) {
  pid_t child = fork();
  if (child == 0) {
    if (!ArmKillTimer(milliseconds(100)).ok()) _exit(1);
    raise(SIGSTOP);
    _exit(2);
  }
  const int status = StatusOf(child);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

TEST(Deadline, CanBePostponedUnlessTheMachineIsTaken) {
  const auto lives = [](Status (*arm)(Duration)) {
    pid_t child = fork();
    if (child == 0) {
      if (!arm(milliseconds(50)).ok() || !arm(hours(1)).ok()) _exit(1);
      usleep(200'000);
      _exit(0);
    }
    return WIFEXITED(StatusOf(child));
  };
  EXPECT_TRUE(lives(ArmKillTimer));
  EXPECT_FALSE(lives(ArmTakenTimer));
}

TEST(ProcessRunner, OutputThatIsNotCutIntoLinesComesByteByByte) {
  PosixProcessRunner runner;
  ProcessSpec spec = Shell("printf 'one\\0two'");
  spec.by_lines = false;
  std::string heard;
  auto process = runner.Start(spec, [&](ProcessHandle, std::string_view bytes) { heard += bytes; });
  ASSERT_TRUE(process.ok());
  std::vector<ProcessChange> changes;
  PollUntil(runner, changes, [&] { return !changes.empty(); });
  EXPECT_EQ(heard, std::string("one\0two", 7));
}

TEST(ProcessRunner, WhatInheritsNothingGetsOnlyWhatItIsGiven) {
  ASSERT_EQ(setenv("MAYFLY_TEST_SECRET", "hunter2", 1), 0);
  PosixProcessRunner runner;
  ProcessSpec spec = Shell("/usr/bin/env");
  spec.inherit_env = false;
  spec.env = {{"GIVEN", "yes"}};
  Result<CommandExit> exit = runner.Run(spec, seconds(20), kSilent, kNever);
  ASSERT_TRUE(exit.ok());
  EXPECT_NE(exit->tail.find("GIVEN=yes"), std::string::npos);
  EXPECT_EQ(exit->tail.find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace mayfly::posix
