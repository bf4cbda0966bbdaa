#include <gtest/gtest.h>

#include "adapters/aws/ec2_instances.h"
#include "adapters/aws/ec2_market.h"
#include "adapters/aws/ec2_places.h"
#include "adapters/aws/ec2_things.h"
#include "adapters/aws/testing/scripted.h"

namespace mayfly::aws {
namespace {

using scripted::World;

std::string Reservations(const std::string& items, const std::string& token = "") {
  return "<DescribeInstancesResponse><reservationSet><item><instancesSet>" + items +
         "</instancesSet></item></reservationSet><nextToken>" + token +
         "</nextToken></DescribeInstancesResponse>";
}

std::string InstanceItem(const std::string& id, const std::string& state = "running") {
  return "<item><instanceId>" + id + "</instanceId><instanceState><name>" + state +
         "</name></instanceState><launchTime>2025-07-01T00:00:00.000Z</launchTime>" +
         "<stateReason><code>Server.SpotInstanceTermination</code></stateReason>" +
         "<tagSet><item><key>mayfly:run</key><value>7</value></item></tagSet>" +
         "<blockDeviceMapping><item><ebs><volumeId>vol-1</volumeId></ebs></item>" +
         "</blockDeviceMapping></item>";
}

TEST(DescribeInstances, ReadsWhatAMachineIsAndWhyItEnded) {
  World world;
  world.http.Say(200, Reservations(InstanceItem("i-1", "terminated")));
  const Instance instance = DescribeInstances(world.caller, {{"i-1"}, {}})->at(0);
  EXPECT_EQ(instance.id, "i-1");
  EXPECT_EQ(instance.state, InstanceState::kTerminated);
  EXPECT_EQ(instance.reason_code, "Server.SpotInstanceTermination");
  EXPECT_EQ(instance.launched, MakeInstant(2025, 7, 1));
  EXPECT_EQ(instance.tags, (Tags{{"mayfly:run", "7"}}));
  EXPECT_EQ(instance.volumes, std::vector<std::string>{"vol-1"});
}

TEST(DescribeInstances, ReadsWhenAUsersWishEndedIt) {
  const std::vector<std::pair<std::string, std::optional<Instant>>> cases{
      {"User initiated (2025-07-01 00:02:00 GMT)", MakeInstant(2025, 7, 1, minutes(2))},
      {"Server.SpotInstanceTermination: taken", std::nullopt},
      {"User initiated", std::nullopt},
      {"( GMT)", std::nullopt},
      {"", std::nullopt}};
  for (const auto& [reason, at] : cases) {
    World world;
    world.http.Say(200, Reservations("<item><instanceId>i-1</instanceId><instanceState><name>"
                                     "terminated</name></instanceState><reason>" +
                                     reason + "</reason></item>"));
    EXPECT_EQ(DescribeInstances(world.caller, {{"i-1"}, {}})->at(0).transition_at, at) << reason;
  }
}

TEST(DescribeInstances, ReadsEveryPage) {
  World world;
  world.http.Say(200, Reservations(InstanceItem("i-1") + InstanceItem("i-2"), "page 2"))
      .Say(200, Reservations(InstanceItem("i-3")));
  Result<std::vector<Instance>> all = DescribeInstances(world.caller, {{}, {{"tag:a", {"b"}}}});
  ASSERT_TRUE(all.ok());
  EXPECT_EQ(all->size(), 3U);
  const std::string& second = world.http.requests.at(1).body;
  EXPECT_NE(second.find("&NextToken=page%202"), std::string::npos);
  EXPECT_NE(second.find("&Filter.1.Name=tag%3Aa&Filter.1.Value.1=b"), std::string::npos);
}

TEST(DescribeInstances, PagesHaveAnEnd) {
  World circle;
  circle.http.Say(200, Reservations("", "again"));
  EXPECT_EQ(DescribeInstances(circle.caller, {}).error().kind(), ErrorKind::kCorrupt);
  EXPECT_EQ(circle.http.requests.size(), 2U);
  World endless;
  for (int page = 0; page <= kMostPages; ++page) {
    endless.http.Say(200, Reservations("", std::to_string(page)));
  }
  EXPECT_EQ(DescribeInstances(endless.caller, {}).error().kind(), ErrorKind::kExhausted);
  EXPECT_EQ(endless.http.requests.size(), static_cast<std::size_t>(kMostPages));
}

TEST(DescribeInstances, AnOddAnswerIsNeverAnEmptyList) {
  for (const std::string& text :
       {std::string("<DescribeInstancesResponse/>"), std::string("{}"), std::string(),
        std::string("<DescribeVolumesResponse><reservationSet/></DescribeVolumesResponse>"),
        std::string("<DescribeInstancesResponse><reservationSet><itex/></reservationSet>"
                    "</DescribeInstancesResponse>"),
        Reservations("<item><instanceId>i-1</instanceId></item>"),
        Reservations(InstanceItem("i-1", "evaporated")), Reservations(InstanceItem(""))}) {
    World world;
    world.http.Say(200, text);
    EXPECT_EQ(DescribeInstances(world.caller, {}).error().kind(), ErrorKind::kCorrupt) << text;
  }
}

TEST(TerminateInstance, TellsItsState) {
  World world;
  world.http
      .Say(200,
           "<TerminateInstancesResponse><instancesSet><item><instanceId>i-1</instanceId>"
           "<currentState><name>shutting-down</name></currentState></item></instancesSet>"
           "</TerminateInstancesResponse>")
      .Refuse(400, "InvalidInstanceID.NotFound")
      .Say(200, "<TerminateInstancesResponse><instancesSet/></TerminateInstancesResponse>");
  EXPECT_EQ(*TerminateInstance(world.caller, "i-1"), InstanceState::kShuttingDown);
  EXPECT_EQ(TerminateInstance(world.caller, "i-1").error().kind(), ErrorKind::kNotFound);
  EXPECT_EQ(TerminateInstance(world.caller, "i-1").error().kind(), ErrorKind::kAmbiguous);
}

TEST(GetConsoleOutput, IsDecoded) {
  World world;
  world.http
      .Say(200,
           "<GetConsoleOutputResponse><output>aGVsbG8=</output>"
           "</GetConsoleOutputResponse>")
      .Say(200, "<GetConsoleOutputResponse/>");
  EXPECT_EQ(*GetConsoleOutput(world.caller, "i-1"), "hello");
  EXPECT_EQ(*GetConsoleOutput(world.caller, "i-1"), "");
}

TEST(CreateSnapshot, IsAskedOnceAndOnlyWithATag) {
  World world;
  world.http.Fail(Ambiguous("timed out"));
  EXPECT_EQ(CreateSnapshot(world.caller, {"vol-1", "", {}}).error().kind(), ErrorKind::kInvalid);
  EXPECT_EQ(CreateSnapshot(world.caller, {"vol-1", "", {{"a", "b"}}}).error().kind(),
            ErrorKind::kAmbiguous);
  EXPECT_EQ(world.http.requests.size(), 1U);
}

TEST(DescribeSpotPriceHistory, ReadsPricesInMicroDollars) {
  World world;
  world.http.Say(
      200,
      "<DescribeSpotPriceHistoryResponse><spotPriceHistorySet><item><instanceType>"
      "c7i.large</instanceType><availabilityZone>a</availabilityZone><productDescription>"
      "Linux/UNIX</productDescription><spotPrice>0.041500</spotPrice><timestamp>"
      "2025-07-01T00:00:00.000Z</timestamp></item></spotPriceHistorySet>"
      "</DescribeSpotPriceHistoryResponse>");
  SpotPriceQuestion question{.instance_types = {"c7i.large"}, .from = MakeInstant(2025, 6, 30)};
  EXPECT_EQ(DescribeSpotPriceHistory(world.caller, question)->at(0).per_hour.micro_usd, 41'500);
  EXPECT_NE(world.http.requests[0].body.find("&StartTime=2025-06-30T00%3A00%3A00Z"),
            std::string::npos);
}

TEST(GetSpotPlacementScores, ReadsScoresAndTheLimit) {
  World world;
  world.http
      .Say(200,
           "<GetSpotPlacementScoresResponse><spotPlacementScoreSet><item><region>eu-west-1</region>"
           "<availabilityZoneId>euw1-az2</availabilityZoneId><score>9</score></item>"
           "</spotPlacementScoreSet></GetSpotPlacementScoresResponse>")
      .Refuse(400, "MaxConfigLimitExceededException");
  const PlacementScore score = GetSpotPlacementScores(world.caller, {{"c7i.large"}, {}})->at(0);
  EXPECT_EQ(score.zone_id, "euw1-az2");
  EXPECT_EQ(score.score, 9);
  EXPECT_EQ(GetSpotPlacementScores(world.caller, {{"c7i.large"}, {}}).error().kind(),
            ErrorKind::kExhausted);
}

TEST(DescribeInstanceTypes, AreAskedAHundredAtATime) {
  World world;
  world.http.Say(200,
                 "<DescribeInstanceTypesResponse><instanceTypeSet/>"
                 "</DescribeInstanceTypesResponse>");
  ASSERT_TRUE(DescribeInstanceTypes(world.caller, std::vector<std::string>(101, "x")).ok());
  EXPECT_EQ(world.http.requests.size(), 2U);
  EXPECT_TRUE(world.http.requests[1].body.ends_with("&InstanceType.1=x"));
}

TEST(DescribeSecurityGroups, ReadsWhatIsLetThrough) {
  World world;
  world.http.Say(200,
                 "<DescribeSecurityGroupsResponse><securityGroupInfo><item><groupId>sg-1</groupId>"
                 "<ipPermissions><item><ipProtocol>tcp</ipProtocol><fromPort>5432</fromPort>"
                 "<toPort>5432</toPort><groups><item><groupId>sg-2</groupId></item></groups>"
                 "</item></ipPermissions><ipPermissionsEgress><item><ipProtocol>-1</ipProtocol>"
                 "<ipRanges><item><cidrIp>0.0.0.0/0</cidrIp></item></ipRanges></item>"
                 "</ipPermissionsEgress></item></securityGroupInfo>"
                 "</DescribeSecurityGroupsResponse>");
  const SecurityGroup group = DescribeSecurityGroups(world.caller, {{"sg-1"}, {}})->at(0);
  EXPECT_EQ(group.inbound.at(0).from, 5432);
  EXPECT_EQ(group.inbound.at(0).groups.at(0), "sg-2");
  EXPECT_EQ(group.outbound.at(0).ranges.at(0), "0.0.0.0/0");
}

TEST(CancelSpotRequest, IsDoneOnlyIfTheAnswerNamesIt) {
  World world;
  world.http.Say(
      200,
      "<CancelSpotInstanceRequestsResponse><spotInstanceRequestSet><item>"
      "<spotInstanceRequestId>sir-1</spotInstanceRequestId></item></spotInstanceRequestSet>"
      "</CancelSpotInstanceRequestsResponse>");
  EXPECT_TRUE(CancelSpotRequest(world.caller, "sir-1").ok());
  EXPECT_EQ(CancelSpotRequest(world.caller, "sir-2").error().kind(), ErrorKind::kAmbiguous);
}

}  // namespace
}  // namespace mayfly::aws
