#include "cli/simulated_cloud.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/text.h"

namespace mayfly::cli {
namespace {

constexpr Duration kStartLimit = seconds(20);
constexpr Duration kLook = milliseconds(20);

bool IsOfMachines(const std::string& item) {
  return item == "compute" || item == "disk" || item == "address";
}

// What may be there: a snapshot until it expires, a cluster that nobody of ours holds up.
bool IsKept(const std::string& kind, const nlohmann::json& thing, Instant now) {
  const auto tags = thing.value("tags", nlohmann::json::object());
  if (kind == "clusters") return !tags.contains("mayfly:ledger");
  const Result<Instant> expires = ParseInstant(tags.value("mayfly:expires", ""));
  return kind == "snapshots" && expires.ok() && *expires > now;
}

}  // namespace

Result<std::unique_ptr<SimulatedCloud>> SimulatedCloud::Start(Host& host, HttpClient& http,
                                                              const CloudSettings& settings) {
  std::unique_ptr<SimulatedCloud> cloud(new SimulatedCloud(host, http));
  TRY(cloud->Spawn(settings));
  TRY(cloud->AwaitAddress());
  return cloud;
}

SimulatedCloud::~SimulatedCloud() {
  if (!runs_) return;
  Status ended = host_.processes().Terminate(process_);
  const Duration limit = host_.clock().Mono() + kStartLimit;
  while (ended.ok() && runs_ && host_.clock().Mono() < limit) {
    host_.waiter().WaitUntil(host_.clock().Mono() + kLook);
    Result<std::vector<ProcessChange>> changes = host_.processes().Poll();
    if (!changes.ok()) break;
    for (const ProcessChange& change : *changes) {
      if (change.process == process_) runs_ = false;
    }
  }
  if (runs_) ended = host_.processes().Kill(process_);
  if (!ended.ok()) fmt::print(stderr, "mayfly: the simulated cloud: {}\n", ended.error().message());
}

Status SimulatedCloud::Spawn(const CloudSettings& settings) {
  const std::string script = settings.folder + "/script.json";
  TRY(host_.files().Write(script, settings.script));
  ProcessSpec spec;
  spec.argv = {settings.program, "ec2sim",   "--json", "--state",
               settings.folder,  "--script", script};
  for (const std::string& folder : settings.shared) {
    spec.argv.emplace_back("--share");
    spec.argv.push_back(folder);
  }
  auto keep = [this](ProcessHandle, std::string_view line) { lines_.emplace_back(line); };
  TRY_ASSIGN(process_, host_.processes().Start(spec, keep));
  runs_ = true;
  return {};
}

// The first line that is an object says where it is.
Status SimulatedCloud::AwaitAddress() {
  const Duration limit = host_.clock().Mono() + kStartLimit;
  while (host_.clock().Mono() < limit) {
    TRY_ASSIGN(std::vector<ProcessChange> changes, host_.processes().Poll());
    for (const std::string& line : lines_) {
      if (line.starts_with('{')) return ReadAddress(line);
    }
    for (const ProcessChange& change : changes) {
      if (change.process == process_) runs_ = false;
    }
    if (!runs_) break;
    host_.waiter().WaitUntil(host_.clock().Mono() + kLook);
  }
  return Unavailable(fmt::format("the simulated cloud did not come up: {}", Join(lines_, "; ")));
}

Status SimulatedCloud::ReadAddress(const std::string& line) {
  const auto json = nlohmann::ordered_json::parse(line, nullptr, /*allow_exceptions=*/false);
  const bool is_whole = json.is_object() && json.contains("endpoint") &&
                        json["endpoint"].is_string() && json.contains("environment") &&
                        json["environment"].is_object();
  if (!is_whole) return Corrupt("the simulated cloud says where it is in no known way: " + line);
  endpoint_ = json["endpoint"].get<std::string>();
  for (const auto& [name, value] : json["environment"].items()) {
    environment_.emplace_back(name, value.get<std::string>());
  }
  return {};
}

Result<std::string> SimulatedCloud::Exchange(const std::string& method, const std::string& path,
                                             const std::string& body) {
  HttpRequest request{.method = method, .url = endpoint_ + path, .body = body};
  if (!body.empty()) request.headers.push_back({"Content-Type", "application/json"});
  TRY_ASSIGN(HttpResponse response, http_.Send(request));
  if (response.status < 300) return std::move(response.body);
  return Invalid(fmt::format("the simulated cloud refuses {}: {}", path, response.body));
}

Status SimulatedCloud::Do(const nlohmann::json& steps) {
  TRY(Exchange("POST", "/_sim/script", steps.dump()));
  return {};
}

Result<Money> SimulatedCloud::ReadBill() {
  TRY_ASSIGN(std::string body, Exchange("GET", "/_sim/bill", ""));
  const auto json = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
  const auto lines = json.is_object() ? json.find("lines") : json.end();
  if (lines == json.end()) return Corrupt("the simulated cloud's bill has no lines");
  Money sum;
  for (const auto& line : *lines) {
    if (IsOfMachines(line.value("item", ""))) sum += Money{line.value("micro_usd", 0LL)};
  }
  return sum;
}

Result<std::vector<std::string>> SimulatedCloud::ListStanding() {
  TRY_ASSIGN(std::string body, Exchange("GET", "/_sim/resources", ""));
  const auto json = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return Corrupt("the simulated cloud's resources cannot be read");
  std::vector<std::string> standing;
  for (const auto& [kind, things] : json.items()) {
    for (const auto& thing : things) {
      const std::string state = thing.value("state", "");
      if (IsKept(kind, thing, host_.clock().Wall())) continue;
      const bool is_over = state == "terminated" || state == "closed" || state == "cancelled" ||
                           (thing.contains("deleted") && !thing["deleted"].is_null());
      if (!is_over)
        standing.push_back(fmt::format("{}: {} {}", kind, thing.value("id", "?"), state));
    }
  }
  return standing;
}

}  // namespace mayfly::cli
