// Seeded mutations of answers: whatever AWS says, or somebody in its place, reading it ends in an
// error or in what was there; nothing crashes, and no answer that was broken reads as an empty list
// or as a change that was made. MAYFLY_FUZZ_CASES asks for more cases than those of every build.

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <functional>

#include "adapters/aws/cloudwatch.h"
#include "adapters/aws/ec2_instances.h"
#include "adapters/aws/ec2_launch.h"
#include "adapters/aws/ec2_market.h"
#include "adapters/aws/ec2_things.h"
#include "adapters/aws/pricing.h"
#include "adapters/aws/quotas.h"
#include "adapters/aws/rds.h"
#include "adapters/aws/s3.h"
#include "adapters/aws/secrets.h"
#include "adapters/aws/sts.h"
#include "adapters/aws/testing/scripted.h"
#include "base/rng.h"
#include "base/testing/mutate.h"
#include "base/text.h"

namespace mayfly::aws {
namespace {

using scripted::World;

// What a call made of an answer: an error, or what it claims to know.
using Claim = Result<std::string>;

struct Subject {
  const char* name;
  std::string answer;
  std::string proof;  // every claim of success has to rest on it
  std::function<Claim(Caller&)> call;
  bool is_change = false;  // an answer that cannot be read must be ambiguous
};

template <typename Value, typename Show>
Claim Shown(const Result<Value>& result, Show show) {
  if (!result.ok()) return result.error();
  return show(*result);
}

template <typename Item, typename Show>
Claim ShownFirst(const Result<std::vector<Item>>& result, Show show) {
  if (!result.ok()) return result.error();
  return result->empty() ? std::string("(empty)") : show(result->front());
}

InstanceRequest Machine() {
  InstanceRequest request;
  request.client_token = "t";
  return request;
}

std::vector<Subject> Ec2Subjects() {
  return {
      {"RunInstances",
       "<RunInstancesResponse xmlns=\"http://ec2\"><requestId>1</requestId><instancesSet><item>"
       "<instanceId>i-0abc</instanceId><instanceType>c7i.large</instanceType></item>"
       "</instancesSet></RunInstancesResponse>",
       "<instanceId>",
       [](Caller& caller) {
         return Shown(RunInstances(caller, Machine()),
                      [](const LaunchAnswer& one) { return one.instances.at(0).instance_id; });
       },
       true},
      {"TerminateInstances",
       "<TerminateInstancesResponse><instancesSet><item><instanceId>i-0abc</instanceId>"
       "<currentState><code>32</code><name>shutting-down</name></currentState></item>"
       "</instancesSet></TerminateInstancesResponse>",
       "i-0abc",
       [](Caller& caller) {
         return Shown(TerminateInstance(caller, "i-0abc"),
                      [](InstanceState state) { return std::string(InstanceStateName(state)); });
       },
       true},
      {"DescribeInstances",
       "<DescribeInstancesResponse><reservationSet><item><instancesSet><item>"
       "<instanceId>i-0abc</instanceId><instanceState><code>16</code><name>running</name>"
       "</instanceState><launchTime>2025-07-01T00:00:00.000Z</launchTime></item></instancesSet>"
       "</item></reservationSet></DescribeInstancesResponse>",
       "reservationSet",
       [](Caller& caller) {
         return ShownFirst(DescribeInstances(caller, {}),
                           [](const Instance& one) { return one.id; });
       }},
      {"DescribeVolumes",
       "<DescribeVolumesResponse><volumeSet><item><volumeId>vol-1</volumeId><size>100</size>"
       "<status>in-use</status></item></volumeSet></DescribeVolumesResponse>",
       "volumeSet",
       [](Caller& caller) {
         return ShownFirst(DescribeVolumes(caller, {}), [](const Volume& one) { return one.id; });
       }},
      {"DescribeSpotPriceHistory",
       "<DescribeSpotPriceHistoryResponse><spotPriceHistorySet><item><instanceType>c7i.large"
       "</instanceType><availabilityZone>a</availabilityZone><spotPrice>0.0415</spotPrice>"
       "<timestamp>2025-07-01T00:00:00.000Z</timestamp></item></spotPriceHistorySet>"
       "</DescribeSpotPriceHistoryResponse>",
       "spotPriceHistorySet",
       [](Caller& caller) {
         return ShownFirst(DescribeSpotPriceHistory(caller, {}),
                           [](const SpotPrice& one) { return one.zone; });
       }},
  };
}

std::vector<Subject> OtherSubjects() {
  return {
      {"GetCallerIdentity",
       "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:x</Arn><Account>12</Account>"
       "<UserId>u</UserId></GetCallerIdentityResult></GetCallerIdentityResponse>",
       "<Account>",
       [](Caller& caller) {
         return Shown(GetCallerIdentity(caller), [](const Identity& one) { return one.account; });
       }},
      {"GetParameter", R"({"Parameter":{"Name":"/a","Type":"SecureString","Value":"x"}})", "Value",
       [](Caller& caller) { return GetParameter(caller, "/a"); }},
      {"GetServiceQuota", R"({"Quota":{"QuotaCode":"L-1","Value":64.0,"Unit":"None"}})", "Value",
       [](Caller& caller) {
         return Shown(GetServiceQuota(caller, "ec2", "L-1"),
                      [](const Quota& one) { return std::to_string(one.value); });
       }},
      {"GetProducts",
       R"({"PriceList":["{\"product\":{\"sku\":\"S\"},\"terms\":{\"OnDemand\":{\"a\":)"
       R"({\"priceDimensions\":{\"b\":{\"unit\":\"Hrs\",\"pricePerUnit\":{\"USD\":\"0.1\"}}}}}}}"]})",
       "USD",
       [](Caller& caller) {
         return Shown(OnDemandPrice(caller, "c7i.large", "eu-west-1"), [](Money price) {
           EXPECT_GT(price.micro_usd, 0);
           return DecimalUsd(price);
         });
       }},
      {"DescribeDBInstances",
       "<DescribeDBInstancesResponse><DescribeDBInstancesResult><DBInstances><DBInstance>"
       "<DBInstanceIdentifier>prod</DBInstanceIdentifier><DBInstanceStatus>available"
       "</DBInstanceStatus></DBInstance></DBInstances></DescribeDBInstancesResult>"
       "</DescribeDBInstancesResponse>",
       "DBInstances",
       [](Caller& caller) {
         return ShownFirst(DescribeDbInstances(caller),
                           [](const DbInstance& one) { return one.id; });
       }},
      {"GetMetricData",
       "<GetMetricDataResponse><GetMetricDataResult><MetricDataResults><member><Timestamps><member>"
       "2025-07-01T00:00:00Z</member></Timestamps><Values><member>1.5</member></Values></member>"
       "</MetricDataResults></GetMetricDataResult></GetMetricDataResponse>",
       "MetricDataResults",
       [](Caller& caller) {
         return ShownFirst(GetMetricData(caller, {}),
                           [](const MetricPoint& one) { return std::to_string(one.value); });
       }},
      {"ListObjectsV2",
       "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>k</Key><Size>1</Size>"
       "</Contents></ListBucketResult>",
       "IsTruncated",
       [](Caller& caller) {
         return ShownFirst(ListObjects(caller, "bucket", ""),
                           [](const ObjectInfo& one) { return one.key; });
       }},
  };
}

