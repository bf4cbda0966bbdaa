#include "adapters/aws/json_call.h"

#include <fmt/format.h>

namespace mayfly::aws {

Result<nlohmann::json> AskJson(Caller& caller, const JsonService& service,
                               std::string_view operation, const nlohmann::json& question,
                               Effect effect) {
  // Text that is not UTF-8 becomes a replacement character instead of an exception.
  const std::string body = question.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  Call call = JsonCall(service.service, service.target, operation, body);
  call.effect = effect;
  TRY_ASSIGN(const HttpResponse response, caller.Send(call));
  Result<nlohmann::json> answer =
      ParseJsonObject(response.body, fmt::format("{} {}", ServiceName(service.service), operation));
  const bool is_unread_change = !answer.ok() && effect != Effect::kRead;
  if (is_unread_change) return Ambiguous(answer.error().message() + "; it was done");
  return answer;
}

}  // namespace mayfly::aws
