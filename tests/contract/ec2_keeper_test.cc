// What EC2 keeps of a machine and RDS holds up for a run, against the simulated cloud.

#include <gtest/gtest.h>

#include "adapters/aws/provider/ec2_disks.h"
#include "adapters/aws/provider/rds_floors.h"
#include "simulated_ec2.h"

namespace mayfly::contract_test {
namespace {

using nlohmann::json;

constexpr RunId kRun{7};
constexpr MachineId kMachine{3};

class Ec2KeeperTest : public ::testing::Test {
 protected:
  static aws::PhaseNames Names() {
    return {.ledger = "ledger-1",
            .phase = "bqx",
            .owner = "ada",
            .own = {{"team", "quants"}, {"mayfly:run", "not yours"}}};
  }

  // A machine as the provider makes one.
  std::string LaunchMachine() {
    aws::Ec2Options options;
    options.spec.types = {"c7i.large"};
    options.spec.instance_profile = "mayfly-worker";
    options.places = {.region = "us-east-1",
                      .subnets = {{"us-east-1a", "subnet-0000000000000000a"}},
                      .image_id = "ami-0deb1200000000086",
                      .root_device = "/dev/xvda"};
    options.bundle = {"mayfly-simulated", "bundles/one.tar.gz", std::string(64, '0')};
    options.names = {.ledger = "ledger-1", .phase = "bqx", .owner = "ada", .own = {}};
    aws::Ec2Machines machines(cloud_.caller(), cloud_.waiter(), options);
    LaunchIntent intent{.machine = kMachine, .run = kRun, .token = "run-7-machine-3"};
    intent.deadline_in = hours(2);
    intent.database = "host=db";
    intent.offers.front().pool = {"us-east-1", "us-east-1a", "c7i.large", Market::kSpot};
    intent.offers.front().highest = {5'000'000, Unit::kHour};
    Result<LaunchAnswer> answer = machines.Launch(intent);
    EXPECT_TRUE(answer.ok()) << answer.error().message();
    return answer.ok() ? answer->external_id : "";
  }

  DiskIntent Intent(const std::string& machine) {
    return {kRun, kMachine, machine, MakeInstant(2099, 12, 28)};
  }

  std::optional<DiskSight> Look(DiskKeeper& disks) {
    Result<std::optional<DiskSight>> seen = disks.Look(kRun, kMachine);
    EXPECT_TRUE(seen.ok()) << seen.error().message();
    return seen.ok() ? *seen : std::nullopt;
  }

  std::vector<Residue> ResidueOfRun() {
    aws::Ec2Options options;
    options.names = Names();
    aws::Ec2Machines machines(cloud_.caller(), cloud_.waiter(), options);
    Result<ResidueLook> left = machines.FindResidue(kRun);
    EXPECT_TRUE(left.ok()) << left.error().message();
    return left.ok() ? left->found : std::vector<Residue>{};
  }

