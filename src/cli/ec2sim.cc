// ec2sim: the cloud simulator as a server on loopback, its instances running for real.

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/render.h"
#include "cli/work_folder.h"
#include "sim/ec2/host/server.h"

namespace mayfly::cli {
namespace {

namespace fs = std::filesystem;

// The keys of AWS's own documentation: any will do, for signatures are looked at by shape only.
constexpr const char* kAccessKey = "AKIAIOSFODNN7EXAMPLE";
constexpr const char* kSecretKey = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
constexpr const char* kRegion = "us-east-1";
// This cloud shows things at once; a script that makes it lag has to be waited out longer.
constexpr const char* kShownWithin = "2s";

constexpr const char* kFooter =
    "Paste the export lines that it prints into another shell, and try there:\n"
    "  aws ec2 run-instances --image-id ami-0deb1200000000086 --instance-type c7i.large \\\n"
    "    --user-data $'#!/bin/sh\\necho hello; sleep 60; shutdown -h now'\n"
    "  aws ec2 describe-instances --query 'Reservations[].Instances[].[InstanceId,State.Name]'\n"
    "A script is a list of steps, such as one in which c7i is not to be had for ten minutes:\n"
    "  [{\"do\": \"capacity\", \"type\": \"c7i.*\", \"left\": 0, \"for\": \"10m\"}]\n"
    "Ctrl-C ends this cloud and everything that runs in it.";

struct Flags {
  int port = 0;
  std::string state_dir;
  std::string script;
  std::vector<std::string> shared;
  bool json = false;
};

Result<nlohmann::json> ReadScript(const std::string& path) {
  if (path.empty()) return nlohmann::json::array();
  std::ifstream file(path);
  if (!file) return NotFound(fmt::format("--script {}: cannot be read", path));
  nlohmann::json script = nlohmann::json::parse(file, nullptr, /*allow_exceptions=*/false);
  if (script.is_discarded()) {
    return Invalid(
        fmt::format("--script {}: is no JSON; write a list of steps such as "
                    "[{{\"do\": \"capacity\", \"type\": \"c7i.*\", \"left\": 0}}]",
                    path));
  }
  return script;
}

Result<std::vector<std::string>> ReadShared(const std::vector<std::string>& named) {
  std::vector<std::string> shared;
  for (const std::string& folder : named) {
    if (!fs::is_directory(folder)) return NotFound(fmt::format("--share {}: no folder", folder));
    shared.push_back(fs::canonical(folder));
  }
  return shared;
}

void Announce(const ec2::Server& server, const Flags& flags) {
  const nlohmann::ordered_json environment{{"AWS_ENDPOINT_URL", server.endpoint()},
                                           {"AWS_ACCESS_KEY_ID", kAccessKey},
                                           {"AWS_SECRET_ACCESS_KEY", kSecretKey},
                                           {"AWS_DEFAULT_REGION", kRegion},
                                           {"MAYFLY_SHOWN_WITHIN", kShownWithin}};
  if (flags.json) {
    Print(DumpJsonLine({{"endpoint", server.endpoint()},
                        {"pid", getpid()},
                        {"isolation", server.isolation()},
                        {"environment", environment}}));
    return;
  }
  std::string text = server.endpoint() + "\n";
  for (const auto& [name, value] : environment.items()) {
    text += fmt::format("export {}={}\n", name, value.get<std::string>());
  }
  Print(text);
  Say(fmt::format("instances run as {}; Ctrl-C ends this cloud and all that runs in it",
                  server.isolation()));
}

Result<int> RunEc2sim(const Flags& flags) {
  TRY_ASSIGN(const nlohmann::json script, ReadScript(flags.script));
  TRY_ASSIGN(const std::vector<std::string> shared, ReadShared(flags.shared));
  TRY_ASSIGN(const WorkFolder folder, WorkFolder::Open(flags.state_dir, "ec2sim"));
  TRY_ASSIGN(
      const std::unique_ptr<ec2::Server> server,
      ec2::Server::Open(
          {.port = flags.port, .folder = folder.path(), .shared = shared, .script = script}));
  Announce(*server, flags);
  TRY(server->Run());
  return 0;
}

}  // namespace

void AddEc2sim(CLI::App& app, Session& session) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("ec2sim",
                                         "A simulated EC2 on this computer, its instances running "
                                         "for real and touching nothing of it");
  command->footer(kFooter);
  command->add_option("--port", flags->port, "on 127.0.0.1; 0: any that is free")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str();
  command->add_option(
      "--state", flags->state_dir,
      "where disks and consoles of instances are kept (default: a temporary folder, "
      "gone at the end)");
  command->add_option("--script", flags->script,
                      "what shall go wrong, and when: a JSON file of steps");
  command->add_option("--share", flags->shared,
                      "a folder that instances see and write, such as that of a database's socket");
  command->add_flag("--json", flags->json, "the address as an object on one line");
  command->callback([flags, &session] { session.chosen = [flags] { return RunEc2sim(*flags); }; });
}

}  // namespace mayfly::cli
