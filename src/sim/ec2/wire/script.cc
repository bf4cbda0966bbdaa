#include "sim/ec2/wire/script.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/text.h"
#include "sim/ec2/databases.h"
#include "sim/ec2/life.h"
#include "sim/ec2/prices.h"

namespace mayfly::ec2 {
namespace {

using Json = nlohmann::json;

// One step being read: every key that is asked for is known, the others are mistakes.
class Step {
 public:
  explicit Step(const Json& json) : json_(json) {}

  std::string Text(const std::string& key, std::string otherwise = {}) {
    const Json* value = Find(key);
    if (value == nullptr) return otherwise;
    if (value->is_string()) return value->get<std::string>();
    Complain(key, "a text");
    return otherwise;
  }

  std::optional<double> Number(const std::string& key) {
    const Json* value = Find(key);
    if (value == nullptr) return std::nullopt;
    if (value->is_number()) return value->get<double>();
    Complain(key, "a number");
    return std::nullopt;
  }

  std::optional<int> Count(const std::string& key) {
    const std::optional<double> number = Number(key);
    if (!number) return std::nullopt;
    if (*number >= 0 && *number == static_cast<int>(*number)) return static_cast<int>(*number);
    Complain(key, "a count");
    return std::nullopt;
  }

  bool Flag(const std::string& key, bool otherwise) {
    const Json* value = Find(key);
    if (value == nullptr) return otherwise;
    if (value->is_boolean()) return value->get<bool>();
    Complain(key, "true or false");
    return otherwise;
  }

  std::optional<Duration> Span(const std::string& key) {
    const std::string text = Text(key);
    if (text.empty()) return std::nullopt;
    const Result<Duration> span = ParseDuration(text);
    if (span.ok()) return *span;
    Complain(key, "a duration such as \"30s\"");
    return std::nullopt;
  }

  std::vector<std::string> Texts(const std::string& key) {
    std::vector<std::string> texts;
    const Json* value = Find(key);
    if (value == nullptr) return texts;
    for (const Json& one : *value) {
      if (one.is_string()) texts.push_back(one.get<std::string>());
    }
    if (!value->is_array() || texts.size() != value->size()) Complain(key, "a list of texts");
    return texts;
  }

  std::vector<double> Numbers(const std::string& key) {
    std::vector<double> numbers;
    const Json* value = Find(key);
    if (value == nullptr) return numbers;
    for (const Json& one : *value) {
      if (one.is_number()) numbers.push_back(one.get<double>());
    }
    if (!value->is_array() || numbers.size() != value->size()) Complain(key, "a list of numbers");
    return numbers;
  }

  PoolPattern Pool() { return {Text("type", "*"), Text("zone", "*"), Text("market", "*")}; }

  void Complain(const std::string& key, std::string_view wanted) {
    if (!error_) error_ = Invalid(fmt::format("\"{}\" of {} is not {}", key, json_.dump(), wanted));
  }

  // What was wrong first, a key that nobody asked for included.
  Status Finish() {
    if (error_) return *error_;
    const std::vector<std::string> known(known_.begin(), known_.end());
    for (const auto& [key, value] : json_.items()) {
      if (known_.contains(key)) continue;
      const std::optional<std::string> nearest = NearestName(key, known);
      const std::string next =
          nearest ? "did you mean \"" + *nearest + "\"?" : "it knows " + Join(known, ", ");
      return Invalid(fmt::format("{} has no key \"{}\"; {}", json_.dump(), key, next));
    }
    return {};
  }

 private:
  const Json* Find(const std::string& key) {
    known_.insert(key);
    const auto found = json_.find(key);
    return found == json_.end() ? nullptr : &*found;
  }

