#pragma once
// The whole simulated cloud behind one function: a request comes in, its answer goes out.

#include "sim/ec2/wire/message.h"
#include "sim/ec2/wire/services.h"

namespace mayfly::ec2 {

// Lets time pass up to the request's, finds the service it is for (by path, X-Amz-Target, or the
// scope of its signature), meets the scripted faults, and answers.
HttpReply Handle(Services& services, const HttpRequest& request);

}  // namespace mayfly::ec2