  SimulatedEc2 cloud_;
};

TEST_F(Ec2KeeperTest, ASnapshotSaysWhoseItIsAndUntilWhen) {
  aws::Ec2Disks disks(cloud_.caller(), Names());
  auto asked = disks.Ask(Intent(LaunchMachine()));
  ASSERT_TRUE(asked.ok()) << asked.error().message();
  const json one = cloud_.Resources()["snapshots"][0];
  EXPECT_EQ(one["id"], asked->external_id);
  EXPECT_EQ(one["tags"]["mayfly:ledger"], "ledger-1");
  EXPECT_EQ(one["tags"]["mayfly:run"], "7");
  EXPECT_EQ(one["tags"]["mayfly:machine"], "3");
  EXPECT_EQ(one["tags"]["mayfly:expires"], "2099-12-28T00:00:00Z");
  EXPECT_EQ(one["tags"]["team"], "quants");
}

TEST_F(Ec2KeeperTest, ItIsSeenPendingThenCompleteWhateverBecameOfItsMachine) {
  cloud_.Script({{"do", "delays"}, {"snapshot", "30s"}});
  aws::Ec2Disks disks(cloud_.caller(), Names());
  EXPECT_FALSE(Look(disks));
  const std::string machine = LaunchMachine();
  ASSERT_TRUE(disks.Ask(Intent(machine)).ok());
  EXPECT_EQ(Look(disks)->state, DiskState::kPending);
  ASSERT_TRUE(aws::TerminateInstance(cloud_.caller(), machine).ok());
  cloud_.Advance("31s");
  EXPECT_EQ(Look(disks)->state, DiskState::kCompleted);
  EXPECT_FALSE(*disks.Look(RunId{8}, kMachine));
  EXPECT_FALSE(*disks.Look(kRun, MachineId{4}));
}

TEST_F(Ec2KeeperTest, ALostAnswerIsFoundByItsTags) {
  aws::Ec2Disks disks(cloud_.caller(), Names());
  const std::string machine = LaunchMachine();
  cloud_.Script({{"do", "calls"}, {"action", "CreateSnapshot"}, {"effect", "no-reply"}});
  auto lost = disks.Ask(Intent(machine));
  ASSERT_FALSE(lost.ok());
  EXPECT_EQ(lost.error().kind(), ErrorKind::kAmbiguous);
  EXPECT_TRUE(Look(disks));
  EXPECT_LE(cloud_.Resources()["snapshots"].size(), 2U) << "libcurl may have sent it twice";
}

TEST_F(Ec2KeeperTest, OneOfTheSameDiskJustMadeIsForLater) {
  aws::Ec2Disks disks(cloud_.caller(), Names());
  const std::string machine = LaunchMachine();
  ASSERT_TRUE(disks.Ask(Intent(machine)).ok());
  EXPECT_EQ(disks.Ask(Intent(machine)).error().kind(), ErrorKind::kUnavailable);
  EXPECT_EQ(cloud_.Resources()["snapshots"].size(), 1U);
}

TEST_F(Ec2KeeperTest, AMachineThatHasEndedHasNoDisk) {
  aws::Ec2Disks disks(cloud_.caller(), Names());
  const std::string machine = LaunchMachine();
  ASSERT_TRUE(aws::TerminateInstance(cloud_.caller(), machine).ok());
  cloud_.Advance("5s");
  EXPECT_EQ(disks.Ask(Intent(machine)).error().kind(), ErrorKind::kNotFound);
  EXPECT_EQ(disks.Ask(Intent("i-00000000000000009")).error().kind(), ErrorKind::kNotFound);
}

TEST_F(Ec2KeeperTest, ADiskThatIsNotEncryptedIsNotKept) {
  aws::InstanceRequest request{.client_token = "t",
                               .image_id = "ami-0deb1200000000086",
                               .instance_type = "c7i.large",
                               .zone = "us-east-1a"};
  request.disk = aws::RootDisk{.is_encrypted = false};
  auto made = aws::RunInstances(cloud_.caller(), request);
  ASSERT_TRUE(made.ok()) << made.error().message();
  aws::Ec2Disks disks(cloud_.caller(), Names());
  auto asked = disks.Ask(Intent(made->instances.front().instance_id));
  ASSERT_FALSE(asked.ok());
  EXPECT_EQ(asked.error().kind(), ErrorKind::kInvalid);
  EXPECT_TRUE(cloud_.Resources()["snapshots"].empty());
}

TEST_F(Ec2KeeperTest, OneThatFailsIsSeenAndDropped) {
  cloud_.Script(json::parse(R"([{"do": "delays", "snapshot": "0s"}, {"do": "snapshots"}])"));
  aws::Ec2Disks disks(cloud_.caller(), Names());
  ASSERT_TRUE(disks.Ask(Intent(LaunchMachine())).ok());
  EXPECT_EQ(Look(disks)->state, DiskState::kFailed);
  EXPECT_TRUE(disks.Drop(kRun, kMachine).ok());
  EXPECT_FALSE(Look(disks));
  EXPECT_TRUE(disks.Drop(kRun, kMachine).ok()) << "that there is none is fine";
}

TEST_F(Ec2KeeperTest, AKeptSnapshotIsResidueOnlyOnceItHasExpired) {
  aws::Ec2Disks disks(cloud_.caller(), Names());
  const std::string machine = LaunchMachine();
  DiskIntent intent = Intent(machine);
  ASSERT_TRUE(disks.Ask(intent).ok());
  auto snapshots = [&] {
    std::vector<Residue> found = ResidueOfRun();
    std::erase_if(found, [](const Residue& one) { return one.kind != "expired snapshot"; });
    return found.size();
  };
  EXPECT_EQ(snapshots(), 0U);
  cloud_.Advance("20s");
  intent.expires = cloud_.clock().Wall() - seconds(1);
  ASSERT_TRUE(disks.Ask(intent).ok());
  EXPECT_EQ(snapshots(), 1U);
}

// --- The floor
// ------------------------------------------------------------------------------------

TEST_F(Ec2KeeperTest, AFloorIsSetSeenAndMarked) {
  cloud_.Script({{"do", "cluster"}, {"name", "prod"}, {"least", 0.5}, {"most", 16}});
  aws::RdsFloors floors(cloud_.caller(), "ledger-1");
  auto before = floors.Look("prod");
  ASSERT_TRUE(before.ok()) << before.error().message();
  EXPECT_EQ(before->least_milli, 500);
  EXPECT_EQ(before->most_milli, 16'000);
  EXPECT_FALSE(before->mark);
  ASSERT_TRUE(floors.Mark("prod", {.run = kRun, .before_milli = 500, .raised_milli = 8'000}).ok());
  ASSERT_TRUE(floors.Set("prod", 8'000).ok());
  const json cluster = cloud_.Resources()["clusters"][0];
  EXPECT_EQ(cluster["least"], 8.0);
  EXPECT_EQ(cluster["most"], 16.0);
  EXPECT_EQ(cluster["tags"]["mayfly:ledger"], "ledger-1");
  EXPECT_EQ(cluster["tags"]["mayfly:run"], "7");
  EXPECT_EQ(cluster["tags"]["mayfly:floor-before"], "0.5");
  EXPECT_EQ(cluster["tags"]["mayfly:floor-raised"], "8");
  auto after = floors.Look("prod");
  ASSERT_TRUE(after.ok() && after->mark);
  EXPECT_EQ(after->mark->run, kRun);
  EXPECT_TRUE(after->mark->is_ours);
  EXPECT_EQ(after->mark->raised_milli, 8'000);
  EXPECT_FALSE(aws::RdsFloors(cloud_.caller(), "ledger-2").Look("prod")->mark->is_ours);
  ASSERT_TRUE(floors.Unmark("prod").ok());
  EXPECT_FALSE(floors.Look("prod")->mark);
  EXPECT_EQ(cloud_.Resources()["clusters"][0]["tags"], json::object());
  EXPECT_TRUE(floors.Unmark("prod").ok());
}

TEST_F(Ec2KeeperTest, AClusterThatIsBeingChangedIsForLater) {
  cloud_.Script({{"do", "cluster"}, {"name", "prod"}});
  cloud_.Script({{"do", "delays"}, {"cluster-change", "1m"}});
  aws::RdsFloors floors(cloud_.caller(), "ledger-1");
  ASSERT_TRUE(floors.Set("prod", 8'000).ok());
  auto busy = floors.Set("prod", 500);
  ASSERT_FALSE(busy.ok());
  EXPECT_EQ(busy.error().kind(), ErrorKind::kUnavailable);
  cloud_.Advance("61s");
  EXPECT_TRUE(floors.Set("prod", 500).ok());
}

TEST_F(Ec2KeeperTest, AClusterThatIsNotThereIsNotFound) {
  aws::RdsFloors floors(cloud_.caller(), "ledger-1");
  EXPECT_EQ(floors.Look("prod").error().kind(), ErrorKind::kNotFound);
  EXPECT_EQ(floors.Set("prod", 500).error().kind(), ErrorKind::kNotFound);
  EXPECT_EQ(floors.Mark("prod", {}).error().kind(), ErrorKind::kNotFound);
  EXPECT_EQ(floors.Unmark("prod").error().kind(), ErrorKind::kNotFound);
}

}  // namespace
}  // namespace mayfly::contract_test
