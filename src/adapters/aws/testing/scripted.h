#pragma once
// For tests: an AWS that says what it is told to, on a clock that moves only by waiting.

#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "adapters/aws/caller.h"
#include "seams/clock.h"
#include "seams/file_system.h"
#include "seams/http_client.h"
#include "seams/process_runner.h"
#include "seams/waiter.h"

namespace mayfly::aws::scripted {

class ManualClock final : public Clock {
 public:
  Instant Wall() override { return MakeInstant(2025, 7, 1) + now; }
  Duration Mono() override { return now; }
  Duration now = seconds(1000);
};

// Waiting is the passing of time; every wait is kept.
class PassingWaiter final : public Waiter {
 public:
  explicit PassingWaiter(ManualClock& clock) : clock_(clock) {}
  void WaitUntil(Duration mono) override {
    waits.push_back(mono - clock_.now);
    clock_.now = mono;
  }
  int stop_requests() const override { return stops; }

  std::vector<Duration> waits;
  int stops = 0;

 private:
  ManualClock& clock_;
};

// Gives the answers in their order, then the last one again and again; keeps the requests.
class ScriptedHttp final : public HttpClient {
 public:
  Result<HttpResponse> Send(const HttpRequest& request) override {
    requests.push_back(request);
    CHECK(!answers_.empty(), "a scripted server needs an answer");
    Result<HttpResponse> answer = answers_.front();
    if (answers_.size() > 1) answers_.pop_front();
    return answer;
  }
  ScriptedHttp& Say(int status, std::string body, std::vector<HttpHeader> headers = {}) {
    answers_.emplace_back(HttpResponse{status, std::move(headers), std::move(body)});
    return *this;
  }
  ScriptedHttp& Fail(Error error) {
    answers_.emplace_back(std::move(error));
    return *this;
  }
  // A refusal as EC2 writes it.
  ScriptedHttp& Refuse(int status, const std::string& code, const std::string& message = "No.") {
    return Say(status, "<Response><Errors><Error><Code>" + code + "</Code><Message>" + message +
                           "</Message></Error></Errors><RequestID>1</RequestID></Response>");
  }
  // One as the JSON services do.
  ScriptedHttp& RefuseJson(int status, const std::string& code) {
    return Say(status, R"({"__type":"com.amazonaws#)" + code + R"(","message":"No."})");
  }

  std::vector<HttpRequest> requests;

 private:
  std::deque<Result<HttpResponse>> answers_;
};

// Keys that are counted: a Forget makes the next ones.
class CountedCredentials final : public CredentialSource {
 public:
  Result<Credentials> Get() override {
    return Credentials{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                       "canary-token-" + std::to_string(forgotten), std::nullopt, "test"};
  }
  void Forget() override { ++forgotten; }
  int forgotten = 0;
};

class FewFiles final : public FileSystem {
 public:
  Result<std::vector<FileEntry>> List(const std::string& folder) override {
    return NotFound(folder);
  }
  Result<std::string> Read(const std::string& path) override {
    const auto found = files.find(path);
    if (found == files.end()) return NotFound(path + " does not exist");
    return found->second;
  }
  Status Write(const std::string& path, std::string_view bytes) override {
    files[path] = bytes;
    return {};
  }
  Status RemoveTree(const std::string& path) override {
    files.erase(path);
    return {};
  }
  std::map<std::string, std::string> files;
};

// Every command ends at once, as it is told.
class OneProcess final : public ProcessRunner {
 public:
  Result<ProcessHandle> Start(const ProcessSpec&, OutputSink) override { return ProcessHandle{}; }
  Result<std::vector<ProcessChange>> Poll() override { return std::vector<ProcessChange>(); }
  Status Kill(ProcessHandle) override { return {}; }
  Status Terminate(ProcessHandle) override { return {}; }
  Result<CommandExit> Run(const ProcessSpec& spec, Duration,
                          const std::function<void(std::string_view chunk)>&,
                          const std::function<bool()>&) override {
    specs.push_back(spec);
    return exit;
  }
  CommandExit exit;
  std::vector<ProcessSpec> specs;
};

// A caller of a scripted AWS.
struct World {
  ManualClock clock;
  PassingWaiter waiter{clock};
  ScriptedHttp http;
  CountedCredentials credentials;
  Caller caller{{http, credentials, clock, waiter}, Endpoints("eu-west-1"), Rng(7)};
};

}  // namespace mayfly::aws::scripted
