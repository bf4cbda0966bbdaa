#include "adapters/aws/preflight/preflight.h"

#include <gtest/gtest.h>

#include "adapters/aws/testing/scripted.h"

namespace mayfly::aws {
namespace {

using scripted::World;

constexpr const char* kIdentity =
    "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::1:user/a</Arn>"
    "<UserId>u</UserId><Account>1</Account></GetCallerIdentityResult></GetCallerIdentityResponse>";

TEST(Identity, SaysHowLongCredentialsAreGoodFor) {
  World world;
  world.http.Say(200, kIdentity);
  FixedCredentials lent(
      {"AKIAIOSFODNN7EXAMPLE", "s", "t", world.clock.Wall() + minutes(40), "role"});
  Caller caller({world.http, lent, world.clock, world.waiter}, Endpoints("eu-west-1"), Rng(7));
  const PreflightCheck check = CheckIdentity(caller);
  EXPECT_EQ(check.verdict, Verdict::kPass);
  EXPECT_NE(check.found.find("credentials from role, good for 40 min"), std::string::npos)
      << check.found;
}

TEST(Preflight, AsksNothingElseWhereItIsNotKnownWhoAsks) {
  World refused;
  refused.http.Say(403,
                   "<ErrorResponse><Error><Code>InvalidClientTokenId</Code></Error>"
                   "</ErrorResponse>");
  const std::vector<PreflightCheck> checks = Preflight(refused.caller, {});
  ASSERT_EQ(checks.size(), 2U);
  EXPECT_EQ(checks[0].verdict, Verdict::kFail);
  EXPECT_EQ(checks[1].verdict, Verdict::kCannotTell);
  EXPECT_TRUE(AnyBlocks(checks));
  for (const HttpRequest& request : refused.http.requests) {
    EXPECT_NE(request.body.find("GetCallerIdentity"), std::string::npos);
  }
}

TEST(Preflight, ThatDoesNotReachAwsCannotTell) {
  World silent;
  silent.http.Fail(Unavailable("no route to host"));
  const std::vector<PreflightCheck> checks = Preflight(silent.caller, {});
  ASSERT_EQ(checks.size(), 2U);
  EXPECT_EQ(checks[0].verdict, Verdict::kCannotTell);
  EXPECT_TRUE(AnyBlocks(checks));
}

// Whatever AWS says to every question after the first, each line ends with a verdict that blocks.
TEST(Preflight, BlocksOnEveryLineThatMayNotBeAsked) {
  World world;
  world.http.Say(200, kIdentity).Refuse(403, "UnauthorizedOperation");
  PreflightRequest request;
  request.ec2.types = {"c7i.large"};
  request.ec2.bucket = "builds";
  request.ec2.scheduler_role = "mayfly-end";
  const std::vector<PreflightCheck> checks = Preflight(world.caller, request);
  EXPECT_GT(checks.size(), 10U);
  for (const PreflightCheck& check : checks) {
    if (check.what == "identity" || check.what == "permission end") continue;
    EXPECT_TRUE(Blocks(check)) << check.what << ": " << check.found;
    EXPECT_FALSE(check.next_step.empty()) << check.what;
  }
}

}  // namespace
}  // namespace mayfly::aws