  const Json& json_;
  std::set<std::string> known_{"do", "at"};
  std::optional<Error> error_;
};

std::optional<Instant> Until(Services& services, Step& step) {
  const std::optional<Duration> span = step.Span("for");
  if (!span) return std::nullopt;
  return services.cloud.now + *span;
}

void SetDelay(Step& step, const char* key, Duration& delay) {
  delay = step.Span(key).value_or(delay);
}

Status DoDelays(Services& services, Step& step) {
  Delays delays = services.cloud.weather.delays;
  SetDelay(step, "boot", delays.boot);
  SetDelay(step, "shutdown", delays.shutdown);
  SetDelay(step, "describe-lag", delays.describe_lag);
  SetDelay(step, "tag-lag", delays.tag_lag);
  SetDelay(step, "volume-lingers", delays.volume_lingers);
  SetDelay(step, "interface-lingers", delays.interface_lingers);
  SetDelay(step, "request-lingers", delays.request_lingers);
  SetDelay(step, "snapshot", delays.snapshot);
  SetDelay(step, "cluster-change", delays.cluster_change);
  TRY(step.Finish());
  services.cloud.weather.delays = delays;
  return {};
}

Status DoCapacity(Services& services, Step& step) {
  CapacityRule rule{.pool = step.Pool(),
                    .left = step.Count("left").value_or(0),
                    .until = Until(services, step),
                    .code = step.Text("code", "InsufficientInstanceCapacity")};
  TRY(step.Finish());
  services.cloud.weather.capacity.push_back(std::move(rule));
  return {};
}

// The status that comes with a code where the step does not say.
int UsualStatus(const std::string& code) {
  if (code == "RequestLimitExceeded" || code == "ServiceUnavailable" || code == "Unavailable" ||
      code == "SlowDown") {
    return 503;
  }
  if (code == "InternalError" || code == "InternalFailure" || code.starts_with("Insufficient")) {
    return 500;
  }
  if (code == "UnauthorizedOperation" || code == "AccessDenied") return 403;
  if (code == "AuthFailure") return 401;
  return 400;
}

Status DoCalls(Services& services, Step& step) {
  constexpr std::array<std::pair<std::string_view, CallEffect>, 4> kEffects{
      {{"refuse", CallEffect::kRefuse},
       {"not-sent", CallEffect::kNotSent},
       {"no-reply", CallEffect::kNoReply},
       {"slow", CallEffect::kSlow}}};
  CallRule rule{.action = step.Text("action", "*"),
                .pool = step.Pool(),
                .late = step.Span("late").value_or(seconds(5)),
                .times = step.Count("times"),
                .until = Until(services, step)};
  const std::string effect = step.Text("effect", "refuse");
  const auto known = std::find_if(kEffects.begin(), kEffects.end(),
                                  [&](const auto& one) { return one.first == effect; });
  if (known == kEffects.end()) step.Complain("effect", "refuse, not-sent, no-reply or slow");
  rule.refusal.code = step.Text("code", "RequestLimitExceeded");
  rule.refusal.message = step.Text("message", rule.refusal.code + " (by the script)");
  rule.refusal.status = step.Count("status").value_or(UsualStatus(rule.refusal.code));
  TRY(step.Finish());
  rule.effect = known->second;
  services.cloud.weather.calls.push_back(std::move(rule));
  return {};
}

Status DoDeaths(Services& services, Step& step) {
  DeathRule rule{step.Pool(), step.Text("code", "Server.InternalError"),
                 step.Count("times").value_or(1)};
  TRY(step.Finish());
  services.cloud.weather.deaths.push_back(std::move(rule));
  return {};
}

bool IsAmong(const Services& services, const ReclaimRule& rule, const Instance& instance) {
  if (instance.state != InstanceState::kRunning || instance.taking) return false;
  if (!rule.nth) return rule.pool.Matches(instance.pool());
  const auto place = static_cast<std::size_t>(*rule.nth - 1);
  const auto& order = services.cloud.launch_order;
  return place < order.size() && order[place] == instance.id;
}

// Those that run already are taken now, as far as the rule goes; it goes on for those to come.
void ReclaimRunning(Services& services, ReclaimRule rule) {
  for (const std::string& id : services.cloud.launch_order) {
    if (rule.times && *rule.times <= 0) return;
    Instance& instance = services.cloud.instances.at(id);
    if (!IsAmong(services, rule, instance)) continue;
    Reclaim(services.cloud, instance, rule);
    if (rule.times) --*rule.times;
  }
  services.cloud.weather.reclaims.push_back(std::move(rule));
}

Status DoReclaim(Services& services, Step& step) {
  ReclaimRule rule{.nth = step.Count("nth"),
                   .pool = step.Pool(),
                   .after = step.Span("after").value_or(Duration{}),
                   .recommended = step.Span("recommended"),
                   .is_taken = step.Flag("taken", true),
                   .action = step.Text("action", "terminate"),
                   .times = step.Count("times")};
  if (step.Text("notice") == "none") {
    rule.notice.reset();
  } else {
    rule.notice = step.Span("notice").value_or(seconds(120));
  }
  const std::string id = step.Text("instance");
  TRY(step.Finish());
  if (id.empty()) {
    ReclaimRunning(services, std::move(rule));
    return {};
  }
  const auto found = services.cloud.instances.find(id);
  if (found == services.cloud.instances.end()) return NotFound("there is no instance " + id);
  Reclaim(services.cloud, found->second, rule);
  return {};
}

Status DoMaintenance(Services& services, Step& step) {
  const std::string id = step.Text("instance");
  MaintenanceEvent event;
  event.id = MakeId(services.cloud, "instance-event-");
  event.code = step.Text("code", event.code);
  event.description = step.Text("description", event.description);
  event.not_before = services.cloud.now + step.Span("in").value_or(hours(24));
  TRY(step.Finish());
  const auto found = services.cloud.instances.find(id);
  if (found == services.cloud.instances.end()) return NotFound("there is no instance " + id);
  found->second.events.push_back(std::move(event));
  return {};
}

Status DoQuota(Services& services, Step& step) {
  const std::string code = step.Text("code");
  const std::optional<double> value = step.Number("value");
  if (!value || *value < 0) step.Complain("value", "a number of vCPU");
  TRY(step.Finish());
  for (Quota& quota : services.cloud.quotas) {
    if (quota.code != code) continue;
    quota.value = *value;
    return {};
  }
  return NotFound(fmt::format("there is no quota {}", code));
}

Status DoQuotaRequests(Services& services, Step& step) {
  QuotaPolicy policy;
  policy.code = step.Text("code", "*");
  const std::vector<std::string> states = step.Texts("states");
  if (!states.empty()) policy.states = states;
  policy.step = step.Span("step").value_or(policy.step);
  policy.is_applied = step.Flag("applied", true);
  TRY(step.Finish());
  services.cloud.weather.quota_policies.push_back(std::move(policy));
  return {};
}

Status DoPrice(Services& services, Step& step) {
  PriceMove move{
      .type = step.Text("type", "*"), .zone = step.Text("zone", "*"), .from = services.cloud.now};
  const std::optional<std::int64_t> price = ReadPrice(step.Text("usd"));
  if (!price) step.Complain("usd", "a price such as \"0.45\"");
  TRY(step.Finish());
  move.micro_usd_h = *price;
  services.cloud.weather.prices.push_back(std::move(move));
  return {};
}

// The next so many snapshots end in error.
Status DoSnapshots(Services& services, Step& step) {
  const std::optional<int> fail = step.Count("fail");
  TRY(step.Finish());
  services.cloud.weather.failing_snapshots = fail.value_or(1);
  return {};
}

// "KEY=VALUE" each.
std::map<std::string, std::string> ReadTags(Step& step) {
  std::map<std::string, std::string> tags;
  for (const std::string& pair : step.Texts("tags")) {
    const auto equals = pair.find('=');
    if (equals == std::string::npos) step.Complain("tags", "a list of \"KEY=VALUE\"");
    tags[pair.substr(0, equals)] = pair.substr(std::min(equals, pair.size() - 1) + 1);
  }
  return tags;
}

// A database cluster, as somebody made or set it.
Status DoCluster(Services& services, Step& step) {
  const std::string name = step.Text("name");
  const double least = step.Number("least").value_or(0.5);
  const double most = step.Number("most").value_or(16);
  const std::map<std::string, std::string> tags = ReadTags(step);
  if (name.empty()) step.Complain("name", "the name of a cluster");
  if (least < 0 || least > most) step.Complain("least", "0 to \"most\" capacity units");
  TRY(step.Finish());
  PutCluster(services.cloud, name, least, most);
  if (!tags.empty()) services.cloud.clusters.at(name).tags = tags;
  return {};
}

Status DoParameter(Services& services, Step& step) {
  const std::string name = step.Text("name");
  const std::string value = step.Text("value");
  TRY(step.Finish());
  services.parameters[name] = value;
  return {};
}

Status DoSecret(Services& services, Step& step) {
  const std::string name = step.Text("name");
  const std::string value = step.Text("value");
  TRY(step.Finish());
  services.secrets[name] = value;
  return {};
}

// What SSM says for an instance that runs nothing, or does not reach.
Status DoAgent(Services& services, Step& step) {
  AgentRule rule{.instance = step.Text("instance", "*"),
                 .type = step.Text("type", "*"),
                 .is_reachable = step.Flag("reachable", true),
                 .answer = std::nullopt};
  const std::string out = step.Text("output");
  const int code = step.Count("code").value_or(0);
  if (!out.empty() || code != 0) rule.answer = ShellEnd{code, out, ""};
  TRY(step.Finish());
  services.agents.push_back(std::move(rule));
  return {};
}

// Values of a metric, the last of them now.
Status DoMetric(Services& services, Step& step) {
  Series series{.space = step.Text("space", "AWS/EC2"),
                .name = step.Text("name"),
                .dimension = step.Text("instance"),
                .period = step.Span("period").value_or(minutes(5)),
                .until = services.cloud.now,
                .values = step.Numbers("values")};
  TRY(step.Finish());
  services.series.push_back(std::move(series));
  return {};
}

Status DoBucket(Services& services, Step& step) {
  const std::string name = step.Text("name");
  TRY(step.Finish());
  services.buckets[name];
  return {};
}

// From now on nothing goes wrong any more. Prices stay as they were moved.
Status DoClear(Services& services, Step& step) {
  TRY(step.Finish());
  Weather calm;
  calm.prices = services.cloud.weather.prices;
  services.cloud.weather = std::move(calm);
  services.script.clear();
  return {};
}

struct Verb {
  std::string_view name;
  Status (*run)(Services& services, Step& step);
};
constexpr std::array<Verb, 17> kVerbs{{{"delays", DoDelays},
                                       {"capacity", DoCapacity},
                                       {"calls", DoCalls},
                                       {"deaths", DoDeaths},
                                       {"reclaim", DoReclaim},
                                       {"maintenance", DoMaintenance},
                                       {"quota", DoQuota},
                                       {"quota-requests", DoQuotaRequests},
                                       {"price", DoPrice},
                                       {"snapshots", DoSnapshots},
                                       {"cluster", DoCluster},
                                       {"parameter", DoParameter},
                                       {"secret", DoSecret},
                                       {"agent", DoAgent},
                                       {"metric", DoMetric},
                                       {"bucket", DoBucket},
                                       {"clear", DoClear}}};

Status Do(Services& services, const Json& json) {
  const std::string name = json.is_object() ? json.value("do", std::string()) : std::string();
  for (const Verb& verb : kVerbs) {
    if (verb.name != name) continue;
    Step step(json);
    return verb.run(services, step);
  }
  std::vector<std::string> names;
  for (const Verb& verb : kVerbs) names.emplace_back(verb.name);
  return Invalid(fmt::format("{} is no step; \"do\" is one of {}", json.dump(), Join(names, ", ")));
}

// The delay of a step; kInvalid where it cannot be read.
Result<Duration> DelayOf(const Json& json) {
  if (!json.is_object() || !json.contains("at")) return Duration{};
  if (!json["at"].is_string()) return Invalid(json.dump() + ": \"at\" is not a duration");
  return ParseDuration(json["at"].get<std::string>());
}

}  // namespace

Status AddScript(Services& services, const Json& steps) {
  const Json list = steps.is_array() ? steps : Json::array({steps});
  // Tried on a copy first, so that a script with a mistake in it changes nothing.
  Services trial = services;
  for (const Json& step : list) {
    TRY(DelayOf(step));
    const Status done = Do(trial, step);
    const bool waits = step.is_object() && step.contains("at");
    // What a later step names may not be there yet.
    if (!done.ok() && !(waits && done.error().kind() == ErrorKind::kNotFound)) return done;
  }
  for (const Json& step : list) {
    TRY_ASSIGN(const Duration delay, DelayOf(step));
    if (delay > Duration{}) {
      services.script.emplace_back(services.cloud.now + delay, step);
    } else {
      TRY(Do(services, step));
    }
  }
  return {};
}

std::optional<Instant> NextChange(const Services& services) {
  std::optional<Instant> next = NextChange(services.cloud);
  for (const auto& [at, step] : services.script) {
    if (!next || at < *next) next = at;
  }
  return next;
}

void AdvanceTo(Services& services, Instant now) {
  while (true) {
    const auto first =
        std::min_element(services.script.begin(), services.script.end(),
                         [](const auto& a, const auto& b) { return a.first < b.first; });
    if (first == services.script.end() || first->first > now) break;
    const auto [at, step] = *first;
    services.script.erase(first);
    AdvanceTo(services.cloud, at);
    const Status done = Do(services, step);
    // Its instance may have ended meanwhile; that it was tried is seen among the calls.
    services.calls.push_back({at, "script", step.value("do", ""), done.ok() ? 200 : 404,
                              done.ok() ? "" : done.error().message()});
  }
  AdvanceTo(services.cloud, now);
}

}  // namespace mayfly::ec2
