// With the real server. Every test works on a copy of one state folder, which is made once in the
// folder that the tests run in (that of the build), because each of them may be a process of its
// own.

#include "adapters/embedded/embedded_postgres.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "adapters/embedded/places.h"
#include "adapters/embedded/postmaster.h"
#include "adapters/posix/file_lock.h"
#include "adapters/posix/spawn.h"
#include "adapters/posix/unique_fd.h"

namespace mayfly {
namespace {

namespace fs = std::filesystem;
using embedded::FindPostmaster;
using embedded::FindServerProcesses;

std::string MakeTemp() {
  std::string name = fs::temp_directory_path() / "mayfly-pg-XXXXXX";
  EXPECT_NE(mkdtemp(name.data()), nullptr);
  return name;
}

// Text that psql prints for a statement; "error" if it fails.
std::string Query(const std::string& conninfo, const std::string& sql) {
  int ends[2];
  EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
  posix::UniqueFd reading(ends[0]);
  posix::UniqueFd writing(ends[1]);
  const auto psql = posix::Spawn({.argv = {*FindServerPrograms() + "/psql", "-XAtq", "-v",
                                           "ON_ERROR_STOP=1", "-c", sql, conninfo},
                                  .output = writing.get()});
  EXPECT_TRUE(psql.ok()) << psql.error().message();
  writing.Reset();
  std::string text;
  char buffer[1024];
  for (ssize_t got; (got = read(reading.get(), buffer, sizeof buffer)) > 0;) {
    text.append(buffer, static_cast<std::size_t>(got));
  }
  int status = 0;
  waitpid(psql->pid, &status, 0);
  return status == 0 ? text.substr(0, text.find('\n')) : "error: " + text;
}

class Embedded : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    model_ = fs::current_path() / "embedded-test-model";
    const auto lock =
        posix::FileLock::Take(model_ + ".lock", posix::FileLock::Mode::kExclusive, minutes(2));
    ASSERT_TRUE(lock.ok()) << lock.error().message();
    if (fs::exists(model_ + "/pg/PG_VERSION")) return;
    const auto made = EmbeddedPostgres::Acquire({.state_dir = model_});
    ASSERT_TRUE(made.ok()) << made.error().message();
  }

  void SetUp() override {
    base_ = MakeTemp();  // 0700
    state_ = base_ + "/state";
    fs::copy(model_, state_, fs::copy_options::recursive);
    for (const auto& path : {state_, data()}) chmod(path.c_str(), 0700);
  }
  void TearDown() override {
    EXPECT_TRUE(FindServerProcesses(data()).empty()) << "a server is left";
    const auto places = embedded::ReadRecord(state_);
    EXPECT_FALSE(places.ok() && fs::exists(places->socket_dir)) << "a socket is left";
    if (!HasFailure()) fs::remove_all(base_);
  }

  std::string data() const { return state_ + "/pg"; }
  std::unique_ptr<EmbeddedPostgres> Acquire() {
    auto held = EmbeddedPostgres::Acquire({.state_dir = state_});
    EXPECT_TRUE(held.ok()) << held.error().message();
    return held.ok() ? std::move(held).value() : nullptr;
  }

  posix::ProcessId KillPostmaster() {
    const auto postmaster = FindPostmaster(data())->id;
    kill(postmaster.pid, SIGKILL);
    EXPECT_TRUE(posix::WaitUntilGone({postmaster}, seconds(10)).ok());
    return postmaster;
  }

  // Runs `body` in another process, and returns when it has said that it is done; the process then
  // waits to be killed, holding what it holds.
  pid_t Elsewhere(const std::function<bool()>& body) {
    int ends[2];
    EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
    const pid_t child = fork();
    if (child == 0) {
      const char said = body() ? 'y' : 'n';
      (void)!write(ends[1], &said, 1);
      while (true) pause();
    }
    char said = 'n';
    close(ends[1]);
    EXPECT_EQ(read(ends[0], &said, 1), 1);
    EXPECT_EQ(said, 'y');
    close(ends[0]);
    return child;
  }

  static inline std::string model_;
  std::string base_;
  std::string state_;
};

void KillNow(pid_t pid) {
  kill(pid, SIGKILL);
  waitpid(pid, nullptr, 0);
}

