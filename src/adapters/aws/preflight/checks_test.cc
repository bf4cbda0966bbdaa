// The lines that the simulated cloud cannot make true or false: a database of RDS, foreign groups,
// images of nobody.

#include <gtest/gtest.h>

#include <map>

#include "adapters/aws/preflight/survey.h"
#include "adapters/aws/s3.h"
#include "adapters/aws/testing/scripted.h"

namespace mayfly::aws {
namespace {

using scripted::World;

constexpr const char* kHost = "prod.abc.eu-west-1.rds.amazonaws.com";

// A survey that went well, to be bent by each test.
struct Surveyed {
  World world;
  PreflightRequest request;
  Survey survey{
      world.caller,
      request,
      std::vector<InstanceType>{{.name = "c7i.large", .vcpus = 2, .architectures = {"x86_64"}}},
      std::vector<Offering>{{"c7i.large", "eu-west-1a"}},
      std::vector<Subnet>{{.id = "subnet-1",
                           .vpc_id = "vpc-1",
                           .zone = "eu-west-1a",
                           .range = "10.0.16.0/20",
                           .free_addresses = 9}},
      std::vector<SecurityGroup>{{.id = "sg-ours",
                                  .name = "worker",
                                  .vpc_id = "vpc-1",
                                  .outbound = {{"-1", 0, 0, {"0.0.0.0/0"}, {}}}}},
      Image{.id = "ami-1",
            .name = "debian-12-amd64-20251001",
            .state = "available",
            .architecture = "x86_64",
            .owner_id = "136693071363",
            .root_device = "/dev/xvda"}};
  Surveyed() {
    request.architecture = "x86_64";
    request.needed_libc = "2.34";
    request.ec2.bucket = "builds";
    request.database.room = DatabaseRoom{.host = kHost, .port = 5432, .most = 100};
  }
};

std::string Database(const std::string& vpc) {
  return "<DescribeDBInstancesResponse><DescribeDBInstancesResult><DBInstances><DBInstance>"
         "<DBInstanceIdentifier>prod</DBInstanceIdentifier>"
         "<DBInstanceStatus>available</DBInstanceStatus><Endpoint><Address>" +
         std::string(kHost) + "</Address><Port>5432</Port></Endpoint><DBSubnetGroup><VpcId>" + vpc +
         "</VpcId></DBSubnetGroup><VpcSecurityGroups><VpcSecurityGroupMembership>"
         "<VpcSecurityGroupId>sg-db</VpcSecurityGroupId></VpcSecurityGroupMembership>"
         "</VpcSecurityGroups></DBInstance></DBInstances></DescribeDBInstancesResult>"
         "</DescribeDBInstancesResponse>";
}

std::string Group(const std::string& rule) {
  return "<DescribeSecurityGroupsResponse><securityGroupInfo><item><groupId>sg-db</groupId>"
         "<ipPermissions>" +
         rule + "</ipPermissions></item></securityGroupInfo></DescribeSecurityGroupsResponse>";
}

std::string Rule(const std::string& ports, const std::string& from) {
  return "<item><ipProtocol>tcp</ipProtocol><fromPort>" + ports + "</fromPort><toPort>" + ports +
         "</toPort>" + from + "</item>";
}
std::string FromGroup(const std::string& id) {
  return "<groups><item><groupId>" + id + "</groupId></item></groups>";
}
std::string FromRange(const std::string& range) {
  return "<ipRanges><item><cidrIp>" + range + "</cidrIp></item></ipRanges>";
}

struct RouteCase {
  const char* name;
  std::string vpc, rule;
  Verdict verdict;
  bool blocks;
};

TEST(Route, ToADatabaseOfRdsIsReadFromItsGroups) {
  const RouteCase cases[] = {
      {"our group is let in", "vpc-1", Rule("5432", FromGroup("sg-ours")), Verdict::kPass, false},
      {"our subnet is let in", "vpc-1", Rule("5432", FromRange("10.0.0.0/16")), Verdict::kPass,
       false},
      {"another port", "vpc-1", Rule("3306", FromGroup("sg-ours")), Verdict::kFail, true},
      {"another group", "vpc-1", Rule("5432", FromGroup("sg-theirs")), Verdict::kFail, true},
      {"half of our subnet", "vpc-1", Rule("5432", FromRange("10.0.16.0/21")), Verdict::kFail,
       true},
      {"no rule at all", "vpc-1", "", Verdict::kFail, true},
      {"another network", "vpc-2", Rule("5432", FromRange("10.0.0.0/8")), Verdict::kCannotTell,
       false},
  };
  for (const RouteCase& one : cases) {
    Surveyed s;
    s.world.http.Say(200, Database(one.vpc)).Say(200, Group(one.rule));
    const PreflightCheck check = CheckRoute(s.survey);
    EXPECT_EQ(check.verdict, one.verdict) << one.name << ": " << check.found;
    EXPECT_EQ(Blocks(check), one.blocks) << one.name << ": " << check.found;
  }
}

TEST(Route, ThatMayNotBeLookedAtBlocks) {
  Surveyed s;
  s.world.http.Refuse(403, "AccessDenied");
  const PreflightCheck check = CheckRoute(s.survey);
  EXPECT_EQ(check.verdict, Verdict::kCannotTell);
  EXPECT_TRUE(Blocks(check));
  EXPECT_NE(check.next_step.find("iam-policy"), std::string::npos);
}

TEST(Route, ToThisComputerIsNoneForMachinesElsewhere) {
  for (const char* here : {"localhost", "127.0.0.1", "/run/postgresql"}) {
    Surveyed s;
    s.request.database.room->host = here;
    EXPECT_EQ(CheckRoute(s.survey).verdict, Verdict::kFail) << here;
  }
}

TEST(Route, ToSomebodyElsesServerCannotBeToldAndIsNoReasonToWait) {
  Surveyed s;
  s.request.database.room->host = "db.example.com";
  const PreflightCheck check = CheckRoute(s.survey);
  EXPECT_EQ(check.verdict, Verdict::kCannotTell);
  EXPECT_FALSE(Blocks(check));
}

std::string Cluster(const std::string& scaling, const std::string& tags = "") {
  return "<DescribeDBClustersResponse><DescribeDBClustersResult><DBClusters><DBCluster>"
         "<DBClusterIdentifier>prod</DBClusterIdentifier><Status>available</Status>" +
         scaling + tags +
         "</DBCluster></DBClusters></DescribeDBClustersResult></DescribeDBClustersResponse>";
}

TEST(Floor, IsOfAServerlessClusterThatIsNobodyElses) {
  const std::string scaling =
      "<ServerlessV2ScalingConfiguration><MinCapacity>0.5</MinCapacity><MaxCapacity>16"
      "</MaxCapacity></ServerlessV2ScalingConfiguration>";
  const auto held_by = [](const std::string& ledger) {
    return "<TagList><Tag><Key>mayfly:ledger</Key><Value>" + ledger + "</Value></Tag></TagList>";
  };
  struct Case {
    std::string name, answer;
    std::int64_t floor_milli = 8000;
    Verdict verdict = Verdict::kFail;
  };
  for (const Case& one : {Case{"fits", Cluster(scaling), 8000, Verdict::kPass},
                          {"ours", Cluster(scaling, held_by("ours")), 8000, Verdict::kPass},
                          {"another's", Cluster(scaling, held_by("theirs"))},
                          {"beyond its most", Cluster(scaling), 16'500},
                          {"not serverless", Cluster("")}}) {
    Surveyed s;
    s.request.tags = {{"mayfly:ledger", "ours"}};
    s.request.capacity = CapacitySpec{"prod", one.floor_milli};
    s.world.http.Say(200, one.answer);
    const auto checks = CheckCapacity(s.survey);
    ASSERT_EQ(checks.size(), 1U);
    EXPECT_EQ(checks[0].verdict, one.verdict) << one.name << ": " << checks[0].found;
  }
  Surveyed none;
  EXPECT_TRUE(CheckCapacity(none.survey).empty());
  none.request.capacity = CapacitySpec{"prod", 8000};
  none.world.http.Refuse(404, "DBClusterNotFoundFault");
  EXPECT_EQ(CheckCapacity(none.survey).at(0).verdict, Verdict::kFail);
}

TEST(Groups, AreOfTheSubnetsNetworkAndLetTheDatabasesPortOut) {
  Surveyed s;
  EXPECT_EQ(CheckGroups(s.survey).verdict, Verdict::kPass);
  s.survey.groups->front().outbound = {{"tcp", 443, 443, {"0.0.0.0/0"}, {}}};
  EXPECT_EQ(CheckGroups(s.survey).verdict, Verdict::kFail);
  s.survey.groups->front().outbound = {{"tcp", 5000, 6000, {"10.0.0.0/16"}, {}}};
  s.request.database.room->host = "10.1.0.5";
  EXPECT_EQ(CheckGroups(s.survey).verdict, Verdict::kFail);
  s.request.database.room->host = "10.0.0.5";
  EXPECT_EQ(CheckGroups(s.survey).verdict, Verdict::kPass);
  s.survey.groups->front().vpc_id = "vpc-2";
  EXPECT_EQ(CheckGroups(s.survey).verdict, Verdict::kFail);
}

TEST(Groups, ThatAreOpenToAllPassWithAWord) {
  Surveyed s;
  s.survey.groups->front().inbound = {{"tcp", 22, 22, {"0.0.0.0/0"}, {}}};
  const PreflightCheck check = CheckGroups(s.survey);
  EXPECT_EQ(check.verdict, Verdict::kPass);
  EXPECT_NE(check.found.find("remove that rule"), std::string::npos);
}

struct LibcCase {
  const char* name;
  const char* image;
  const char* owner;
  const char* needed;
  Verdict verdict;
};

TEST(Libc, IsKnownOfPublishedImagesOnly) {
  const LibcCase cases[] = {
      {"as new as needed", "debian-12-amd64-2025", "136693071363", "2.36", Verdict::kPass},
      {"newer", "debian-13-amd64-2025", "136693071363", "2.36", Verdict::kPass},
      {"older", "al2023-ami-2023.9-x86_64", "137112412989", "2.36", Verdict::kFail},
      {"old enough", "al2023-ami-2023.9-x86_64", "137112412989", "2.34", Verdict::kPass},
      {"2.9 is older than 2.34", "al2023-ami-2023.9-x86_64", "137112412989", "2.9", Verdict::kPass},
      {"a name that anybody may take", "debian-12-amd64-2025", "123456789012", "2.36",
       Verdict::kCannotTell},
      {"what we need is not known", "debian-12-amd64-2025", "136693071363", "",
       Verdict::kCannotTell},
  };
  for (const LibcCase& one : cases) {
    Surveyed s;
    s.survey.image->name = one.image;
    s.survey.image->owner_id = one.owner;
    s.request.needed_libc = one.needed;
    EXPECT_EQ(CheckLibc(s.survey).verdict, one.verdict) << one.name;
  }
}

TEST(Offers, AreCountedInTheSubnetsZonesOnly) {
  Surveyed s;
  EXPECT_EQ(CheckOffers(s.survey).verdict, Verdict::kPass);
  s.survey.offerings->front().zone = "eu-west-1b";
  EXPECT_EQ(CheckOffers(s.survey).verdict, Verdict::kFail);
}

TEST(Quota, OfAFamilyThatIsNotKnownBlocks) {
  Surveyed s;
  s.survey.types->front().name = "u-6tb1.metal";
  const std::vector<PreflightCheck> checks = CheckQuotas(s.survey);
  ASSERT_EQ(checks.size(), 1U);
  EXPECT_EQ(checks.front().verdict, Verdict::kCannotTell);
  EXPECT_TRUE(Blocks(checks.front()));
}

TEST(Bucket, InAnotherRegionFailsAndTheRegionIsNamed) {
  Surveyed s;
  s.world.http.Say(301, "", {{"x-amz-bucket-region", "us-east-1"}});
  const PreflightCheck check = CheckBucket(s.survey);
  EXPECT_EQ(check.verdict, Verdict::kFail);
  EXPECT_NE(check.found.find("in us-east-1, not in eu-west-1"), std::string::npos);
}

TEST(TryPut, IsRefusedForItsDigestWhereItIsAllowed) {
  World world;
  world.http.Say(400, "<Error><Code>BadDigest</Code></Error>");
  EXPECT_TRUE(TryPut(world.caller, {"builds", "mayfly/preflight"}).ok());
  World denied;
  denied.http.Say(403, "<Error><Code>AccessDenied</Code></Error>");
  EXPECT_EQ(TryPut(denied.caller, {"builds", "mayfly/preflight"}).error().kind(),
            ErrorKind::kDenied);
  World careless;
  careless.http.Say(200, "");
  EXPECT_EQ(TryPut(careless.caller, {"builds", "mayfly/preflight"}).error().kind(),
            ErrorKind::kConflict);
}

TEST(Database, HasConnectionsToSpareForEverySlotOfEveryMachine) {
  Surveyed s;
  s.request.machines = 3;
  s.request.slots = 4;
  s.request.database.room = DatabaseRoom{.host = kHost, .most = 30, .reserved = 3, .used = 7};
  EXPECT_EQ(CheckDatabase(s.survey).verdict, Verdict::kPass);  // 3 x (4 + 1) + 5 of 20
  s.request.database.room->used = 8;
  EXPECT_EQ(CheckDatabase(s.survey).verdict, Verdict::kFail);
}

}  // namespace
}  // namespace mayfly::aws
