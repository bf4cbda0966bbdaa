#pragma once
// The instance metadata service of each instance, under /_imds/INSTANCE: version 2, and version 1
// where the instance does not require tokens.

#include "sim/ec2/wire/message.h"
#include "sim/ec2/wire/services.h"

namespace mayfly::ec2 {

inline constexpr std::string_view kMetadataPath = "/_imds/";

HttpReply AnswerMetadata(Services& services, const HttpRequest& request);

// The name of the role in an instance profile's name or ARN.
std::string RoleName(const std::string& profile);

}  // namespace mayfly::ec2
