#include "cli/aws_world.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <random>

#include "adapters/aws/caller.h"
#include "adapters/aws/credentials.h"
#include "adapters/aws/provider/imds_notice.h"
#include "adapters/aws/secrets.h"
#include "adapters/http/curl_client.h"
#include "adapters/posix/disk.h"
#include "adapters/posix/process_runner.h"
#include "adapters/posix/system_clock.h"
#include "base/text.h"

namespace mayfly::cli {
namespace {

constexpr std::string_view kSsm = "ssm:";
constexpr std::string_view kSecretsManager = "secretsmanager:";

std::optional<std::string> FromProcess(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

// Of a process that has no signals to hear yet, or has its own waiter for them.
class PlainWaiter final : public Waiter {
 public:
  explicit PlainWaiter(Clock& clock) : clock_(clock) {}

  void WaitUntil(Duration mono) override {
    const auto left = std::chrono::ceil<milliseconds>(mono - clock_.Mono());
    poll(nullptr, 0, static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000)));
  }
  int stop_requests() const override { return 0; }

 private:
  Clock& clock_;
};

// A conversation with AWS, with everything that it needs.
struct Aws {
  posix::SystemClock clock;
  PlainWaiter waiter{clock};
  posix::Disk files;
  posix::PosixProcessRunner processes;
  http::CurlClient http;
  std::unique_ptr<aws::CredentialChain> credentials;
  std::unique_ptr<aws::Caller> caller;

  static Result<std::unique_ptr<Aws>> Open() {
    auto made = std::make_unique<Aws>();
    TRY_ASSIGN(aws::Profiles profiles, aws::Profiles::Load(FromProcess, made->files));
    TRY_ASSIGN(aws::Endpoints endpoints, aws::Endpoints::Load(FromProcess, profiles));
    made->credentials = std::make_unique<aws::CredentialChain>(
        aws::CredentialWorld{FromProcess, made->files, made->processes, made->http, made->clock},
        std::move(profiles), endpoints);
    made->caller = std::make_unique<aws::Caller>(
        aws::CallerWorld{made->http, *made->credentials, made->clock, made->waiter},
        std::move(endpoints), Rng(std::random_device()()));
    return made;
  }
};

class OwningNotice final : public NoticeSource {
 public:
  Result<std::optional<Notice>> Poll() override { return notice_.Poll(); }

 private:
  posix::SystemClock clock_;
  http::CurlClient http_;
  aws::Imds imds_{FromProcess, http_, clock_};
  aws::ImdsNotice notice_{
      imds_, clock_, [](const std::string& text) { fmt::print(stderr, "mayfly: {}\n", text); }};
};

Result<std::string> Fetch(const std::string& reference) {
  TRY_ASSIGN(const std::unique_ptr<Aws> aws, Aws::Open());
  if (reference.starts_with(kSsm)) {
    return aws::GetParameter(*aws->caller, reference.substr(kSsm.size()));
  }
  return aws::GetSecretValue(*aws->caller, reference.substr(kSecretsManager.size()));
}

}  // namespace

bool IsKeptByAws(const std::string& reference) {
  return reference.starts_with(kSsm) || reference.starts_with(kSecretsManager);
}

Result<std::string> AskAws(const std::string& reference) {
  Result<std::string> value = Fetch(reference);
  if (!value.ok()) return value.error().Within("database " + reference);
  std::string conninfo(Trim(*value));
  if (conninfo.starts_with("{")) {
    return Invalid(
        fmt::format("database {} holds JSON; keep a connection string in it, as "
                    "postgres://USER:PASSWORD@HOST/NAME",
                    reference));
  }
  return conninfo;
}

Result<std::string> FindAccess(const std::string& access) {
  return IsKeptByAws(access) ? AskAws(access) : Result<std::string>(access);
}

std::unique_ptr<NoticeSource> MakeEc2Notices() { return std::make_unique<OwningNotice>(); }

}  // namespace mayfly::cli
