#include "adapters/local/local_machines.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "adapters/posix/process_table.h"

namespace mayfly::local {
namespace {

namespace fs = std::filesystem;

// Machines here run a shell script instead of mayfly: it lives until it is ended, with a child that
// left its session, as a careless command would.
class LocalMachinesTest : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(state_);
    std::ofstream script(Program());
    script << "#!/bin/sh\nsetsid sh -c 'while :; do sleep 60; done' &\n"
              "while :; do sleep 60; done\n";
    script.close();
    fs::permissions(Program(), fs::perms::owner_all);
  }
  void TearDown() override {
    for (std::int64_t id : {1, 2}) EXPECT_TRUE(machines_.Terminate(MachineId{id}, "").ok());
    fs::remove_all(state_);
  }
  std::string Program() const { return state_ + "/worker.sh"; }
  LaunchIntent Intent(std::int64_t id) const {
    LaunchIntent intent;
    intent.machine = MachineId{id};
    intent.run = RunId{1};
    intent.token = "run-1-machine-" + std::to_string(id);
    return intent;
  }

  std::string state_ = testing::TempDir() + "mayfly-local-" + std::to_string(getpid());
  std::string Scratch(std::int64_t id) const {
    return state_ + "/machines/run-1/machine-" + std::to_string(id);
  }
  void Play(const std::string& lines) {
    std::ofstream(Program()) << "#!/bin/sh\n" << lines << '\n';
  }
  // What the machine wrote into a file of its scratch folder, as soon as the file is there.
  std::string Await(const std::string& file) const {
    const std::string path = Scratch(1) + "/" + file;
    while (!fs::exists(path)) {
    }
    std::ifstream text(path);
    return {std::istreambuf_iterator<char>(text), {}};
  }

  LocalMachines machines_{{Program(), state_, false, {"MAYFLY_TEST_OWNER"}}};
};

TEST_F(LocalMachinesTest, OneMachinePerTokenHoweverOftenItIsLaunched) {
  Result<LaunchAnswer> launched = machines_.Launch(Intent(1));
  ASSERT_TRUE(launched.ok()) << launched.error().message();
  std::string first = launched->external_id;
  EXPECT_EQ(machines_.Launch(Intent(1))->external_id, first);
  EXPECT_NE(machines_.Launch(Intent(2))->external_id, first);
}

TEST_F(LocalMachinesTest, AMachineWhoseRecordWasLostIsFoundByItsMark) {
  std::string first = machines_.Launch(Intent(1))->external_id;
  fs::remove(state_ + "/machines/run-1/machine-1/launch.json");
  EXPECT_EQ(machines_.Launch(Intent(1))->external_id, first);
  EXPECT_TRUE(machines_.List(RunId{1})->front().alive);
}

TEST_F(LocalMachinesTest, TerminateEndsWhatLeftTheSessionToo) {
  ASSERT_TRUE(machines_.Launch(Intent(1)).ok());
  std::string scratch = state_ + "/machines/run-1/machine-1";
  while (posix::FindByEnvironment(kScratchVariable, scratch).size() < 2) {
  }
  EXPECT_FALSE(machines_.FindResidue(RunId{1})->found.empty());
  ASSERT_TRUE(machines_.Terminate(MachineId{1}, "").ok());
  EXPECT_TRUE(posix::FindByEnvironment(kScratchVariable, scratch).empty());
  EXPECT_TRUE(machines_.FindResidue(RunId{1})->found.empty());
}

TEST_F(LocalMachinesTest, TerminateEndsWhatThrewItsMarkAway) {
  Play("env -i setsid sleep 6000 & echo $! > pid.part; mv pid.part pid; wait");
  ASSERT_TRUE(machines_.Launch(Intent(1)).ok());
  const pid_t daemon = std::stoi(Await("pid"));
  ASSERT_TRUE(machines_.Terminate(MachineId{1}, "").ok());
  const auto left = posix::Inspect(daemon);
  EXPECT_FALSE(left && left->is_running());
}

TEST_F(LocalMachinesTest, AMachineSeesItsOwnLoginAndNotItsOwners) {
  setenv("MAYFLY_TEST_OWNER", "secret", 1);
  Play("echo \"$MAYFLY_DATABASE,$MAYFLY_TEST_OWNER,$0 $*\" > seen.part; mv seen.part seen");
  LaunchIntent intent = Intent(1);
  intent.database = "user=worker";
  ASSERT_TRUE(machines_.Launch(intent).ok());
  EXPECT_EQ(Await("seen"), "user=worker,," + Program() + " worker --run 1 --machine 1\n");
}

