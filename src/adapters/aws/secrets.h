#pragma once
// Where secrets and other parameters are kept: SSM's parameter store, Secrets Manager.

#include <string>

#include "adapters/aws/caller.h"

namespace mayfly::aws {

// The value of a parameter, decrypted ("/prod/db", or one of AWS's public ones, such as the id of
// the newest image). kNotFound: there is none of this name. The value is in no message (I12).
Result<std::string> GetParameter(Caller& caller, const std::string& name);

// The text of a secret, by name or ARN. kNotFound as above; kInvalid: it is binary.
Result<std::string> GetSecretValue(Caller& caller, const std::string& id);

}  // namespace mayfly::aws
