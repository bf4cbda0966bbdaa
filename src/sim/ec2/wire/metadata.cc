#include "sim/ec2/wire/metadata.h"

#include <fmt/format.h>

#include <charconv>
#include <functional>

#include "base/rng.h"
#include "base/text.h"

namespace mayfly::ec2 {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kTokenPath = "latest/api/token";
constexpr std::int64_t kLongestToken = 21'600;  // seconds
constexpr Duration kCredentialsLast = hours(6);

HttpReply Plain(int status, std::string body) {
  return {.status = status, .content_type = "text/plain", .body = std::move(body)};
}

HttpReply NotThere() { return Plain(404, "404 - Not Found\n"); }

std::string Header(const HttpRequest& request, const std::string& name) {
  const auto found = request.headers.find(name);
  return found == request.headers.end() ? std::string() : found->second;
}

HttpReply MakeToken(Services& services, const HttpRequest& request, const Instance& instance) {
  const std::string text = Header(request, "x-aws-ec2-metadata-token-ttl-seconds");
  std::int64_t ttl = 0;
  (void)std::from_chars(text.data(), text.data() + text.size(), ttl);  // 0 is refused below
  if (ttl < 1 || ttl > kLongestToken) return Plain(400, "400 - Bad Request\n");
  const auto number = static_cast<std::uint64_t>(services.requests);
  const std::string token =
      fmt::format("AQAEA{:016x}{:016x}==", Fnv1a(instance.id, number), Rng(number).Next());
  services.metadata_tokens[token] = {instance.id, services.cloud.now + seconds(ttl)};
  HttpReply reply = Plain(200, token);
  reply.headers = {{"X-Aws-Ec2-Metadata-Token-Ttl-Seconds", std::to_string(ttl)}};
  return reply;
}

bool IsAllowed(const Services& services, const HttpRequest& request, const Instance& instance) {
  const std::string token = Header(request, "x-aws-ec2-metadata-token");
  if (token.empty()) return !instance.asked.metadata.tokens_required;
  const auto found = services.metadata_tokens.find(token);
  return found != services.metadata_tokens.end() && found->second.instance == instance.id &&
         services.cloud.now < found->second.ends;
}

bool HasCome(const Cloud& cloud, const std::optional<Instant>& at) {
  return at && *at <= cloud.now;
}

// The notice, or nothing yet. Its time is when the instance is taken, in whole seconds.
std::optional<std::string> ShowNotice(const Cloud& cloud, const Instance& instance) {
  if (!instance.taking || !HasCome(cloud, instance.taking->tells_at)) return std::nullopt;
  const Instant takes = instance.taking->takes_at.value_or(*instance.taking->tells_at + minutes(2));
  return Json{{"action", instance.taking->action},
              {"time", FormatInstant(std::chrono::floor<seconds>(takes))}}
      .dump();
}

std::optional<std::string> ShowTerminationTime(const Cloud& cloud, const Instance& instance) {
  if (!ShowNotice(cloud, instance) || !instance.taking->takes_at) return std::nullopt;
  return FormatInstant(std::chrono::floor<seconds>(*instance.taking->takes_at));
}

std::optional<std::string> ShowRecommendation(const Cloud& cloud, const Instance& instance) {
  if (!instance.taking || !HasCome(cloud, instance.taking->recommends_at)) return std::nullopt;
  return Json{
      {"noticeTime", FormatInstant(std::chrono::floor<seconds>(*instance.taking->recommends_at))}}
      .dump();
}

std::optional<std::string> ShowMaintenance(const Cloud&, const Instance& instance) {
  Json list = Json::array();
  for (const MaintenanceEvent& event : instance.events) {
    list.push_back({{"NotBefore", FormatInstant(std::chrono::floor<seconds>(event.not_before))},
                    {"Code", event.code},
                    {"Description", event.description},
                    {"EventId", event.id},
                    {"State", "active"}});
  }
  return list.dump();
}

std::optional<std::string> ShowDocument(const Cloud& cloud, const Instance& instance) {
  return Json{{"accountId", kAccount},
              {"architecture", FindType(instance.asked.type)->architecture},
              {"availabilityZone", instance.asked.zone},
              {"imageId", instance.asked.image},
              {"instanceId", instance.id},
              {"instanceType", instance.asked.type},
              {"pendingTime", FormatInstant(std::chrono::floor<seconds>(instance.launched))},
              {"privateIp", instance.private_ip},
              {"region", cloud.region},
              {"version", "2017-09-30"}}
      .dump(2);
}

std::optional<std::string> ShowRole(const Cloud&, const Instance& instance) {
  if (instance.asked.profile.empty()) return std::nullopt;
  return RoleName(instance.asked.profile);
}

std::optional<std::string> ShowLifeCycle(const Cloud&, const Instance& instance) {
  return std::string(MarketName(instance.asked.market));
}

std::optional<std::string> ShowUserData(const Cloud&, const Instance& instance) {
  if (instance.asked.user_data.empty()) return std::nullopt;
  return instance.asked.user_data;
}

std::optional<std::string> ShowTagKeys(const Cloud&, const Instance& instance) {
  if (!instance.asked.metadata.instance_tags) return std::nullopt;
  std::vector<std::string> keys;
  for (const auto& [key, value] : instance.tags) keys.push_back(key);
  return Join(keys, "\n");
}

std::optional<std::string> ShowPublicIp(const Cloud&, const Instance& instance) {
  if (instance.public_ip.empty()) return std::nullopt;
  return instance.public_ip;
}

using Show = std::function<std::optional<std::string>(const Cloud&, const Instance&)>;

const std::map<std::string, Show>& Pages() {
  static const std::map<std::string, Show> kPages{
      {"meta-data/instance-id", [](const Cloud&, const Instance& i) { return i.id; }},
      {"meta-data/instance-type", [](const Cloud&, const Instance& i) { return i.asked.type; }},
      {"meta-data/instance-life-cycle", ShowLifeCycle},
      {"meta-data/ami-id", [](const Cloud&, const Instance& i) { return i.asked.image; }},
      {"meta-data/reservation-id", [](const Cloud&, const Instance& i) { return i.reservation; }},
      {"meta-data/placement/availability-zone",
       [](const Cloud&, const Instance& i) { return i.asked.zone; }},
      {"meta-data/placement/availability-zone-id",
       [](const Cloud&, const Instance& i) { return std::string(FindZone(i.asked.zone)->id); }},
      {"meta-data/placement/region", [](const Cloud& c, const Instance&) { return c.region; }},
      {"meta-data/local-ipv4", [](const Cloud&, const Instance& i) { return i.private_ip; }},
      {"meta-data/public-ipv4", ShowPublicIp},
      {"meta-data/iam/security-credentials/", ShowRole},
      {"meta-data/iam/security-credentials", ShowRole},
      {"meta-data/spot/instance-action", ShowNotice},
      {"meta-data/spot/termination-time", ShowTerminationTime},
      {"meta-data/events/recommendations/rebalance", ShowRecommendation},
      {"meta-data/events/maintenance/scheduled", ShowMaintenance},
      {"meta-data/tags/instance", ShowTagKeys},
      {"meta-data/tags/instance/", ShowTagKeys},
      {"dynamic/instance-identity/document", ShowDocument},
      {"user-data", ShowUserData},
  };
  return kPages;
}

// The keys of the role: they look like keys, open nothing, and are new every few hours.
std::string Credentials(const Cloud& cloud, const Instance& instance) {
  const auto period = static_cast<std::uint64_t>(cloud.now.time_since_epoch() / kCredentialsLast);
  Rng rng(Fnv1a(instance.id, period));
  const Instant ends{kCredentialsLast * static_cast<std::int64_t>(period + 2)};
  return Json{{"Code", "Success"},
              {"Type", "AWS-HMAC"},
              {"LastUpdated", FormatInstant(std::chrono::floor<seconds>(cloud.now))},
              {"Expiration", FormatInstant(std::chrono::floor<seconds>(ends))},
              {"AccessKeyId", fmt::format("ASIA{:016X}", rng.Next())},
              {"SecretAccessKey", fmt::format("{:016x}{:016x}{:08x}", rng.Next(), rng.Next(), 7)},
              {"Token", fmt::format("simulated-{:016x}", rng.Next())}}
      .dump(2);
}

HttpReply ShowPage(const Cloud& cloud, const Instance& instance, const std::string& page) {
  const auto known = Pages().find(page);
  if (known != Pages().end()) {
    const std::optional<std::string> text = known->second(cloud, instance);
    return text ? Plain(200, *text) : NotThere();
  }
  const std::string role = "meta-data/iam/security-credentials/" + RoleName(instance.asked.profile);
  if (!instance.asked.profile.empty() && page == role) {
    return Plain(200, Credentials(cloud, instance));
  }
  constexpr std::string_view kTags = "meta-data/tags/instance/";
  if (page.starts_with(kTags) && instance.asked.metadata.instance_tags) {
    const auto tag = instance.tags.find(page.substr(kTags.size()));
    if (tag != instance.tags.end()) return Plain(200, tag->second);
  }
  return NotThere();
}

}  // namespace

std::string RoleName(const std::string& profile) { return profile.substr(profile.rfind('/') + 1); }

HttpReply AnswerMetadata(Services& services, const HttpRequest& request) {
  const std::string path = request.target.substr(0, request.target.find('?'));
  const std::string rest = path.substr(kMetadataPath.size());
  const auto slash = std::min(rest.find('/'), rest.size());
  const auto found = services.cloud.instances.find(rest.substr(0, slash));
  const bool answers = found != services.cloud.instances.end() &&
                       found->second.state == InstanceState::kRunning &&
                       found->second.asked.metadata.endpoint_enabled;
  if (!answers) return NotThere();
  const Instance& instance = found->second;
  std::string page = rest.substr(std::min(slash + 1, rest.size()));
  if (request.method == "PUT" && page == kTokenPath) return MakeToken(services, request, instance);
  if (!IsAllowed(services, request, instance)) return Plain(401, "401 - Unauthorized\n");
  constexpr std::string_view kLatest = "latest/";
  if (request.method != "GET" || !page.starts_with(kLatest)) return NotThere();
  return ShowPage(services.cloud, instance, page.substr(kLatest.size()));
}

}  // namespace mayfly::ec2
