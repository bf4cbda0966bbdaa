#pragma once
// STS: who we are.

#include <string>

#include "adapters/aws/caller.h"

namespace mayfly::aws {

struct Identity {
  std::string account, arn, user_id;
};
Result<Identity> GetCallerIdentity(Caller& caller);

}  // namespace mayfly::aws
