#include "adapters/posix/spawn.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include <filesystem>

#include "adapters/posix/file_lock.h"
#include "adapters/posix/unique_fd.h"

namespace mayfly::posix {
namespace {

struct Ended {
  int status = 0;
  std::string output;
};

Ended RunToEnd(SpawnSpec spec) {
  int ends[2];
  EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
  UniqueFd reading(ends[0]);
  UniqueFd writing(ends[1]);
  spec.output = writing.get();
  const auto child = Spawn(spec);
  EXPECT_TRUE(child.ok()) << child.error().message();
  writing.Reset();
  Ended ended;
  char buffer[512];
  ssize_t got = 0;
  while ((got = read(reading.get(), buffer, sizeof buffer)) > 0) {
    ended.output.append(buffer, static_cast<std::size_t>(got));
  }
  waitpid(child->pid, &ended.status, 0);
  return ended;
}

TEST(Spawn, GivesTheChildExactlyTheStatedEnvironment) {
  setenv("MAYFLY_TEST_A", "ours", 1);
  setenv("MAYFLY_TEST_B", "secret", 1);
  const auto ended = RunToEnd({.argv = {"sh", "-c", "echo $MAYFLY_TEST_A-$MAYFLY_TEST_B-$PWD"},
                               .env = {{"MAYFLY_TEST_A", "theirs"}},
                               .unset_env = {"MAYFLY_TEST_B"},
                               .cwd = "/usr"});
  EXPECT_EQ(ended.output, "theirs--/usr\n");
  const auto bare = RunToEnd({.argv = {"env"}, .inherit_environment = false, .env = {{"A", "1"}}});
  EXPECT_EQ(bare.output, "A=1\n");
}

TEST(Spawn, NamesTheStepThatFailed) {
  const auto kind = [](const SpawnSpec& spec) { return Spawn(spec).error().kind(); };
  EXPECT_EQ(kind({.argv = {}}), ErrorKind::kInvalid);
  EXPECT_EQ(kind({.argv = {"no-such-program"}}), ErrorKind::kNotFound);
  EXPECT_EQ(kind({.argv = {"./sh"}, .cwd = "/nowhere"}), ErrorKind::kNotFound);
  EXPECT_EQ(kind({.argv = {"true"}, .cwd = "/nowhere"}), ErrorKind::kNotFound);
  EXPECT_EQ(kind({.argv = {"true"}, .before_exec = [] { return EPERM; }}), ErrorKind::kDenied);
  EXPECT_EQ(kind({.argv = {"true"}, .tie = Tie::kDetached, .before_exec = [] { return EPERM; }}),
            ErrorKind::kDenied);
  EXPECT_NE(Spawn({.argv = {"no-such-program"}}).error().message().find("'no-such-program'"),
            std::string::npos);
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);  // no child is left behind
}

TEST(Spawn, ChildSeesNoDescriptorOfOurs) {
  const UniqueFd leaked(open("/dev/null", O_RDONLY));  // on purpose without O_CLOEXEC
  const auto ended = RunToEnd({.argv = {"ls", "/proc/self/fd"}});
  EXPECT_EQ(ended.output, "0\n1\n2\n3\n");  // 3 is the folder that ls itself reads
}

TEST(Spawn, DetachedIsNoChildAndLeadsItsSession) {
  const auto started = Spawn({.argv = {"sleep", "60"}, .tie = Tie::kDetached});
  ASSERT_TRUE(started.ok()) << started.error().message();
  const auto record = Inspect(started->pid);
  ASSERT_TRUE(record.has_value());
  EXPECT_NE(record->parent, getpid());
  EXPECT_EQ(record->session, started->pid);
  EXPECT_EQ(ReadEnvironment(started->pid, kDetachedMarker), "1");
  EXPECT_TRUE(KillUntilGone([&] { return FindSession(started->pid); }, seconds(5)).ok());
}

TEST(Spawn, ChildDiesWithItsParent) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const pid_t parent = fork();
  if (parent == 0) {
    const auto child = Spawn({.argv = {"sleep", "60"}});
    (void)!write(ends[1], &*child, sizeof *child);
    raise(SIGKILL);
  }
  ProcessId child;
  ASSERT_EQ(read(ends[0], &child, sizeof child), static_cast<ssize_t>(sizeof child));
  waitpid(parent, nullptr, 0);
  EXPECT_TRUE(WaitUntilGone({child}, seconds(5)).ok());
  close(ends[0]);
  close(ends[1]);
}

TEST(Spawn, MemoryLimitStopsTheHeap) {
  SpawnSpec spec{.argv = {"dd", "if=/dev/zero", "of=/dev/null", "bs=200M", "count=1"}};
  EXPECT_EQ(RunToEnd(spec).status, 0);
  spec.memory_limit_bytes = 64LL << 20;
  EXPECT_NE(RunToEnd(spec).status, 0);
}

TEST(FileLock, SharedHoldersExcludeTheExclusiveOne) {
  const std::string path =
      std::filesystem::temp_directory_path() / ("mayfly-lock-" + std::to_string(getpid()));
  auto first = FileLock::Take(path, FileLock::Mode::kShared, seconds(1));
  ASSERT_TRUE(first.ok()) << first.error().message();
  {
    const auto second = FileLock::Take(path, FileLock::Mode::kShared, seconds(1));
    ASSERT_TRUE(second.ok());
    const auto third = FileLock::Take(path, FileLock::Mode::kExclusive, milliseconds(20));
    ASSERT_FALSE(third.ok());
    EXPECT_EQ(third.error().kind(), ErrorKind::kConflict);
  }
  EXPECT_TRUE(*first->TryUpgrade());
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace mayfly::posix
