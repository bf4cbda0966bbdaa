#pragma once
// S3 as far as a bundle needs it: buckets by path, put (also only if absent), get, head, list,
// delete.

#include "sim/ec2/wire/message.h"
#include "sim/ec2/wire/services.h"

namespace mayfly::ec2 {

HttpReply AnswerS3(Services& services, const HttpRequest& request);

// As S3 writes errors.
HttpReply RefuseS3(const Refusal& why);

}  // namespace mayfly::ec2
