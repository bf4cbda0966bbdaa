#pragma once
// The smaller services that speak the Query protocol: STS, and RDS as far as the capacity of
// serverless clusters goes, which the script makes.

#include "sim/ec2/wire/message.h"
#include "sim/ec2/wire/params.h"
#include "sim/ec2/wire/services.h"

namespace mayfly::ec2 {

HttpReply AnswerSts(Services& services, const Params& params);
HttpReply AnswerRds(Services& services, const Params& params);

// ACTIONResponse around ACTIONResult, in a service's namespace.
HttpReply QueryReply(const Services& services, const std::string& action, std::string_view space,
                     const std::string& result);

// Their refusals: in another frame than EC2's.
HttpReply RefuseQuery(const Refusal& why);

}  // namespace mayfly::ec2
