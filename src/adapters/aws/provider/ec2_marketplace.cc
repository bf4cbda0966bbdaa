#include "adapters/aws/provider/ec2_marketplace.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "adapters/aws/ec2_instances.h"
#include "adapters/aws/ec2_market.h"
#include "adapters/aws/ec2_things.h"
#include "adapters/aws/markets.h"
#include "adapters/aws/provider/quota_families.h"
#include "adapters/aws/quotas.h"
#include "base/text.h"

namespace mayfly::aws {
namespace {

struct Wish {
  std::string type;
  int step_down = 0;
};

std::vector<Wish> WishesOf(const Ec2Spec& spec) {
  std::vector<Wish> wishes;
  for (const std::string& type : spec.types) wishes.push_back({type, 0});
  int step = 0;
  for (const std::string& type : spec.smaller) wishes.push_back({type, ++step});
  return wishes;
}

std::vector<std::string> NamesOf(const std::vector<Wish>& wishes) {
  std::vector<std::string> names;
  for (const Wish& wish : wishes) names.push_back(wish.type);
  return names;
}

bool Runs(const InstanceType& type, Market market, const std::string& architecture) {
  const bool is_sold = market == Market::kSpot ? type.has_spot : type.has_on_demand;
  const bool fits = architecture.empty() ||
                    std::find(type.architectures.begin(), type.architectures.end(), architecture) !=
                        type.architectures.end();
  return is_sold && fits;
}

// Counts vCPUs by type; a type is looked up once.
class Used {
 public:
  explicit Used(QuotaGroup group) : group_(group) {}

  void Add(const std::string& type, Market market) {
    if (QuotaGroupOf(type) == group_) ++machines_[{type, market}];
  }

  Result<int> Count(Caller& caller, Market market) const {
    std::vector<std::string> types;
    for (const auto& [what, number] : machines_) {
      if (what.second == market) types.push_back(what.first);
    }
    if (types.empty()) return 0;
    TRY_ASSIGN(const std::vector<InstanceType> known, DescribeInstanceTypes(caller, types));
    std::int64_t vcpus = 0;
    for (const InstanceType& type : known) vcpus += type.vcpus * machines_.at({type.name, market});
    return static_cast<int>(vcpus);
  }

 private:
  QuotaGroup group_;
  std::map<std::pair<std::string, Market>, int> machines_;
};

Result<Used> CountUsed(Caller& caller, QuotaGroup group) {
  Used used(group);
  const Selection living{.ids = {}, .filters = {{"instance-state-name", {"pending", "running"}}}};
  TRY_ASSIGN(const std::vector<Instance> instances, DescribeInstances(caller, living));
  std::set<std::string> counted;
  for (const Instance& one : instances) {
    used.Add(one.type, one.is_spot ? Market::kSpot : Market::kOnDemand);
    counted.insert(one.id);
  }
  const Selection open{.ids = {}, .filters = {{"state", {"open", "active"}}}};
  TRY_ASSIGN(const std::vector<SpotRequest> requests, DescribeSpotRequests(caller, open));
  for (const SpotRequest& one : requests) {
    if (!counted.contains(one.instance_id)) used.Add(one.instance_type, Market::kSpot);
  }
  return used;
}

std::optional<QuotaAsked> Newest(const std::vector<QuotaRequest>& requests) {
  const auto newest = std::max_element(requests.begin(), requests.end(),
                                       [](const QuotaRequest& a, const QuotaRequest& b) {
                                         return a.created < b.created;  // absent is before all
                                       });
  if (newest == requests.end()) return std::nullopt;
  return QuotaAsked{std::string(QuotaRequestStateName(newest->state)), IsDecided(newest->state),
                    static_cast<int>(std::lround(newest->desired))};
}

}  // namespace

Result<std::vector<MarketPool>> Ec2Marketplace::ListPools() {
  if (!pools_.empty()) return pools_;
  TRY_ASSIGN(pools_, AskPools());
  return pools_;
}

Result<std::vector<MarketPool>> Ec2Marketplace::AskPools() {
  const std::vector<Wish> wishes = WishesOf(spec_);
  TRY_ASSIGN(const std::vector<InstanceType> types,
             DescribeInstanceTypes(caller_, NamesOf(wishes)));
  TRY_ASSIGN(const std::vector<Offering> offerings,
             DescribeInstanceTypeOfferings(caller_, NamesOf(wishes)));
  std::map<std::string, InstanceType> known;
  for (const InstanceType& type : types) known[type.name] = type;
  std::set<std::pair<std::string, std::string>> offered;
  std::set<std::string> zones;
  for (const Offering& one : offerings) {
    const bool has_subnet = places_.subnets.empty() || places_.subnets.contains(one.zone);
    const bool is_wanted = spec_.zones.empty() || std::find(spec_.zones.begin(), spec_.zones.end(),
                                                            one.zone) != spec_.zones.end();
    if (!has_subnet || !is_wanted) continue;
    offered.emplace(one.instance_type, one.zone);
    zones.insert(one.zone);
  }
  const std::vector<std::string> in_order =
      spec_.zones.empty() ? std::vector(zones.begin(), zones.end()) : spec_.zones;
  std::vector<MarketPool> pools;
  for (const Market market : MarketsOf(spec_.on_demand)) {
    for (const Wish& wish : wishes) {
      const auto type = known.find(wish.type);
      if (type == known.end() || !Runs(type->second, market, places_.architecture)) continue;
      for (const std::string& zone : in_order) {
        if (!offered.contains({wish.type, zone})) continue;
        pools.push_back({{places_.region, zone, wish.type, market},
                         static_cast<int>(type->second.vcpus),
                         type->second.memory_mib,
                         wish.step_down});
      }
    }
  }
  if (!pools.empty()) return pools;
  return NotFound(fmt::format("none of {} is offered in a zone of {} that the phase allows",
                              Join(NamesOf(wishes), ", "), places_.region));
}

Result<std::vector<QuotaRoom>> Ec2Marketplace::ReadQuotas() {
  std::vector<QuotaRoom> rooms;
  const std::optional<QuotaGroup> group =
      spec_.types.empty() ? std::nullopt : QuotaGroupOf(spec_.types.front());
  if (!group) return rooms;
  TRY_ASSIGN(const Used used, CountUsed(caller_, *group));
  for (const Market market : MarketsOf(spec_.on_demand)) {
    QuotaRoom room;
    room.market = market;
    room.code = QuotaCode(*group, market);
    Result<Quota> quota = GetServiceQuota(caller_, "ec2", room.code);
    const bool is_unreadable = !quota.ok() && (quota.error().kind() == ErrorKind::kNotFound ||
                                               quota.error().kind() == ErrorKind::kDenied);
    if (is_unreadable) continue;
    if (!quota.ok()) return quota.error();
    room.limit = static_cast<int>(std::floor(quota->value));
    TRY_ASSIGN(room.used, used.Count(caller_, market));
    Result<std::vector<QuotaRequest>> requests = ListQuotaRequests(caller_, "ec2", room.code);
    const bool is_hidden = !requests.ok() && requests.error().kind() == ErrorKind::kDenied;
    if (!requests.ok() && !is_hidden) return requests.error();
    if (requests.ok()) room.asked = Newest(*requests);
    rooms.push_back(std::move(room));
  }
  return rooms;
}

}  // namespace mayfly::aws
