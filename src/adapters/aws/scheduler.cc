#include "adapters/aws/scheduler.h"

#include "adapters/aws/json.h"

namespace mayfly::aws {
namespace {

constexpr int kMostPages = 200;
constexpr Duration kPatience = seconds(15);  // a machine lives without, and its run goes on

Call SchedulerCall(std::string operation, std::string method, const std::string& name) {
  Call call;
  call.service = Service::kScheduler;
  call.operation = std::move(operation);
  call.method = std::move(method);
  call.path = "/schedules/" + PercentEncode(name);
  call.effect = Effect::kRepeatable;
  call.headers = {{"Content-Type", "application/json"}};
  return call;
}

// "at(2025-07-01T12:00:00)", in UTC.
std::string Expression(Instant at) {
  std::string text = FormatInstant(std::chrono::floor<seconds>(at));
  text.pop_back();
  return "at(" + text + ")";
}

// Creating and updating say the same, by another verb.
Status PutSchedule(Caller& caller, const Schedule& schedule, Call call) {
  nlohmann::json body;
  body["ScheduleExpression"] = Expression(schedule.at);
  body["ScheduleExpressionTimezone"] = "UTC";
  body["FlexibleTimeWindow"]["Mode"] = "OFF";
  body["ActionAfterCompletion"] = "DELETE";
  body["ClientToken"] = schedule.client_token;
  if (!schedule.group.empty()) body["GroupName"] = schedule.group;
  body["Target"]["Arn"] = schedule.target_arn;
  body["Target"]["RoleArn"] = schedule.role_arn;
  body["Target"]["Input"] = schedule.input;
  call.body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  call.patience = kPatience;
  TRY_ASSIGN(const HttpResponse response, caller.Send(call));
  Result<nlohmann::json> answer = ParseJsonObject(response.body, "scheduler " + call.operation);
  const bool is_made = answer.ok() && !TextField(*answer, "ScheduleArn").empty();
  if (is_made) return {};
  return Ambiguous("scheduler " + call.operation + ": the answer names no schedule");
}

}  // namespace

Status CreateSchedule(Caller& caller, const Schedule& schedule) {
  return PutSchedule(caller, schedule, SchedulerCall("CreateSchedule", "POST", schedule.name));
}

Status UpdateSchedule(Caller& caller, const Schedule& schedule) {
  return PutSchedule(caller, schedule, SchedulerCall("UpdateSchedule", "PUT", schedule.name));
}

Status DeleteSchedule(Caller& caller, const std::string& name, const std::string& group) {
  Call call = SchedulerCall("DeleteSchedule", "DELETE", name);
  call.effect = Effect::kRemoving;
  if (!group.empty()) call.query = {{"groupName", group}};
  TRY(caller.Send(call));
  return {};
}

Result<std::vector<std::string>> ListSchedules(Caller& caller, const std::string& prefix) {
  const std::string operation = "ListSchedules";
  Call call = SchedulerCall(operation, "GET", "");
  call.path = "/schedules";
  call.effect = Effect::kRead;
  Pairs asked{{"MaxResults", "100"}, {"NamePrefix", prefix}};
  std::vector<std::string> names;
  for (int page = 0; page < kMostPages; ++page) {
    call.query = asked;
    TRY_ASSIGN(const HttpResponse response, caller.Send(call));
    TRY_ASSIGN(const nlohmann::json answer,
               ParseJsonObject(response.body, "scheduler " + operation));
    const nlohmann::json& list = Field(answer, "Schedules");
    if (!list.is_array()) return Corrupt("scheduler " + operation + ": no list in the answer");
    for (const nlohmann::json& item : list) {
      TRY_ASSIGN(std::string name, NeedTextField(item, "Name"));
      names.push_back(std::move(name));
    }
    const std::string token = TextField(answer, "NextToken");
    if (token.empty()) return names;
    asked = {{"MaxResults", "100"}, {"NamePrefix", prefix}, {"NextToken", token}};
  }
  return Exhausted("scheduler " + operation + ": too many pages of " + prefix);
}

}  // namespace mayfly::aws
