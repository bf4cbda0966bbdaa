#pragma once
// A `mayfly ec2sim` of a test's own, as a child process, and our client of AWS pointed at it.

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "adapters/aws/caller.h"
#include "adapters/aws/provider/ec2_machines.h"
#include "adapters/http/curl_client.h"
#include "adapters/posix/process_table.h"
#include "adapters/posix/system_clock.h"
#include "seams/waiter.h"

namespace mayfly::contract_test {

// Waits by the clock; nobody stops a test.
class PlainWaiter final : public Waiter {
 public:
  explicit PlainWaiter(Clock& clock) : clock_(clock) {}
  void WaitUntil(Duration mono) override;
  int stop_requests() const override { return 0; }

 private:
  Clock& clock_;
};

// Needs MAYFLY_BIN. Ends with the test, with all that runs in it.
class SimulatedEc2 {
 public:
  SimulatedEc2();
  ~SimulatedEc2();
  SimulatedEc2(const SimulatedEc2&) = delete;
  SimulatedEc2& operator=(const SimulatedEc2&) = delete;

  aws::Caller& caller() { return *caller_; }
  Clock& clock() { return clock_; }
  Waiter& waiter() { return waiter_; }
  const std::string& folder() const { return folder_; }

  // One step, or a list of them (docs/cli/ec2sim.md).
  void Script(const nlohmann::json& steps);
  void Advance(const std::string& by);
  nlohmann::json Get(const std::string& page);
  std::string Text(const std::string& page);  // of "/_sim/PAGE"
  nlohmann::json Resources() { return Get("resources"); }
  nlohmann::json Instance(const std::string& id);  // null: there is none
  std::string Console(const std::string& instance);
  std::string UserDataOf(const std::string& instance);
  void WaitFor(const std::string& instance, const std::string& state);

  // A client with another patience, as of a controller that is quick to give up.
  std::unique_ptr<aws::Caller> MakeCaller(aws::CallPolicy policy);

 private:
  HttpResponse Send(HttpRequest request);
  void Stop();

  posix::SystemClock clock_;
  PlainWaiter waiter_{clock_};
  std::unique_ptr<http::CurlClient> http_ = std::make_unique<http::CurlClient>();
  aws::FixedCredentials credentials_{
      {"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "", {}, "test"}};
  std::string folder_, endpoint_;
  posix::ProcessId process_;
  std::unique_ptr<aws::Caller> caller_;
};

}  // namespace mayfly::contract_test
