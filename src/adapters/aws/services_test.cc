#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "adapters/aws/cloudwatch.h"
#include "adapters/aws/pricing.h"
#include "adapters/aws/quotas.h"
#include "adapters/aws/rds.h"
#include "adapters/aws/s3.h"
#include "adapters/aws/scheduler.h"
#include "adapters/aws/secrets.h"
#include "adapters/aws/testing/scripted.h"

namespace mayfly::aws {
namespace {

using nlohmann::json;
using scripted::World;

json Sent(const World& world, std::size_t index = 0) {
  return json::parse(world.http.requests.at(index).body);
}

TEST(Secrets, AreReadAndInNoMessage) {
  World world;
  world.http.Say(200, R"({"Parameter":{"Value":"canary"}})")
      .Say(200, R"({"SecretString":"canary"})")
      .Say(200, R"({"SecretBinary":"canary"})")
      .Say(200, R"({"Parameter":{"Value":7},"canary":"canary"})");
  EXPECT_EQ(*GetParameter(world.caller, "/prod/db"), "canary");
  EXPECT_EQ(*GetSecretValue(world.caller, "prod"), "canary");
  const Error binary = GetSecretValue(world.caller, "prod").error();
  const Error odd = GetParameter(world.caller, "/prod/db").error();
  EXPECT_EQ(binary.kind(), ErrorKind::kInvalid);
  EXPECT_EQ(odd.kind(), ErrorKind::kCorrupt);
  EXPECT_EQ((binary.message() + odd.message()).find("canary"), std::string::npos);
  EXPECT_EQ(Sent(world), (json{{"Name", "/prod/db"}, {"WithDecryption", true}}));
  EXPECT_EQ(world.http.requests[1].headers.at(1).value, "secretsmanager.GetSecretValue");
}

TEST(Secrets, AValueThatIsRefusedIsNotRepeated) {
  World world;
  world.http.Say(400, R"({"__type":"ValidationException","message":"Value 'canary-word' is odd"})");
  const Status put = PutParameter(world.caller, "/prod/db", "canary-word");
  ASSERT_FALSE(put.ok());
  EXPECT_EQ(put.error().kind(), ErrorKind::kInvalid);
  EXPECT_EQ(put.error().message().find("canary-word"), std::string::npos) << put.error().message();
  EXPECT_EQ(Sent(world), (json{{"Name", "/prod/db"},
                               {"Overwrite", true},
                               {"Type", "SecureString"},
                               {"Value", "canary-word"}}));
}

TEST(Secrets, AllPagesOfNamesAreRead) {
  World world;
  world.http.Say(200, R"({"Parameters":[{"Name":"/a/1","Value":"canary"}],"NextToken":"t"})")
      .Say(200, R"({"Parameters":[{"Name":"/a/2"}]})")
      .Say(200, R"({})");
  EXPECT_EQ(*ListParameters(world.caller, "/a"), (std::vector<std::string>{"/a/1", "/a/2"}));
  EXPECT_EQ(ListParameters(world.caller, "/a").error().kind(), ErrorKind::kCorrupt);
}

TEST(Secrets, OneThatIsGoneIsNotFoundAlsoAfterALostAnswer) {
  World world;
  world.http.Fail(Ambiguous("the answer was lost")).RefuseJson(400, "ParameterNotFound");
  EXPECT_EQ(DeleteParameter(world.caller, "/a").error().kind(), ErrorKind::kNotFound);
}

TEST(Quotas, AnUnsetOneIsAwssDefault) {
  World world;
  world.http.RefuseJson(400, "NoSuchResourceException")
      .Say(200, R"({"Quota":{"QuotaCode":"L-1","Value":64.0,"Adjustable":true}})");
  Result<Quota> quota = GetServiceQuota(world.caller, "ec2", "L-1");
  ASSERT_TRUE(quota.ok()) << quota.error().message();
  EXPECT_EQ(quota->value, 64);
  EXPECT_TRUE(quota->is_adjustable);
  EXPECT_EQ(world.http.requests[1].headers.at(1).value,
            "ServiceQuotasV20190624.GetAWSDefaultServiceQuota");
}

class QuotaState : public testing::TestWithParam<std::pair<QuotaRequestState, bool>> {};

TEST_P(QuotaState, IsKnownAndSaysWhetherItIsDecided) {
  World world;
  const std::string name(QuotaRequestStateName(GetParam().first));
  world.http.Say(200, R"({"RequestedQuotas":[{"Id":"1","DesiredValue":96,"Status":")" + name +
                          R"(","Created":1751328000.5}]})");
  const QuotaRequest request = ListQuotaRequests(world.caller, "ec2", "L-1")->at(0);
  EXPECT_EQ(request.state, GetParam().first);
  EXPECT_EQ(IsDecided(request.state), GetParam().second);
  EXPECT_EQ(request.created, MakeInstant(2025, 7, 1, milliseconds(500)));
}

