#pragma once
// The instance metadata service (IMDSv2): what a rented machine can learn about itself.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/aws/profile.h"
#include "base/result.h"
#include "seams/clock.h"
#include "seams/http_client.h"

namespace mayfly::aws {

// The machine will be taken away: "terminate", "stop" or "hibernate"; any of them means leave now.
struct SpotNotice {
  std::string action;
  Instant at;
};

// A maintenance that the provider has planned ("instance-stop", "system-reboot", …).
struct MaintenanceEvent {
  std::string code, state, description;
  std::optional<Instant> not_before;
};

struct RoleCredentials {
  std::string access_key_id, secret_access_key, session_token;
  Instant expires;
};

// Every call asks for a token if it has none, once more if it was refused, and waits 2 s at most.
// kUnavailable: no metadata here or now. kDenied: switched off (AWS_EC2_METADATA_DISABLED).
class Imds {
 public:
  // The address is AWS_EC2_METADATA_SERVICE_ENDPOINT, else the link-local one.
  Imds(const Environment& environment, HttpClient& http, Clock& clock);

  // The text under /latest/PATH; absent where there is none (404).
  Result<std::optional<std::string>> Get(std::string_view path);

  Result<std::string> InstanceId();
  Result<std::optional<SpotNotice>> SpotAction();
  // When the provider recommended to leave, if it did.
  Result<std::optional<Instant>> Rebalance();
  Result<std::vector<MaintenanceEvent>> Maintenance();
  // Those of the instance's role. kNotFound: it has no role.
  Result<RoleCredentials> Role();

 private:
  Result<HttpResponse> Ask(std::string_view path);
  Status RenewToken();

  HttpClient& http_;
  Clock& clock_;
  std::string base_;
  bool is_disabled_ = false;
  std::string token_;
  Duration token_until_{};
};

}  // namespace mayfly::aws
