#pragma once
// The services that speak JSON: SSM, Secrets Manager, Service Quotas, Pricing (one POST each, the
// operation in X-Amz-Target), and EventBridge Scheduler (REST).

#include <string>

#include "sim/ec2/answer.h"
#include "sim/ec2/wire/message.h"
#include "sim/ec2/wire/services.h"

namespace mayfly::ec2 {

// `operation` is what follows the point in X-Amz-Target.
Answer<nlohmann::json> AnswerJson(Services& services, const std::string& operation,
                                  const nlohmann::json& body);

// /schedules/NAME.
Answer<nlohmann::json> AnswerScheduler(Services& services, const HttpRequest& request);

}  // namespace mayfly::ec2