constexpr std::array<std::string_view, 12> kTokens = {
    "<",  ">",    "</item>", "<item>", "&lt;", "\"", "{", "}", "null", "99999999999999999999",
    "\\", "&#x0;"};

std::uint64_t Cases() {
  const char* asked = std::getenv("MAYFLY_FUZZ_CASES");
  return asked == nullptr ? 1000 : std::strtoull(asked, nullptr, 10);
}

void ExpectPromises(const Subject& subject, const std::string& text, const Claim& claim) {
  if (claim.ok()) {
    EXPECT_FALSE(claim->empty());
    EXPECT_NE(text.find(subject.proof), std::string::npos) << "a success without its proof";
    return;
  }
  const ErrorKind kind = claim.error().kind();
  EXPECT_NE(kind, ErrorKind::kDefect);
  if (subject.is_change) {
    EXPECT_EQ(kind, ErrorKind::kAmbiguous) << claim.error().message();
  }
}

void Fuzz(const std::vector<Subject>& subjects) {
  for (const Subject& subject : subjects) {
    std::uint64_t refused = 0;
    for (std::uint64_t seed = 0; seed < Cases(); ++seed) {
      Rng rng = Rng(seed).Fork(Fnv1a(subject.name));
      const std::string text = Mutate(subject.answer, kTokens, rng);
      World world;
      world.http.Say(200, text);
      SCOPED_TRACE(testing::Message() << subject.name << " seed " << seed << "\n" << text);
      const Claim claim = subject.call(world.caller);
      ASSERT_NO_FATAL_FAILURE(ExpectPromises(subject, text, claim));
      if (!claim.ok()) ++refused;
    }
    EXPECT_GT(refused, Cases() / 4) << subject.name << ": the mutations are too tame";
  }
}

TEST(Fuzz, AnswersOfEc2GiveWhatIsThereOrAnError) { Fuzz(Ec2Subjects()); }

TEST(Fuzz, AnswersOfOtherServicesGiveWhatIsThereOrAnError) { Fuzz(OtherSubjects()); }

TEST(Fuzz, EverySubjectIsReadWhereNothingIsMutated) {
  for (const std::vector<Subject>& subjects : {Ec2Subjects(), OtherSubjects()}) {
    for (const Subject& subject : subjects) {
      World world;
      world.http.Say(200, subject.answer);
      const Claim claim = subject.call(world.caller);
      ASSERT_TRUE(claim.ok()) << subject.name << ": " << claim.error().message();
      EXPECT_NE(*claim, "(empty)") << subject.name;
    }
  }
}

TEST(Fuzz, AnyRefusalIsClassified) {
  const std::array<std::string, 3> forms{
      "<Response><Errors><Error><Code>AccessDenied</Code><Message>m</Message></Error></Errors>"
      "</Response>",
      "<Error><Code>NoSuchKey</Code><Message>m</Message></Error>",
      R"({"__type":"com.amazonaws#ThrottlingException","message":"m"})"};
  for (std::uint64_t seed = 0; seed < 3 * Cases(); ++seed) {
    Rng rng = Rng(seed).Fork(5);
    const int status = 300 + static_cast<int>(rng.Below(300));
    const HttpResponse response{status, {}, Mutate(forms[seed % 3], kTokens, rng)};
    const Refusal refusal = ReadRefusal(response);
    ASSERT_FALSE(refusal.code.empty());
    ASSERT_NE(refusal.kind, ErrorKind::kDefect);
    ASSERT_LE(refusal.message.size(), 400U);
    ASSERT_TRUE(refusal.reaction != Reaction::kSuccess) << response.body;
  }
}

TEST(Fuzz, NestingWithoutEndIsAnError) {
  std::string deep;
  for (int i = 0; i < 200'000; ++i) deep += "<a>";
  std::string brackets(200'000, '[');
  World world;
  world.http.Say(200, deep).Say(200, brackets);
  EXPECT_FALSE(DescribeVolumes(world.caller, {}).ok());
  EXPECT_FALSE(GetParameter(world.caller, "/a").ok());
}

}  // namespace
}  // namespace mayfly::aws
