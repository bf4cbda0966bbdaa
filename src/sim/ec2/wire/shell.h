#pragma once
// SSM's shell commands: what is sent to an instance's agent, and what came back. The front's host
// runs them in the instance for real; a script may answer in its place, for instances that run
// nothing.

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/time.h"
#include "sim/ec2/answer.h"

namespace mayfly::ec2 {

struct Services;

// How a command ended.
struct ShellEnd {
  int code = 0;
  std::string out;
  std::string err;
};

struct ShellRun {
  std::string id;
  std::string instance;
  std::string script;
  Instant sent;
  std::optional<ShellEnd> scripted;  // absent: it runs in the instance
};

// What the agents of these instances do, by the script; the last one that fits counts.
struct AgentRule {
  std::string instance = "*";  // shell patterns
  std::string type = "*";
  bool is_reachable = true;
  // In the place of running it; by type, a host can look different after it was resized.
  std::optional<ShellEnd> answer;
};

Answer<nlohmann::json> SendCommand(Services& services, const nlohmann::json& body);
Answer<nlohmann::json> GetCommandInvocation(Services& services, const nlohmann::json& body);

}  // namespace mayfly::ec2
