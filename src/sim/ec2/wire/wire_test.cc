// The wire without a socket: one request in, one answer out. What botocore makes of it is tested
// with botocore, in tests/ec2sim.

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "sim/ec2/cloud_testing.h"
#include "sim/ec2/wire/listing.h"
#include "sim/ec2/wire/metadata.h"
#include "sim/ec2/wire/script.h"
#include "sim/ec2/wire/simulator.h"
#include "sim/ec2/wire/text.h"

namespace mayfly::ec2 {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

// One client with a clock, signed in form.
class Client {
 public:
  HttpReply Send(HttpRequest request, const std::string& service) {
    request.wall = now;
    request.headers["x-amz-date"] = "20260105T000000Z";
    request.headers["authorization"] = fmt::format(
        "AWS4-HMAC-SHA256 Credential=KEY/20260105/us-east-1/{}/aws4_request, "
        "SignedHeaders=host;x-amz-date, Signature={}",
        service, std::string(64, 'a'));
    return Handle(services, request);
  }

  HttpReply Ec2(const std::string& form) {
    return Send({.method = "POST", .target = "/", .body = form + "&Version=2016-11-15"}, "ec2");
  }

  HttpReply Metadata(const std::string& path, const std::string& token,
                     const std::string& method = "GET") {
    HttpRequest request{.method = method, .target = "/_imds/" + path, .wall = now};
    if (!token.empty()) request.headers["x-aws-ec2-metadata-token"] = token;
    if (method == "PUT") request.headers["x-aws-ec2-metadata-token-ttl-seconds"] = "60";
    return Handle(services, request);
  }

  Services services;
  Instant now = At({});
};

const std::string kRun =
    "Action=RunInstances&MinCount=1&MaxCount=1&ImageId=ami-0deb1200000000086&InstanceType=c7i."
    "large";

TEST(Text, Base64IsReadBackAndMistakesAreSeen) {
  for (const char* text : {"", "a", "ab", "abc", "\x01\xff\x7f#!"}) {
    EXPECT_EQ(ReadBase64(Base64(text)), std::string(text));
  }
  EXPECT_EQ(Base64("#!/bin/sh\n"), "IyEvYmluL3NoCg==");
  EXPECT_EQ(ReadBase64("IyE*"), std::nullopt);
  EXPECT_EQ(ReadBase64("Iy=EE"), std::nullopt);
}

TEST(Text, PercentIsDecodedAndMeansItselfWhereItIsBroken) {
  EXPECT_EQ(PercentDecode("a%20b+c%2B%zz%4", true), "a b c+%zz%4");
  EXPECT_EQ(PercentDecode("a+b", false), "a+b");
}

TEST(Text, XmlHoldsAnyText) {
  EXPECT_EQ(Xml().Leaf("a", "<&\"\x01>\n").text(), "<a>&lt;&amp;&quot;?&gt;\n</a>");
}

TEST(Text, AStampHasMilliseconds) {
  EXPECT_EQ(Stamp(At(Duration(1'234'567))), "2026-01-05T00:00:01.234Z");
}

TEST(Simulator, TellsItsOwnErrorsFromThoseOfTheCaller) {
  Client client;
  EXPECT_THAT(client.Ec2("Action=Nonsense").body, HasSubstr("<Code>InvalidAction</Code>"));
  EXPECT_THAT(client.Ec2(kRun + "&InstanceTyp=x").body, HasSubstr("UnknownParameter"));
  EXPECT_THAT(client.Ec2(kRun + "&UserData=%2A").body, HasSubstr("Invalid BASE64"));
  EXPECT_THAT(client.Ec2(kRun + "&MinCount=many").body, HasSubstr("InvalidParameterValue"));
  EXPECT_THAT(client.Ec2(kRun + "&SubnetId=s&NetworkInterface.1.DeviceIndex=0").body,
              HasSubstr("InvalidParameterCombination"));
  EXPECT_TRUE(client.services.cloud.instances.empty());
}

TEST(Simulator, ATagIsEscapedOnItsWayBack) {
  Client client;
  const HttpReply made =
      client.Ec2(kRun +
                 "&TagSpecification.1.ResourceType=instance&TagSpecification.1.Tag.1.Key=a%26b"
                 "&TagSpecification.1.Tag.1.Value=%3Cx%3E");
  EXPECT_EQ(made.status, 200);
  EXPECT_THAT(made.body, HasSubstr("<key>a&amp;b</key><value>&lt;x&gt;</value>"));
}

TEST(Simulator, ShowsPagesOneAfterTheOther) {
  Client client;
  for (int i = 0; i < 3; ++i) client.Ec2(kRun);
  const HttpReply first = client.Ec2("Action=DescribeInstances&MaxResults=2");
  EXPECT_THAT(first.body, HasSubstr("<nextToken>2</nextToken>"));
  const HttpReply second = client.Ec2("Action=DescribeInstances&MaxResults=2&NextToken=2");
  EXPECT_THAT(second.body, Not(HasSubstr("nextToken")));
  EXPECT_THAT(second.body, HasSubstr("<instanceId>"));
  EXPECT_THAT(client.Ec2("Action=DescribeInstances&NextToken=99").body,
              HasSubstr("InvalidNextToken"));
}

TEST(Simulator, LosesAnAnswerBeforeOrAfterTheDeed) {
  Client client;
  const auto lose = [&](const char* effect) {
    ASSERT_TRUE(
        AddScript(client.services, {{"do", "calls"}, {"effect", effect}, {"times", 1}}).ok());
  };
  lose("not-sent");
  EXPECT_TRUE(client.Ec2(kRun).is_lost);
  EXPECT_TRUE(client.services.cloud.instances.empty());
  lose("no-reply");
  EXPECT_TRUE(client.Ec2(kRun).is_lost);
  EXPECT_EQ(client.services.cloud.instances.size(), 1U);
  lose("slow");
  EXPECT_EQ(client.Ec2(kRun).late, seconds(5));
}

class MetadataTest : public ::testing::Test {
 protected:
  std::string Boot(bool tokens_required) {
    RunRequest request = Ask("t");
    request.machine.metadata.tokens_required = tokens_required;
    request.machine.profile = "arn:aws:iam::111122223333:instance-profile/worker";
    client.services.cloud.now = client.now;
    const std::string id = Launch(client.services.cloud, request).id;
    client.now += seconds(10);
    AdvanceTo(client.services, client.now);
    return id;
  }

