#include "adapters/aws/provider/ec2_prices.h"

#include <fmt/format.h>

#include <algorithm>

#include "adapters/aws/pricing.h"

namespace mayfly::aws {
namespace {

constexpr Duration kHistoryKept = minutes(1);
constexpr Duration kListKept = hours(1);
// The price in force at a time was set before it; EC2 repeats each at least once a day.
constexpr Duration kInForce = hours(24);

// Of a family, what is billed under one kind of use: "EBS:SnapshotUsage", which other regions begin
// with a name of theirs.
Result<Money> PriceOfUse(const std::vector<aws::ListPrice>& prices, std::string_view use,
                         std::string_view unit, std::string_view what) {
  std::vector<aws::ListPrice> meant;
  for (const aws::ListPrice& price : prices) {
    for (const auto& [name, value] : price.attributes) {
      const bool is_meant =
          name == "usagetype" && (value == use || value.ends_with(fmt::format("-{}", use)));
      if (is_meant) meant.push_back(price);
    }
  }
  return OnlyPrice(meant, unit, what);
}

}  // namespace

Ec2Prices::Ec2Prices(Caller& caller, std::vector<std::string> types)
    : caller_(caller), types_(types.begin(), types.end()) {}

Result<Money> Ec2Prices::AskListPrice(const PriceKey& key) {
  const std::string& region = key.pool.region;
  if (key.item == Item::kCompute) return OnDemandPrice(caller_, key.pool.instance_type, region);
  if (key.item == Item::kDisk) {
    TRY_ASSIGN(const std::vector<aws::ListPrice> prices, GetProducts(caller_, "AmazonEC2",
                                                                     {{"productFamily", "Storage"},
                                                                      {"volumeApiName", "gp3"},
                                                                      {"regionCode", region}}));
    return OnlyPrice(prices, "GB-Mo", Describe(key));
  }
  if (key.item == Item::kPublicAddress) {
    TRY_ASSIGN(const std::vector<aws::ListPrice> prices,
               GetProducts(caller_, "AmazonVPC",
                           {{"group", "VPCPublicIPv4Address"},
                            {"groupDescription", "Hourly charge for In-use Public IPv4 Addresses"},
                            {"regionCode", region}}));
    return OnlyPrice(prices, "Hrs", Describe(key));
  }
  if (key.item == Item::kSnapshot) {
    TRY_ASSIGN(const std::vector<aws::ListPrice> prices,
               GetProducts(caller_, "AmazonEC2",
                           {{"productFamily", "Storage Snapshot"}, {"regionCode", region}}));
    return PriceOfUse(prices, "EBS:SnapshotUsage", "GB-Mo", Describe(key));
  }
  if (key.item == Item::kDatabaseCapacity) {
    TRY_ASSIGN(const std::vector<aws::ListPrice> prices,
               GetProducts(caller_, "AmazonRDS",
                           {{"productFamily", "ServerlessV2"}, {"regionCode", region}}));
    return PriceOfUse(prices, "Aurora:ServerlessV2Usage", "ACU-Hr", Describe(key));
  }
  return NotFound("AWS is not asked for the price of " + Describe(key));
}

Result<PricePoint> Ec2Prices::ListPrice(const PriceKey& key) {
  const Duration now = caller_.clock().Mono();
  const auto kept = list_.find(key);
  if (kept != list_.end() && now - kept->second.asked_at < kListKept) return kept->second.point;
  TRY_ASSIGN(const Money price, AskListPrice(key));
  const PricePoint point{std::chrono::floor<hours>(caller_.clock().Wall()),
                         Rate{price.micro_usd, UnitOf(key.item)}};
  list_[key] = {point, now};
  return point;
}

Status Ec2Prices::Refresh(const Pool& pool, Instant from) {
  const Duration now = caller_.clock().Mono();
  const bool is_new_type = types_.insert(pool.instance_type).second;
  const auto kept = kept_.find(pool.region);
  const bool is_fresh = kept != kept_.end() && now - kept->second.asked_at < kHistoryKept &&
                        kept->second.from <= from && !is_new_type;
  if (is_fresh) return {};
  if (kept != kept_.end()) from = std::min(from, kept->second.from);
  const SpotPriceQuestion question{.instance_types = {types_.begin(), types_.end()},
                                   .zone = "",
                                   .product = "Linux/UNIX",
                                   .from = from,
                                   .to = std::nullopt};
  TRY_ASSIGN(std::vector<SpotPrice> prices, DescribeSpotPriceHistory(caller_, question));
  kept_[pool.region] = {from, now, std::move(prices)};
  return {};
}

Result<std::vector<PricePoint>> Ec2Prices::SpotHistory(const Pool& pool, Instant since) {
  if (pool.region != caller_.endpoints().region()) {
    return NotFound(fmt::format("{}: prices are read in {} only", Describe(pool),
                                caller_.endpoints().region()));
  }
  TRY(Refresh(pool, since - kInForce));
  std::vector<PricePoint> points;
  std::optional<PricePoint> in_force;
  for (const SpotPrice& price : kept_.at(pool.region).prices) {
    if (price.instance_type != pool.instance_type || price.zone != pool.zone) continue;
    const PricePoint point{price.since, Rate{price.per_hour.micro_usd, Unit::kHour}};
    if (point.from > since) {
      points.push_back(point);
    } else if (!in_force || in_force->from < point.from) {
      in_force = point;
    }
  }
  if (in_force) points.push_back(*in_force);
  if (points.empty()) return NotFound("EC2 tells no Spot price of " + Describe(pool));
  return points;
}

}  // namespace mayfly::aws
