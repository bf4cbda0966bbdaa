#pragma once
// Taking on a role: STS AssumeRole, with the keys of another.

#include <string>

#include "adapters/aws/credentials.h"
#include "adapters/aws/endpoints.h"

namespace mayfly::aws {

struct RoleRequest {
  std::string arn, session_name, external_id;
  seconds life = hours(1);
};

// One try; kUnavailable where STS is away.
Result<Credentials> AssumeRole(HttpClient& http, const Endpoint& sts, const Credentials& by,
                               const RoleRequest& role);

}  // namespace mayfly::aws
