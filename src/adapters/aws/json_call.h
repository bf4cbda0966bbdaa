#pragma once
// Calls of the services that speak JSON 1.1.

#include <string_view>

#include "adapters/aws/caller.h"
#include "adapters/aws/json.h"

namespace mayfly::aws {

struct JsonService {
  Service service = Service::kSsm;
  std::string_view target;  // "AmazonSSM"
};

// kCorrupt where the answer is no object; of a change, kAmbiguous: it was made.
Result<nlohmann::json> AskJson(Caller& caller, const JsonService& service,
                               std::string_view operation, const nlohmann::json& question,
                               Effect effect = Effect::kRead);

}  // namespace mayfly::aws
