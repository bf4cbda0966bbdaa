// The birth of a machine for real: its user data runs in an instance of the simulated cloud, with a
// stand-in for the program.

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "adapters/aws/s3.h"
#include "adapters/aws/secrets.h"
#include "adapters/aws/text.h"
#include "adapters/posix/process_table.h"
#include "adapters/posix/spawn.h"
#include "simulated_ec2.h"

namespace mayfly::contract_test {
namespace {

constexpr const char* kCanary = "canary-pa55word-of-the-ledger";
constexpr const char* kParameter = "/mayfly/ledger-1/run-7/machine-3";

std::string ReadFile(const std::string& path) {
  const std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// Its exit code; not by ProcessRunner, which ends all other children of its process.
int RunToEnd(const std::vector<std::string>& argv) {
  const Result<posix::ProcessId> started = posix::Spawn({.argv = argv});
  EXPECT_TRUE(started.ok());
  int status = -1;
  while (started.ok() && waitpid(started->pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// The arguments of every process of this computer.
std::string AllArguments() {
  std::string all;
  for (const posix::ProcessRecord& process : posix::ListProcesses()) {
    all += ReadFile("/proc/" + std::to_string(process.id.pid) + "/cmdline");
  }
  return all;
}

class Ec2Birth : public ::testing::Test {
 protected:
  // A tar.gz with bin/mayfly, a shell script of this body; stored as the bundle.
  void StoreBundle(const std::string& body) { StoreProgram("#!/bin/sh\n" + body); }

  void StoreProgram(const std::string& program) {
    const std::string root = cloud_.folder() + "/bundle";
    std::filesystem::create_directories(root + "/bin");
    std::ofstream(root + "/bin/mayfly", std::ios::binary) << program;
    std::filesystem::permissions(root + "/bin/mayfly", std::filesystem::perms::owner_all);
    const std::string file = cloud_.folder() + "/bundle.tar.gz";
    ASSERT_EQ(RunToEnd({"tar", "-czf", file, "-C", root, "bin"}), 0);
    const std::string bytes = ReadFile(file);
    bundle_ = {"mayfly-simulated", "bundles/one.tar.gz", aws::Sha256Hex(bytes)};
    Status stored = aws::PutIfAbsent(cloud_.caller(), {bundle_.bucket, bundle_.key}, bytes);
    ASSERT_TRUE(stored.ok()) << stored.error().message();
  }

  std::string Launch(Duration deadline_in = hours(2),
                     const std::string& profile = "mayfly-worker") {
    aws::Ec2Options options;
    options.spec.types = {"c7i.large"};
    options.spec.instance_profile = profile;
    options.places = {.region = "us-east-1",
                      .subnets = {},
                      .image_id = "ami-0deb1200000000086",
                      .root_device = "/dev/xvda"};
    options.bundle = bundle_;
    options.names = {.ledger = "ledger-1", .phase = "bqx", .owner = "ada", .own = {}};
    aws::Ec2Machines provider(cloud_.caller(), cloud_.waiter(), options);
    LaunchIntent intent;
    intent.machine = MachineId{3};
    intent.run = RunId{7};
    intent.token = "t";
    intent.deadline_in = deadline_in;
    intent.database = std::string("host=db password=") + kCanary;
    Offer offer;
    offer.pool = {"us-east-1", "us-east-1a", "c7i.large", Market::kSpot};
    intent.offers = {offer};
    Result<LaunchAnswer> answer = provider.Launch(intent);
    EXPECT_TRUE(answer.ok()) << answer.error().message();
    return answer.ok() ? answer->external_id : "";
  }

  // Ended by its own power-off.
  void ExpectPoweredOff(const std::string& id) {
    cloud_.WaitFor(id, "terminated");
    EXPECT_EQ(cloud_.Instance(id)["reason"], "Client.InstanceInitiatedShutdown")
        << cloud_.Console(id);
  }

  void ExpectSaid(const std::string& id, const std::string& text) {
    EXPECT_NE(cloud_.Console(id).find(text), std::string::npos) << text << " is not in\n"
                                                                << cloud_.Console(id);
  }

  SimulatedEc2 cloud_;
  aws::BundleObject bundle_{"mayfly-simulated", "bundles/none.tar.gz", std::string(64, '0')};
};

TEST_F(Ec2Birth, ItFetchesItsProgramRunsItAndPowersOff) {
  StoreBundle(
      "echo \"arguments $*\"\n"
      "echo \"database $MAYFLY_DATABASE provider $MAYFLY_PROVIDER region $AWS_REGION\"\n"
      "echo \"ends in $(((MAYFLY_ENDS_AT_US / 1000000) - $(cut -d. -f1 /proc/uptime)))\"\n"
      "ls -d \"$MAYFLY_SCRATCH\"\n");
  const std::string id = Launch();
  ExpectPoweredOff(id);
  for (const char* step : {"credentials", "fetch", "check", "unpack", "work"}) {
    ExpectSaid(id, std::string("mayfly: step ") + step);
  }
  ExpectSaid(id, "arguments worker --run 7 --machine 3");
  ExpectSaid(id, "database ssm:/mayfly/ledger-1/run-7/machine-3 provider ec2 region us-east-1");
  ExpectSaid(id, "ends in 71");  // seconds of two hours, but for the minute that is rounded off
  ExpectSaid(id, "step work ended with 0; powering off");
}

TEST_F(Ec2Birth, AProgramThatFailsIsTheEndOfTheMachine) {
  StoreBundle("echo 'it cannot' >&2\nexit 5\n");
  const std::string id = Launch();
  ExpectPoweredOff(id);
  ExpectSaid(id, "it cannot");
  ExpectSaid(id, "step work ended with 5; powering off");
}

TEST_F(Ec2Birth, AnotherProgramThanTheOnePinnedIsNotStarted) {
  StoreBundle("echo started\n");
  bundle_.sha256 = std::string(64, '1');
  const std::string id = Launch();
  ExpectPoweredOff(id);
  ExpectSaid(id, "step check ended with 1; powering off");
  EXPECT_EQ(cloud_.Console(id).find("started"), std::string::npos);
}

TEST_F(Ec2Birth, WithoutItsProgramItGivesUpAfterSomeTries) {
  const std::string id = Launch();
  ExpectPoweredOff(id);
  ExpectSaid(id, "step fetch ended with");
}

TEST_F(Ec2Birth, BornAfterItsDeadlineItPowersOffAtOnce) {
  StoreBundle("echo started\n");
  cloud_.Script({{"do", "delays"}, {"boot", "3s"}, {"shutdown", "0s"}});
  const std::string id = Launch(seconds(2));
  ExpectPoweredOff(id);
  ExpectSaid(id, "step deadline ended with 1; powering off");
  EXPECT_EQ(cloud_.Console(id).find("step credentials"), std::string::npos);
}

// The program itself, with the libraries that are here: it asks for its parameter in its region, as
// the role of its machine, and is told that there is none.
TEST_F(Ec2Birth, TheProgramAsksForItsParameterAsItsRole) {
  StoreProgram(ReadFile(std::getenv("MAYFLY_BIN")));
  cloud_.Script({{"do", "delays"}, {"boot", "3s"}, {"shutdown", "0s"}});
  const std::string id = Launch();
  ASSERT_TRUE(aws::DeleteParameter(cloud_.caller(), kParameter).ok());
  ExpectPoweredOff(id);
  ExpectSaid(id, std::string("database ssm:") + kParameter);
  ExpectSaid(id, "ParameterNotFound");
  ExpectSaid(id, "step work ended with 3; powering off");
}

// I12: the way to the ledger is where the machine's role can read it, and nowhere else.
TEST_F(Ec2Birth, TheSecretIsInTheParameterAndNowhereElse) {
  StoreBundle(
      "cat /proc/[0-9]*/cmdline | tr '\\0' ' '\nenv\n"
      "while [ ! -e /tmp/go ]; do sleep 0.1; done\n");
  const std::string id = Launch();
  cloud_.WaitFor(id, "running");
  const Duration ends = cloud_.clock().Mono() + seconds(30);
  while (cloud_.Console(id).find("MAYFLY_ENDS_AT_US=") == std::string::npos) {
    ASSERT_LT(cloud_.clock().Mono(), ends) << cloud_.Console(id);
    cloud_.waiter().WaitUntil(cloud_.clock().Mono() + milliseconds(50));
  }
  const std::string user_data = cloud_.UserDataOf(id);
  EXPECT_NE(user_data.find("ssm:/mayfly/"), std::string::npos);
  EXPECT_EQ(user_data.find(kCanary), std::string::npos);
  EXPECT_EQ(cloud_.Console(id).find(kCanary), std::string::npos);
  for (const char* page : {"resources", "calls", "bill", "state"}) {
    EXPECT_EQ(cloud_.Text(page).find(kCanary), std::string::npos) << page;
  }
  const std::string arguments = AllArguments();
  EXPECT_NE(arguments.find("ec2sim"), std::string::npos) << "this look sees processes";
  EXPECT_EQ(arguments.find(kCanary), std::string::npos);
  EXPECT_EQ(aws::GetParameter(cloud_.caller(), kParameter).value(),
            std::string("host=db password=") + kCanary);
}

}  // namespace
}  // namespace mayfly::contract_test
