#pragma once
// Everything that one simulator holds: the cloud, what the smaller services keep, and the script.

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/ec2/cloud.h"
#include "sim/ec2/wire/metrics.h"
#include "sim/ec2/wire/shell.h"
#include "sim/ec2/wire/sim_time.h"

namespace mayfly::ec2 {

struct Object {
  std::string bytes;
  std::string content_type;
  Instant written;
  std::vector<std::pair<std::string, std::string>> metadata;  // headers: "x-amz-meta-…"
};

struct MetadataToken {
  std::string instance;
  Instant ends;
};

// A call that was made, for tests and for whoever wonders.
struct CallRecord {
  Instant at;
  std::string service;
  std::string action;
  int status = 0;
  std::string code;  // of the refusal
};

// A multipart upload that is not finished: its parts bill like objects.
struct Upload {
  std::string bucket;
  std::string key;
  Instant initiated;
  std::map<int, std::string> parts;
};

struct Services {
  Cloud cloud;
  std::map<std::string, std::string> parameters;                 // SSM, beside the public ones
  std::map<std::string, std::string> secrets;                    // Secrets Manager
  std::map<std::string, std::map<std::string, Object>> buckets;  // S3
  std::map<std::string, Upload> uploads;                         // by upload id
  std::map<std::string, MetadataToken> metadata_tokens;
  std::map<std::string, ShellRun> shell_runs;  // SSM's commands, by id
  std::vector<std::string> shell_waiting;      // of them: for the host to begin
  std::vector<AgentRule> agents;
  std::vector<Series> series;                              // CloudWatch
  std::vector<CallRecord> calls;                           // the last kCallsKept
  std::vector<std::pair<Instant, nlohmann::json>> script;  // steps that wait for their time
  std::int64_t requests = 0;
  SimTime time;
  std::string endpoint;  // where the front listens
  // What an instance printed; empty where nothing runs the instances.
  std::function<std::string(const std::string& instance)> read_console;
  // How a command in an instance ended; nullopt while it runs.
  std::function<std::optional<ShellEnd>(const ShellRun&)> read_shell;
};

inline constexpr std::size_t kCallsKept = 10'000;

// Time passes for the cloud, and steps of the script happen at theirs.
void AdvanceTo(Services& services, Instant now);
std::optional<Instant> NextChange(const Services& services);

}  // namespace mayfly::ec2
