#pragma once
// A simulated EC2 as a child process: `mayfly ec2sim`, started, scripted and looked into.

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <vector>

#include "base/money.h"
#include "cli/world.h"
#include "seams/http_client.h"

namespace mayfly::cli {

struct CloudSettings {
  std::string program;              // the mayfly binary
  std::string folder;               // absolute: its disks, consoles and script
  std::vector<std::string> shared;  // folders that its instances see and write
  std::string script;               // JSON: what shall go wrong from the start
};

class SimulatedCloud {
 public:
  // `host` and `http` outlive it. kUnavailable: it did not come up, with what it said.
  static Result<std::unique_ptr<SimulatedCloud>> Start(Host& host, HttpClient& http,
                                                       const CloudSettings& settings);

  // Ends it and everything that runs in it.
  ~SimulatedCloud();
  SimulatedCloud(const SimulatedCloud&) = delete;
  SimulatedCloud& operator=(const SimulatedCloud&) = delete;

  // What a client has to have in its environment to talk to it.
  const std::vector<std::pair<std::string, std::string>>& environment() const {
    return environment_;
  }

  // Steps that happen now (docs/cli/ec2sim.md).
  Status Do(const nlohmann::json& steps);

  // What it charges for machines until now: what the meter's total is about.
  Result<Money> ReadBill();

  // What is there and bills, or is in somebody's way, by its own account: "instance i-… (running)".
  // A snapshot that says until when it is kept is none of that, until then.
  Result<std::vector<std::string>> ListStanding();

 private:
  SimulatedCloud(Host& host, HttpClient& http) : host_(host), http_(http) {}
  Status Spawn(const CloudSettings& settings);
  Status AwaitAddress();
  Status ReadAddress(const std::string& line);
  Result<std::string> Exchange(const std::string& method, const std::string& path,
                               const std::string& body);

  Host& host_;
  HttpClient& http_;
  ProcessHandle process_;
  bool runs_ = false;
  std::vector<std::string> lines_;  // that it printed
  std::string endpoint_;
  std::vector<std::pair<std::string, std::string>> environment_;
};

}  // namespace mayfly::cli
