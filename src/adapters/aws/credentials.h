#pragma once
// Whose name requests are signed in, and how long it is good for.

#include <optional>
#include <string>
#include <string_view>

#include "adapters/aws/endpoints.h"
#include "adapters/aws/imds.h"
#include "adapters/aws/profile.h"
#include "base/result.h"
#include "seams/clock.h"
#include "seams/file_system.h"
#include "seams/http_client.h"
#include "seams/process_runner.h"

namespace mayfly::aws {

struct Credentials {
  std::string access_key_id, secret_access_key, session_token;
  std::optional<Instant> expires;  // absent: they do not
  std::string source;              // "environment", "profile dev", …: all that is ever shown
};

// Gives credentials that are good for some while yet. What fails is kDenied (nobody will lend us a
// name until somebody acts) or kUnavailable (again later), and never holds a secret (I12).
class CredentialSource {
 public:
  virtual ~CredentialSource() = default;
  virtual Result<Credentials> Get() = 0;
  // AWS refused the last ones as expired: the next Get asks anew.
  virtual void Forget() = 0;
};

// Always the same ones: for tests, and for the keys with which a role is taken on.
class FixedCredentials final : public CredentialSource {
 public:
  explicit FixedCredentials(Credentials credentials) : credentials_(std::move(credentials)) {}
  Result<Credentials> Get() override { return credentials_; }
  void Forget() override {}

 private:
  Credentials credentials_;
};

// "{AccessKeyId, SecretAccessKey, …}" as credential_process ("SessionToken") and containers
// ("Token") write it. kCorrupt quotes nothing of it.
Result<Credentials> ParseCredentials(std::string_view json, std::string source);

// What credentials are looked for in. All outlive whoever is given them.
struct CredentialWorld {
  Environment environment;
  FileSystem& files;
  ProcessRunner& processes;
  HttpClient& http;
  Clock& clock;
};

// The chain of the AWS tools. The first that is configured decides, and its failure is not covered
// up by the next:
//   environment; the profile: role_arn with source_profile or credential_source, keys,
//   credential_process, SSO (by `aws configure export-credentials`); the container's endpoint; the
//   instance's role (IMDSv2).
// Kept until five minutes before they end, and renewed then; a renewal that fails is harmless as
// long as they last.
class CredentialChain final : public CredentialSource {
 public:
  CredentialChain(CredentialWorld world, Profiles profiles, Endpoints endpoints);
  Result<Credentials> Get() override;
  void Forget() override { kept_.reset(); }

 private:
  struct Kept {
    Credentials credentials;
    std::optional<Duration> renew_at, ends_at;  // of Clock::Mono; absent: never
  };

  Result<Credentials> Fetch();
  Result<Credentials> FromInstance();
  Kept Keep(Credentials credentials) const;

  CredentialWorld world_;
  Profiles profiles_;
  Endpoints endpoints_;
  Imds imds_;
  std::optional<Kept> kept_;
  bool is_instance_ = false;  // its role gave credentials before
};

}  // namespace mayfly::aws
