#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

#include "adapters/aws/credentials.h"
#include "adapters/http/curl_client.h"
#include "adapters/posix/disk.h"
#include "adapters/posix/process_runner.h"
#include "adapters/posix/signal_waiter.h"
#include "adapters/posix/system_clock.h"
#include "base/text.h"
#include "tests/aws/probe.h"

namespace mayfly::probe {
namespace {

std::optional<std::string> FromProcess(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

Result<nlohmann::json> RunCommand(const Arguments& arguments) {
  posix::SystemClock clock;
  posix::SignalWaiter waiter(clock);
  posix::Disk files;
  posix::PosixProcessRunner processes;
  http::CurlClient http;
  TRY_ASSIGN(aws::Profiles profiles, aws::Profiles::Load(FromProcess, files));
  TRY_ASSIGN(const aws::Endpoints endpoints, aws::Endpoints::Load(FromProcess, profiles));
  aws::CredentialChain credentials({FromProcess, files, processes, http, clock},
                                   std::move(profiles), endpoints);
  aws::CallPolicy policy;
  policy.patience = seconds(std::stoi(FromProcess("PROBE_PATIENCE_S").value_or("40")));
  aws::Caller caller({http, credentials, clock, waiter}, endpoints, Rng(std::random_device()()),
                     policy);
  aws::Imds imds(FromProcess, http, clock);
  Commands commands;
  AddEc2Commands(commands);
  AddThingCommands(commands);
  AddProviderCommands(commands);
  AddServiceCommands(commands);
  const auto found = commands.find(arguments.at(0));
  if (found == commands.end()) return Invalid("no such command: " + arguments[0]);
  Probe probe{caller, imds, waiter};
  return found->second(probe, {arguments.begin() + 1, arguments.end()});
}

}  // namespace

aws::Tags TagsFrom(const std::string& text) {
  aws::Tags tags;
  for (const std::string& part : Split(text, ',')) {
    const std::size_t equals = part.find('=');
    if (equals != std::string::npos) {
      tags.emplace_back(part.substr(0, equals), part.substr(equals + 1));
    }
  }
  return tags;
}

SelectionText SelectionFrom(const Arguments& arguments) {
  SelectionText selection;
  for (const std::string& argument : arguments) {
    const std::size_t equals = argument.find('=');
    if (equals == std::string::npos) {
      selection.ids.push_back(argument);
    } else {
      selection.filters.push_back({argument.substr(0, equals), {argument.substr(equals + 1)}});
    }
  }
  return selection;
}

}  // namespace mayfly::probe

int main(int argc, char** argv) {
  const mayfly::probe::Arguments arguments(argv + 1, argv + argc);
  if (arguments.empty()) return 2;
  const mayfly::Result<nlohmann::json> answer = mayfly::probe::RunCommand(arguments);
  nlohmann::json shown;
  if (answer.ok()) {
    shown = *answer;
  } else {
    shown["error"] = mayfly::KindName(answer.error().kind());
    shown["message"] = answer.error().message();
  }
  std::puts(shown.dump(1).c_str());
  return answer.ok() ? 0 : mayfly::ExitCode(answer.error().kind());
}
