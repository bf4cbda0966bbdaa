#include "cli/ec2_estates.h"

#include <algorithm>

#include "adapters/aws/ec2_places.h"
#include "adapters/aws/provider/ec2_estate.h"
#include "adapters/aws/provider/ec2_prices.h"

namespace mayfly::cli {

Ec2Estates::~Ec2Estates() = default;

Status Ec2Estates::CheckSignedIn(Host& host) {
  TRY_ASSIGN(const std::unique_ptr<AwsClient> client, AwsClient::Open(host, ""));
  TRY(client->caller().credentials().Get());
  return {};
}

Result<std::unique_ptr<Ec2Estates>> Ec2Estates::Open(Host& host,
                                                     const Ec2EstateQuestion& question) {
  // Where the environment names no region, one of the ledger's does.
  Result<std::unique_ptr<AwsClient>> client = AwsClient::Open(host, "");
  const bool needs_region =
      !client.ok() && client.error().kind() == ErrorKind::kInvalid && !question.regions.empty();
  if (needs_region) client = AwsClient::Open(host, *question.regions.begin());
  if (!client.ok()) return client.error();
  std::unique_ptr<Ec2Estates> estates(new Ec2Estates(*std::move(client)));
  TRY(estates->Prepare(question));
  return estates;
}

Status Ec2Estates::Prepare(const Ec2EstateQuestion& question) {
  TRY_ASSIGN(const std::vector<std::string> enabled, aws::ListRegions(client_->caller()));
  std::set<std::string> all = question.regions;
  all.insert(client_->region());
  all.insert(enabled.begin(), enabled.end());
  for (const std::string& region : all) {
    const bool is_whole =
        question.all_regions || question.regions.contains(region) || region == client_->region();
    (is_whole ? whole_ : by_tag_).push_back(region);
    estates_.push_back(std::make_unique<aws::Ec2Estate>(
        client_->In(region), aws::EstateSettings{.region = region,
                                                 .ledger = question.ledger,
                                                 .buckets = question.buckets,
                                                 .only_if_tagged = !is_whole}));
  }
  return {};
}

std::vector<Estate*> Ec2Estates::estates() {
  std::vector<Estate*> list;
  for (const auto& estate : estates_) list.push_back(estate.get());
  return list;
}

Result<PricePoint> Ec2Estates::ListPrice(const PriceKey& key) {
  return aws::Ec2Prices(client_->In(key.pool.region), {key.pool.instance_type}).ListPrice(key);
}

Result<std::vector<PricePoint>> Ec2Estates::SpotHistory(const Pool& pool, Instant since) {
  return aws::Ec2Prices(client_->In(pool.region), {pool.instance_type}).SpotHistory(pool, since);
}

}  // namespace mayfly::cli
