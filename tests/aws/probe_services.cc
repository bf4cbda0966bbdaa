#include "adapters/aws/cloudwatch.h"
#include "adapters/aws/pricing.h"
#include "adapters/aws/quotas.h"
#include "adapters/aws/rds.h"
#include "adapters/aws/s3.h"
#include "adapters/aws/scheduler.h"
#include "adapters/aws/secrets.h"
#include "adapters/aws/sts.h"
#include "tests/aws/probe.h"

namespace mayfly::probe {
namespace {

using nlohmann::json;

Result<json> WhoAmI(Probe& probe, const Arguments&) {
  TRY_ASSIGN(const aws::Identity identity, aws::GetCallerIdentity(probe.caller));
  return json{{"account", identity.account}, {"arn", identity.arn}};
}

Result<json> Credentials(Probe& probe, const Arguments&) {
  TRY_ASSIGN(const aws::Credentials found, probe.caller.credentials().Get());
  return json{{"id", found.access_key_id}, {"source", found.source}};
}

Result<json> Parameter(Probe& probe, const Arguments& arguments) {
  TRY_ASSIGN(const std::string value, aws::GetParameter(probe.caller, arguments.at(0)));
  return json{{"value", value}};
}

Result<json> Secret(Probe& probe, const Arguments& arguments) {
  TRY_ASSIGN(const std::string value, aws::GetSecretValue(probe.caller, arguments.at(0)));
  return json{{"value", value}};
}

Result<json> Quota(Probe& probe, const Arguments& arguments) {
  TRY_ASSIGN(const aws::Quota quota,
             aws::GetServiceQuota(probe.caller, arguments.at(0), arguments.at(1)));
  return json{{"name", quota.name}, {"value", quota.value}};
}

Result<json> Price(Probe& probe, const Arguments& arguments) {
  TRY_ASSIGN(const Money price, aws::OnDemandPrice(probe.caller, arguments.at(0), arguments.at(1)));
  return json{{"micro_usd", price.micro_usd}};
}

Result<json> DbInstances(Probe& probe, const Arguments& arguments) {
  TRY_ASSIGN(const std::vector<aws::DbInstance> found,
             aws::DescribeDbInstances(probe.caller, arguments.empty() ? "" : arguments[0]));
  json list = json::array();
  for (const aws::DbInstance& one : found) {
    list.push_back(
        {{"id", one.id}, {"host", one.host}, {"port", one.port}, {"class", one.instance_class}});
  }
  return list;
}

Result<json> DbClusters(Probe& probe, const Arguments& arguments) {
  TRY_ASSIGN(const std::vector<aws::DbCluster> found,
             aws::DescribeDbClusters(probe.caller, arguments.empty() ? "" : arguments[0]));
  json list = json::array();
  for (const aws::DbCluster& one : found) {
    list.push_back({{"id", one.id}, {"host", one.host}, {"engine", one.engine}});
  }
  return list;
}

Result<json> DbToken(Probe& probe, const Arguments& arguments) {
  TRY_ASSIGN(const std::string token,
             aws::DbAuthToken(probe.caller, {arguments.at(0), arguments.at(1), 5432}));
  return json{{"token", token}};
}

// NAMESPACE METRIC DIMENSION=VALUE FROM TO
Result<json> Metrics(Probe& probe, const Arguments& arguments) {
  aws::MetricQuestion question{.space = arguments.at(0), .name = arguments.at(1)};
  question.dimensions = TagsFrom(arguments.at(2));
  question.period = minutes(1);
  TRY_ASSIGN(question.from, ParseInstant(arguments.at(3)));
  TRY_ASSIGN(question.to, ParseInstant(arguments.at(4)));
  TRY_ASSIGN(const std::vector<aws::MetricPoint> points,
             aws::GetMetricData(probe.caller, question));
  json list = json::array();
  for (const aws::MetricPoint& point : points) {
    list.push_back({{"at", FormatInstant(point.at)}, {"value", point.value}});
  }
  return list;
}

// BUCKET KEY TEXT [TIMES]
Result<json> Put(Probe& probe, const Arguments& arguments) {
  std::string bytes;
  const int times = arguments.size() > 3 ? std::stoi(arguments[3]) : 1;
  for (int i = 0; i < times; ++i) bytes += arguments.at(2);
  TRY(aws::PutIfAbsent(probe.caller, {arguments.at(0), arguments.at(1)}, bytes));
  return json{{"done", true}};
}

Result<json> Get(Probe& probe, const Arguments& arguments) {
  TRY_ASSIGN(const std::string bytes,
             aws::GetObject(probe.caller, {arguments.at(0), arguments.at(1)}));
  return json{{"bytes", bytes}};
}

Result<json> Head(Probe& probe, const Arguments& arguments) {
  TRY_ASSIGN(const aws::ObjectInfo info,
             aws::HeadObject(probe.caller, {arguments.at(0), arguments.at(1)}));
  return json{{"bytes", info.bytes}, {"sha256", info.sha256}};
}

Result<json> List(Probe& probe, const Arguments& arguments) {
  TRY_ASSIGN(const std::vector<aws::ObjectInfo> objects,
             aws::ListObjects(probe.caller, arguments.at(0), arguments.at(1)));
  json list = json::array();
  for (const aws::ObjectInfo& object : objects) {
    list.push_back({{"key", object.key}, {"bytes", object.bytes}});
  }
  return list;
}

Result<json> PutSchedule(Probe& probe, const Arguments& arguments, bool is_new) {
  aws::Schedule schedule;
  schedule.name = arguments.at(0);
  TRY_ASSIGN(schedule.at, ParseInstant(arguments.at(1)));
  schedule.target_arn = "arn:aws:scheduler:::aws-sdk:ec2:terminateInstances";
  schedule.role_arn = arguments.at(2);
  schedule.input = arguments.at(3);
  schedule.client_token = "token-" + schedule.name;
  TRY(is_new ? aws::CreateSchedule(probe.caller, schedule)
             : aws::UpdateSchedule(probe.caller, schedule));
  return json{{"done", true}};
}

// NAME TIME ROLE INPUT
Result<json> MakeSchedule(Probe& probe, const Arguments& arguments) {
  return PutSchedule(probe, arguments, /*is_new=*/true);
}

Result<json> ChangeSchedule(Probe& probe, const Arguments& arguments) {
  return PutSchedule(probe, arguments, /*is_new=*/false);
}

// PREFIX
Result<json> Schedules(Probe& probe, const Arguments& arguments) {
  TRY_ASSIGN(const std::vector<aws::ListedSchedule> there,
             aws::ListSchedules(probe.caller, arguments.at(0)));
  std::vector<std::string> names;
  for (const aws::ListedSchedule& one : there) names.push_back(one.name);
  return json{{"names", names}};
}

Result<json> RemoveSchedule(Probe& probe, const Arguments& arguments) {
  TRY(aws::DeleteSchedule(probe.caller, arguments.at(0)));
  return json{{"done", true}};
}

Result<json> InstanceId(Probe& probe, const Arguments&) {
  TRY_ASSIGN(const std::string id, probe.imds.InstanceId());
  return json{{"id", id}};
}

}  // namespace

void AddServiceCommands(Commands& commands) {
  commands["identity"] = WhoAmI;
  commands["credentials"] = Credentials;
  commands["parameter"] = Parameter;
  commands["secret"] = Secret;
  commands["quota"] = Quota;
  commands["price"] = Price;
  commands["db-instances"] = DbInstances;
  commands["db-clusters"] = DbClusters;
  commands["db-token"] = DbToken;
  commands["metrics"] = Metrics;
  commands["put"] = Put;
  commands["get"] = Get;
  commands["head"] = Head;
  commands["list"] = List;
  commands["schedule"] = MakeSchedule;
  commands["reschedule"] = ChangeSchedule;
  commands["schedules"] = Schedules;
  commands["unschedule"] = RemoveSchedule;
  commands["instance-id"] = InstanceId;
}

}  // namespace mayfly::probe
