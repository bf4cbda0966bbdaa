// Random sequences of calls and of time: what must hold of any cloud, held against a simple account
// that the test keeps from the answers alone.

#include <gmock/gmock.h>

#include <array>
#include <map>
#include <set>

#include "base/rng.h"
#include "sim/ec2/bill.h"
#include "sim/ec2/cloud_testing.h"
#include "sim/ec2/quotas.h"

namespace mayfly::ec2 {
namespace {

class RandomCalls {
 public:
  explicit RandomCalls(std::uint64_t seed) : cloud_(MakeCloud()), rng_(seed) {
    cloud_.seed = seed;
    cloud_.weather.delays.boot = seconds(20);
    cloud_.weather.delays.volume_lingers = seconds(rng_.Below(200));
    cloud_.weather.reclaims.push_back({.pool = {.type = "c7i.xlarge"}, .after = minutes(5)});
    cloud_.weather.deaths.push_back({.pool = {.type = "m7i.*"}, .times = 3});
    cloud_.weather.capacity.push_back({.pool = {.type = "c6i.*"}, .left = 2});
  }

  void Step() {
    switch (rng_.Below(5)) {
      case 0:
      case 1:
        return RunOne();
      case 2:
        return EndOne();
      case 3:
        if (!known_.empty()) ShutDownFromWithin(cloud_, Any());
        return;
      default:
        AdvanceTo(cloud_, cloud_.now + seconds(rng_.Below(90)));
    }
  }

  void Check() {
    ASSERT_EQ(known_.size(), cloud_.instances.size()) << "an instance that nobody was told of";
    std::map<Market, int> vcpus;
    for (const auto& [id, instance] : cloud_.instances) {
      ASSERT_TRUE(known_.contains(id));
      const bool counts = instance.state == InstanceState::kPending ||
                          instance.state == InstanceState::kRunning ||
                          (instance.asked.market == Market::kSpot && instance.is_alive());
      if (counts) vcpus[instance.asked.market] += FindType(instance.asked.type)->vcpus;
      if (!instance.is_alive()) gone_.insert(id);
      ASSERT_TRUE(!gone_.contains(id) || !instance.is_alive()) << id << " came back";
      ASSERT_TRUE(instance.is_alive() || instance.ran.empty() || instance.ran.back().to);
    }
    for (const Market market : {Market::kSpot, Market::kOnDemand}) {
      ASSERT_EQ(UsedVcpus(cloud_, market), vcpus[market]);
      ASSERT_LE(vcpus[market], FindQuota(cloud_, QuotaCode(market))->value);
    }
    const std::int64_t owed = MakeBill(cloud_).micro_usd;
    for (const BillLine& line : MakeBill(cloud_).lines) ASSERT_GE(line.micro_usd, 0);
    ASSERT_GE(owed, 0);
  }

  // Everything is terminated in the end, and then nothing is left that bills.
  void CheckEnd() {
    for (const std::string& id : known_) {
      if (!cloud_.instances.at(id).is_alive()) continue;
      ASSERT_TRUE(TerminateInstances(cloud_, {id}).ok());
    }
    AdvanceTo(cloud_, cloud_.now + hours(2));
    const std::int64_t owed = MakeBill(cloud_).micro_usd;
    for (const auto& [id, volume] : cloud_.volumes) ASSERT_TRUE(volume.deleted) << id;
    for (const auto& [id, request] : cloud_.spot_requests) ASSERT_EQ(request.state, "closed");
    ASSERT_FALSE(NextChange(cloud_).has_value());
    AdvanceTo(cloud_, cloud_.now + hours(200));
    ASSERT_EQ(MakeBill(cloud_).micro_usd, owed);
  }

 private:
  std::string Any() {
    return *std::next(known_.begin(), static_cast<std::ptrdiff_t>(rng_.Below(known_.size())));
  }

  void RunOne() {
    constexpr std::array<const char*, 4> kTypes{"c7i.large", "c7i.xlarge", "m7i.large",
                                                "c6i.large"};
    const std::string token = "t" + std::to_string(rng_.Below(12));
    const auto made = RunInstances(
        cloud_,
        Ask(token, kTypes[rng_.Below(4)], rng_.Chance(0.5) ? Market::kSpot : Market::kOnDemand));
    if (!made.ok()) return;
    for (const std::string& id : *made) {
      const auto [tokens, is_new] = made_by_.emplace(token, id);
      ASSERT_TRUE(is_new || tokens->second == id) << "one token, two machines";
      known_.insert(id);
    }
  }

  // One that EC2 shows no more cannot be named; that is not this test's business.
  void EndOne() {
    if (!known_.empty()) (void)TerminateInstances(cloud_, {Any()});
  }

  Cloud cloud_;
  Rng rng_;
  std::set<std::string> known_;
  std::set<std::string> gone_;
  std::map<std::string, std::string> made_by_;
};

TEST(AnyCloud, AccountsForEveryInstanceAndNeverBillsLessThanNothing) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    RandomCalls calls(seed);
    for (int step = 0; step < 120; ++step) {
      calls.Step();
      calls.Check();
      ASSERT_FALSE(::testing::Test::HasFatalFailure()) << "step " << step;
    }
    calls.CheckEnd();
    ASSERT_FALSE(::testing::Test::HasFatalFailure());
  }
}

}  // namespace
}  // namespace mayfly::ec2
