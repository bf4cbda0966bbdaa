#include "adapters/aws/ec2_launch.h"

#include <gtest/gtest.h>

#include "adapters/aws/testing/scripted.h"

namespace mayfly::aws {
namespace {

using scripted::World;

const std::string kLaunched =
    "<RunInstancesResponse xmlns=\"u\"><instancesSet><item><instanceId>i-0abc</instanceId>"
    "<instanceType>c7i.large</instanceType><placement><availabilityZone>eu-west-1a"
    "</availabilityZone></placement><subnetId>subnet-1</subnetId>"
    "<instanceLifecycle>spot</instanceLifecycle></item></instancesSet></RunInstancesResponse>";

InstanceRequest Request() {
  InstanceRequest request;
  request.client_token = "token-1";
  request.image_id = "ami-1";
  request.instance_type = "c7i.large";
  request.zone = "eu-west-1a";
  request.spot = Spot{};
  return request;
}

bool Sends(const World& world, const std::string& part) {
  return world.http.requests.back().body.find(part) != std::string::npos;
}

TEST(RunInstances, ReadsTheMachine) {
  World world;
  world.http.Say(200, kLaunched);
  Result<LaunchAnswer> answer = RunInstances(world.caller, Request());
  ASSERT_TRUE(answer.ok());
  const Launched& machine = answer->instances.at(0);
  EXPECT_EQ(machine.instance_id, "i-0abc");
  EXPECT_EQ(machine.zone, "eu-west-1a");
  EXPECT_TRUE(machine.is_spot);
  EXPECT_TRUE(answer->refusals.empty());
}

TEST(RunInstances, WhatMustAlwaysHoldIsAlwaysSaid) {
  World world;
  world.http.Say(200, kLaunched);
  ASSERT_TRUE(RunInstances(world.caller, Request()).ok());
  for (const char* part :
       {"&MinCount=1&MaxCount=1&ClientToken=token-1", "&MetadataOptions.HttpTokens=required",
        "&MetadataOptions.HttpPutResponseHopLimit=1",
        "&InstanceInitiatedShutdownBehavior=terminate",
        "&NetworkInterface.1.AssociatePublicIpAddress=false",
        "&NetworkInterface.1.DeleteOnTermination=true",
        "SpotOptions.InstanceInterruptionBehavior=terminate", "SpotInstanceType=one-time"}) {
    EXPECT_TRUE(Sends(world, part)) << part;
  }
  for (const char* part : {"KeyName", "MaxPrice", "DryRun", "UserData", "IamInstanceProfile"}) {
    EXPECT_FALSE(Sends(world, part)) << part;
  }
}

class RefusedLaunch : public testing::TestWithParam<std::pair<const char*, Reaction>> {};

TEST_P(RefusedLaunch, IsAnAnswerWithItsPool) {
  World world;
  world.http.Refuse(400, GetParam().first);
  Result<LaunchAnswer> answer = RunInstances(world.caller, Request());
  ASSERT_TRUE(answer.ok());
  EXPECT_TRUE(answer->instances.empty());
  EXPECT_EQ(answer->refusals.at(0).refusal.reaction, GetParam().second);
  EXPECT_EQ(answer->refusals.at(0).instance_type, "c7i.large");
  EXPECT_EQ(answer->refusals.at(0).zone, "eu-west-1a");
}

INSTANTIATE_TEST_SUITE_P(
    Every, RefusedLaunch,
    testing::Values(std::pair("InsufficientInstanceCapacity", Reaction::kNextPool),
                    std::pair("InsufficientFreeAddressesInSubnet", Reaction::kNextSubnet),
                    std::pair("MaxSpotInstanceCountExceeded", Reaction::kSkipMarketAndFamily),
                    std::pair("SpotMaxPriceTooLow", Reaction::kNextPrice),
                    std::pair("IdempotentInstanceTerminated", Reaction::kNewAttempt),
                    std::pair("UnauthorizedOperation", Reaction::kFatalCredentials),
                    std::pair("InvalidSecurityGroupID.NotFound", Reaction::kFatalConfig),
                    std::pair("InvalidAMIID.NotFound", Reaction::kFatalConfig)),
    [](const auto& row) {
      std::string name = row.param.first;
      std::erase(name, '.');
      return name;
    });

TEST(RunInstances, AnAnswerThatCannotBeReadMayHaveLaunched) {
  for (const std::string& text :
       {std::string(), kLaunched.substr(0, 90), std::string("<html/>"),
        std::string("<RunInstancesResponse><instancesSet/></RunInstancesResponse>")}) {
    World world;
    world.http.Say(200, text);
    EXPECT_EQ(RunInstances(world.caller, Request()).error().kind(), ErrorKind::kAmbiguous) << text;
  }
}

TEST(RunInstances, IsNotAskedWithoutATokenOrWithTooMuchUserData) {
  World world;
  InstanceRequest request = Request();
  request.client_token = std::string(65, 'x');
  EXPECT_EQ(RunInstances(world.caller, request).error().kind(), ErrorKind::kInvalid);
  request = Request();
  request.user_data = std::string(16 * 1024 + 1, 'x');
  EXPECT_EQ(RunInstances(world.caller, request).error().kind(), ErrorKind::kInvalid);
  EXPECT_TRUE(world.http.requests.empty());
}

TEST(DryRun, IsASuccessOnlyAsARefusalToDoIt) {
  World world;
  world.http.Refuse(412, "DryRunOperation")
      .Refuse(403, "UnauthorizedOperation")
      .Say(200, kLaunched);
  EXPECT_TRUE(DryRunInstances(world.caller, Request()).ok());
  EXPECT_TRUE(Sends(world, "&DryRun=true"));
  EXPECT_EQ(DryRunInstances(world.caller, Request()).error().kind(), ErrorKind::kDenied);
  EXPECT_EQ(DryRunInstances(world.caller, Request()).error().kind(), ErrorKind::kAmbiguous);
}

std::string Fleet(const std::string& instances, const std::string& errors) {
  return "<CreateFleetResponse><fleetId>fleet-1</fleetId><fleetInstanceSet>" + instances +
         "</fleetInstanceSet><errorSet>" + errors + "</errorSet></CreateFleetResponse>";
}

std::string FleetError(const std::string& code, const std::string& type) {
  return "<item><errorCode>" + code + "</errorCode><errorMessage>No.</errorMessage>" +
         "<launchTemplateAndOverrides><overrides><instanceType>" + type +
         "</instanceType><availabilityZone>a</availabilityZone></overrides>" +
         "</launchTemplateAndOverrides></item>";
}

const std::string kFleetMachine =
    "<item><instanceIds><item>i-0abc</item></instanceIds><instanceType>m7i.large</instanceType>"
    "<lifecycle>spot</lifecycle></item>";

FleetRequest FleetOfTwo() {
  FleetRequest request;
  request.client_token = "token-1";
  request.launch_template_id = "lt-1";
  request.overrides = {{.instance_type = "c7i.large"}, {.instance_type = "m7i.large"}};
  return request;
}

TEST(CreateFleet, GivesMachinesAndRefusalsTogether) {
  World world;
  world.http.Say(200,
                 Fleet(kFleetMachine, FleetError("InsufficientInstanceCapacity", "c7i.large")));
  Result<LaunchAnswer> answer = CreateFleet(world.caller, FleetOfTwo());
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->fleet_id, "fleet-1");
  EXPECT_EQ(answer->instances.at(0).instance_type, "m7i.large");
  EXPECT_EQ(answer->refusals.at(0).instance_type, "c7i.large");
  EXPECT_EQ(answer->refusals.at(0).refusal.reaction, Reaction::kNextPool);
}

TEST(CreateFleet, WhatPassesComesFirstAndWhatOnlyPointsIsDropped) {
  World world;
  world.http.Say(200, Fleet("", FleetError("UnfulfillableCapacity", "") +
                                    FleetError("InsufficientInstanceCapacity", "c7i.large") +
                                    FleetError("RequestLimitExceeded", "m7i.large")));
  Result<LaunchAnswer> answer = CreateFleet(world.caller, FleetOfTwo());
  ASSERT_EQ(answer->refusals.size(), 2U);
  EXPECT_EQ(answer->refusals[0].refusal.code, "RequestLimitExceeded");
  EXPECT_TRUE(answer->instances.empty());
}

TEST(CreateFleet, OneThatOnlyPointsIsKept) {
  World world;
  world.http.Say(200, Fleet("", FleetError("UnfulfillableCapacity", "")));
  EXPECT_EQ(CreateFleet(world.caller, FleetOfTwo())->refusals.size(), 1U);
}

TEST(CreateFleet, NeitherMachineNorRefusalIsAmbiguous) {
  World world;
  world.http.Say(200, Fleet("", ""));
  EXPECT_EQ(CreateFleet(world.caller, FleetOfTwo()).error().kind(), ErrorKind::kAmbiguous);
}

TEST(DeleteFleet, IsDoneOnlyIfTheAnswerNamesIt) {
  const std::string open = "<DeleteFleetsResponse><successfulFleetDeletionSet>";
  const std::string close = "</successfulFleetDeletionSet></DeleteFleetsResponse>";
  World world;
  world.http.Say(200, open + "<item><fleetId>fleet-1</fleetId></item>" + close)
      .Say(200, open + close)
      .Say(200,
           "<DeleteFleetsResponse><unsuccessfulFleetDeletionSet><item><error><code>"
           "fleetIdDoesNotExist</code></error></item></unsuccessfulFleetDeletionSet>"
           "</DeleteFleetsResponse>");
  EXPECT_TRUE(DeleteFleet(world.caller, "fleet-1").ok());
  EXPECT_EQ(DeleteFleet(world.caller, "fleet-1").error().kind(), ErrorKind::kAmbiguous);
  EXPECT_EQ(DeleteFleet(world.caller, "fleet-1").error().kind(), ErrorKind::kNotFound);
}

}  // namespace
}  // namespace mayfly::aws
