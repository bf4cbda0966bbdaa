// Making the data, and the ways in which it cannot be made.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "adapters/embedded/embedded_postgres.h"
#include "adapters/embedded/places.h"
#include "adapters/embedded/postmaster.h"
#include "adapters/embedded/server_user.h"
#include "adapters/embedded/settings.h"

namespace mayfly {
namespace {

namespace fs = std::filesystem;

// A variable that is put back at the end.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    if (const char* old = getenv(name)) old_ = old;
    setenv(name, value.c_str(), 1);
  }
  ~Variable() { old_ ? setenv(name_, old_->c_str(), 1) : unsetenv(name_); }

 private:
  const char* name_;
  std::optional<std::string> old_;
};

class EmbeddedData : public ::testing::Test {
 protected:
  void SetUp() override {
    base_ = fs::temp_directory_path() / "mayfly-pg-XXXXXX";
    ASSERT_NE(mkdtemp(base_.data()), nullptr);
    state_ = base_ + "/state";
  }
  void TearDown() override { fs::remove_all(base_); }

  std::string base_;
  std::string state_;
};

TEST_F(EmbeddedData, MissingProgramsNameThePackageAndDoctor) {
  {
    const Variable elsewhere("MAYFLY_PG_BIN", "/nowhere");
    const auto held = EmbeddedPostgres::Acquire({.state_dir = state_});
    ASSERT_FALSE(held.ok());
    EXPECT_EQ(held.error().kind(), ErrorKind::kNotFound);
    EXPECT_NE(held.error().message().find("/nowhere"), std::string::npos);
  }
  const Variable path("PATH", "/nowhere");
  const auto old = FindServerPrograms("7");
  ASSERT_FALSE(old.ok());
  EXPECT_NE(old.error().message().find("package postgresql-7"), std::string::npos);
  EXPECT_NE(old.error().message().find("mayfly doctor"), std::string::npos);
}

TEST_F(EmbeddedData, LongSocketPathSaysWhatToSet) {
  const Variable runtime("XDG_RUNTIME_DIR", "");
  const Variable temporary("TMPDIR", "/tmp/" + std::string(100, 'x'));
  const auto held = EmbeddedPostgres::Acquire({.state_dir = base_});
  ASSERT_FALSE(held.ok());
  EXPECT_EQ(held.error().kind(), ErrorKind::kInvalid);
  for (const char* part : {"socket path too long", "xxxx", "XDG_RUNTIME_DIR", "TMPDIR", "107"}) {
    EXPECT_NE(held.error().message().find(part), std::string::npos) << part;
  }
  EXPECT_FALSE(fs::exists(base_ + "/pg"));  // nothing was begun
}

TEST_F(EmbeddedData, SocketFolderOfAStrangerIsRefused) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to make a stranger's folder";
  const std::string taken = base_ + "/taken";
  fs::create_directory(taken);
  ASSERT_EQ(chown(taken.c_str(), 65534, 65534), 0);
  EXPECT_EQ(embedded::MakePrivateDir(taken, 0, 0).error().kind(), ErrorKind::kDenied);
  fs::create_symlink(base_, base_ + "/link");
  EXPECT_EQ(embedded::MakePrivateDir(base_ + "/link", 0, 0).error().kind(), ErrorKind::kDenied);
}

TEST_F(EmbeddedData, KillWhileMakingItLeavesNothingHalfMade) {
  const pid_t maker = fork();
  if (maker == 0) _exit(EmbeddedPostgres::Acquire({.state_dir = state_}).ok() ? 0 : 1);
  while (!fs::exists(state_ + "/pg.new/base")) {
    ASSERT_EQ(waitpid(maker, nullptr, WNOHANG), 0);
  }
  kill(maker, SIGKILL);
  waitpid(maker, nullptr, 0);
  EXPECT_FALSE(fs::exists(state_ + "/pg"));
  {
    const auto held = EmbeddedPostgres::Acquire({.state_dir = state_});
    ASSERT_TRUE(held.ok()) << held.error().message();
  }
  EXPECT_TRUE(embedded::FindServerProcesses(state_ + "/pg.new").empty());
  EXPECT_FALSE(fs::exists(state_ + "/pg.new"));
}

TEST_F(EmbeddedData, WithoutNamespacesRootMovesTheDataToWhereAnotherUserReaches) {
  if (geteuid() != 0) GTEST_SKIP() << "only root needs another user";
  const Variable forbidden("MAYFLY_TEST_NO_USERNS", "1");
  std::string data;
  for (int time = 0; time < 2; ++time) {  // made, and found again
    const auto held = EmbeddedPostgres::Acquire({.state_dir = state_});
    ASSERT_TRUE(held.ok()) << held.error().message();
    data = embedded::ReadRecord(state_)->data_dir;
    EXPECT_TRUE(data.starts_with("/var/tmp/mayfly-")) << data;
    struct stat info{};
    ASSERT_EQ(stat(data.c_str(), &info), 0);
    EXPECT_NE(info.st_uid, 0U);
  }
  EXPECT_TRUE(embedded::FindServerProcesses(data).empty());
  fs::remove_all(fs::path(data).parent_path());
}

TEST_F(EmbeddedData, WithoutNamespacesReachableDataStaysAtHome) {
  if (geteuid() != 0) GTEST_SKIP() << "only root needs another user";
  const Variable forbidden("MAYFLY_TEST_NO_USERNS", "1");
  chmod(base_.c_str(), 0755);
  fs::create_directory(state_);
  const auto held = EmbeddedPostgres::Acquire({.state_dir = state_});
  ASSERT_TRUE(held.ok()) << held.error().message();
  EXPECT_EQ(embedded::ReadRecord(state_)->data_dir, state_ + "/pg");
}

TEST_F(EmbeddedData, NobodyElsesDataIsTouched) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to be two users";
  fs::create_directory(state_);
  ASSERT_EQ(chown(state_.c_str(), 65534, 65534), 0);
  const auto owner = embedded::OwnerOf(state_);
  ASSERT_TRUE(owner.ok());
  EXPECT_EQ(owner->how, embedded::ServerUser::How::kSetuid);
  EXPECT_EQ(owner->uid, 65534U);
}

TEST_F(EmbeddedData, NeverMadeIsNotFound) {
  const auto conninfo = EmbeddedPostgres::ConninfoOf(state_);
  EXPECT_EQ(conninfo.error().kind(), ErrorKind::kNotFound);
  EXPECT_FALSE(fs::exists(state_));
}

TEST(EmbeddedSettings, OverrideReplacesInPlaceOfAdding) {
  int seen = 0;
  for (const auto& [name, value] :
       embedded::MakeSettings(15, "/s", {{"port", "7"}, {"a.b", "c"}})) {
    seen += (name == "port" && value == "7") || name == "a.b";
    EXPECT_FALSE(name == "port" && value != "7");
  }
  EXPECT_EQ(seen, 2);
}

}  // namespace
}  // namespace mayfly
