#include "sim/ec2/wire/json_services.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "sim/ec2/prices.h"
#include "sim/ec2/quotas.h"
#include "sim/ec2/storage.h"
#include "sim/ec2/wire/params.h"

namespace mayfly::ec2 {
namespace {

using Json = nlohmann::json;

double Epoch(Instant instant) { return Seconds(instant.time_since_epoch()); }

std::string Text(const Json& body, const char* key) {
  const auto found = body.find(key);
  return found != body.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Refusal NotValid(std::string message) { return {"ValidationException", std::move(message), 400}; }

// --- SSM ----------------------------------------------------------------------------------------

Answer<Json> GetParameter(Services& services, const Json& body) {
  const std::string name = Text(body, "Name");
  std::string value;
  for (const Image& image : AllImages()) {
    if (image.parameter == name) value = image.id;
  }
  const auto own = services.parameters.find(name);
  if (own != services.parameters.end()) value = own->second;
  if (value.empty()) return Refusal{"ParameterNotFound", ""};
  return Json{{"Parameter",
               {{"Name", name},
                {"Type", own != services.parameters.end() ? "SecureString" : "String"},
                {"Value", value},
                {"Version", 1},
                {"LastModifiedDate", Epoch(services.cloud.now)},
                {"ARN", fmt::format("arn:aws:ssm:{}:{}:parameter{}", services.cloud.region,
                                    kAccount, name)},
                {"DataType", "text"}}}};
}

Answer<Json> PutParameter(Services& services, const Json& body) {
  const std::string name = Text(body, "Name");
  const bool overwrites = body.value("Overwrite", false);
  if (name.empty()) return NotValid("a parameter needs a name");
  if (services.parameters.contains(name) && !overwrites) {
    return Refusal{"ParameterAlreadyExists", "The parameter already exists."};
  }
  services.parameters[name] = Text(body, "Value");
  return Json{{"Version", 1}, {"Tier", "Standard"}};
}

Answer<Json> DeleteParameter(Services& services, const Json& body) {
  if (services.parameters.erase(Text(body, "Name")) == 0) return Refusal{"ParameterNotFound", ""};
  return Json::object();
}

// Ten a page, as SSM has them; a value is shown only to who asks for it decrypted.
Answer<Json> GetParametersByPath(Services& services, const Json& body) {
  constexpr std::size_t kPage = 10;
  const std::string folder = Text(body, "Path");
  if (!folder.starts_with("/")) return NotValid("The parameter path must begin with a slash");
  const std::string prefix = folder.ends_with("/") ? folder : folder + "/";
  const bool is_deep = body.value("Recursive", false);
  const bool is_decrypted = body.value("WithDecryption", false);
  Json list = Json::array();
  Json page{{"Parameters", Json::array()}};
  const std::string after = std::max(Text(body, "NextToken"), prefix);
  for (auto it = services.parameters.upper_bound(after); it != services.parameters.end(); ++it) {
    const auto& [name, value] = *it;
    if (!name.starts_with(prefix)) break;
    if (!is_deep && name.find('/', prefix.size()) != std::string::npos) continue;
    if (list.size() == kPage) {
      page["NextToken"] = Text(list.back(), "Name");
      break;
    }
    list.push_back({{"Name", name},
                    {"Type", "SecureString"},
                    {"Value", is_decrypted ? value : "(encrypted)"},
                    {"Version", 1}});
  }
  page["Parameters"] = std::move(list);
  return page;
}

// --- Secrets Manager ----------------------------------------------------------------------------

Json SecretNames(const std::string& name) {
  return {{"Name", name},
          {"ARN",
           fmt::format("arn:aws:secretsmanager:{}:{}:secret:{}-AbCdEf", kRegion, kAccount, name)},
          {"VersionId", "00000000-0000-4000-8000-000000000001"}};
}

Answer<Json> GetSecretValue(Services& services, const Json& body) {
  const std::string id = Text(body, "SecretId");
  for (const auto& [name, value] : services.secrets) {
    Json names = SecretNames(name);
    if (id != name && id != Text(names, "ARN")) continue;
    names["SecretString"] = value;
    names["VersionStages"] = {"AWSCURRENT"};
    names["CreatedDate"] = Epoch(services.cloud.now);
    return names;
  }
  return Refusal{"ResourceNotFoundException", "Secrets Manager can't find the specified secret."};
}

Answer<Json> CreateSecret(Services& services, const Json& body) {
  const std::string name = Text(body, "Name");
  if (services.secrets.contains(name)) {
    return Refusal{"ResourceExistsException", "The secret already exists."};
  }
  services.secrets[name] = Text(body, "SecretString");
  return SecretNames(name);
}

// --- Service Quotas -----------------------------------------------------------------------------

std::string QuotaArn(const std::string& code) {
  return fmt::format("arn:aws:servicequotas:{}:{}:ec2/{}", kRegion, kAccount, code);
}

Json QuotaJson(const Quota& quota, double value) {
  return {{"ServiceCode", "ec2"},
          {"ServiceName", "Amazon Elastic Compute Cloud (Amazon EC2)"},
          {"QuotaArn", QuotaArn(quota.code)},
          {"QuotaCode", quota.code},
          {"QuotaName", quota.name},
          {"Value", value},
          {"Unit", "None"},
          {"Adjustable", quota.is_adjustable},
          {"GlobalQuota", false}};
}

Answer<const Quota*> NeededQuota(const Services& services, const Json& body) {
  const Quota* quota = FindQuota(services.cloud, Text(body, "QuotaCode"));
  if (Text(body, "ServiceCode") == "ec2" && quota != nullptr) return quota;
  return Refusal{"NoSuchResourceException",
                 "The request failed because the specified service or quota does not exist."};
}

Answer<Json> GetServiceQuota(Services& services, const Json& body) {
  TRY_ASSIGN(const Quota* quota, NeededQuota(services, body));
  return Json{{"Quota", QuotaJson(*quota, quota->value)}};
}

Answer<Json> GetDefaultQuota(Services& services, const Json& body) {
  TRY_ASSIGN(const Quota* quota, NeededQuota(services, body));
  return Json{{"Quota", QuotaJson(*quota, quota->default_value)}};
}

Answer<Json> ListServiceQuotas(Services& services, const Json& body) {
  if (Text(body, "ServiceCode") != "ec2") {
    return Refusal{"NoSuchResourceException", "The specified service does not exist."};
  }
  Json list = Json::array();
  for (const Quota& quota : services.cloud.quotas) list.push_back(QuotaJson(quota, quota.value));
  return Json{{"Quotas", list}};
}

Json RequestJson(const QuotaRequest& request, Instant now) {
  Json json{{"Id", request.id},
            {"ServiceCode", "ec2"},
            {"ServiceName", "Amazon Elastic Compute Cloud (Amazon EC2)"},
            {"QuotaCode", request.code},
            {"QuotaArn", QuotaArn(request.code)},
            {"DesiredValue", request.desired},
            {"Status", request.status()},
            {"Created", Epoch(request.created)},
            {"LastUpdated", Epoch(now)},
            {"Unit", "None"},
            {"GlobalQuota", false}};
  if (request.status() == "CASE_OPENED") json["CaseId"] = "100000001";
  return json;
}

Answer<Json> RequestIncrease(Services& services, const Json& body) {
  TRY_ASSIGN(const Quota* quota, NeededQuota(services, body));
  TRY_ASSIGN(const QuotaRequest made,
             RequestQuota(services.cloud, quota->code, body.value("DesiredValue", 0.0)));
  return Json{{"RequestedQuota", RequestJson(made, services.cloud.now)}};
}

Answer<Json> GetQuotaChange(Services& services, const Json& body) {
  const QuotaRequest* request = FindQuotaRequest(services.cloud, Text(body, "RequestId"));
  if (request != nullptr) {
    return Json{{"RequestedQuota", RequestJson(*request, services.cloud.now)}};
  }
  return Refusal{"NoSuchResourceException", "There is no such quota request."};
}

// With or without "ByQuota" in the operation's name.
Answer<Json> ListQuotaChanges(Services& services, const Json& body) {
  const std::string code = Text(body, "QuotaCode");
  const std::string status = Text(body, "Status");
  Json list = Json::array();
  for (const QuotaRequest& request : services.cloud.quota_requests) {
    const bool fits =
        (code.empty() || request.code == code) && (status.empty() || request.status() == status);
    if (fits) list.push_back(RequestJson(request, services.cloud.now));
  }
  return Json{{"RequestedQuotas", list}};
}

// --- Pricing ------------------------------------------------------------------------------------

// Every region sells at the same prices here.
Json ProductAttributes(const InstanceType& type, const std::string& region) {
  return {{"instanceType", type.name},
          {"regionCode", region},
          {"location", region == kRegion ? "US East (N. Virginia)" : region},
          {"operatingSystem", "Linux"},
          {"tenancy", "Shared"},
          {"preInstalledSw", "NA"},
          {"capacitystatus", "Used"},
          {"marketoption", "OnDemand"},
          {"vcpu", std::to_string(type.vcpus)},
          {"memory", fmt::format("{} GiB", type.memory_mib / 1024)},
          {"servicecode", "AmazonEC2"}};
}

// What is sold beside machines, one price each.
struct SoldBeside {
  std::string_view service, family, usage, unit;
  std::int64_t micro_usd = 0;
};
constexpr std::array<SoldBeside, 2> kSoldBeside{{
    {"AmazonEC2", "Storage Snapshot", "EBS:SnapshotUsage", "GB-Mo", kSnapshotMicroUsdGbMonth},
    {"AmazonRDS", "ServerlessV2", "Aurora:ServerlessV2Usage", "ACU-Hr", kAcuMicroUsdHour},
}};

struct Sold {
  Json attributes;
  std::string service = "AmazonEC2", family = "Compute Instance", unit = "Hrs", description;
  std::int64_t micro_usd = 0;
};

// An element of PriceList: JSON inside a string.
std::string Product(const Sold& sold, const std::string& sku) {
  const std::string offer = sku + ".JRTCKXETXF";
  const std::string rate = offer + ".6YS6EN2CT7";
  const Json dimension{{"unit", sold.unit},
                       {"rateCode", rate},
                       {"description", sold.description},
                       {"beginRange", "0"},
                       {"endRange", "Inf"},
                       {"appliesTo", Json::array()},
                       {"pricePerUnit", {{"USD", FormatPrice(sold.micro_usd) + "0000"}}}};
  const Json term{{"priceDimensions", {{rate, dimension}}},
                  {"sku", sku},
                  {"effectiveDate", "2025-10-01T00:00:00Z"},
                  {"offerTermCode", "JRTCKXETXF"},
                  {"termAttributes", Json::object()}};
  const Json product{
      {"product", {{"productFamily", sold.family}, {"attributes", sold.attributes}, {"sku", sku}}},
      {"serviceCode", sold.service},
      {"terms", {{"OnDemand", {{offer, term}}}}},
      {"version", "20251001000000"},
      {"publicationDate", "2025-10-01T00:00:00Z"}};
  return product.dump();
}

bool PassesFilters(const Json& attributes, const Json& filters) {
  return std::all_of(filters.begin(), filters.end(), [&](const Json& filter) {
    return attributes.value(Text(filter, "Field"), "") == Text(filter, "Value");
  });
}

// Those of one region are listed: of the one that is asked for, or of the first.
std::string RegionAskedFor(const Json& filters) {
  for (const Json& filter : filters) {
    const std::string value = Text(filter, "Value");
    const bool is_region = Text(filter, "Field") == "regionCode" &&
                           std::ranges::find(AllRegions(), value) != AllRegions().end();
    if (is_region) return value;
  }
  return std::string(kRegion);
}

Answer<Json> GetProducts(Services&, const Json& body) {
  const std::string service = Text(body, "ServiceCode");
  if (service != "AmazonEC2" && service != "AmazonRDS") {
    return Refusal{"InvalidParameterException", "Only AmazonEC2 and AmazonRDS are sold here"};
  }
  const Json filters = body.value("Filters", Json::array());
  const std::string region = RegionAskedFor(filters);
  Json list = Json::array();
  int number = 0;
  for (const SoldBeside& one : kSoldBeside) {
    const Json attributes{{"productFamily", std::string(one.family)},
                          {"usagetype", std::string(one.usage)},
                          {"regionCode", region}};
    if (one.service != service || !PassesFilters(attributes, filters)) continue;
    list.push_back(Product({.attributes = attributes,
                            .service = std::string(one.service),
                            .family = std::string(one.family),
                            .unit = std::string(one.unit),
                            .description = std::string(one.usage),
                            .micro_usd = one.micro_usd},
                           "SIM-" + std::string(one.usage)));
  }
  for (const InstanceType& type : AllTypes()) {
    number += 2;
    const Json attributes = ProductAttributes(type, region);
    if (service != "AmazonEC2" || !PassesFilters(attributes, filters)) continue;
    // The real list has a product without a price beside many a real one.
    const std::string name = "per On Demand Linux " + type.name + " Instance Hour";
    list.push_back(
        Product({.attributes = attributes, .description = name}, fmt::format("SIM{:013}", number)));
    list.push_back(Product(
        {.attributes = attributes, .description = name, .micro_usd = type.on_demand_micro_usd_h},
        fmt::format("SIM{:013}", number + 1)));
  }
  return Json{{"FormatVersion", "aws_v1"}, {"PriceList", list}};
}

struct Operation {
  std::string_view name;
  Answer<Json> (*run)(Services& services, const Json& body);
};
constexpr std::array<Operation, 16> kOperations{{
    {"GetParameter", GetParameter},
    {"PutParameter", PutParameter},
    {"DeleteParameter", DeleteParameter},
    {"SendCommand", SendCommand},
    {"GetCommandInvocation", GetCommandInvocation},
    {"GetParametersByPath", GetParametersByPath},
    {"GetSecretValue", GetSecretValue},
    {"CreateSecret", CreateSecret},
    {"GetServiceQuota", GetServiceQuota},
    {"GetAWSDefaultServiceQuota", GetDefaultQuota},
    {"ListServiceQuotas", ListServiceQuotas},
    {"RequestServiceQuotaIncrease", RequestIncrease},
    {"GetRequestedServiceQuotaChange", GetQuotaChange},
    {"ListRequestedServiceQuotaChangeHistory", ListQuotaChanges},
    {"ListRequestedServiceQuotaChangeHistoryByQuota", ListQuotaChanges},
    {"GetProducts", GetProducts},
}};

// --- Scheduler ----------------------------------------------------------------------------------

Answer<Schedule> ReadSchedule(const Services& services, const std::string& name, const Json& body) {
  const std::string expression = Text(body, "ScheduleExpression");
  const Json target = body.value("Target", Json::object());
  const bool is_once = expression.starts_with("at(") && expression.ends_with(")");
  const Result<Instant> at =
      is_once ? ParseInstant(expression.substr(3, expression.size() - 4)) : Invalid("not at()");
  if (!at.ok())
    return NotValid("Invalid Schedule Expression: only at(yyyy-mm-ddThh:mm:ss) is simulated");
  if (Text(target, "Arn") != "arn:aws:scheduler:::aws-sdk:ec2:terminateInstances") {
    return NotValid("only the target aws-sdk:ec2:terminateInstances is simulated");
  }
  if (Text(target, "RoleArn").empty()) return NotValid("Target.RoleArn is missing");
  Schedule schedule{
      .name = name, .at = *at, .target = target.dump(), .created = services.cloud.now};
  const Json input = Json::parse(Text(target, "Input"), nullptr, /*allow_exceptions=*/false);
  if (!input.is_object()) return NotValid("Target.Input is no JSON object");
  for (const Json& id : input.value("InstanceIds", Json::array())) {
    if (id.is_string()) schedule.instances.push_back(id.get<std::string>());
  }
  schedule.delete_when_done = Text(body, "ActionAfterCompletion") == "DELETE";
  return schedule;
}

Json ScheduleJson(const Schedule& schedule, const std::string& region) {
  std::string at = FormatInstant(std::chrono::floor<seconds>(schedule.at));
  at.pop_back();
  return {{"Name", schedule.name},
          {"GroupName", schedule.group},
          {"Arn", fmt::format("arn:aws:scheduler:{}:{}:schedule/{}/{}", region, kAccount,
                              schedule.group, schedule.name)},
          {"State", "ENABLED"},
          {"ScheduleExpression", "at(" + at + ")"},
          {"ActionAfterCompletion", schedule.delete_when_done ? "DELETE" : "NONE"},
          {"FlexibleTimeWindow", {{"Mode", "OFF"}}},
          {"CreationDate", Epoch(schedule.created)},
          {"Target", Json::parse(schedule.target)}};
}

// What a list tells of one: all but what it does, and with what.
Json ScheduleSummary(const Schedule& schedule, const std::string& region) {
  Json json = ScheduleJson(schedule, region);
  json["Target"] = {{"Arn", json["Target"]["Arn"]}};
  for (const char* untold : {"ScheduleExpression", "ActionAfterCompletion", "FlexibleTimeWindow"})
    json.erase(untold);
  return json;
}

Answer<Json> ListSchedules(const Services& services, const Params& asked) {
  TRY_ASSIGN(const std::int64_t most, asked.Number("MaxResults", 100));
  TRY_ASSIGN(const std::int64_t first, asked.Number("NextToken", 0));
  if (most < 1 || most > 100) return NotValid("MaxResults is not 1 to 100");
  const std::string prefix = asked.Text("NamePrefix");
  Json list = Json::array();
  std::int64_t number = 0;
  for (const Schedule& schedule : services.cloud.schedules) {
    if (schedule.deleted || !schedule.name.starts_with(prefix)) continue;
    if (++number <= first) continue;
    if (std::ssize(list) == most) {
      return Json{{"Schedules", list}, {"NextToken", std::to_string(number - 1)}};
    }
    list.push_back(ScheduleSummary(schedule, services.cloud.region));
  }
  return Json{{"Schedules", list}};
}

}  // namespace

Answer<Json> AnswerJson(Services& services, const std::string& operation, const Json& body) {
  for (const Operation& one : kOperations) {
    if (one.name == operation) return one.run(services, body);
  }
  return Refusal{"UnknownOperationException",
                 fmt::format("The operation {} is not simulated", operation)};
}

Answer<Json> AnswerScheduler(Services& services, const HttpRequest& request) {
  constexpr std::string_view kPrefix = "/schedules";
  const std::size_t question = request.target.find('?');
  const std::string path = request.target.substr(0, question);
  if (!path.starts_with(kPrefix)) return Refusal{"ResourceNotFoundException", path, 404};
  const std::string name =
      path.size() > kPrefix.size() + 1 ? path.substr(kPrefix.size() + 1) : std::string();
  if (name.empty()) {
    const bool is_asked = question != std::string::npos;
    return ListSchedules(services,
                         Params::Read(is_asked ? request.target.substr(question + 1) : ""));
  }
  if (request.method == "GET") {
    TRY_ASSIGN(const Schedule* found, FindSchedule(services.cloud, name));
    return ScheduleJson(*found, services.cloud.region);
  }
  if (request.method == "DELETE") {
    TRY(DeleteSchedule(services.cloud, name));
    return Json::object();
  }
  const Json body = Json::parse(request.body, nullptr, /*allow_exceptions=*/false);
  if (!body.is_object()) return NotValid("the body is no JSON object");
  TRY_ASSIGN(const Schedule schedule, ReadSchedule(services, name, body));
  TRY(PutSchedule(services.cloud, schedule, /*replaces=*/request.method == "PUT"));
  return Json{{"ScheduleArn", ScheduleJson(schedule, services.cloud.region)["Arn"]}};
}

}  // namespace mayfly::ec2
