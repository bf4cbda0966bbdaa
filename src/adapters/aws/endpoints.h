#pragma once
// Where each service is, found as the AWS tools find it.

#include <map>
#include <string>
#include <string_view>

#include "adapters/aws/profile.h"
#include "base/result.h"

namespace mayfly::aws {

enum class Service {
  kEc2,
  kSts,
  kSsm,
  kSecretsManager,
  kServiceQuotas,
  kPricing,
  kRds,
  kCloudWatch,
  kS3,
  kScheduler,
};

// "ec2": as messages name it.
std::string_view ServiceName(Service service);

struct Endpoint {
  std::string base;  // "https://ec2.eu-west-1.amazonaws.com", without a slash at the end
  std::string region, signing_name;
  bool is_overridden = false;  // S3: the bucket stands in the path then
};

class Endpoints {
 public:
  // For tests, and where nothing is overridden.
  explicit Endpoints(std::string region) : region_(std::move(region)) {}

  // Region: AWS_REGION, AWS_DEFAULT_REGION, the profile's. Endpoint of a service, the first of:
  // AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL, endpoint_url of the service in the profile's
  // [services …], endpoint_url of the profile; AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true: none of
  // them. kInvalid: no region, or a URL that is none.
  static Result<Endpoints> Load(const Environment& environment, const Profiles& profiles);

  const std::string& region() const { return region_; }
  // The same in another region.
  Endpoints In(std::string region) const;
  void Override(Service service, std::string url);

  // In our region, or in the one named. Pricing is in one region only, whichever is asked for.
  Endpoint For(Service service, std::string_view region = "") const;

 private:
  std::string region_;
  std::map<Service, std::string> overrides_;
};

}  // namespace mayfly::aws