INSTANTIATE_TEST_SUITE_P(Every, QuotaState,
                         testing::Values(std::pair(QuotaRequestState::kPending, false),
                                         std::pair(QuotaRequestState::kCaseOpened, false),
                                         std::pair(QuotaRequestState::kApproved, true),
                                         std::pair(QuotaRequestState::kDenied, true),
                                         std::pair(QuotaRequestState::kCaseClosed, true),
                                         std::pair(QuotaRequestState::kNotApproved, true),
                                         std::pair(QuotaRequestState::kInvalidRequest, true)),
                         [](const auto& row) {
                           return std::string(QuotaRequestStateName(row.param.first));
                         });

TEST(Quotas, AnUnknownStateIsNoState) {
  World world;
  world.http.Say(200, R"({"RequestedQuotas":[{"Id":"1","DesiredValue":1,"Status":"LOST"}]})");
  EXPECT_EQ(ListQuotaRequests(world.caller, "ec2", "L-1").error().kind(), ErrorKind::kCorrupt);
}

std::string PriceList(const std::vector<std::string>& usd, const std::string& currency = "USD") {
  json answer;
  answer["PriceList"] = json::array();
  for (const std::string& price : usd) {
    json product;
    product["product"] = {{"sku", "S"}, {"attributes", {{"instanceType", "c7i.large"}}}};
    product["terms"]["OnDemand"]["S.1"]["priceDimensions"]["S.1.1"] = {
        {"unit", "Hrs"}, {"pricePerUnit", {{currency, price}}}};
    answer["PriceList"].push_back(product.dump());
  }
  return answer.dump();
}

