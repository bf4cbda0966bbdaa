// What EC2 offers, what the account may have of it and what it costs, against the simulated cloud.

#include <gtest/gtest.h>

#include <algorithm>

#include "adapters/aws/provider/ec2_marketplace.h"
#include "adapters/aws/provider/ec2_prices.h"
#include "simulated_ec2.h"

namespace mayfly::contract_test {
namespace {

using nlohmann::json;

class Ec2Market : public ::testing::Test {
 protected:
  static Ec2Spec Spec() {
    Ec2Spec spec;
    spec.types = {"c7i.xlarge", "m7i.xlarge"};
    spec.smaller = {"c7i.large"};
    spec.zones = {"us-east-1b", "us-east-1a"};
    spec.on_demand = OnDemandRule::kAfterSpot;
    return spec;
  }

  aws::Ec2Marketplace Marketplace(const Ec2Spec& spec) {
    Result<aws::Ec2Places> places = aws::FindPlaces(cloud_.caller(), spec, "x86_64");
    EXPECT_TRUE(places.ok()) << places.error().message();
    return {cloud_.caller(), spec, places.ok() ? *places : aws::Ec2Places{}};
  }

  void Run(const std::string& type, bool is_spot) {
    aws::InstanceRequest request{.client_token = type + (is_spot ? "s" : "o"),
                                 .image_id = "ami-0deb1200000000086",
                                 .instance_type = type,
                                 .user_data = "",
                                 .instance_profile = "",
                                 .zone = "us-east-1a"};
    if (is_spot) request.spot = aws::Spot{};
    auto answer = aws::RunInstances(cloud_.caller(), request);
    ASSERT_TRUE(answer.ok() && !answer->instances.empty());
  }

  std::size_t CountCalls(const std::string& action) {
    const json calls = cloud_.Get("calls");
    return static_cast<std::size_t>(
        std::count_if(calls["calls"].begin(), calls["calls"].end(),
                      [&](const json& one) { return one["action"] == action; }));
  }

