#include "simulated_ec2.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "adapters/posix/spawn.h"
#include "adapters/posix/unique_fd.h"

namespace mayfly::contract_test {
namespace {

namespace fs = std::filesystem;

constexpr Duration kPatience = seconds(30);

std::string ReadLine(int input) {
  std::string line;
  char byte = 0;
  while (read(input, &byte, 1) == 1 && byte != '\n') line += byte;
  return line;
}

aws::Endpoints AllAt(const std::string& endpoint) {
  aws::Endpoints endpoints("us-east-1");
  for (const aws::Service service :
       {aws::Service::kEc2, aws::Service::kSts, aws::Service::kSsm, aws::Service::kSecretsManager,
        aws::Service::kServiceQuotas, aws::Service::kRds, aws::Service::kPricing, aws::Service::kS3,
        aws::Service::kScheduler}) {
    endpoints.Override(service, endpoint);
  }
  return endpoints;
}

}  // namespace

void PlainWaiter::WaitUntil(Duration mono) {
  const auto left =
      std::chrono::duration_cast<milliseconds>(std::max(mono - clock_.Mono(), Duration(1000)));
  poll(nullptr, 0, static_cast<int>(left.count()));
}

SimulatedEc2::SimulatedEc2() {
  const char* program = std::getenv("MAYFLY_BIN");
  CHECK(program != nullptr, "this test is run by ctest, which sets MAYFLY_BIN");
  std::array<char, 32> name{"/tmp/mf-ec2-XXXXXX"};
  CHECK(mkdtemp(name.data()) != nullptr, "a temporary folder cannot be made");
  folder_ = name.data();
  std::array<int, 2> ends{};
  CHECK(pipe2(ends.data(), O_CLOEXEC) == 0, "a pipe cannot be made");
  const posix::UniqueFd output(ends[0]);
  const posix::UniqueFd input(ends[1]);
  Result<posix::ProcessId> started =
      posix::Spawn({.argv = {program, "ec2sim", "--json", "--state", folder_ + "/state"},
                    .output = input.get()});
  CHECK(started.ok(), "the simulated cloud does not start");
  process_ = *started;
  const std::string line = ReadLine(output.get());
  const nlohmann::json about = nlohmann::json::parse(line, nullptr, false);
  CHECK(about.is_object(), "the simulated cloud says: " + line);
  endpoint_ = about["endpoint"];
  caller_ = MakeCaller({});
  Script({{"do", "delays"}, {"boot", "0s"}, {"shutdown", "0s"}});
}

SimulatedEc2::~SimulatedEc2() {
  http_.reset();  // a connection that is kept would keep the server waiting
  Stop();
  std::error_code ignored;  // what is left in /tmp is not the test's claim
  fs::remove_all(folder_, ignored);
}

void SimulatedEc2::Stop() {
  Status told = posix::Signal(process_, SIGINT);
  EXPECT_TRUE(told.ok()) << "the simulated cloud ended before its test";
  int status = 0;
  while (waitpid(process_.pid, &status, 0) < 0 && errno == EINTR) {
  }
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "the simulated cloud failed";
}

std::unique_ptr<aws::Caller> SimulatedEc2::MakeCaller(aws::CallPolicy policy) {
  return std::make_unique<aws::Caller>(aws::CallerWorld{*http_, credentials_, clock_, waiter_},
                                       AllAt(endpoint_), Rng(7), policy);
}

HttpResponse SimulatedEc2::Send(HttpRequest request) {
  request.url = endpoint_ + request.url;
  Result<HttpResponse> response = http_->Send(request);
  CHECK(response.ok(), "the simulated cloud does not answer");
  return *std::move(response);
}

std::string SimulatedEc2::Text(const std::string& page) {
  HttpRequest request;
  request.url = "/_sim/" + page;
  return Send(request).body;
}

nlohmann::json SimulatedEc2::Get(const std::string& page) {
  return nlohmann::json::parse(Text(page));
}

void SimulatedEc2::Script(const nlohmann::json& steps) {
  HttpRequest request;
  request.method = "POST";
  request.url = "/_sim/script";
  request.body = steps.dump();
  const HttpResponse said = Send(request);
  ASSERT_EQ(said.status, 200) << said.body;
}

void SimulatedEc2::Advance(const std::string& by) {
  HttpRequest request;
  request.method = "POST";
  request.url = "/_sim/time";
  request.body = nlohmann::json{{"advance", by}}.dump();
  ASSERT_EQ(Send(request).status, 200);
}

nlohmann::json SimulatedEc2::Instance(const std::string& id) {
  const nlohmann::json all = Resources();
  for (const nlohmann::json& one : all["instances"]) {
    if (one["id"] == id) return one;
  }
  return nullptr;
}

std::string SimulatedEc2::Console(const std::string& instance) {
  const std::ifstream file(folder_ + "/state/instances/" + instance + "/console.log");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string SimulatedEc2::UserDataOf(const std::string& instance) {
  HttpRequest ask;
  ask.method = "PUT";
  ask.url = "/_imds/" + instance + "/latest/api/token";
  ask.headers = {{"X-aws-ec2-metadata-token-ttl-seconds", "60"}};
  HttpRequest read;
  read.url = "/_imds/" + instance + "/latest/user-data";
  read.headers = {{"X-aws-ec2-metadata-token", Send(ask).body}};
  return Send(read).body;
}

void SimulatedEc2::WaitFor(const std::string& instance, const std::string& state) {
  const Duration ends = clock_.Mono() + kPatience;
  while (Instance(instance)["state"] != state) {
    ASSERT_LT(clock_.Mono(), ends) << instance << " is not " << state << "; its console:\n"
                                   << Console(instance);
    waiter_.WaitUntil(clock_.Mono() + milliseconds(50));
  }
}

}  // namespace mayfly::contract_test
