#include "sim/ec2/wire/regions.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "sim/ec2/wire/auth.h"
#include "sim/ec2/wire/control.h"
#include "sim/ec2/wire/metadata.h"
#include "sim/ec2/wire/params.h"
#include "sim/ec2/wire/script.h"
#include "sim/ec2/wire/simulator.h"

namespace mayfly::ec2 {
namespace {

using Json = nlohmann::json;

std::string_view PathOf(const std::string& target) {
  return std::string_view(target).substr(0, target.find('?'));
}

std::string RegionOfQuery(const std::string& target) {
  const auto question = target.find('?');
  if (question == std::string::npos) return {};
  return Params::Read(target.substr(question + 1)).Text("region");
}

HttpReply ReplyJson(int status, const Json& json) {
  return {.status = status,
          .content_type = "application/json",
          .body = json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"};
}

HttpReply WholeBill(const Regions& regions) {
  Json whole{{"micro_usd", 0}, {"lines", Json::array()}};
  for (const auto& [name, services] : regions.by_name) {
    const Json bill = BillJson(services.cloud);
    whole["at"] = bill["at"];
    whole["micro_usd"] =
        whole["micro_usd"].get<std::int64_t>() + bill["micro_usd"].get<std::int64_t>();
    for (Json line : bill["lines"]) {
      line["region"] = name;
      whole["lines"].push_back(std::move(line));
    }
  }
  return ReplyJson(200, whole);
}

HttpReply TakeScript(Regions& regions, const HttpRequest& request) {
  const Json body = Json::parse(request.body, nullptr, /*allow_exceptions=*/false);
  if (body.is_discarded()) return ReplyJson(400, {{"error", "the body is no JSON"}});
  const Status added = AddScript(regions, body);
  if (added.ok()) return ReplyJson(200, {{"accepted", body.is_array() ? body.size() : 1}});
  const int status = added.error().kind() == ErrorKind::kNotFound ? 404 : 400;
  return ReplyJson(status, {{"error", added.error().message()}});
}

HttpReply Control(Regions& regions, const HttpRequest& request) {
  const std::string named = RegionOfQuery(request.target);
  const std::string_view page = PathOf(request.target).substr(kControlPath.size());
  const bool is_post = request.method == "POST";
  if (is_post && page == "script") return TakeScript(regions, request);
  if (is_post && page == "time") {
    for (auto& [name, services] : regions.by_name) {
      if (name != kRegion) (void)Handle(services, request);  // home's answer is everybody's
    }
    return Handle(regions.home(), request);
  }
  if (!is_post && page == "bill" && named.empty()) return WholeBill(regions);
  const auto found = regions.by_name.find(named.empty() ? kRegion : named);
  if (found != regions.by_name.end()) return Handle(found->second, request);
  return ReplyJson(404, {{"error", fmt::format("there is no region {}", named)}});
}

// S3 knows of a bucket wherever it is asked, and says where to ask.
std::optional<HttpReply> BucketElsewhere(const Regions& regions, const HttpRequest& request,
                                         const Services& asked) {
  const std::string_view path = PathOf(request.target);
  const std::string bucket(path.substr(1, path.find('/', 1) - 1));
  if (bucket.empty() || asked.buckets.contains(bucket)) return std::nullopt;
  for (const auto& [name, services] : regions.by_name) {
    if (!services.buckets.contains(bucket)) continue;
    HttpReply reply{.status = 301, .content_type = "application/xml"};
    reply.headers = {{"x-amz-bucket-region", name}};
    reply.body = fmt::format(
        "<Error><Code>PermanentRedirect</Code><Message>The bucket is in this region: {}. Please "
        "use "
        "this region to retry the request</Message></Error>",
        name);
    return reply;
  }
  return std::nullopt;
}

HttpReply NoRegion(const std::string& name) {
  return {.status = 400,
          .body = fmt::format("<Response><Errors><Error><Code>InvalidSignatureException</Code>"
                              "<Message>The region {} is not simulated</Message></Error></Errors>"
                              "</Response>",
                              name)};
}

}  // namespace

Regions::Regions() {
  for (std::string_view name : AllRegions()) {
    Services& services = by_name[std::string(name)];
    services.cloud.region = name;
    if (name != kRegion) services.cloud.seed = Fnv1a(name);  // no two regions give the same id
  }
}

Services& Regions::home() { return by_name.find(kRegion)->second; }

Services& Regions::Of(const std::string& instance) {
  for (auto& [name, services] : by_name) {
    if (services.cloud.instances.contains(instance)) return services;
  }
  return home();
}

HttpReply Handle(Regions& regions, const HttpRequest& request) {
  AdvanceAll(regions, request.wall);
  if (request.target.starts_with(kControlPath)) return Control(regions, request);
  if (request.target.starts_with(kMetadataPath)) {
    const std::string rest = request.target.substr(kMetadataPath.size());
    return Handle(regions.Of(rest.substr(0, rest.find('/'))), request);
  }
  const Answer<Signer> signer = ReadSignature(request);
  if (!signer.ok()) return Handle(regions.home(), request);
  const auto found = regions.by_name.find(signer->region);
  if (found == regions.by_name.end()) return NoRegion(signer->region);
  if (signer->service == "s3") {
    std::optional<HttpReply> elsewhere = BucketElsewhere(regions, request, found->second);
    if (elsewhere) return *elsewhere;
  }
  return Handle(found->second, request);
}

Status AddScript(Regions& regions, const Json& steps) {
  std::map<std::string, Json> by_region;
  for (Json step : steps.is_array() ? steps : Json::array({steps})) {
    const bool is_named = step.is_object() && step.contains("region");
    if (is_named && !step["region"].is_string())
      return Invalid(step.dump() + ": \"region\" is no text");
    const std::string name = is_named ? step["region"].get<std::string>() : std::string(kRegion);
    if (!regions.by_name.contains(name)) {
      return Invalid(fmt::format("{}: there is no region {}", step.dump(), name));
    }
    if (is_named) step.erase("region");
    by_region[name].push_back(std::move(step));
  }
  for (const auto& [name, list] : by_region) {  // tried first: a mistake anywhere changes nothing
    Services trial = regions.by_name.at(name);
    TRY(AddScript(trial, list));
  }
  for (const auto& [name, list] : by_region) TRY(AddScript(regions.by_name.at(name), list));
  return {};
}

void AdvanceAll(Regions& regions, Instant wall) {
  for (auto& [name, services] : regions.by_name) AdvanceTo(services, services.time.At(wall));
}

std::optional<Instant> NextChange(const Regions& regions) {
  std::optional<Instant> next;
  for (const auto& [name, services] : regions.by_name) {
    const std::optional<Instant> one = NextChange(services);
    if (one && (!next || *one < *next)) next = one;
  }
  return next;
}

}  // namespace mayfly::ec2