  SimulatedEc2 cloud_;
};

TEST_F(Ec2Market, APhasesWordsBecomeIdsOfEc2) {
  auto places = aws::FindPlaces(cloud_.caller(), Spec(), "x86_64");
  ASSERT_TRUE(places.ok()) << places.error().message();
  EXPECT_EQ(places->image_id, "ami-0deb1200000000086");
  EXPECT_FALSE(places->root_device.empty());
  EXPECT_EQ(places->architecture, "x86_64");
  EXPECT_EQ(places->subnets.size(), 2U);
  Ec2Spec twice = Spec();
  twice.zones = {};
  twice.subnets = {"subnet-0000000000000000c"};
  EXPECT_EQ(aws::FindPlaces(cloud_.caller(), twice, "x86_64")->subnets.begin()->first,
            "us-east-1c");
  twice.zones = {"us-east-1a"};
  EXPECT_EQ(aws::FindPlaces(cloud_.caller(), twice, "x86_64").error().kind(), ErrorKind::kInvalid);
  twice.subnets = {"subnet-00000000000000099"};
  EXPECT_EQ(aws::FindPlaces(cloud_.caller(), twice, "x86_64").error().kind(), ErrorKind::kInvalid);
  twice.image = "ssm:/no/such/image";
  EXPECT_EQ(aws::FindPlaces(cloud_.caller(), twice, "x86_64").error().kind(), ErrorKind::kNotFound);
}

// As the preflight finds it, for launch and preflight go by the same words.
TEST_F(Ec2Market, DebianIsFoundForTheProgramAndWhereItHasNoParameter) {
  auto arm = aws::FindPlaces(cloud_.caller(), Spec(), "arm64");
  ASSERT_TRUE(arm.ok()) << arm.error().message();
  EXPECT_EQ(arm->architecture, "arm64");
  cloud_.Script({{"do", "calls"},
                 {"action", "GetParameter"},
                 {"code", "ParameterNotFound"},
                 {"status", 400}});
  auto named = aws::FindPlaces(cloud_.caller(), Spec(), "x86_64");
  ASSERT_TRUE(named.ok()) << named.error().message();
  EXPECT_EQ(named->image_id, "ami-0deb1200000000086");
}

TEST_F(Ec2Market, PoolsComeInTheOrderOfThePhasesWishes) {
  cloud_.Script(json::array({{{"do", "capacity"},
                              {"type", "m7i.xlarge"},
                              {"zone", "us-east-1a"},
                              {"left", 0},
                              {"code", "Unsupported"}}}));
  auto pools = Marketplace(Spec()).ListPools();
  ASSERT_TRUE(pools.ok()) << pools.error().message();
  std::vector<std::string> told;
  for (const MarketPool& one : *pools) {
    told.push_back(Describe(one.pool) + " " + std::to_string(one.vcpus) + " " +
                   std::to_string(one.step_down));
  }
  EXPECT_EQ(told,
            (std::vector<std::string>{
                "c7i.xlarge spot in us-east-1b 4 0", "c7i.xlarge spot in us-east-1a 4 0",
                "m7i.xlarge spot in us-east-1b 4 0", "c7i.large spot in us-east-1b 2 1",
                "c7i.large spot in us-east-1a 2 1", "c7i.xlarge on-demand in us-east-1b 4 0",
                "c7i.xlarge on-demand in us-east-1a 4 0", "m7i.xlarge on-demand in us-east-1b 4 0",
                "c7i.large on-demand in us-east-1b 2 1", "c7i.large on-demand in us-east-1a 2 1"}));
  EXPECT_EQ(pools->front().memory_mib, 8192);
}

TEST_F(Ec2Market, TypesForAnotherImageAreNoPools) {
  Ec2Spec spec = Spec();
  spec.types = {"c7g.large"};
  spec.smaller = {};
  auto pools = Marketplace(spec).ListPools();
  ASSERT_FALSE(pools.ok());
  EXPECT_EQ(pools.error().kind(), ErrorKind::kNotFound);
}

TEST_F(Ec2Market, QuotasAreReadWithWhatIsUsedOfThem) {
  Run("c7i.2xlarge", /*is_spot=*/true);
  Run("m7i.xlarge", /*is_spot=*/false);
  auto rooms = Marketplace(Spec()).ReadQuotas();
  ASSERT_TRUE(rooms.ok()) << rooms.error().message();
  ASSERT_EQ(rooms->size(), 2U);
  EXPECT_EQ(rooms->at(0).market, Market::kSpot);
  EXPECT_EQ(rooms->at(0).code, "L-34B43A08");
  EXPECT_EQ(rooms->at(0).limit, 64);
  EXPECT_EQ(rooms->at(0).used, 8);
  EXPECT_EQ(rooms->at(1).market, Market::kOnDemand);
  EXPECT_EQ(rooms->at(1).used, 4);
  EXPECT_FALSE(rooms->at(0).asked.has_value());
  const json state = cloud_.Get("state");
  for (const json& quota : state["quotas"]) {
    if (quota["code"] != "L-34B43A08") continue;
    EXPECT_EQ(quota["used"], rooms->at(0).used);
  }
}

TEST_F(Ec2Market, ASpotMachineCountsUntilItsRequestIsClosed) {
  cloud_.Script({{"do", "delays"}, {"request-lingers", "1h"}});
  Run("c7i.2xlarge", /*is_spot=*/true);
  const std::string id = cloud_.Resources()["instances"][0]["id"];
  ASSERT_TRUE(aws::TerminateInstance(cloud_.caller(), id).ok());
  cloud_.WaitFor(id, "terminated");
  EXPECT_EQ(Marketplace(Spec()).ReadQuotas()->at(0).used, 8);
  cloud_.Advance("2h");
  EXPECT_EQ(Marketplace(Spec()).ReadQuotas()->at(0).used, 0);
}

TEST_F(Ec2Market, OneAnswerTellsTheSpotPricesOfAllPools) {
  aws::Ec2Prices prices(cloud_.caller(), {"c7i.xlarge", "m7i.xlarge"});
  const Instant since = cloud_.clock().Wall() - hours(2);
  for (const char* type : {"c7i.xlarge", "m7i.xlarge"}) {
    for (const char* zone : {"us-east-1a", "us-east-1b"}) {
      auto points = prices.SpotHistory({"us-east-1", zone, type, Market::kSpot}, since);
      ASSERT_TRUE(points.ok()) << points.error().message();
      EXPECT_EQ(std::count_if(points->begin(), points->end(),
                              [&](const PricePoint& one) { return one.from <= since; }),
                1)
          << "the one in force";
    }
  }
  EXPECT_EQ(CountCalls("DescribeSpotPriceHistory"), 1U);
  EXPECT_EQ(prices.SpotHistory({"us-east-1", "us-east-1z", "c7i.xlarge", Market::kSpot}, since)
                .error()
                .kind(),
            ErrorKind::kNotFound);
}

TEST_F(Ec2Market, AnEarlierTimeOrAnotherTypeIsAskedForAnew) {
  aws::Ec2Prices prices(cloud_.caller(), {"c7i.xlarge"});
  const Instant now = cloud_.clock().Wall();
  const Pool pool{"us-east-1", "us-east-1a", "c7i.xlarge", Market::kSpot};
  ASSERT_TRUE(prices.SpotHistory(pool, now).ok());
  ASSERT_TRUE(prices.SpotHistory(pool, now - hours(48)).ok());
  Pool other = pool;
  other.instance_type = "r7i.xlarge";
  ASSERT_TRUE(prices.SpotHistory(other, now).ok());
  ASSERT_TRUE(prices.SpotHistory(pool, now - hours(1)).ok());
  EXPECT_EQ(CountCalls("DescribeSpotPriceHistory"), 3U);
}

TEST_F(Ec2Market, TheListPriceIsAskedForOnce) {
  aws::Ec2Prices prices(cloud_.caller(), {"c7i.large"});
  const PriceKey key{Item::kCompute, {"us-east-1", "us-east-1a", "c7i.large", Market::kOnDemand}};
  auto first = prices.ListPrice(key);
  ASSERT_TRUE(first.ok()) << first.error().message();
  EXPECT_EQ(first->rate, (Rate{89'250, Unit::kHour}));
  EXPECT_EQ(prices.ListPrice(key)->from, first->from);
  EXPECT_EQ(CountCalls("GetProducts"), 1U);
  EXPECT_EQ(prices.ListPrice({Item::kNatHour, key.pool}).error().kind(), ErrorKind::kNotFound);
}

}  // namespace
}  // namespace mayfly::contract_test
