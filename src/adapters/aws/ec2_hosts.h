#pragma once
// EC2: what is done to a machine that stays: stopped, given another type, started again.

#include <string>
#include <vector>

#include "adapters/aws/caller.h"
#include "adapters/aws/query.h"

namespace mayfly::aws {

// Asked of an instance that stops or is stopped it changes nothing. Never by force. kInvalid: it
// may not be stopped (a Spot machine, or protected); kUnavailable: it is in a state that passes.
Status StopInstance(Caller& caller, const std::string& id);

// Asked of an instance that starts or runs it changes nothing. kExhausted: no capacity, or a quota.
// What is accepted can still end in "stopped", with a reason that begins with "Server.".
Status StartInstance(Caller& caller, const std::string& id);

// Of a stopped instance. The same type again is fine.
Status ModifyInstanceType(Caller& caller, const std::string& id, const std::string& type);

// Somebody protects it from being stopped (the attribute disableApiStop).
Result<bool> IsStopProtected(Caller& caller, const std::string& id);

}  // namespace mayfly::aws
