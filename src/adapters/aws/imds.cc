#include "adapters/aws/imds.h"

#include <fmt/format.h>

#include <ctime>

#include "adapters/aws/json.h"
#include "base/text.h"

namespace mayfly::aws {
namespace {

constexpr std::string_view kLinkLocal = "http://169.254.169.254";
constexpr Duration kPatience = seconds(2);
constexpr Duration kTokenLife = hours(1);
constexpr Duration kTokenSpare = minutes(5);  // renewed so long before its end
constexpr std::string_view kTokenHeader = "X-aws-ec2-metadata-token";

HttpRequest Request(std::string method, std::string url) {
  HttpRequest request;
  request.method = std::move(method);
  request.url = std::move(url);
  request.connect_timeout = kPatience;
  request.timeout = kPatience;
  request.max_response_bytes = 1 << 20;
  return request;
}

// Nothing here has an effect, so an answer that was lost is just not there.
Error Away(const Error& error) { return Unavailable(error.message()).Within("instance metadata"); }

// "21 Jan 2025 09:00:43 GMT", or as everywhere else; absent where it is neither.
std::optional<Instant> MaintenanceTime(const std::string& text) {
  if (Result<Instant> at = ParseAwsInstant(text); at.ok()) return *at;
  std::tm parts{};
  const char* rest = strptime(text.c_str(), "%d %b %Y %H:%M:%S GMT", &parts);
  if (rest == nullptr || *rest != '\0') return std::nullopt;
  return std::chrono::time_point_cast<Duration>(
      std::chrono::system_clock::from_time_t(timegm(&parts)));
}

Error UnexpectedStatus(std::string_view path, int status) {
  return Unavailable(fmt::format("instance metadata: {} answers {}", path, status));
}

}  // namespace

Imds::Imds(const Environment& environment, HttpClient& http, Clock& clock)
    : http_(http), clock_(clock), base_(Value(environment, "AWS_EC2_METADATA_SERVICE_ENDPOINT")) {
  if (base_.empty()) base_ = kLinkLocal;
  while (base_.ends_with('/')) base_.pop_back();
  is_disabled_ = Lower(Value(environment, "AWS_EC2_METADATA_DISABLED")) == "true";
}

Status Imds::RenewToken() {
  HttpRequest request = Request("PUT", base_ + "/latest/api/token");
  request.headers = {{"X-aws-ec2-metadata-token-ttl-seconds",
                      std::to_string(std::chrono::duration_cast<seconds>(kTokenLife).count())}};
  Result<HttpResponse> response = http_.Send(request);
  if (!response.ok()) return Away(response.error());
  if (response->status != 200 || response->body.empty()) {
    return UnexpectedStatus("api/token", response->status);
  }
  token_ = Trim(response->body);
  token_until_ = clock_.Mono() + kTokenLife - kTokenSpare;
  return {};
}

Result<HttpResponse> Imds::Ask(std::string_view path) {
  HttpRequest request = Request("GET", fmt::format("{}/latest/{}", base_, path));
  request.headers = {{std::string(kTokenHeader), token_}};
  Result<HttpResponse> response = http_.Send(request);
  if (!response.ok()) return Away(response.error());
  return response;
}

Result<std::optional<std::string>> Imds::Get(std::string_view path) {
  if (is_disabled_) return Denied("instance metadata is off: AWS_EC2_METADATA_DISABLED is set");
  if (token_.empty() || clock_.Mono() >= token_until_) TRY(RenewToken());
  TRY_ASSIGN(HttpResponse response, Ask(path));
  if (response.status == 401) {
    TRY(RenewToken());
    TRY_ASSIGN(response, Ask(path));
  }
  if (response.status == 404) return std::optional<std::string>();
  if (response.status != 200) return UnexpectedStatus(path, response.status);
  return std::optional<std::string>(std::move(response.body));
}

Result<std::string> Imds::InstanceId() {
  TRY_ASSIGN(const std::optional<std::string> id, Get("meta-data/instance-id"));
  const std::string_view text = id ? Trim(*id) : "";
  if (!text.starts_with("i-")) return Corrupt("instance metadata: no instance id");
  return std::string(text);
}

Result<std::optional<SpotNotice>> Imds::SpotAction() {
  TRY_ASSIGN(const std::optional<std::string> text, Get("meta-data/spot/instance-action"));
  if (!text) return std::optional<SpotNotice>();
  TRY_ASSIGN(const nlohmann::json json, ParseJsonObject(*text, "spot/instance-action"));
  SpotNotice notice;
  TRY_ASSIGN(notice.action, NeedTextField(json, "action"));
  TRY_ASSIGN(notice.at, NeedInstantField(json, "time"));
  return std::optional<SpotNotice>(notice);
}

Result<std::optional<Instant>> Imds::Rebalance() {
  TRY_ASSIGN(const std::optional<std::string> text,
             Get("meta-data/events/recommendations/rebalance"));
  if (!text) return std::optional<Instant>();
  TRY_ASSIGN(const nlohmann::json json, ParseJsonObject(*text, "events/…/rebalance"));
  TRY_ASSIGN(const Instant at, NeedInstantField(json, "noticeTime"));
  return std::optional<Instant>(at);
}

Result<std::vector<MaintenanceEvent>> Imds::Maintenance() {
  TRY_ASSIGN(const std::optional<std::string> text, Get("meta-data/events/maintenance/scheduled"));
  std::vector<MaintenanceEvent> events;
  if (!text) return events;
  TRY_ASSIGN(const nlohmann::json json, ParseJsonArray(*text, "events/maintenance/scheduled"));
  for (const nlohmann::json& item : json) {
    MaintenanceEvent event;
    TRY_ASSIGN(event.code, NeedTextField(item, "Code"));
    event.state = TextField(item, "State");
    event.description = TextField(item, "Description");
    event.not_before = MaintenanceTime(TextField(item, "NotBefore"));
    events.push_back(std::move(event));
  }
  return events;
}

Result<RoleCredentials> Imds::Role() {
  const std::string path = "meta-data/iam/security-credentials/";
  TRY_ASSIGN(const std::optional<std::string> name, Get(path));
  const std::string_view role =
      name ? Trim(std::string_view(*name).substr(0, name->find('\n'))) : "";
  if (role.empty()) return NotFound("this instance has no role");
  TRY_ASSIGN(const std::optional<std::string> text, Get(path + std::string(role)));
  TRY_ASSIGN(const nlohmann::json json,
             ParseJsonObject(text.value_or(""), "the role's credentials"));
  RoleCredentials credentials;
  TRY_ASSIGN(credentials.access_key_id, NeedTextField(json, "AccessKeyId"));
  TRY_ASSIGN(credentials.secret_access_key, NeedTextField(json, "SecretAccessKey"));
  TRY_ASSIGN(credentials.session_token, NeedTextField(json, "Token"));
  TRY_ASSIGN(credentials.expires, NeedInstantField(json, "Expiration"));
  return credentials;
}

}  // namespace mayfly::aws
