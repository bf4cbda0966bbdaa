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

Result<std::vector<ListedSchedule>> ListSchedules(Caller& caller, const std::string& prefix) {
  std::vector<ListedSchedule> schedules;
  std::string token;
  for (int page = 0; page < kMostPages; ++page) {
    Call call = SchedulerCall("ListSchedules", "GET", "");
    call.path = "/schedules";
    call.effect = Effect::kRead;
    call.query = {{"MaxResults", "100"}, {"NamePrefix", prefix}};
    if (!token.empty()) call.query.emplace_back("NextToken", token);
    TRY_ASSIGN(const HttpResponse response, caller.Send(call));
    TRY_ASSIGN(const nlohmann::json answer,
               ParseJsonObject(response.body, "scheduler ListSchedules"));
    const nlohmann::json& list = Field(answer, "Schedules");
    if (!list.is_array()) return Corrupt("scheduler ListSchedules: the answer has no list");
    for (const nlohmann::json& one : list) {
      ListedSchedule schedule;
      TRY_ASSIGN(schedule.name, NeedTextField(one, "Name"));
      schedule.group = TextField(one, "GroupName");
      const Result<double> created = NeedNumberField(one, "CreationDate");
      if (created.ok()) {
        schedule.created =
            Instant(std::chrono::duration_cast<Duration>(std::chrono::duration<double>(*created)));
      }
      schedules.push_back(std::move(schedule));
    }
    token = TextField(answer, "NextToken");
    if (token.empty()) return schedules;
  }
  return Exhausted("scheduler ListSchedules: too many pages");
}

Status DeleteSchedule(Caller& caller, const std::string& name, const std::string& group) {
  Call call = SchedulerCall("DeleteSchedule", "DELETE", name);
  call.effect = Effect::kRemoving;
  if (!group.empty()) call.query = {{"groupName", group}};
  TRY(caller.Send(call));
  return {};
}

}  // namespace mayfly::aws
