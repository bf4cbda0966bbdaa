#pragma once
// The script: what shall go wrong, as JSON steps. The same vocabulary in a file, in the control API
// and in tests; docs/cli/ec2sim.md has all of it.

#include <nlohmann/json.hpp>

#include "base/result.h"
#include "sim/ec2/wire/services.h"

namespace mayfly::ec2 {

// One step, or a list of them. A step with "at": "30s" waits so long, the others happen at once.
// kInvalid names the step, the key and the nearest known one; then none of them has happened.
Status AddScript(Services& services, const nlohmann::json& steps);

}  // namespace mayfly::ec2
