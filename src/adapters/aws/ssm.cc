#include "adapters/aws/ssm.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "adapters/aws/json_call.h"

namespace mayfly::aws {
namespace {

constexpr JsonService kSsm{Service::kSsm, "AmazonSSM"};
constexpr std::array<std::string_view, 4> kGoingOn{"Pending", "InProgress", "Delayed",
                                                   "Cancelling"};

}  // namespace

Result<std::string> SendCommand(Caller& caller, const ShellScript& script) {
  const nlohmann::json question{
      {"DocumentName", "AWS-RunShellScript"},
      {"InstanceIds", {script.instance_id}},
      {"Comment", script.comment},
      {"TimeoutSeconds", script.deliver_within.count()},
      {"Parameters", {{"commands", nlohmann::json::array({script.script})}}}};
  TRY_ASSIGN(const nlohmann::json answer,
             AskJson(caller, kSsm, "SendCommand", question, Effect::kRepeatable));
  Result<std::string> id = NeedTextField(Field(answer, "Command"), "CommandId");
  if (!id.ok()) return Ambiguous(id.error().message()).Within("ssm SendCommand");
  return id;
}

Result<ShellResult> GetCommandInvocation(Caller& caller, const std::string& command_id,
                                         const std::string& instance_id) {
  const nlohmann::json question{{"CommandId", command_id}, {"InstanceId", instance_id}};
  TRY_ASSIGN(const nlohmann::json answer, AskJson(caller, kSsm, "GetCommandInvocation", question));
  ShellResult result;
  TRY_ASSIGN(result.status, NeedTextField(answer, "Status"));
  result.is_over = std::find(kGoingOn.begin(), kGoingOn.end(), result.status) == kGoingOn.end();
  const nlohmann::json& code = Field(answer, "ResponseCode");
  if (code.is_number_integer()) result.code = code.get<std::int64_t>();
  result.out = TextField(answer, "StandardOutputContent");
  result.err = TextField(answer, "StandardErrorContent");
  return result;
}

}  // namespace mayfly::aws
