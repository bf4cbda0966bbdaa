#include "cli/aws_client.h"

#include <sys/utsname.h>

#include <cstdlib>
#include <random>

namespace mayfly::cli {

std::string ProgramArchitecture() {
  utsname system{};
  const std::string machine = uname(&system) == 0 ? static_cast<const char*>(system.machine) : "";
  return machine == "aarch64" ? "arm64" : machine;
}

std::optional<std::string> FromProcess(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

Result<std::unique_ptr<AwsClient>> AwsClient::Open(Host& host, const std::string& region,
                                                   const aws::CallPolicy& policy) {
  const aws::Environment environment = [region](const std::string& name) {
    return name == "AWS_REGION" && !region.empty() ? region : FromProcess(name);
  };
  TRY_ASSIGN(aws::Profiles profiles, aws::Profiles::Load(environment, host.files()));
  TRY_ASSIGN(aws::Endpoints endpoints, aws::Endpoints::Load(environment, profiles));
  return std::unique_ptr<AwsClient>(
      new AwsClient(host, {environment, std::move(profiles), std::move(endpoints), policy}));
}

AwsClient::AwsClient(Host& host, const Settings& settings)
    : host_(host),
      policy_(settings.policy),
      http_({.ca_bundle = FromProcess("AWS_CA_BUNDLE").value_or("")}),
      credentials_({settings.environment, host.files(), host.processes(), http_, host.clock()},
                   settings.profiles, settings.endpoints),
      caller_({http_, credentials_, host.clock(), host.waiter()}, settings.endpoints,
              Rng(std::random_device()()), settings.policy) {}

aws::Caller& AwsClient::In(const std::string& region) {
  if (region == this->region()) return caller_;
  const auto found = elsewhere_.find(region);
  if (found != elsewhere_.end()) return found->second;
  aws::Caller made({http_, credentials_, host_.clock(), host_.waiter()},
                   caller_.endpoints().In(region), Rng(std::random_device()()), policy_);
  return elsewhere_.emplace(region, std::move(made)).first->second;
}

}  // namespace mayfly::cli
