#include "sim/ec2/launch.h"

#include <gmock/gmock.h>

#include "sim/ec2/cloud_testing.h"
#include "sim/ec2/prices.h"
#include "sim/ec2/quotas.h"

namespace mayfly::ec2 {
namespace {

using ::testing::Eq;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(Token, TheSameRequestMakesTheSameMachineForEver) {
  Cloud cloud = MakeCloud();
  const auto first = RunInstances(cloud, Ask("t"));
  AdvanceTo(cloud, At(hours(5)));
  const auto second = RunInstances(cloud, Ask("t"));
  EXPECT_THAT(*second, Eq(*first));
  EXPECT_THAT(cloud.instances, SizeIs(1));
}

TEST(Token, OtherParametersAreAMismatch) {
  Cloud cloud = MakeCloud();
  Launch(cloud, Ask("t"));
  EXPECT_EQ(CodeOf(RunInstances(cloud, Ask("t", "c7i.xlarge"))), "IdempotentParameterMismatch");
  RunRequest tagged = Ask("t");
  tagged.machine.tags["instance"]["run"] = "7";
  EXPECT_EQ(CodeOf(RunInstances(cloud, tagged)), "IdempotentParameterMismatch");
  EXPECT_THAT(cloud.instances, SizeIs(1));
}

TEST(Token, BelongsToItsZone) {
  Cloud cloud = MakeCloud();
  RunRequest there = Ask("t");
  there.machine.zone = "us-east-1b";
  const std::string here = Launch(cloud, Ask("t")).id;
  EXPECT_NE(Launch(cloud, there).id, here) << "the zone is exempt from the comparison";
}

TEST(Token, OfATerminatedMachineIsUsedUp) {
  Cloud cloud = MakeCloud();
  const std::string id = Launch(cloud, Ask("t")).id;
  ASSERT_TRUE(TerminateInstances(cloud, {id}).ok());
  EXPECT_TRUE(RunInstances(cloud, Ask("t")).ok()) << "shutting-down is not terminated";
  AdvanceTo(cloud, At(minutes(1)));
  EXPECT_EQ(CodeOf(RunInstances(cloud, Ask("t"))), "IdempotentInstanceTerminated");
}

TEST(Token, OfARefusedLaunchIsFresh) {
  Cloud cloud = MakeCloud();
  cloud.weather.capacity.push_back({.until = At(minutes(1))});
  EXPECT_EQ(CodeOf(RunInstances(cloud, Ask("t"))), "InsufficientInstanceCapacity");
  AdvanceTo(cloud, At(minutes(1)));
  EXPECT_EQ(CodeOf(RunInstances(cloud, Ask("t"))), "");
}

TEST(Launch, ChecksItsParameters) {
  struct Row {
    const char* name;
    void (*change)(RunRequest&);
    const char* code;
  };
  const Row rows[] = {
      {"type", [](RunRequest& r) { r.machine.type = "c9.huge"; }, "InvalidParameterValue"},
      {"image", [](RunRequest& r) { r.machine.image = "ami-1"; }, "InvalidAMIID.NotFound"},
      {"architecture", [](RunRequest& r) { r.machine.type = "c7g.large"; },
       "InvalidParameterValue"},
      {"subnet", [](RunRequest& r) { r.machine.subnet = "subnet-1"; }, "InvalidSubnetID.NotFound"},
      {"group", [](RunRequest& r) { r.machine.groups = {"sg-1"}; }, "InvalidGroup.NotFound"},
      {"user data", [](RunRequest& r) { r.machine.user_data.assign(16385, 'x'); },
       "InvalidParameterValue"},
      {"counts", [](RunRequest& r) { r.min_count = 2; }, "InvalidParameterValue"},
      {"token", [](RunRequest& r) { r.token.assign(65, 't'); }, "InvalidParameterValue"},
      {"disk", [](RunRequest& r) { r.machine.disks = {{.size_gib = 0}}; },
       "InvalidBlockDeviceMapping"},
      {"dry run", [](RunRequest& r) { r.dry_run = true; }, "DryRunOperation"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    Cloud cloud = MakeCloud();
    RunRequest request = Ask("t");
    row.change(request);
    EXPECT_EQ(CodeOf(RunInstances(cloud, request)), row.code);
    EXPECT_THAT(cloud.instances, IsEmpty());
  }
}

TEST(Quota, CountsEachMarketApart) {
  Cloud cloud = MakeCloud();
  for (Quota& quota : cloud.quotas) quota.value = 4;
  EXPECT_EQ(CodeOf(RunInstances(cloud, Ask("a", "c7i.xlarge"))), "");
  EXPECT_EQ(CodeOf(RunInstances(cloud, Ask("b"))), "MaxSpotInstanceCountExceeded");
  EXPECT_EQ(CodeOf(RunInstances(cloud, Ask("c", "c7i.2xlarge", Market::kOnDemand))),
            "VcpuLimitExceeded");
  EXPECT_EQ(CodeOf(RunInstances(cloud, Ask("d", "c7i.xlarge", Market::kOnDemand))), "");
}

TEST(Quota, CountsATerminatedMachineUntilItsSpotRequestIsClosed) {
  Cloud cloud = MakeCloud();
  cloud.weather.delays.request_lingers = minutes(5);
  const std::string id = Launch(cloud, Ask("a", "c7i.8xlarge")).id;
  ASSERT_TRUE(TerminateInstances(cloud, {id}).ok());
  AdvanceTo(cloud, At(minutes(4)));
  EXPECT_EQ(UsedVcpus(cloud, Market::kSpot), 32);
  AdvanceTo(cloud, At(minutes(6)));
  EXPECT_EQ(UsedVcpus(cloud, Market::kSpot), 0);
}

TEST(Quota, ARequestGoesThroughItsStatesAndIsApplied) {
  Cloud cloud = MakeCloud();
  ASSERT_TRUE(RequestQuota(cloud, "L-34B43A08", 512).ok());
  const auto state = [&] { return cloud.quota_requests.front().status(); };
  EXPECT_EQ(state(), "PENDING");
  EXPECT_EQ(RequestQuota(cloud, "L-34B43A08", 513).error().code, "ResourceAlreadyExistsException");
  AdvanceTo(cloud, At(seconds(60)));
  EXPECT_EQ(state(), "CASE_OPENED");
  EXPECT_EQ(FindQuota(cloud, "L-34B43A08")->value, 64);
  AdvanceTo(cloud, At(seconds(120)));
  EXPECT_EQ(state(), "APPROVED");
  EXPECT_EQ(FindQuota(cloud, "L-34B43A08")->value, 512);
}

TEST(Quota, ARequestCanEndInEveryWay) {
  for (const char* end : {"DENIED", "CASE_CLOSED", "NOT_APPROVED", "INVALID_REQUEST", "APPROVED"}) {
    SCOPED_TRACE(end);
    Cloud cloud = MakeCloud();
    cloud.weather.quota_policies.push_back({.states = {"PENDING", end}, .is_applied = false});
    ASSERT_TRUE(RequestQuota(cloud, "L-34B43A08", 512).ok());
    AdvanceTo(cloud, At(hours(1)));
    EXPECT_EQ(cloud.quota_requests.front().status(), end);
    EXPECT_EQ(FindQuota(cloud, "L-34B43A08")->value, 64) << "approved and not applied, too";
    EXPECT_TRUE(RequestQuota(cloud, "L-34B43A08", 513).ok()) << "the first is at rest";
  }
}

TEST(Capacity, IsOfThePoolAlone) {
  Cloud cloud = MakeCloud();
  cloud.weather.capacity.push_back({.pool = {.type = "c7i.*", .zone = "us-east-1a"}});
  RunRequest elsewhere = Ask("b");
  elsewhere.machine.zone = "us-east-1b";
  EXPECT_EQ(CodeOf(RunInstances(cloud, Ask("a"))), "InsufficientInstanceCapacity");
  EXPECT_EQ(CodeOf(RunInstances(cloud, elsewhere)), "");
  EXPECT_EQ(CodeOf(RunInstances(cloud, Ask("c", "m7i.large"))), "");
}

TEST(Capacity, RunsOut) {
  Cloud cloud = MakeCloud();
  cloud.weather.capacity.push_back({.left = 2});
  RunRequest three = Ask("a");
  three.max_count = 3;
  EXPECT_THAT(*RunInstances(cloud, three), SizeIs(2)) << "as many as there are, from MinCount on";
  EXPECT_EQ(CodeOf(RunInstances(cloud, Ask("b"))), "InsufficientInstanceCapacity");
}

TEST(Faults, OfAPoolMeetTheLaunchIntoIt) {
  Cloud cloud = MakeCloud();
  cloud.weather.calls.push_back({.action = "RunInstances", .pool = {.type = "c7i.*"}, .times = 1});
  EXPECT_EQ(CodeOf(RunInstances(cloud, Ask("m", "m7i.large"))), "");
  EXPECT_EQ(CodeOf(RunInstances(cloud, Ask("a"))), "RequestLimitExceeded");
  EXPECT_EQ(CodeOf(RunInstances(cloud, Ask("a"))), "") << "it is used up";
}

TEST(SpotPrice, BelowWhichNothingIsSold) {
  Cloud cloud = MakeCloud();
  RunRequest cheap = Ask("a");
  const std::int64_t price = SpotPrice(cloud, "c7i.large", "us-east-1a", cloud.now);
  cheap.machine.max_price_micro_usd_h = price - 1;
  EXPECT_EQ(CodeOf(RunInstances(cloud, cheap)), "SpotMaxPriceTooLow");
  cheap.machine.max_price_micro_usd_h = price;
  EXPECT_EQ(CodeOf(RunInstances(cloud, cheap)), "");
}

TEST(SpotPrice, MovesAndIsTheSameForTheSameSeed) {
  const Cloud cloud = MakeCloud();
  const PoolKey pool{"c7i.8xlarge", "us-east-1a", Market::kSpot};
  const auto series = SpotSeries(cloud, pool, At(-hours(48)), At({}));
  EXPECT_GE(series.size(), 4U);
  EXPECT_EQ(series.front().from, At(-hours(48))) << "the price in force at the start is told";
  for (const PricePoint& point : series) {
    EXPECT_GT(point.micro_usd_h, 1'428'000 / 5);
    EXPECT_LT(point.micro_usd_h, 1'428'000 / 2);
  }
  EXPECT_EQ(series.back().micro_usd_h,
            SpotPrice(MakeCloud(), pool.type, pool.zone, At(Duration(-1))));
}

TEST(SpotPrice, IsWrittenAndReadExactly) {
  EXPECT_EQ(FormatPrice(446'300), "0.446300");
  for (const char* bad : {"", ".", "x", "1.2345678", "-1", "1e3"}) {
    EXPECT_THAT(ReadPrice(bad), Eq(std::nullopt)) << bad;
  }
  EXPECT_EQ(ReadPrice("0.45"), 450'000);
  EXPECT_EQ(ReadPrice("12"), 12'000'000);
}

}  // namespace
}  // namespace mayfly::ec2
