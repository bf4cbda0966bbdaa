#pragma once
// The regions of an AWS account as places to sweep.

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "cli/aws_client.h"
#include "seams/estate.h"
#include "seams/price_source.h"

namespace mayfly::cli {

struct Ec2EstateQuestion {
  std::string ledger;
  std::set<std::string> regions;  // looked through whole; the AWS tools' own is one of them
  std::set<std::string> buckets;
  bool all_regions =
      false;  // every enabled one is looked through whole, not only asked for our tag
};

class Ec2Estates {
 public:
  // Whether there are credentials and a region: kDenied and kInvalid say what is not there.
  static Status CheckSignedIn(Host& host);
  // Asks which regions the account has enabled. An error: AWS does not say, or no region is set.
  static Result<std::unique_ptr<Ec2Estates>> Open(Host& host, const Ec2EstateQuestion& question);
  ~Ec2Estates();

  std::vector<Estate*> estates();
  const std::vector<std::string>& whole() const { return whole_; }
  const std::vector<std::string>& by_tag() const { return by_tag_; }

  // The price of such a thing in its own region, as AWS lists it now.
  Result<PricePoint> ListPrice(const PriceKey& key);
  Result<std::vector<PricePoint>> SpotHistory(const Pool& pool, Instant since);

 private:
  explicit Ec2Estates(std::unique_ptr<AwsClient> client) : client_(std::move(client)) {}
  Status Prepare(const Ec2EstateQuestion& question);

  std::unique_ptr<AwsClient> client_;
  std::vector<std::unique_ptr<Estate>> estates_;
  std::vector<std::string> whole_, by_tag_;
};

}  // namespace mayfly::cli
