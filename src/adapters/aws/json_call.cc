#include "adapters/aws/json_call.h"

#include <fmt/format.h>

namespace mayfly::aws {

Result<nlohmann::json> AskJson(Caller& caller, const JsonService& service,
                               std::string_view operation, const nlohmann::json& question) {
  // Text that is not UTF-8 becomes a replacement character instead of an exception.
  const std::string body = question.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  TRY_ASSIGN(const HttpResponse response,
             caller.Send(JsonCall(service.service, service.target, operation, body)));
  return ParseJsonObject(response.body,
                         fmt::format("{} {}", ServiceName(service.service), operation));
}

}  // namespace mayfly::aws
