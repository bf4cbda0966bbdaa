#include "adapters/aws/caller.h"

#include <gtest/gtest.h>

#include "adapters/aws/testing/scripted.h"

namespace mayfly::aws {
namespace {

using scripted::World;

const Error kLost = Ambiguous("POST https://ec2/: timed out");
const Error kNotSent = Unavailable("POST https://ec2/: refused");

Call Change(Effect effect) {
  Query query("RunInstances", "2016-11-15");
  query.Set("ClientToken", "token-1");
  return QueryCall(Service::kEc2, query, effect);
}

TEST(Caller, SignsAndSendsToTheEndpointOfTheRegion) {
  World world;
  world.http.Say(200, "ok");
  ASSERT_TRUE(world.caller.Send(Change(Effect::kRead)).ok());
  const HttpRequest& request = world.http.requests.at(0);
  EXPECT_EQ(request.url, "https://ec2.eu-west-1.amazonaws.com/");
  EXPECT_EQ(request.body, "Action=RunInstances&Version=2016-11-15&ClientToken=token-1");
  EXPECT_EQ(request.signing->service, "ec2");
  EXPECT_EQ(request.signing->region, "eu-west-1");
  EXPECT_EQ(request.signing->session_token, "canary-token-0");
}

std::string NameOfCode(const testing::TestParamInfo<const char*>& row) {
  std::string name = row.param;
  std::erase(name, '.');
  return name;
}

class RetriedCode : public testing::TestWithParam<const char*> {};

TEST_P(RetriedCode, IsAskedAgainWithTheSameBytes) {
  World world;
  world.http.Refuse(503, GetParam()).Refuse(503, GetParam()).Say(200, "ok");
  ASSERT_TRUE(world.caller.Send(Change(Effect::kRepeatable)).ok());
  ASSERT_EQ(world.http.requests.size(), 3U);
  EXPECT_EQ(world.http.requests[0].body, world.http.requests[2].body);
  EXPECT_EQ(world.waiter.waits.size(), 2U);
}

INSTANTIATE_TEST_SUITE_P(Every, RetriedCode,
                         testing::Values("RequestLimitExceeded", "Throttling", "InternalError",
                                         "ServiceUnavailable", "Unavailable", "NeverHeardOf"),
                         NameOfCode);

class DefiniteCode : public testing::TestWithParam<const char*> {};

TEST_P(DefiniteCode, IsNotAskedAgain) {
  World world;
  world.http.Refuse(400, GetParam());
  Result<Caller::Answer> answer = world.caller.Exchange(Change(Effect::kRepeatable));
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->refusal->code, GetParam());
  EXPECT_EQ(world.http.requests.size(), 1U);
  EXPECT_TRUE(world.waiter.waits.empty());
}

INSTANTIATE_TEST_SUITE_P(Every, DefiniteCode,
                         testing::Values("InsufficientInstanceCapacity", "VcpuLimitExceeded",
                                         "InsufficientFreeAddressesInSubnet", "SpotMaxPriceTooLow",
                                         "UnauthorizedOperation", "InvalidParameterValue",
                                         "IdempotentInstanceTerminated", "DryRunOperation",
                                         "InvalidInstanceID.NotFound", "IncorrectState"),
                         NameOfCode);

TEST(Caller, WhatWasNotSentIsSentAgain) {
  World world;
  world.http.Fail(kNotSent).Say(200, "ok");
  EXPECT_TRUE(world.caller.Send(Change(Effect::kOnce)).ok());
}

TEST(Caller, AfterALostReplyTheSameTokenIsSentAgain) {
  World world;
  world.http.Fail(kLost).Say(200, "ok");
  ASSERT_TRUE(world.caller.Send(Change(Effect::kRepeatable)).ok());
  EXPECT_EQ(world.http.requests[0].body, world.http.requests[1].body);
}

TEST(Caller, AfterALostReplyWhatCountsEachTimeIsNotSentAgain) {
  World world;
  world.http.Fail(kLost);
  Result<HttpResponse> answer = world.caller.Send(Change(Effect::kOnce));
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().kind(), ErrorKind::kAmbiguous);
  EXPECT_EQ(world.http.requests.size(), 1U);
  EXPECT_FALSE(world.http.requests[0].is_repeatable);
}

TEST(Caller, AFaultInsideAwsSaysNothingAboutWhatWasDone) {
  World world;
  world.http.Refuse(500, "InternalError");
  EXPECT_EQ(world.caller.Send(Change(Effect::kOnce)).error().kind(), ErrorKind::kAmbiguous);
  EXPECT_EQ(world.caller.Send(Change(Effect::kRepeatable)).error().kind(), ErrorKind::kAmbiguous);
  EXPECT_EQ(world.caller.Send(Change(Effect::kRead)).error().kind(), ErrorKind::kUnavailable);
}

TEST(Caller, ThrottlingDidNothing) {
  World world;
  world.http.Refuse(503, "RequestLimitExceeded");
  EXPECT_EQ(world.caller.Send(Change(Effect::kOnce)).error().kind(), ErrorKind::kUnavailable);
}

TEST(Caller, ARefusalAfterALostReplyIsNotTakenForTheTruth) {
  World world;
  world.http.Fail(kLost).Refuse(500, "InsufficientInstanceCapacity");
  Result<Caller::Answer> change = world.caller.Exchange(Change(Effect::kRepeatable));
  ASSERT_FALSE(change.ok());
  EXPECT_EQ(change.error().kind(), ErrorKind::kAmbiguous);
  EXPECT_NE(change.error().message().find("InsufficientInstanceCapacity"), std::string::npos);
  Result<Caller::Answer> read = world.caller.Exchange(Change(Effect::kRead));
  EXPECT_EQ(read->refusal->code, "InsufficientInstanceCapacity");
}