TEST_F(LocalMachinesTest, AMachineIsBornWithItsDeadline) {
  Play("echo $MAYFLY_ENDS_AT_US > seen.part; mv seen.part seen");
  LaunchIntent intent = Intent(1);
  intent.deadline_in = hours(1);
  const Duration before = posix::SinceBoot();
  ASSERT_TRUE(machines_.Launch(intent).ok());
  const Duration ends_at(std::stoll(Await("seen")));
  EXPECT_GE(ends_at, before + hours(1));
  EXPECT_LE(ends_at, posix::SinceBoot() + hours(1));
}

TEST(BirthDeadline, EndsAWorkerThatNeverReachesTheLedger) {
  const pid_t worker = fork();
  if (worker == 0) {
    const Duration soon = posix::SinceBoot() + milliseconds(50);
    setenv(kEndsAtVariable, std::to_string(soon.count()).c_str(), 1);
    if (!ArmBirthDeadline().ok()) _exit(1);
    while (true) pause();
  }
  int status = 0;
  ASSERT_EQ(waitpid(worker, &status, 0), worker);
  EXPECT_TRUE(WIFSIGNALED(status));
}

TEST_F(LocalMachinesTest, AMachineOfAnEarlierBootEndedAndKeepsItsToken) {
  ASSERT_TRUE(machines_.Launch(Intent(1)).ok());
  auto find = [&] { return posix::FindByEnvironment(kScratchVariable, Scratch(1)); };
  ASSERT_TRUE(posix::KillUntilGone(find, seconds(5)).ok());
  const std::string self = posix::FormatProcessId(posix::Inspect(getpid())->id);
  std::ofstream(Scratch(1) + "/launch.json") << R"({"id": ")" << self << R"(", "boot": "other"})";
  EXPECT_FALSE(machines_.List(RunId{1})->front().alive);
  EXPECT_EQ(machines_.Launch(Intent(1))->external_id, self);
}

TEST_F(LocalMachinesTest, PreflightNamesWhatIsMissing) {
  EXPECT_TRUE(machines_.Preflight().ok());
  LocalMachines none{{"/nowhere/mayfly", state_}};
  EXPECT_EQ(none.Preflight().error().kind(), ErrorKind::kNotFound);
  EXPECT_NE(none.Preflight().error().message().find("/nowhere/mayfly"), std::string::npos);
}

TEST_F(LocalMachinesTest, ADeadMachineIsSeenDeadAndItsScratchIsResidue) {
  std::string id = machines_.Launch(Intent(1))->external_id;
  std::string scratch = state_ + "/machines/run-1/machine-1";
  auto find = [&] { return posix::FindByEnvironment(kScratchVariable, scratch); };
  ASSERT_TRUE(posix::KillUntilGone(find, seconds(5)).ok());
  EXPECT_FALSE(machines_.List(RunId{1})->front().alive);
  EXPECT_EQ(machines_.FindResidue(RunId{1})->found.front().kind, "scratch folder");
}

TEST_F(LocalMachinesTest, ANoticeComesWhenItIsDueNotBefore) {
  LaunchIntent soon = Intent(1);
  soon.interrupt_after = Duration(0);
  LaunchIntent later = Intent(2);
  later.interrupt_after = hours(1);
  ASSERT_TRUE(machines_.Launch(soon).ok());
  ASSERT_TRUE(machines_.Launch(later).ok());
  std::vector<Duration> taken;
  auto take = [&](Duration in) {
    taken.push_back(in);
    return Status();
  };
  FileNotice given(Scratch(1), take);
  FileNotice not_yet(Scratch(2), take);
  ASSERT_TRUE(given.Poll()->has_value());
  EXPECT_LE((*given.Poll())->taken_in, Duration(seconds(120)));
  EXPECT_FALSE(not_yet.Poll()->has_value());
  ASSERT_EQ(taken.size(), 2U);  // each once, the second long before its notice
  EXPECT_LE(taken[0], Duration(seconds(120)));
  EXPECT_GT(taken[1], Duration(hours(1)));
}

}  // namespace
}  // namespace mayfly::local