TEST_F(Embedded, ServesItsOwnerWithSafeSettings) {
  const auto held = Acquire();
  const auto show = [&](const std::string& name) {
    return Query(held->conninfo(), "SHOW " + name);
  };
  EXPECT_EQ(Query(held->conninfo(), "SELECT current_user || ' ' || current_database()"),
            "mayfly mayfly");
  EXPECT_EQ(show("fsync"), "on");
  EXPECT_EQ(show("synchronous_commit"), "on");
  EXPECT_EQ(show("wal_level"), "minimal");
  EXPECT_EQ(show("listen_addresses"), "");
  EXPECT_EQ(show("server_encoding"), "UTF8");
  EXPECT_EQ(*EmbeddedPostgres::ConninfoOf(state_), held->conninfo());
}

TEST_F(Embedded, OtherRolesNeedTheirPassword) {
  const auto held = Acquire();
  Query(held->conninfo(), "CREATE ROLE guest LOGIN PASSWORD 'word'");
  const auto socket_dir = embedded::ReadRecord(state_)->socket_dir;
  const std::string guest = fmt::format("host={} user=guest dbname=mayfly", socket_dir);
  EXPECT_EQ(Query(guest + " password=word", "SELECT 1"), "1");
  EXPECT_NE(Query(guest + " password=wrong", "SELECT 1"), "1");
}

TEST_F(Embedded, LastHolderOutStopsIt) {
  auto first = Acquire();
  auto second = Acquire();
  ASSERT_TRUE(first->Release().ok());
  EXPECT_EQ(Query(second->conninfo(), "SELECT 1"), "1");
  const auto status = second->Release();
  EXPECT_TRUE(status.ok());
  EXPECT_TRUE(FindServerProcesses(data()).empty());
  EXPECT_TRUE(second->Release().ok());
}

TEST_F(Embedded, OverridesReplaceSettings) {
  auto held = EmbeddedPostgres::Acquire(
      {.state_dir = state_, .settings = {{"max_connections", "21"}, {"work_mem", "9MB"}}});
  ASSERT_TRUE(held.ok()) << held.error().message();
  EXPECT_EQ(Query((*held)->conninfo(), "SHOW max_connections"), "21");
  EXPECT_EQ(Query((*held)->conninfo(), "SHOW work_mem"), "9MB");
}

TEST_F(Embedded, BadSettingIsExplainedFromTheLog) {
  const auto held =
      EmbeddedPostgres::Acquire({.state_dir = state_, .settings = {{"no_such_thing", "1"}}});
  ASSERT_FALSE(held.ok());
  EXPECT_EQ(held.error().kind(), ErrorKind::kUnavailable);
  EXPECT_NE(held.error().message().find("no_such_thing"), std::string::npos);
}

TEST_F(Embedded, KilledPostmasterIsReplacedAndCommittedRowsStay) {
  const auto held = Acquire();
  Query(held->conninfo(), "CREATE TABLE t AS SELECT 42 AS x");
  const auto before = KillPostmaster();
  const Status again = held->EnsureRunning();
  ASSERT_TRUE(again.ok()) << again.error().message();
  EXPECT_EQ(Query(held->conninfo(), "SELECT x FROM t"), "42");
  EXPECT_NE(FindPostmaster(data())->id, before);
}

TEST_F(Embedded, BackendThatOutlivesItsPostmasterIsEnded) {
  const auto held = Acquire();
  const auto busy = posix::Spawn(
      {.argv = {*FindServerPrograms() + "/psql", "-Xq", "-c",
                "SET client_connection_check_interval = 0", "-c", "CREATE TABLE busy ()", "-c",
                "SELECT count(*) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b",
                held->conninfo()}});
  while (Query(held->conninfo(), "SELECT to_regclass('busy') IS NOT NULL") != "t") {
  }
  KillPostmaster();
  const Status again = held->EnsureRunning();
  ASSERT_TRUE(again.ok()) << again.error().message();
  EXPECT_EQ(Query(held->conninfo(),
                  "SELECT count(*) FROM pg_stat_activity "
                  "WHERE query LIKE '%generate_series%' AND pid <> "
                  "pg_backend_pid()"),
            "0");
  KillNow(busy->pid);
}