TEST(Caller, AUsedUpTokenIsTheTruthEvenAfterALostReply) {
  World world;
  world.http.Fail(kLost).Refuse(400, "IdempotentInstanceTerminated");
  Result<Caller::Answer> answer = world.caller.Exchange(Change(Effect::kRepeatable));
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->refusal->reaction, Reaction::kNewAttempt);
}

TEST(Caller, WhatIsNotThereWasRemovedByWhicheverTry) {
  World world;
  world.http.Fail(kLost).Refuse(400, "InvalidFleetId.NotFound");
  EXPECT_EQ(world.caller.Send(Change(Effect::kRemoving)).error().kind(), ErrorKind::kNotFound);
  World other;
  other.http.Fail(kLost).Refuse(400, "InvalidFleetId.NotFound");
  EXPECT_EQ(other.caller.Send(Change(Effect::kRepeatable)).error().kind(), ErrorKind::kAmbiguous);
}

TEST(Caller, ExpiredCredentialsAreRenewedOnce) {
  World world;
  world.http.Refuse(400, "ExpiredToken").Say(200, "ok");
  ASSERT_TRUE(world.caller.Send(Change(Effect::kRepeatable)).ok());
  EXPECT_EQ(world.http.requests[1].signing->session_token, "canary-token-1");
  EXPECT_TRUE(world.waiter.waits.empty());
}

TEST(Caller, CredentialsThatStayExpiredAreDenied) {
  World world;
  world.http.Refuse(400, "ExpiredToken");
  Result<HttpResponse> answer = world.caller.Send(Change(Effect::kRepeatable));
  EXPECT_EQ(answer.error().kind(), ErrorKind::kDenied);
  EXPECT_EQ(world.http.requests.size(), 2U);
  EXPECT_EQ(world.credentials.forgotten, 1);
}

TEST(Caller, EveryCallHasABudgetOfTriesAndTime) {
  World world;
  world.http.Refuse(503, "RequestLimitExceeded");
  Result<HttpResponse> answer = world.caller.Send(Change(Effect::kRepeatable));
  EXPECT_EQ(answer.error().kind(), ErrorKind::kUnavailable);
  EXPECT_LE(world.http.requests.size(), 10U);
  EXPECT_GE(world.http.requests.size(), 4U);
  EXPECT_LE(world.clock.now, seconds(1000) + seconds(60));
  EXPECT_NE(answer.error().message().find("RequestLimitExceeded"), std::string::npos);
}

TEST(Caller, WaitsGrowWithJitterAndLongerWhereThrottled) {
  World slow;
  World fast;
  slow.http.Refuse(503, "RequestLimitExceeded");
  fast.http.Fail(kNotSent);
  (void)slow.caller.Send(Change(Effect::kRead));  // only its waits are looked at
  (void)fast.caller.Send(Change(Effect::kRead));
  for (std::size_t i = 0; i < slow.waiter.waits.size(); ++i) {
    const Duration bound = std::min<Duration>(seconds(1) * (1 << i), seconds(15));
    EXPECT_LE(slow.waiter.waits[i], bound);
    EXPECT_GE(slow.waiter.waits[i], bound / 10);
  }
  EXPECT_LE(fast.waiter.waits[0], milliseconds(300));
}

TEST(Caller, ATryNeverOutlastsTheBudget) {
  World world;
  world.http.Say(200, "ok");
  Call call = Change(Effect::kRead);
  call.patience = seconds(3);
  ASSERT_TRUE(world.caller.Send(call).ok());
  EXPECT_LE(world.http.requests[0].timeout, seconds(3));
}

TEST(Caller, ASecondStopEndsTheWaitAndADrainDoesNot) {
  World draining;
  draining.waiter.stops = 1;
  draining.http.Fail(kNotSent).Say(200, "ok");
  EXPECT_TRUE(draining.caller.Send(Change(Effect::kRepeatable)).ok());
  World stopped;
  stopped.waiter.stops = 2;
  stopped.http.Fail(kNotSent);
  EXPECT_EQ(stopped.caller.Send(Change(Effect::kRepeatable)).error().kind(), ErrorKind::kCancelled);
}

TEST(Caller, NoMessageHoldsASecret) {
  World world;
  world.http.Refuse(403, "AccessDenied",
                    "token canary-token-0 secret wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
  const std::string message = world.caller.Send(Change(Effect::kRead)).error().message();
  EXPECT_EQ(message.find("canary"), std::string::npos) << message;
  EXPECT_EQ(message.find("wJalr"), std::string::npos) << message;
  EXPECT_NE(message.find("AccessDenied"), std::string::npos) << message;
}

TEST(Caller, ABucketIsInTheHostUnlessItCannotBe) {
  World world;
  world.http.Say(200, "ok");
  Call call;
  call.service = Service::kS3;
  call.method = "GET";
  call.path = "/a%20b";
  call.query = {{"prefix", "x/y"}, {"list-type", "2"}};
  call.bucket = "mine";
  ASSERT_TRUE(world.caller.Send(call).ok());
  call.bucket = "my.own";
  ASSERT_TRUE(world.caller.Send(call).ok());
  EXPECT_EQ(world.http.requests[0].url,
            "https://mine.s3.eu-west-1.amazonaws.com/a%20b?list-type=2&prefix=x%2Fy");
  EXPECT_TRUE(
      world.http.requests[1].url.starts_with("https://s3.eu-west-1.amazonaws.com/my.own/a%20b?"));
}

}  // namespace
}  // namespace mayfly::aws
