#include "adapters/posix/process_table.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include <cerrno>

#include "adapters/posix/errno_error.h"
#include "adapters/posix/spawn.h"

namespace mayfly::posix {
namespace {

ProcessId Sleeper(Environment env = {}, Tie tie = Tie::kOwnGroup) {
  auto started = Spawn({.argv = {"sleep", "60"}, .env = std::move(env), .tie = tie});
  EXPECT_TRUE(started.ok()) << started.error().message();
  return *started;
}

std::vector<ProcessRecord> Find(ProcessId id) {
  return IsRunning(id) ? std::vector{*Inspect(id.pid)} : std::vector<ProcessRecord>{};
}

TEST(ErrnoError, SaysWhatTheReceiverDoes) {
  EXPECT_EQ(ErrnoError(ENOENT, "open a").kind(), ErrorKind::kNotFound);
  EXPECT_EQ(ErrnoError(EACCES, "open a").kind(), ErrorKind::kDenied);
  EXPECT_EQ(ErrnoError(ENOSPC, "write a").kind(), ErrorKind::kExhausted);
  EXPECT_EQ(ErrnoError(EAGAIN, "fork").kind(), ErrorKind::kUnavailable);
  EXPECT_EQ(ErrnoError(ENOENT, "open a").message(), "open a: No such file or directory");
  EXPECT_EQ(ErrnoError(ENOSPC, "write a").message(),
            "write a: No space left on device; make room on that disk, then try again");
}

TEST(ProcessTable, IdSurvivesText) {
  const ProcessId self = Inspect(getpid())->id;
  EXPECT_EQ(*ParseProcessId(FormatProcessId(self)), self);
  for (const char* bad : {"", "12", "12:", ":4", "0:4", "1:2x", "x:1"}) {
    EXPECT_FALSE(ParseProcessId(bad).ok()) << bad;
  }
}

TEST(ProcessTable, ReusedPidIsAnotherProcess) {
  ProcessId self = Inspect(getpid())->id;
  EXPECT_TRUE(IsRunning(self));
  self.start_ticks -= 1;
  EXPECT_FALSE(IsRunning(self));
  EXPECT_EQ(Signal(self, SIGKILL).error().kind(), ErrorKind::kNotFound);  // and we still live
}

TEST(ProcessTable, ZombieIsNotRunning) {
  const ProcessId child = Sleeper();
  ASSERT_TRUE(Signal(child, SIGKILL).ok());
  ASSERT_TRUE(WaitUntilGone({child}, seconds(5)).ok());
  ASSERT_TRUE(Inspect(child.pid).has_value());
  EXPECT_EQ(Inspect(child.pid)->state, 'Z');
  EXPECT_FALSE(IsRunning(child));
  waitpid(child.pid, nullptr, 0);
  EXPECT_FALSE(Inspect(child.pid).has_value());
}

TEST(ProcessTable, FindsByEnvironmentTreeGroupAndParent) {
  const std::string mark = FormatProcessId(Inspect(getpid())->id);
  const ProcessId child = Sleeper({{"MAYFLY_TEST_MARK", mark}});
  const auto holds_child = [&](const std::vector<ProcessRecord>& found) {
    return std::any_of(found.begin(), found.end(), [&](auto& r) { return r.id == child; });
  };
  EXPECT_EQ(FindByEnvironment("MAYFLY_TEST_MARK", mark).size(), 1U);
  EXPECT_TRUE(holds_child(FindByEnvironment("MAYFLY_TEST_MARK", mark)));
  EXPECT_TRUE(FindByEnvironment("MAYFLY_TEST_MAR", mark).empty());
  EXPECT_TRUE(holds_child(FindTree(getpid())));
  EXPECT_FALSE(holds_child(FindTree(getpid(), [&](auto& r) { return r.id != child; })));
  EXPECT_TRUE(holds_child(FindGroup(child.pid)));
  EXPECT_TRUE(holds_child(ListChildren()));
  EXPECT_EQ(*KillUntilGone([&] { return Find(child); }, seconds(5)), 1);
  waitpid(child.pid, nullptr, 0);
}

TEST(ProcessTable, WaitIsBounded) {
  const ProcessId child = Sleeper();
  const auto waited = WaitUntilGone({child}, milliseconds(20));
  ASSERT_FALSE(waited.ok());
  EXPECT_EQ(waited.error().kind(), ErrorKind::kUnavailable);
  EXPECT_NE(waited.error().message().find(std::to_string(child.pid)), std::string::npos);
  EXPECT_TRUE(KillUntilGone([&] { return Find(child); }, seconds(5)).ok());
  waitpid(child.pid, nullptr, 0);
}

TEST(ProcessTable, KillsWhatForksFasterThanOneLook) {
  // A chain of processes, each of which starts the next and ends.
  const std::string mark = "chain" + FormatProcessId(Inspect(getpid())->id);
  auto chain = Spawn({.argv = {"sh", "-c", "f() { f & }; f; while :; do sleep 1 & wait; done"},
                      .env = {{"MAYFLY_TEST_MARK", mark}},
                      .tie = Tie::kDetached});
  ASSERT_TRUE(chain.ok()) << chain.error().message();
  const auto find = [&] { return FindByEnvironment("MAYFLY_TEST_MARK", mark); };
  const auto ended = KillUntilGone(find, seconds(10));
  ASSERT_TRUE(ended.ok()) << ended.error().message();
  EXPECT_GE(*ended, 1);
  EXPECT_TRUE(find().empty());
}

}  // namespace
}  // namespace mayfly::posix
