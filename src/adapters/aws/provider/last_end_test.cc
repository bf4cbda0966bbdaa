#include "adapters/aws/provider/last_end.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "adapters/aws/testing/scripted.h"

namespace mayfly::aws {
namespace {

using scripted::World;

constexpr MachineName kMachine{RunId{7}, MachineId{3}};
constexpr const char* kRole = "arn:aws-cn:iam::111122223333:role/mayfly-end";
constexpr const char* kMade = R"({"ScheduleArn":"arn"})";
const Instant kEnds = MakeInstant(2025, 7, 2);

nlohmann::json Sent(const World& world, std::size_t request) {
  return nlohmann::json::parse(world.http.requests.at(request).body);
}

TEST(LastEnd, TerminatesThatMachineAMinuteAfterItsDeadlineAndNoOther) {
  World world;
  world.http.Say(200, kMade);
  LastEnds ends(world.caller, "ledger-1", kRole);
  ends.Arm(kMachine, "i-1", kEnds);
  ends.Arm(kMachine, "i-1", kEnds);
  ASSERT_EQ(world.http.requests.size(), 1U) << "it is known to be there";
  EXPECT_TRUE(world.http.requests[0].url.ends_with("/schedules/mayfly-ledger-1-run-7-machine-3"));
  const nlohmann::json sent = Sent(world, 0);
  EXPECT_EQ(sent["ScheduleExpression"], "at(2025-07-02T00:01:00)");
  EXPECT_EQ(sent["ActionAfterCompletion"], "DELETE");
  EXPECT_EQ(sent["Target"]["Arn"], "arn:aws-cn:scheduler:::aws-sdk:ec2:terminateInstances");
  EXPECT_EQ(sent["Target"]["RoleArn"], kRole);
  EXPECT_EQ(sent["Target"]["Input"], R"({"InstanceIds":["i-1"]})");
}

TEST(LastEnd, ARoleByItsNameIsThatOfThisAccount) {
  World world;
  world.http
      .Say(200,
           "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::444455556666:"
           "user/ada</Arn><Account>444455556666</Account><UserId>u</UserId>"
           "</GetCallerIdentityResult></GetCallerIdentityResponse>")
      .Say(200, kMade);
  LastEnds ends(world.caller, "ledger-1", "mayfly-end");
  ends.Arm(kMachine, "i-1", kEnds);
  EXPECT_EQ(Sent(world, 1)["Target"]["RoleArn"], "arn:aws:iam::444455556666:role/mayfly-end");
}

TEST(LastEnd, WhatFailedIsToldOnceAndTriedAgainAfterAWhile) {
  World world;
  world.http.RefuseJson(403, "AccessDeniedException")
      .RefuseJson(403, "AccessDeniedException")
      .Say(200, kMade);
  LastEnds ends(world.caller, "ledger-1", kRole);
  ends.Arm(kMachine, "i-1", kEnds);
  ends.Arm(kMachine, "i-1", kEnds);
  EXPECT_EQ(world.http.requests.size(), 1U) << "not at every look";
  EXPECT_TRUE(ends.TakeTrouble());
  world.clock.now += seconds(30);
  ends.Arm(kMachine, "i-1", kEnds);
  EXPECT_FALSE(ends.TakeTrouble()) << "it was told";
  world.clock.now += seconds(30);
  ends.Arm(kMachine, "i-1", kEnds);
  EXPECT_FALSE(ends.TakeTrouble());
  EXPECT_EQ(world.http.requests.size(), 3U);
}

TEST(LastEnd, ASchedulerThatIsAwayIsAskedForOneMachineInAWhileAndNotForEach) {
  World world;
  world.http.RefuseJson(503, "ServiceUnavailableException");
  LastEnds ends(world.caller, "ledger-1", kRole);
  const MachineName other{RunId{7}, MachineId{4}};
  ends.Arm(kMachine, "i-1", kEnds);
  const std::size_t asked = world.http.requests.size();
  ends.Arm(other, "i-2", kEnds);
  EXPECT_EQ(world.http.requests.size(), asked);
  world.clock.now += seconds(30);
  ends.Arm(other, "i-2", kEnds);
  EXPECT_GT(world.http.requests.size(), asked);
}

TEST(LastEnd, OneOfItsNameIsToldWhatToDo) {
  World world;
  world.http.RefuseJson(409, "ConflictException").Say(200, kMade);
  LastEnds ends(world.caller, "ledger-1", kRole);
  ends.Arm(kMachine, "i-1", kEnds);
  ASSERT_EQ(world.http.requests.size(), 2U);
  EXPECT_EQ(world.http.requests[1].method, "PUT");
  EXPECT_EQ(Sent(world, 1), Sent(world, 0));
  EXPECT_FALSE(ends.TakeTrouble());
}

TEST(LastEnd, APastThatNobodyOutlivesIsNotOrdered) {
  World world;
  LastEnds ends(world.caller, "ledger-1", kRole);
  ends.Arm(kMachine, "i-1", world.clock.Wall() - kLastEndAfter);
  EXPECT_TRUE(world.http.requests.empty());
}

TEST(LastEnd, ALedgerWithALongNameIsToldThatItHasNone) {
  World world;
  LastEnds ends(world.caller, std::string(60, 'x'), kRole);
  ends.Arm(kMachine, "i-1", kEnds);
  const std::optional<Error> trouble = ends.TakeTrouble();
  ASSERT_TRUE(trouble);
  EXPECT_NE(trouble->message().find("64 characters"), std::string::npos);
}

// "…-machine-3" ends the name of machine 13's not, and of the same number in every run.
TEST(LastEnd, ThatOfAMachineIsTakenBackByItsNameInWhicheverRun) {
  World world;
  world.http
      .Say(200, R"({"Schedules":[{"Name":"mayfly-l-run-7-machine-13"},)"
                R"({"Name":"mayfly-l-run-8-machine-3"}],"NextToken":"t+1"})")
      .Say(200, R"({"Schedules":[{"Name":"mayfly-l-run-9-machine-30"}]})")
      .RefuseJson(404, "ResourceNotFoundException");
  LastEnds ends(world.caller, "l", kRole);
  EXPECT_TRUE(ends.Disarm(MachineId{3}).ok()) << "that it is gone is what was wanted";
  ASSERT_EQ(world.http.requests.size(), 3U);
  EXPECT_TRUE(world.http.requests[1].url.ends_with(
      "/schedules?MaxResults=100&NamePrefix=mayfly-l-run-&NextToken=t%2B1"));
  EXPECT_EQ(world.http.requests[2].method, "DELETE");
  EXPECT_TRUE(world.http.requests[2].url.ends_with("/schedules/mayfly-l-run-8-machine-3"));
}

}  // namespace
}  // namespace mayfly::aws
