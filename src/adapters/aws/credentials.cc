#include "adapters/aws/credentials.h"

#include <algorithm>

#include "adapters/aws/json.h"
#include "adapters/aws/profile_credentials.h"

namespace mayfly::aws {
namespace {

constexpr Duration kSpare = minutes(5);        // renewed so long before the end
constexpr Duration kAgainAfter = seconds(30);  // a renewal that failed is tried again
constexpr std::string_view kNextStep =
    "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run where a role is given";

bool IsAbsent(const Result<Credentials>& found) {
  return !found.ok() && found.error().kind() == ErrorKind::kNotFound;
}

}  // namespace

Result<Credentials> ParseCredentials(std::string_view json, std::string source) {
  TRY_ASSIGN(const nlohmann::json object, ParseJsonObject(json, source));
  Credentials credentials;
  credentials.source = std::move(source);
  TRY_ASSIGN(credentials.access_key_id, NeedTextField(object, "AccessKeyId"));
  TRY_ASSIGN(credentials.secret_access_key, NeedTextField(object, "SecretAccessKey"));
  credentials.session_token = TextField(object, "SessionToken");
  if (credentials.session_token.empty()) credentials.session_token = TextField(object, "Token");
  if (!Field(object, "Expiration").is_null()) {
    TRY_ASSIGN(credentials.expires, NeedInstantField(object, "Expiration"));
  }
  return credentials;
}

CredentialChain::CredentialChain(CredentialWorld world, Profiles profiles, Endpoints endpoints)
    : world_(std::move(world)),
      profiles_(std::move(profiles)),
      endpoints_(std::move(endpoints)),
      imds_(world_.environment, world_.http, world_.clock) {}

Result<Credentials> CredentialChain::Get() {
  const Duration now = world_.clock.Mono();
  const bool is_fresh = kept_ && (!kept_->renew_at || now < *kept_->renew_at);
  if (is_fresh) return kept_->credentials;
  Result<Credentials> fetched = Fetch();
  if (fetched.ok()) {
    kept_ = Keep(*fetched);
    return kept_->credentials;
  }
  if (kept_ && now < *kept_->ends_at) {
    kept_->renew_at = now + kAgainAfter;
    return kept_->credentials;
  }
  return fetched.error();
}

// A source may hand out again what is about to end; then it is asked again at half of what is left.
CredentialChain::Kept CredentialChain::Keep(Credentials credentials) const {
  Kept kept{std::move(credentials), std::nullopt, std::nullopt};
  if (!kept.credentials.expires) return kept;
  const Duration now = world_.clock.Mono();
  const Duration left = *kept.credentials.expires - world_.clock.Wall();
  kept.renew_at = now + std::max(left - kSpare, left / 2);
  kept.ends_at = now + left;
  return kept;
}

Result<Credentials> CredentialChain::Fetch() {
  Result<Credentials> found = FromEnvironment(world_.environment);
  if (!IsAbsent(found)) return found;
  if (profiles_.is_named() && !profiles_.has(profiles_.name())) {
    return Denied("there is no AWS profile '" + profiles_.name() + "'; check AWS_PROFILE");
  }
  found = FromProfile({world_, profiles_, endpoints_, imds_}, profiles_.name());
  if (!IsAbsent(found)) return found;
  found = FromContainer(world_);
  if (!IsAbsent(found)) return found;
  return FromInstance();
}

Result<Credentials> CredentialChain::FromInstance() {
  Result<RoleCredentials> role = imds_.Role();
  if (role.ok()) {
    is_instance_ = true;
    return Credentials{role->access_key_id, role->secret_access_key, role->session_token,
                       role->expires, "instance role"};
  }
  // Where the metadata were there before, they are away for a moment; elsewhere there are none.
  if (is_instance_) return Unavailable(role.error().message());
  return Denied("no AWS credentials: none in the environment, in the profile " + profiles_.name() +
                ", from a container or an instance role (" + role.error().message() + "); " +
                std::string(kNextStep));
}

}  // namespace mayfly::aws
