#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "adapters/aws/ec2_hosts.h"
#include "adapters/aws/ec2_instances.h"
#include "adapters/aws/ssm.h"
#include "adapters/aws/testing/scripted.h"

namespace mayfly::aws {
namespace {

using nlohmann::json;
using scripted::World;

constexpr const char* kId = "i-0123456789abcdef0";

std::string Changed(const std::string& action, const std::string& id = kId) {
  return "<" + action + "Response><instancesSet><item><instanceId>" + id +
         "</instanceId></item></instancesSet></" + action + "Response>";
}

TEST(Hosts, AreStoppedWithoutForceAndStarted) {
  World world;
  world.http.Say(200, Changed("StopInstances")).Say(200, Changed("StartInstances"));
  EXPECT_TRUE(StopInstance(world.caller, kId).ok());
  EXPECT_TRUE(StartInstance(world.caller, kId).ok());
  EXPECT_EQ(world.http.requests[0].body,
            "Action=StopInstances&Version=2016-11-15&InstanceId.1=i-0123456789abcdef0");
}

TEST(Hosts, AnAnswerAboutAnotherOneIsAmbiguous) {
  World world;
  world.http.Say(200, Changed("StopInstances", "i-1"));
  EXPECT_EQ(StopInstance(world.caller, kId).error().kind(), ErrorKind::kAmbiguous);
}

TEST(Hosts, RefusalsSayWhatFollows) {
  World world;
  world.http.Refuse(400, "OperationNotPermitted")
      .Refuse(500, "InsufficientInstanceCapacity")
      .Refuse(400, "IncorrectInstanceState");
  EXPECT_EQ(StopInstance(world.caller, kId).error().kind(), ErrorKind::kInvalid);
  EXPECT_EQ(StartInstance(world.caller, kId).error().kind(), ErrorKind::kExhausted);
  EXPECT_EQ(ModifyInstanceType(world.caller, kId, "t3.small").error().kind(),
            ErrorKind::kUnavailable);
}

TEST(Hosts, GetTheirTypeAndLoseTheirTag) {
  World world;
  world.http
      .Say(200,
           "<ModifyInstanceAttributeResponse><return>true</return>"
           "</ModifyInstanceAttributeResponse>")
      .Say(200, "<DeleteTagsResponse><return>true</return></DeleteTagsResponse>");
  EXPECT_TRUE(ModifyInstanceType(world.caller, kId, "t3.small").ok());
  EXPECT_TRUE(DeleteTags(world.caller, {kId}, {"mayfly:resize"}).ok());
  EXPECT_NE(world.http.requests[0].body.find("InstanceType.Value=t3.small"), std::string::npos);
  EXPECT_NE(world.http.requests[1].body.find("ResourceId.1=i-0123456789abcdef0"),
            std::string::npos);
  EXPECT_NE(world.http.requests[1].body.find("Tag.1.Key=mayfly%3Aresize"), std::string::npos);
}

TEST(Hosts, StopProtectionIsReadAndNotGuessed) {
  World world;
  const std::string open = "<DescribeInstanceAttributeResponse><instanceId>i-1</instanceId>";
  const std::string close = "</DescribeInstanceAttributeResponse>";
  world.http.Say(200, open + "<disableApiStop><value>true</value></disableApiStop>" + close)
      .Say(200, open + close);
  EXPECT_TRUE(*IsStopProtected(world.caller, kId));
  EXPECT_EQ(IsStopProtected(world.caller, kId).error().kind(), ErrorKind::kCorrupt);
}

TEST(Ssm, AScriptIsSentAsOneCommandToOneInstance) {
  World world;
  world.http.Say(200, R"({"Command":{"CommandId":"c-1","Status":"Pending"}})").Say(200, "{}");
  EXPECT_EQ(*SendCommand(world.caller, {kId, "echo one\necho two", "why"}), "c-1");
  const json sent = json::parse(world.http.requests[0].body);
  EXPECT_EQ(sent["DocumentName"], "AWS-RunShellScript");
  EXPECT_EQ(sent["InstanceIds"], json::array({kId}));
  EXPECT_EQ(sent["Parameters"]["commands"], json::array({"echo one\necho two"}));
  EXPECT_EQ(sent["TimeoutSeconds"], 60);
  EXPECT_EQ(world.http.requests[0].headers.at(1).value, "AmazonSSM.SendCommand");
  EXPECT_EQ(SendCommand(world.caller, {kId, "true", ""}).error().kind(), ErrorKind::kAmbiguous);
}

TEST(Ssm, AnInstanceWithoutAnAgentIsInvalidAndSaysWhatItNeeds) {
  World world;
  world.http.RefuseJson(400, "InvalidInstanceId");
  const Error error = SendCommand(world.caller, {kId, "true", ""}).error();
  EXPECT_EQ(error.kind(), ErrorKind::kInvalid);
  EXPECT_NE(error.message().find("AmazonSSMManagedInstanceCore"), std::string::npos);
}

TEST(Ssm, ACommandIsOverOnlyWhereItsStatusSaysSo) {
  World world;
  world.http.RefuseJson(400, "InvocationDoesNotExist")
      .Say(200, R"({"Status":"InProgress","ResponseCode":-1})")
      .Say(200, R"({"Status":"Success","ResponseCode":0,"StandardOutputContent":"out"})")
      .Say(200, R"({"Status":"TimedOut","ResponseCode":-1})")
      .Say(200, "{}");
  EXPECT_EQ(GetCommandInvocation(world.caller, "c", kId).error().kind(), ErrorKind::kNotFound);
  EXPECT_FALSE(GetCommandInvocation(world.caller, "c", kId)->is_over);
  const Result<ShellResult> ended = GetCommandInvocation(world.caller, "c", kId);
  EXPECT_TRUE(ended->is_over);
  EXPECT_EQ(ended->out, "out");
  EXPECT_TRUE(GetCommandInvocation(world.caller, "c", kId)->is_over);
  EXPECT_EQ(GetCommandInvocation(world.caller, "c", kId).error().kind(), ErrorKind::kCorrupt);
}

}  // namespace
}  // namespace mayfly::aws