TEST_F(Embedded, EverythingKilledAtOnceStartsAgain) {
  const pid_t holder = Elsewhere([&] { return Acquire().release() != nullptr; });
  KillNow(holder);
  ASSERT_TRUE(posix::KillUntilGone([&] { return FindServerProcesses(data()); }, seconds(10)).ok());
  EXPECT_TRUE(fs::exists(data() + "/postmaster.pid"));
  const auto held = Acquire();
  EXPECT_EQ(Query(held->conninfo(), "SELECT 1"), "1");
}

TEST_F(Embedded, KilledHolderLetsGo) {
  const pid_t holder = Elsewhere([&] { return Acquire().release() != nullptr; });
  KillNow(holder);
  ASSERT_TRUE(FindPostmaster(data()).has_value());  // it runs on
  const auto running = FindPostmaster(data())->id;
  auto held = Acquire();
  EXPECT_EQ(FindPostmaster(data())->id, running);  // and is adopted
  ASSERT_TRUE(held->Release().ok());
  EXPECT_FALSE(FindPostmaster(data()).has_value());  // and the last one out stops it
}

TEST_F(Embedded, FourAtOnceShareOneServer) {
  std::vector<pid_t> holders;
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  for (int i = 0; i < 4; ++i) {
    holders.push_back(fork());
    if (holders.back() != 0) continue;
    const auto held = Acquire();
    const char said = Query(held->conninfo(), "SELECT 1") == "1" ? 'y' : 'n';
    (void)!write(ends[1], &said, 1);
    while (true) pause();
  }
  char said[4] = {};
  for (char& one : said) ASSERT_EQ(read(ends[0], &one, 1), 1);
  EXPECT_EQ(std::string(said, 4), "yyyy");
  int postmasters = 0;
  for (const auto& process : FindServerProcesses(data())) {
    postmasters += posix::ReadEnvironment(process.id.pid, embedded::kDataMarker).has_value();
  }
  for (const pid_t holder : holders) KillNow(holder);
  EXPECT_EQ(postmasters, 1);
  Acquire();  // the last one out
}

TEST_F(Embedded, ManyMayFindItDeadAtOnce) {
  const auto held = Acquire();
  KillPostmaster();
  std::vector<pid_t> callers;
  for (int i = 0; i < 3; ++i) {
    callers.push_back(fork());
    if (callers.back() == 0) _exit(held->EnsureRunning().ok() ? 0 : 1);
  }
  EXPECT_TRUE(held->EnsureRunning().ok());
  for (const pid_t caller : callers) {
    int status = 1;
    waitpid(caller, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(Query(held->conninfo(), "SELECT 1"), "1");
}

TEST_F(Embedded, ServerWithoutItsSocketIsReplaced) {
  const auto held = Acquire();
  fs::remove(embedded::ReadRecord(state_)->socket());
  ASSERT_TRUE(held->EnsureRunning().ok());
  EXPECT_EQ(Query(held->conninfo(), "SELECT 1"), "1");
}

TEST_F(Embedded, StalePidFileOfAStrangerIsNotBelieved) {
  std::ofstream(data() + "/postmaster.pid") << getpid() << '\n' << data() << "\n1\n5432\n";
  const auto held = Acquire();
  EXPECT_EQ(Query(held->conninfo(), "SELECT 1"), "1");
}

TEST_F(Embedded, CopyOfAStateFolderLeavesTheOriginalAlone) {
  const auto held = Acquire();
  const std::string copy = base_ + "/copy";
  fs::create_directory(copy);
  fs::copy_file(state_ + "/embedded.json", copy + "/embedded.json");
  EXPECT_EQ(EmbeddedPostgres::ConninfoOf(copy).error().kind(), ErrorKind::kNotFound);
  {
    const auto other = EmbeddedPostgres::Acquire({.state_dir = copy});
    ASSERT_TRUE(other.ok()) << other.error().message();
    EXPECT_NE((*other)->conninfo(), held->conninfo());
  }
  EXPECT_EQ(Query(held->conninfo(), "SELECT 1"), "1");
}

}  // namespace
}  // namespace mayfly