TEST(Pricing, TheHourlyPriceIsInsideTextInsideJson) {
  World world;
  world.http.Say(200, PriceList({"0.0000000000", "0.1011500000"}));
  EXPECT_EQ(OnDemandPrice(world.caller, "c7i.large", "eu-west-1")->micro_usd, 101'150);
  EXPECT_EQ(world.http.requests[0].url, "https://api.pricing.us-east-1.amazonaws.com/");
  EXPECT_EQ(Sent(world)["Filters"][0],
            (json{{"Type", "TERM_MATCH"}, {"Field", "instanceType"}, {"Value", "c7i.large"}}));
}

TEST(Pricing, NoPriceOrSeveralIsNoPrice) {
  World world;
  world.http.Say(200, PriceList({}))
      .Say(200, PriceList({"0.1", "0.2"}))
      .Say(200, PriceList({"0.1"}, "CNY"))
      .Say(200, R"({"PriceList":["{"]})");
  for (ErrorKind kind :
       {ErrorKind::kNotFound, ErrorKind::kConflict, ErrorKind::kCorrupt, ErrorKind::kCorrupt}) {
    EXPECT_EQ(OnDemandPrice(world.caller, "c7i.large", "eu-west-1").error().kind(), kind);
  }
}

TEST(Rds, InstancesAndClustersAreRead) {
  World world;
  world.http
      .Say(200,
           "<DescribeDBInstancesResponse><DescribeDBInstancesResult><DBInstances><DBInstance>"
           "<DBInstanceIdentifier>prod</DBInstanceIdentifier><DBInstanceStatus>available"
           "</DBInstanceStatus><Endpoint><Address>h</Address><Port>5432</Port></Endpoint>"
           "<IAMDatabaseAuthenticationEnabled>true</IAMDatabaseAuthenticationEnabled></DBInstance>"
           "</DBInstances></DescribeDBInstancesResult></DescribeDBInstancesResponse>")
      .Say(200,
           "<DescribeDBClustersResponse><DescribeDBClustersResult><DBClusters><DBCluster>"
           "<DBClusterIdentifier>c</DBClusterIdentifier><Status>available</Status><Port>5432</Port>"
           "<DBClusterArn>arn:c</DBClusterArn><TagList><Tag><Key>k</Key><Value>v</Value></Tag>"
           "</TagList>"
           "<ServerlessV2ScalingConfiguration><MinCapacity>0.5</MinCapacity><MaxCapacity>16"
           "</MaxCapacity></ServerlessV2ScalingConfiguration></DBCluster></DBClusters>"
           "</DescribeDBClustersResult></DescribeDBClustersResponse>");
  const DbInstance instance = DescribeDbInstances(world.caller, "prod")->at(0);
  EXPECT_EQ(instance.port, 5432);
  EXPECT_TRUE(instance.has_iam_login);
  const DbCluster cluster = DescribeDbClusters(world.caller)->at(0);
  EXPECT_EQ(cluster.least_capacity, 0.5);
  EXPECT_EQ(cluster.arn, "arn:c");
  EXPECT_EQ(cluster.tags, (Tags{{"k", "v"}}));
}

TEST(Rds, ACapacityIsSetAndMarkedAsOfficialClientsDo) {
  World world;
  world.http.Say(200, "<ModifyDBClusterResponse/>")
      .Say(200, "<AddTagsToResourceResponse/>")
      .Say(200, "<RemoveTagsFromResourceResponse/>")
      .Say(200, "<html>")
      .Refuse(400, "InvalidDBClusterStateFault");
  ASSERT_TRUE(ModifyDbCluster(world.caller, "prod", {8.5, 16}).ok());
  ASSERT_TRUE(AddDbTags(world.caller, "arn", {{"mayfly:run", "7"}}).ok());
  ASSERT_TRUE(RemoveDbTags(world.caller, "arn", {"a", "b"}).ok());
  EXPECT_EQ(ModifyDbCluster(world.caller, "prod", {8, 16}).error().kind(), ErrorKind::kAmbiguous);
  EXPECT_EQ(ModifyDbCluster(world.caller, "prod", {8, 16}).error().kind(), ErrorKind::kUnavailable);
  const auto body = [&](std::size_t n) { return world.http.requests.at(n).body; };
  EXPECT_EQ(body(0),
            "Action=ModifyDBCluster&Version=2014-10-31&DBClusterIdentifier=prod"
            "&ServerlessV2ScalingConfiguration.MinCapacity=8.5"
            "&ServerlessV2ScalingConfiguration.MaxCapacity=16&ApplyImmediately=true");
  EXPECT_EQ(body(1),
            "Action=AddTagsToResource&Version=2014-10-31&ResourceName=arn"
            "&Tags.Tag.1.Key=mayfly%3Arun&Tags.Tag.1.Value=7");
  EXPECT_EQ(body(2),
            "Action=RemoveTagsFromResource&Version=2014-10-31&ResourceName=arn"
            "&TagKeys.member.1=a&TagKeys.member.2=b");
}

TEST(CloudWatch, PointsAreSortedAndWhole) {
  const auto answer = [](const std::string& times, const std::string& values) {
    return "<GetMetricDataResponse><GetMetricDataResult><MetricDataResults><member><Timestamps>" +
           times + "</Timestamps><Values>" + values +
           "</Values></member></MetricDataResults></GetMetricDataResult></GetMetricDataResponse>";
  };
  const std::string late = "<member>2025-07-01T00:05:00Z</member>";
  const std::string early = "<member>2025-07-01T00:00:00Z</member>";
  World world;
  world.http.Say(200, answer(late + early, "<member>2.5</member><member>1E-1</member>"))
      .Say(200, answer(late + early, "<member>2.5</member>"))
      .Say(200, answer(late, "<member>NaN</member>"));
  EXPECT_EQ(GetMetricData(world.caller, {})->at(0).value, 0.1);
  EXPECT_EQ(GetMetricData(world.caller, {}).error().kind(), ErrorKind::kCorrupt);
  EXPECT_EQ(GetMetricData(world.caller, {}).error().kind(), ErrorKind::kCorrupt);
}

const std::vector<HttpHeader> kOurs{{"Content-Length", "5"},
                                    {"x-amz-meta-sha256", Sha256Hex("bytes")}};
const std::vector<HttpHeader> kOthers{{"Content-Length", "6"}, {"x-amz-meta-sha256", "00"}};

TEST(S3, PutsOnlyWhereNothingIs) {
  World world;
  world.http.Say(200, "");
  ASSERT_TRUE(PutIfAbsent(world.caller, {"bucket", "k"}, "bytes").ok());
  EXPECT_EQ(world.http.requests[0].method, "PUT");
  EXPECT_EQ(world.http.requests[0].headers.at(1).name, "If-None-Match");
  EXPECT_EQ(world.http.requests[0].headers.at(1).value, "*");
}

TEST(S3, TheSameBytesAreFineAndOthersAreAConflict) {
  World same;
  same.http.Say(412, "<Error><Code>PreconditionFailed</Code></Error>").Say(200, "", kOurs);
  EXPECT_TRUE(PutIfAbsent(same.caller, {"bucket", "k"}, "bytes").ok());
  World other;
  other.http.Say(412, "<Error><Code>PreconditionFailed</Code></Error>").Say(200, "", kOthers);
  EXPECT_EQ(PutIfAbsent(other.caller, {"bucket", "k"}, "bytes").error().kind(),
            ErrorKind::kConflict);
}

TEST(S3, ALostAnswerIsSettledByLooking) {
  World world;
  world.http.Fail(Ambiguous("timed out"))
      .Say(412, "<Error><Code>PreconditionFailed</Code></Error>")
      .Say(200, "", kOurs);
  EXPECT_TRUE(PutIfAbsent(world.caller, {"bucket", "k"}, "bytes").ok());
}

TEST(S3, BytesThatChangedAreCorrupt) {
  World world;
  world.http.Say(200, "bytes", kOurs).Say(200, "bytez", kOurs);
  EXPECT_EQ(*GetObject(world.caller, {"bucket", "k"}), "bytes");
  EXPECT_EQ(GetObject(world.caller, {"bucket", "k"}).error().kind(), ErrorKind::kCorrupt);
}

TEST(S3, ListsEveryPage) {
  const auto page = [](const std::string& key, const std::string& rest) {
    return "<ListBucketResult><Contents><Key>" + key + "</Key><Size>1</Size></Contents>" + rest +
           "</ListBucketResult>";
  };
  World world;
  world.http
      .Say(200, page("a",
                     "<IsTruncated>true</IsTruncated><NextContinuationToken>t/+"
                     "</NextContinuationToken>"))
      .Say(200, page("b", "<IsTruncated>false</IsTruncated>"))
      .Say(200, page("a", ""));
  EXPECT_EQ(ListObjects(world.caller, "bucket", "")->size(), 2U);
  EXPECT_TRUE(
      world.http.requests[1].url.ends_with("/?continuation-token=t%2F%2B&list-type=2&prefix="));
  EXPECT_EQ(ListObjects(world.caller, "bucket", "").error().kind(), ErrorKind::kCorrupt);
}

TEST(S3, AnOddNameIsNotAskedFor) {
  World world;
  for (const ObjectName& name : {ObjectName{"Big", "k"}, ObjectName{"a/b", "k"},
                                 ObjectName{"bucket", ""}, ObjectName{"evil.example.org?", "k"}}) {
    EXPECT_EQ(GetObject(world.caller, name).error().kind(), ErrorKind::kInvalid);
  }
  EXPECT_TRUE(world.http.requests.empty());
}

TEST(Scheduler, MakesOneThatEndsWithItsDeed) {
  World world;
  world.http.Say(200, R"({"ScheduleArn":"arn"})").Say(200, "{}");
  Schedule schedule{.name = "run-7",
                    .at = MakeInstant(2030, 1, 1),
                    .target_arn = "arn:t",
                    .role_arn = "arn:r",
                    .input = R"({"InstanceIds":["i-1"]})",
                    .client_token = "t"};
  EXPECT_TRUE(CreateSchedule(world.caller, schedule).ok());
  EXPECT_EQ(Sent(world)["ScheduleExpression"], "at(2030-01-01T00:00:00)");
  EXPECT_EQ(Sent(world)["ActionAfterCompletion"], "DELETE");
  EXPECT_EQ(world.http.requests[0].url,
            "https://scheduler.eu-west-1.amazonaws.com/schedules/run-7");
  EXPECT_EQ(CreateSchedule(world.caller, schedule).error().kind(), ErrorKind::kAmbiguous);
}

}  // namespace
}  // namespace mayfly::aws
