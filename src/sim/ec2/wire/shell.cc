#include "sim/ec2/wire/shell.h"

#include <fmt/format.h>

#include "base/text.h"
#include "sim/ec2/wire/services.h"

namespace mayfly::ec2 {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kOutputKept = 24'000;  // characters, as SSM cuts them

std::string Text(const Json& body, const char* key) {
  const auto found = body.find(key);
  return found != body.end() && found->is_string() ? found->get<std::string>() : std::string();
}

const AgentRule* RuleFor(const Services& services, const Instance& instance) {
  for (auto rule = services.agents.rbegin(); rule != services.agents.rend(); ++rule) {
    const bool fits =
        MatchesGlob(rule->instance, instance.id) && MatchesGlob(rule->type, instance.asked.type);
    if (fits) return &*rule;
  }
  return nullptr;
}

// As SSM has it for an instance without an agent, without the right to have one, or not running.
Answer<const Instance*> Reached(const Services& services, const Json& body) {
  const Json ids = body.value("InstanceIds", Json::array());
  const std::string id = ids.size() == 1 && ids[0].is_string() ? ids[0].get<std::string>() : "";
  const auto found = services.cloud.instances.find(id);
  const bool runs =
      found != services.cloud.instances.end() && found->second.state == InstanceState::kRunning;
  const AgentRule* rule = runs ? RuleFor(services, found->second) : nullptr;
  if (runs && (rule == nullptr || rule->is_reachable)) return &found->second;
  return Refusal{"InvalidInstanceId", "Instances [[" + id + "]] not in a valid state for account " +
                                          std::string(kAccount)};
}

std::string ScriptOf(const Json& body) {
  std::vector<std::string> lines;
  const Json parameters = body.value("Parameters", Json::object());
  for (const Json& line : parameters.value("commands", Json::array())) {
    if (line.is_string()) lines.push_back(line.get<std::string>());
  }
  return Join(lines, "\n");
}

std::optional<ShellEnd> EndOf(const Services& services, const ShellRun& run) {
  if (run.scripted) return run.scripted;
  return services.read_shell ? services.read_shell(run) : std::nullopt;
}

}  // namespace

Answer<Json> SendCommand(Services& services, const Json& body) {
  if (Text(body, "DocumentName") != "AWS-RunShellScript") {
    return Refusal{"InvalidDocument", "only AWS-RunShellScript is simulated"};
  }
  TRY_ASSIGN(const Instance* instance, Reached(services, body));
  ShellRun run{.id = fmt::format("00000000-0000-4000-9000-{:012}", services.shell_runs.size() + 1),
               .instance = instance->id,
               .script = ScriptOf(body),
               .sent = services.cloud.now,
               .scripted = std::nullopt};
  const AgentRule* rule = RuleFor(services, *instance);
  if (rule != nullptr && rule->answer) {
    run.scripted = rule->answer;
  } else {
    services.shell_waiting.push_back(run.id);
  }
  services.shell_runs[run.id] = run;
  return Json{{"Command",
               {{"CommandId", run.id},
                {"DocumentName", "AWS-RunShellScript"},
                {"InstanceIds", {run.instance}},
                {"RequestedDateTime", Seconds(run.sent.time_since_epoch())},
                {"Comment", Text(body, "Comment")},
                {"Status", "Pending"},
                {"StatusDetails", "Pending"}}}};
}

Answer<Json> GetCommandInvocation(Services& services, const Json& body) {
  const auto found = services.shell_runs.find(Text(body, "CommandId"));
  const bool is_known =
      found != services.shell_runs.end() && found->second.instance == Text(body, "InstanceId");
  if (!is_known) return Refusal{"InvocationDoesNotExist", ""};
  const std::optional<ShellEnd> end = EndOf(services, found->second);
  std::string status = "InProgress";
  if (end) status = end->code == 0 ? "Success" : "Failed";
  return Json{{"CommandId", found->second.id},
              {"InstanceId", found->second.instance},
              {"DocumentName", "AWS-RunShellScript"},
              {"PluginName", "aws:runShellScript"},
              {"Status", status},
              {"StatusDetails", status},
              {"ResponseCode", end ? end->code : -1},
              {"StandardOutputContent", end ? end->out.substr(0, kOutputKept) : ""},
              {"StandardErrorContent", end ? end->err.substr(0, kOutputKept) : ""}};
}

}  // namespace mayfly::ec2
