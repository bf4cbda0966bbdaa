#include "adapters/aws/endpoints.h"

#include <fmt/format.h>

#include <array>

#include "base/text.h"

namespace mayfly::aws {
namespace {

struct ServiceRow {
  Service service;
  std::string_view name;     // in messages; the signing name where that is not another
  std::string_view host;     // before ".REGION.amazonaws.com"
  std::string_view signing;  // the name in the signature
  std::string_view key;      // in [services …]; upper-cased in AWS_ENDPOINT_URL_…
};

constexpr auto kServices = std::to_array<ServiceRow>({
    {Service::kEc2, "ec2", "ec2", "ec2", "ec2"},
    {Service::kSts, "sts", "sts", "sts", "sts"},
    {Service::kSsm, "ssm", "ssm", "ssm", "ssm"},
    {Service::kSecretsManager, "secretsmanager", "secretsmanager", "secretsmanager",
     "secrets_manager"},
    {Service::kServiceQuotas, "servicequotas", "servicequotas", "servicequotas", "service_quotas"},
    {Service::kPricing, "pricing", "api.pricing", "pricing", "pricing"},
    {Service::kRds, "rds", "rds", "rds", "rds"},
    {Service::kCloudWatch, "cloudwatch", "monitoring", "monitoring", "cloudwatch"},
    {Service::kS3, "s3", "s3", "s3", "s3"},
    {Service::kScheduler, "scheduler", "scheduler", "scheduler", "scheduler"},
});

constexpr std::string_view kPricingRegion = "us-east-1";

const ServiceRow& RowOf(Service service) {
  for (const ServiceRow& row : kServices) {
    if (row.service == service) return row;
  }
  return kServices.front();
}

std::string Upper(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return upper;
}

bool IsRegion(std::string_view region) {
  return !region.empty() && region.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") ==
                                std::string_view::npos;
}

std::string OverrideOf(const ServiceRow& row, const Environment& environment,
                       const Profiles& profiles) {
  const std::string& profile = profiles.name();
  const std::array<std::string, 4> candidates{
      Value(environment, "AWS_ENDPOINT_URL_" + Upper(row.key)),
      Value(environment, "AWS_ENDPOINT_URL"),
      profiles.service_value(profile, std::string(row.key) + ".endpoint_url"),
      profiles.value(profile, "endpoint_url"),
  };
  for (const std::string& candidate : candidates) {
    if (!candidate.empty()) return candidate;
  }
  return "";
}

}  // namespace

std::string_view ServiceName(Service service) { return RowOf(service).name; }

Result<Endpoints> Endpoints::Load(const Environment& environment, const Profiles& profiles) {
  std::string region = Value(environment, "AWS_REGION");
  if (region.empty()) region = Value(environment, "AWS_DEFAULT_REGION");
  if (region.empty()) region = profiles.value(profiles.name(), "region");
  if (region.empty()) {
    return Invalid(fmt::format("no AWS region is set; set AWS_REGION, or region in the profile {}",
                               profiles.name()));
  }
  if (!IsRegion(region)) return Invalid(fmt::format("'{}' is not an AWS region", region));
  Endpoints endpoints(std::move(region));
  const bool is_ignored =
      Lower(Value(environment, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")) == "true";
  for (const ServiceRow& row : kServices) {
    const std::string url = is_ignored ? "" : OverrideOf(row, environment, profiles);
    if (url.empty()) continue;
    const bool is_url = url.starts_with("http://") || url.starts_with("https://");
    if (!is_url || url.find_first_of("?#@ ") != std::string::npos) {
      return Invalid(
          fmt::format("the endpoint that is set for {} is not a URL like "
                      "https://HOST:PORT; correct AWS_ENDPOINT_URL or endpoint_url",
                      row.name));
    }
    endpoints.Override(row.service, url);
  }
  return endpoints;
}

void Endpoints::Override(Service service, std::string url) {
  while (url.ends_with('/')) url.pop_back();
  overrides_[service] = std::move(url);
}

Endpoints Endpoints::In(std::string region) const {
  Endpoints there = *this;
  there.region_ = std::move(region);
  return there;
}

Endpoint Endpoints::For(Service service, std::string_view region) const {
  const ServiceRow& row = RowOf(service);
  Endpoint endpoint;
  endpoint.region = region.empty() ? region_ : std::string(region);
  if (service == Service::kPricing) endpoint.region = kPricingRegion;
  endpoint.signing_name = row.signing;
  const auto found = overrides_.find(service);
  endpoint.is_overridden = found != overrides_.end();
  const std::string_view suffix =
      endpoint.region.starts_with("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  endpoint.base = endpoint.is_overridden
                      ? found->second
                      : fmt::format("https://{}.{}.{}", row.host, endpoint.region, suffix);
  return endpoint;
}

}  // namespace mayfly::aws
