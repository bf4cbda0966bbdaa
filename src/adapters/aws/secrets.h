#pragma once
// Where secrets and other parameters are kept: SSM's parameter store, Secrets Manager.

#include <string>
#include <vector>

#include "adapters/aws/caller.h"

namespace mayfly::aws {

// The value of a parameter, decrypted ("/prod/db", or one of AWS's public ones, such as the id of
// the newest image). kNotFound: there is none of this name. The value is in no message (I12).
Result<std::string> GetParameter(Caller& caller, const std::string& name);

// Keeps a value encrypted, with the account's own key, and instead of what was there. Repeating it
// is harmless. The value is in no message (I12).
Status PutParameter(Caller& caller, const std::string& name, const std::string& value);

// kNotFound: it is gone.
Status DeleteParameter(Caller& caller, const std::string& name);

// The names of the parameters below a folder ("/mayfly/prod"), in any depth; no values.
Result<std::vector<std::string>> ListParameters(Caller& caller, const std::string& folder);

// The text of a secret, by name or ARN. kNotFound as above; kInvalid: it is binary.
Result<std::string> GetSecretValue(Caller& caller, const std::string& id);

}  // namespace mayfly::aws
