#include "adapters/local/local_machines.h"

#include <gtest/gtest.h>
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
  LocalMachines machines_{{Program(), state_, false}};
};

TEST_F(LocalMachinesTest, OneMachinePerTokenHoweverOftenItIsLaunched) {
  Result<std::string> first = machines_.Launch(Intent(1));
  ASSERT_TRUE(first.ok()) << first.error().message();
  EXPECT_EQ(*machines_.Launch(Intent(1)), *first);
  EXPECT_NE(*machines_.Launch(Intent(2)), *first);
}

TEST_F(LocalMachinesTest, AMachineWhoseRecordWasLostIsFoundByItsMark) {
  Result<std::string> first = machines_.Launch(Intent(1));
  fs::remove(state_ + "/machines/run-1/machine-1/launch.json");
  EXPECT_EQ(*machines_.Launch(Intent(1)), *first);
  EXPECT_TRUE(machines_.List(RunId{1})->front().alive);
}

TEST_F(LocalMachinesTest, TerminateEndsWhatLeftTheSessionToo) {
  ASSERT_TRUE(machines_.Launch(Intent(1)).ok());
  std::string scratch = state_ + "/machines/run-1/machine-1";
  while (posix::FindByEnvironment(kScratchVariable, scratch).size() < 2) {
  }
  EXPECT_FALSE(machines_.FindResidue(RunId{1})->empty());
  ASSERT_TRUE(machines_.Terminate(MachineId{1}, "").ok());
  EXPECT_TRUE(posix::FindByEnvironment(kScratchVariable, scratch).empty());
  EXPECT_TRUE(machines_.FindResidue(RunId{1})->empty());
}

TEST_F(LocalMachinesTest, ADeadMachineIsSeenDeadAndItsScratchIsResidue) {
  Result<std::string> id = machines_.Launch(Intent(1));
  std::string scratch = state_ + "/machines/run-1/machine-1";
  auto find = [&] { return posix::FindByEnvironment(kScratchVariable, scratch); };
  ASSERT_TRUE(posix::KillUntilGone(find, seconds(5)).ok());
  EXPECT_FALSE(machines_.List(RunId{1})->front().alive);
  EXPECT_EQ(machines_.FindResidue(RunId{1})->front().kind, "scratch folder");
}

TEST_F(LocalMachinesTest, ANoticeComesWhenItIsDueNotBefore) {
  LaunchIntent soon = Intent(1);
  soon.interrupt_after = Duration(0);
  LaunchIntent later = Intent(2);
  later.interrupt_after = hours(1);
  ASSERT_TRUE(machines_.Launch(soon).ok());
  ASSERT_TRUE(machines_.Launch(later).ok());
  FileNotice given(state_ + "/machines/run-1/machine-1");
  FileNotice not_yet(state_ + "/machines/run-1/machine-2");
  ASSERT_TRUE(given.Poll()->has_value());
  EXPECT_LE((*given.Poll())->taken_in, Duration(seconds(120)));
  EXPECT_FALSE(not_yet.Poll()->has_value());
}

}  // namespace
}  // namespace mayfly::local
