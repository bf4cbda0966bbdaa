#include "adapters/aws/provider/ec2_estate.h"

#include <gmock/gmock.h>

#include "adapters/aws/testing/scripted.h"

namespace mayfly::aws {
namespace {

using ::testing::HasSubstr;

constexpr const char* kLedger = "1234abcd";

class Ec2EstateTest : public ::testing::Test {
 protected:
  Thing Make(ThingKind kind, std::string id, std::string ledger) {
    Thing thing{.kind = kind, .place = "eu-west-1", .id = std::move(id)};
    thing.claim.ledger = std::move(ledger);
    return thing;
  }

  scripted::World world_;
  Ec2Estate estate_{world_.caller,
                    {.region = "eu-west-1", .ledger = kLedger, .only_if_tagged = true}};
};

TEST_F(Ec2EstateTest, NothingIsAskedForThatIsNotOurs) {
  for (const std::string ledger : {"", "other"}) {
    const Thing thing = Make(ThingKind::kInstance, "i-1", ledger);
    EXPECT_EQ(estate_.Mark(thing, Instant{}).error().kind(), ErrorKind::kDenied);
    EXPECT_EQ(estate_.Unmark(thing).error().kind(), ErrorKind::kDenied);
    EXPECT_EQ(estate_.Remove(thing).error().kind(), ErrorKind::kDenied);
    EXPECT_EQ(estate_.Restore(thing).error().kind(), ErrorKind::kDenied);
  }
  EXPECT_TRUE(world_.http.requests.empty());
}

TEST_F(Ec2EstateTest, AMarkIsATagWithItsInstant) {
  world_.http.Say(200, "<CreateTagsResponse><return>true</return></CreateTagsResponse>");
  const Instant at = MakeInstant(2026, 11, 28, hours(4));
  ASSERT_TRUE(estate_.Mark(Make(ThingKind::kVolume, "vol-1", kLedger), at).ok());
  EXPECT_THAT(world_.http.requests.at(0).body,
              HasSubstr("ResourceId.1=vol-1&Tag.1.Key=mayfly%3Aorphan&"
                        "Tag.1.Value=2026-11-28T04%3A00%3A00Z"));
}

TEST_F(Ec2EstateTest, WhatIsGoneAlreadyIsRemoved) {
  world_.http.Refuse(400, "InvalidVolume.NotFound");
  EXPECT_TRUE(estate_.Remove(Make(ThingKind::kVolume, "vol-1", kLedger)).ok());
}

TEST_F(Ec2EstateTest, WhatIsInUseIsForLater) {
  world_.http.Refuse(400, "VolumeInUse");
  const Status done = estate_.Remove(Make(ThingKind::kVolume, "vol-1", kLedger));
  EXPECT_EQ(done.error().kind(), ErrorKind::kUnavailable);
}

std::string ClusterAt(const std::string& least) {
  return "<DescribeDBClustersResponse><DescribeDBClustersResult><DBClusters><DBCluster>"
         "<DBClusterIdentifier>prod</DBClusterIdentifier><Status>available</Status>"
         "<ServerlessV2ScalingConfiguration><MinCapacity>" +
         least +
         "</MinCapacity><MaxCapacity>16</MaxCapacity></ServerlessV2ScalingConfiguration>"
         "</DBCluster></DBClusters></DescribeDBClustersResult></DescribeDBClustersResponse>";
}

// It was 8 when it was looked at.
TEST_F(Ec2EstateTest, AFloorThatSomebodySetSinceStays) {
  world_.http.Say(200, ClusterAt("6"));
  Thing floor = Make(ThingKind::kDatabaseFloor, "prod", kLedger);
  floor.restore = 0.5;
  floor.raised = 8;
  const Status done = estate_.Restore(floor);
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().kind(), ErrorKind::kConflict);
  EXPECT_EQ(world_.http.requests.size(), 1U) << "it was looked at, and that is all";
}

TEST_F(Ec2EstateTest, ARegionWithoutOurTagIsAskedOneQuestion) {
  world_.http.Say(200, "<DescribeTagsResponse><tagSet/></DescribeTagsResponse>");
  const Result<std::vector<Thing>> things = estate_.Look();
  ASSERT_TRUE(things.ok());
  EXPECT_TRUE(things->empty());
  ASSERT_EQ(world_.http.requests.size(), 1U);
  EXPECT_THAT(world_.http.requests[0].body, HasSubstr("Filter.2.Value.1=1234abcd"));
}

TEST_F(Ec2EstateTest, AnAnswerThatCannotBeReadIsNoEmptyRegion) {
  world_.http.Say(200, "<DescribeTagsResponse/>");
  EXPECT_EQ(estate_.Look().error().kind(), ErrorKind::kCorrupt);
}

}  // namespace
}  // namespace mayfly::aws