  Client client;
};

TEST_F(MetadataTest, WantsATokenOfThisInstanceThatIsNotTooOld) {
  const std::string id = Boot(true);
  const std::string page = id + "/latest/meta-data/instance-id";
  EXPECT_EQ(client.Metadata(page, "").status, 401);
  EXPECT_EQ(client.Metadata(page, "made-up").status, 401);
  const std::string token = client.Metadata(id + "/latest/api/token", "", "PUT").body;
  EXPECT_EQ(client.Metadata(page, token).body, id);
  const std::string other = Launch(client.services.cloud, Ask("u")).id;
  client.now += seconds(10);
  EXPECT_EQ(client.Metadata(other + "/latest/meta-data/instance-id", token).status, 401);
  client.now += seconds(60);
  EXPECT_EQ(client.Metadata(page, token).status, 401) << "its minute is over";
}

TEST_F(MetadataTest, OfVersionOneNeedsNone) {
  const std::string id = Boot(false);
  EXPECT_EQ(client.Metadata(id + "/latest/meta-data/instance-id", "").body, id);
  EXPECT_EQ(client.Metadata(id + "/latest/meta-data/nothing", "").status, 404);
  EXPECT_EQ(client.Metadata("i-0/latest/meta-data/instance-id", "").status, 404);
}

TEST_F(MetadataTest, HandsOutKeysOfTheRole) {
  const std::string id = Boot(false);
  const std::string folder = id + "/latest/meta-data/iam/security-credentials/";
  EXPECT_EQ(client.Metadata(folder, "").body, "worker");
  const Json keys = Json::parse(client.Metadata(folder + "worker", "").body);
  EXPECT_THAT(keys.value("AccessKeyId", ""), ::testing::StartsWith("ASIA"));
  EXPECT_GT(ParseInstant(keys.value("Expiration", "")).value(), client.now);
  EXPECT_EQ(client.Metadata(folder + "other", "").status, 404);
}

TEST_F(MetadataTest, TellsWhenTheInstanceIsTaken) {
  const std::string id = Boot(false);
  const std::string page = id + "/latest/meta-data/spot/instance-action";
  ASSERT_TRUE(AddScript(client.services, {{"do", "reclaim"}, {"after", "30s"}}).ok());
  EXPECT_EQ(client.Metadata(page, "").status, 404);
  client.now += seconds(30);
  EXPECT_EQ(Json::parse(client.Metadata(page, "").body),
            Json({{"action", "terminate"}, {"time", "2026-01-05T00:02:40Z"}}));
  client.now += seconds(119);
  EXPECT_EQ(client.Metadata(page, "").status, 200);
  client.now += seconds(1);
  EXPECT_EQ(client.Metadata(page, "").status, 404) << "it runs no more";
}

TEST(Bucket, TakesABodyInChunks) {
  Client client;
  client.services.buckets["b"];
  HttpRequest put{
      .method = "PUT",
      .target = "/b/k%20ey",
      .headers = {{"content-encoding", "aws-chunked"}},
      .body = "5;chunk-signature=00\r\nhello\r\n0\r\nx-amz-checksum-crc32:AA==\r\n\r\n"};
  EXPECT_EQ(client.Send(put, "s3").status, 200);
  EXPECT_EQ(client.services.buckets["b"]["k ey"].bytes, "hello");
  put.body = "9\r\nhello\r\n0\r\n\r\n";
  EXPECT_THAT(client.Send(put, "s3").body, HasSubstr("IncompleteBody"));
  put.body = "nonsense";
  EXPECT_EQ(client.Send(put, "s3").status, 400);
}

TEST(Bucket, GivesBackWhatWasSaidOfAnObject) {
  Client client;
  client.services.buckets["b"];
  HttpRequest put{.method = "PUT", .target = "/b/k", .body = "bytes"};
  put.headers["x-amz-meta-sha256"] = "abc";
  EXPECT_EQ(client.Send(put, "s3").status, 200);
  const HttpReply head = client.Send({.method = "HEAD", .target = "/b/k"}, "s3");
  const std::pair<std::string, std::string> said{"x-amz-meta-sha256", "abc"};
  EXPECT_THAT(head.headers, ::testing::Contains(said));
}

TEST(Script, IsRefusedWholeWithTheNearestKey) {
  Client client;
  const Status refused = AddScript(
      client.services,
      Json::array({{{"do", "capacity"}, {"left", 0}}, {{"do", "capacity"}, {"lefd", 0}}}));
  EXPECT_EQ(refused.error().kind(), ErrorKind::kInvalid);
  EXPECT_THAT(refused.error().message(), HasSubstr("did you mean \"left\"?"));
  EXPECT_TRUE(client.services.cloud.weather.capacity.empty());
}

TEST(Script, ARuleOfHowManyCountsThoseThatRun) {
  Client client;
  client.services.cloud.now = client.now;
  for (const char* token : {"a", "b", "c"}) Launch(client.services.cloud, Ask(token));
  client.now += seconds(10);
  AdvanceTo(client.services, client.now);
  ASSERT_TRUE(
      AddScript(client.services, {{"do", "reclaim"}, {"notice", "none"}, {"times", 2}}).ok());
  AdvanceTo(client.services, client.now + seconds(5));
  int gone = 0;
  for (const auto& [id, one] : client.services.cloud.instances) gone += one.is_alive() ? 0 : 1;
  EXPECT_EQ(gone, 2);
}

TEST(SimTime, JumpsAndRunsFaster) {
  SimTime time;
  const Instant wall = At({});
  EXPECT_EQ(time.At(wall), wall);
  time.Advance(hours(1), wall);
  EXPECT_EQ(time.At(wall + seconds(1)), wall + hours(1) + seconds(1));
  time.Scale(60, wall + seconds(1));
  EXPECT_EQ(time.At(wall + seconds(2)), wall + hours(1) + seconds(61));
  EXPECT_EQ(time.Until(wall + hours(1) + seconds(121), wall + seconds(2)), seconds(1));
}

}  // namespace
}  // namespace mayfly::ec2
