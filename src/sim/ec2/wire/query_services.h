#pragma once
// The smaller services that speak the Query protocol: STS, and RDS as of an account that has no
// database there.

#include "sim/ec2/wire/message.h"
#include "sim/ec2/wire/params.h"
#include "sim/ec2/wire/services.h"

namespace mayfly::ec2 {

HttpReply AnswerSts(Services& services, const Params& params);
HttpReply AnswerRds(Services& services, const Params& params);

// Their refusals: in another frame than EC2's.
HttpReply RefuseQuery(const Refusal& why);

}  // namespace mayfly::ec2
