#pragma once
// A client of AWS as the AWS tools find theirs: environment, profiles, endpoints, credentials.

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "adapters/aws/caller.h"
#include "adapters/http/curl_client.h"
#include "cli/world.h"

namespace mayfly::cli {

class AwsClient {
 public:
  // `region` stands before the environment's; empty: the environment's or the profile's. The host
  // outlives it. kInvalid: no region, or settings that cannot be read.
  static Result<std::unique_ptr<AwsClient>> Open(Host& host, const std::string& region,
                                                 const aws::CallPolicy& policy = {});

  AwsClient(const AwsClient&) = delete;
  AwsClient& operator=(const AwsClient&) = delete;

  aws::Caller& caller() { return caller_; }
  // The same client's, for another region; lives as long as the client.
  aws::Caller& In(const std::string& region);
  const std::string& region() const { return caller_.endpoints().region(); }

 private:
  struct Settings {
    aws::Environment environment;
    aws::Profiles profiles;
    aws::Endpoints endpoints;
    aws::CallPolicy policy;
  };
  AwsClient(Host& host, const Settings& settings);

  Host& host_;
  aws::CallPolicy policy_;
  http::CurlClient http_;
  aws::CredentialChain credentials_;
  aws::Caller caller_;
  std::map<std::string, aws::Caller> elsewhere_;
};

// What this program was built for, as EC2 calls it: "x86_64", "arm64".
std::string ProgramArchitecture();

// The variable, also where it is set and empty.
std::optional<std::string> FromProcess(const std::string& name);

}  // namespace mayfly::cli
