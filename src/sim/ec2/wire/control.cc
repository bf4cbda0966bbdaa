#include "sim/ec2/wire/control.h"

#include <fmt/format.h>

#include "sim/ec2/bill.h"
#include "sim/ec2/quotas.h"
#include "sim/ec2/storage.h"
#include "sim/ec2/wire/script.h"
#include "sim/ec2/wire/text.h"

namespace mayfly::ec2 {
namespace {

using Json = nlohmann::json;

HttpReply ReplyJson(int status, const Json& json) {
  return {.status = status,
          .content_type = "application/json",
          .body = json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"};
}

HttpReply ReplyError(const Error& error) {
  const int status = error.kind() == ErrorKind::kNotFound ? 404 : 400;
  return ReplyJson(status, {{"error", error.message()}});
}

Json When(const std::optional<Instant>& at) { return at ? Json(Stamp(*at)) : Json(nullptr); }

Json InstanceJson(const Instance& instance) {
  Json ran = Json::array();
  for (const Span& span : instance.ran) {
    ran.push_back({{"from", Stamp(span.from)}, {"to", When(span.to)}, {"type", span.type}});
  }
  return {{"id", instance.id},
          {"state", StateName(instance.state)},
          {"reason", instance.reason.code},
          {"type", instance.asked.type},
          {"zone", instance.asked.zone},
          {"market", MarketName(instance.asked.market)},
          {"token", instance.token},
          {"fleet", instance.fleet},
          {"launched", Stamp(instance.launched)},
          {"ended", When(instance.ended)},
          {"reclaimed", instance.was_reclaimed},
          {"ran", ran},
          {"tags", instance.tags}};
}

// Anything that bills, or is in somebody's way: what a proof of zero leftovers must not find.
template <typename Thing>
Json ThingJson(const Thing& thing, const std::string& id) {
  return {{"id", id},
          {"instance", thing.instance},
          {"created", Stamp(thing.created)},
          {"deleted", When(thing.deleted)},
          {"tags", thing.tags}};
}

Json StateJson(const Services& services) {
  const Cloud& cloud = services.cloud;
  Json quotas = Json::array();
  for (const Quota& quota : cloud.quotas) {
    Json one{{"code", quota.code}, {"name", quota.name}, {"value", quota.value}};
    for (const Market market : {Market::kOnDemand, Market::kSpot}) {
      if (quota.code == QuotaCode(market)) one["used"] = UsedVcpus(cloud, market);
    }
    quotas.push_back(one);
  }
  return {{"now", Stamp(cloud.now)},
          {"scale", services.time.scale()},
          {"endpoint", services.endpoint},
          {"quotas", quotas},
          {"steps_waiting", services.script.size()}};
}

Json CallsJson(const Services& services) {
  Json list = Json::array();
  for (const CallRecord& call : services.calls) {
    list.push_back({{"at", Stamp(call.at)},
                    {"service", call.service},
                    {"action", call.action},
                    {"status", call.status},
                    {"code", call.code}});
  }
  return {{"calls", list}};
}

HttpReply SetTime(Services& services, const Json& body, Instant wall) {
  if (!body.is_object())
    return ReplyError(Invalid("the body is {\"advance\": \"1h\", \"scale\": 60}"));
  const Json scale = body.value("scale", Json(services.time.scale()));
  const std::string advance = body.value("advance", std::string("0s"));
  const Result<Duration> by = ParseDuration(advance);
  if (!by.ok()) return ReplyError(by.error());
  if (!scale.is_number() || scale.get<double>() <= 0 || scale.get<double>() > 1e6) {
    return ReplyError(Invalid("\"scale\" is a number above 0, at most 1000000"));
  }
  services.time.Scale(scale.get<double>(), wall);
  services.time.Advance(*by, wall);
  AdvanceTo(services, services.time.At(wall));
  return ReplyJson(200, StateJson(services));
}

HttpReply Post(Services& services, const std::string& page, const HttpRequest& request) {
  const Json body = Json::parse(request.body, nullptr, /*allow_exceptions=*/false);
  if (body.is_discarded()) return ReplyError(Invalid("the body is no JSON"));
  if (page == "time") return SetTime(services, body, request.wall);
  if (page != "script") return ReplyError(NotFound("POST takes /_sim/script and /_sim/time"));
  const Status added = AddScript(services, body);
  if (!added.ok()) return ReplyError(added.error());
  return ReplyJson(200, {{"accepted", body.is_array() ? body.size() : 1}});
}

}  // namespace

Json BillJson(const Cloud& cloud) {
  const Bill bill = MakeBill(cloud);
  Json lines = Json::array();
  for (const BillLine& line : bill.lines) {
    lines.push_back({{"item", line.item},
                     {"resource", line.resource},
                     {"instance", line.instance},
                     {"market", line.market},
                     {"seconds", line.seconds},
                     {"micro_usd", line.micro_usd},
                     {"note", line.note}});
  }
  return {{"at", Stamp(cloud.now)}, {"micro_usd", bill.micro_usd}, {"lines", lines}};
}

Json ResourcesJson(const Cloud& cloud) {
  Json json{{"instances", Json::array()},        {"volumes", Json::array()},
            {"interfaces", Json::array()},       {"addresses", Json::array()},
            {"spot_requests", Json::array()},    {"snapshots", Json::array()},
            {"launch_templates", Json::array()}, {"fleets", Json::array()},
            {"schedules", Json::array()},        {"clusters", Json::array()},
            {"groups", Json::array()},           {"images", Json::array()}};
  for (const std::string& id : cloud.launch_order) {
    json["instances"].push_back(InstanceJson(cloud.instances.at(id)));
  }
  for (const auto& [id, one] : cloud.volumes) json["volumes"].push_back(ThingJson(one, id));
  for (const auto& [id, one] : cloud.interfaces) json["interfaces"].push_back(ThingJson(one, id));
  for (const Address& one : cloud.addresses) json["addresses"].push_back(ThingJson(one, one.ip));
  for (const auto& [id, one] : cloud.spot_requests) {
    json["spot_requests"].push_back({{"id", id},
                                     {"instance", one.instance},
                                     {"state", one.state},
                                     {"status", one.status},
                                     {"tags", one.tags}});
  }
  for (const auto& [id, one] : cloud.snapshots) {
    json["snapshots"].push_back({{"id", id},
                                 {"state", SnapshotState(cloud, one)},
                                 {"deleted", When(one.deleted)},
                                 {"tags", one.tags}});
  }
  for (const auto& [id, one] : cloud.templates) {
    json["launch_templates"].push_back(
        {{"id", id}, {"name", one.name}, {"deleted", When(one.deleted)}, {"tags", one.tags}});
  }
  for (const auto& [id, one] : cloud.fleets) {
    json["fleets"].push_back({{"id", id}, {"deleted", When(one.deleted)}, {"tags", one.tags}});
  }
  for (const auto& [id, one] : cloud.clusters) {
    json["clusters"].push_back(
        {{"name", id}, {"least", one.least}, {"most", one.most}, {"tags", one.tags}});
  }
  for (const auto& [id, one] : cloud.groups) {
    json["groups"].push_back(
        {{"id", id}, {"name", one.name}, {"deleted", When(one.deleted)}, {"tags", one.tags}});
  }
  for (const auto& [id, one] : cloud.images) {
    json["images"].push_back({{"id", id}, {"deleted", When(one.deleted)}});
  }
  for (const Schedule& one : cloud.schedules) {
    json["schedules"].push_back({{"name", one.name},
                                 {"at", Stamp(one.at)},
                                 {"instances", one.instances},
                                 {"fired", When(one.fired)},
                                 {"deleted", When(one.deleted)}});
  }
  return json;
}

namespace {

// What is kept beside the cloud, by name; values are nobody's business.
Json AllResourcesJson(const Services& services) {
  Json json = ResourcesJson(services.cloud);
  json["parameters"] = Json::array();
  for (const auto& [name, value] : services.parameters) json["parameters"].push_back(name);
  json["uploads"] = Json::array();
  for (const auto& [id, one] : services.uploads) {
    json["uploads"].push_back({{"id", id}, {"bucket", one.bucket}, {"key", one.key}});
  }
  return json;
}

}  // namespace

HttpReply AnswerControl(Services& services, const HttpRequest& request) {
  const std::string path = request.target.substr(0, request.target.find('?'));
  const std::string page = path.substr(kControlPath.size());
  if (request.method == "POST") return Post(services, page, request);
  if (page == "bill") return ReplyJson(200, BillJson(services.cloud));
  if (page == "resources") return ReplyJson(200, AllResourcesJson(services));
  if (page == "calls") return ReplyJson(200, CallsJson(services));
  if (page == "state") return ReplyJson(200, StateJson(services));
  return ReplyError(NotFound("GET takes /_sim/bill, /_sim/resources, /_sim/calls and /_sim/state"));
}

}  // namespace mayfly::ec2
