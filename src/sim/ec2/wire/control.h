#pragma once
// The control API under /_sim/: the script, time, the bill, everything there is. JSON, unsigned.

#include "sim/ec2/wire/message.h"
#include "sim/ec2/wire/services.h"

namespace mayfly::ec2 {

inline constexpr std::string_view kControlPath = "/_sim/";

HttpReply AnswerControl(Services& services, const HttpRequest& request);

// What the answers of GET /_sim/bill and GET /_sim/resources hold.
nlohmann::json BillJson(const Cloud& cloud);
nlohmann::json ResourcesJson(const Cloud& cloud);

}  // namespace mayfly::ec2
