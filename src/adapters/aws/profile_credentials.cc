#include "adapters/aws/profile_credentials.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "adapters/aws/assume_role.h"
#include "adapters/aws/command_line.h"
#include "base/text.h"

namespace mayfly::aws {
namespace {

constexpr Duration kProcessPatience = seconds(60);
constexpr Duration kContainerPatience = seconds(2);
constexpr int kLongestChain = 5;  // of roles that are taken on one after the other

// Runs a program that prints credentials. Its complaints go nowhere: they may hold what it knows.
Result<Credentials> FromProcess(ProcessRunner& processes, std::vector<std::string> command,
                                const std::string& source) {
  ProcessSpec spec;
  spec.argv = {"/bin/sh", "-c", "exec \"$0\" \"$@\" 2>/dev/null"};
  spec.argv.insert(spec.argv.end(), command.begin(), command.end());
  TRY_ASSIGN(const CommandExit exit,
             processes.Run(spec, kProcessPatience, [](std::string_view) {}, [] { return false; }));
  if (exit.timed_out) return Unavailable(source + ": no answer within 60 s");
  if (exit.exit_code != 0 || exit.signal != 0) {
    return Denied(fmt::format("{}: ends with exit code {}; run it by hand to see why", source,
                              exit.exit_code));
  }
  Result<Credentials> parsed = ParseCredentials(exit.tail, source);
  if (!parsed.ok()) return Denied(parsed.error().message());
  return parsed;
}

Result<Credentials> FromKeys(const Profiles& profiles, const std::string& name) {
  Credentials credentials;
  credentials.source = "profile " + name;
  credentials.access_key_id = profiles.value(name, "aws_access_key_id");
  credentials.secret_access_key = profiles.value(name, "aws_secret_access_key");
  credentials.session_token = profiles.value(name, "aws_session_token");
  if (credentials.access_key_id.empty()) return NotFound("no keys in the profile " + name);
  if (credentials.secret_access_key.empty()) {
    return Denied("the profile " + name + " has aws_access_key_id without aws_secret_access_key");
  }
  return credentials;
}

Result<Credentials> FromSso(const ProfileWorld& world, const std::string& name) {
  const std::string source = "aws configure export-credentials --profile " + name;
  Result<Credentials> found = FromProcess(
      world.world.processes,
      {"aws", "configure", "export-credentials", "--profile", name, "--format", "process"}, source);
  if (found.ok() || found.error().kind() != ErrorKind::kDenied) return found;
  return Denied(found.error().message() + "; log in: aws sso login --profile " + name);
}

Result<Credentials> FromChain(const ProfileWorld& world, const std::string& name, int roles_left);

// Keys, a process, SSO: what the profile has itself, without taking a role on.
Result<Credentials> WithoutRole(const ProfileWorld& world, const std::string& name) {
  const Profiles& profiles = world.profiles;
  const bool is_sso = !profiles.value(name, "sso_session").empty() ||
                      !profiles.value(name, "sso_start_url").empty();
  if (is_sso) return FromSso(world, name);
  Result<Credentials> keys = FromKeys(profiles, name);
  if (keys.ok() || keys.error().kind() != ErrorKind::kNotFound) return keys;
  const std::string command = profiles.value(name, "credential_process");
  if (command.empty()) return keys;
  const std::string source = "credential_process of the profile " + name;
  Result<std::vector<std::string>> words = SplitCommandLine(command);
  if (!words.ok() || words->empty()) return Denied(source + ": a quote is not closed");
  return FromProcess(world.world.processes, *words, source);
}

Result<Credentials> FromNamedSource(const ProfileWorld& world, const std::string& source) {
  if (source == "Environment") return FromEnvironment(world.world.environment);
  if (source == "EcsContainer") return FromContainer(world.world);
  if (source != "Ec2InstanceMetadata") {
    return Denied(
        fmt::format("credential_source '{}' is none of Environment, EcsContainer, "
                    "Ec2InstanceMetadata",
                    source));
  }
  TRY_ASSIGN(const RoleCredentials role, world.imds.Role());
  return Credentials{role.access_key_id, role.secret_access_key, role.session_token, role.expires,
                     "instance role"};
}

// The keys with which the role of a profile is taken on.
Result<Credentials> SourceOf(const ProfileWorld& world, const std::string& name, int roles_left) {
  const std::string profile = world.profiles.value(name, "source_profile");
  if (profile.empty()) {
    return FromNamedSource(world, world.profiles.value(name, "credential_source"));
  }
  if (!world.profiles.has(profile)) {
    return Denied(
        fmt::format("the profile {} has source_profile {}, which does not exist", name, profile));
  }
  return profile == name ? WithoutRole(world, name) : FromChain(world, profile, roles_left - 1);
}

Result<seconds> LifeOf(const Profiles& profiles, const std::string& name) {
  const std::string text = profiles.value(name, "duration_seconds");
  if (text.empty()) return seconds(hours(1));
  std::int64_t life = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), life);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size() || life < 900) {
    return Denied("duration_seconds of the profile " + name + " is not a number from 900");
  }
  return seconds(life);
}

Result<Credentials> FromRole(const ProfileWorld& world, const std::string& name, int roles_left) {
  const Profiles& profiles = world.profiles;
  if (!profiles.value(name, "mfa_serial").empty()) {
    return Denied("the profile " + name +
                  " wants an MFA code, which mayfly cannot ask for; use credential_process = aws "
                  "configure export-credentials, or a session made beforehand");
  }
  Result<Credentials> by = SourceOf(world, name, roles_left);
  if (!by.ok() && by.error().kind() == ErrorKind::kNotFound) {
    return Denied(by.error().Within("the role of the profile " + name).message());
  }
  if (!by.ok()) return by;
  RoleRequest role;
  role.arn = profiles.value(name, "role_arn");
  role.external_id = profiles.value(name, "external_id");
  role.session_name = profiles.value(name, "role_session_name");
  if (role.session_name.empty()) role.session_name = "mayfly";
  TRY_ASSIGN(role.life, LifeOf(profiles, name));
  return AssumeRole(world.world.http, world.endpoints.For(Service::kSts), *by, role);
}

Result<Credentials> FromChain(const ProfileWorld& world, const std::string& name, int roles_left) {
  if (world.profiles.value(name, "role_arn").empty()) return WithoutRole(world, name);
  if (roles_left == 0) {
    return Denied("the profile " + name + " takes on role after role; is there a circle?");
  }
  return FromRole(world, name, roles_left);
}

// Where a token may be sent without encryption: this machine, and the addresses of ECS and EKS.
bool IsTrusted(const std::string& url) {
  constexpr auto kPlaces = std::to_array<std::string_view>(
      {"https://", "http://127.0.0.1", "http://localhost", "http://[::1]", "http://169.254.170.2",
       "http://169.254.170.23", "http://[fd00:ec2::23]"});
  for (std::string_view place : kPlaces) {
    if (!url.starts_with(place)) continue;
    const std::string_view rest = std::string_view(url).substr(place.size());
    if (place.ends_with('/') || rest.empty() || rest[0] == ':' || rest[0] == '/') return true;
  }
  return false;
}

Result<std::string> ContainerToken(CredentialWorld& world) {
  const std::string file = Value(world.environment, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
  if (file.empty()) return Value(world.environment, "AWS_CONTAINER_AUTHORIZATION_TOKEN");
  TRY_ASSIGN(const std::string token, world.files.Read(file));
  return std::string(Trim(token));
}

}  // namespace

Result<Credentials> FromProfile(const ProfileWorld& world, const std::string& name) {
  return FromChain(world, name, kLongestChain);
}

Result<Credentials> FromEnvironment(const Environment& environment) {
  Credentials credentials;
  credentials.source = "environment";
  credentials.access_key_id = Value(environment, "AWS_ACCESS_KEY_ID");
  credentials.secret_access_key = Value(environment, "AWS_SECRET_ACCESS_KEY");
  credentials.session_token = Value(environment, "AWS_SESSION_TOKEN");
  if (credentials.access_key_id.empty()) return NotFound("no AWS_ACCESS_KEY_ID");
  if (credentials.secret_access_key.empty()) {
    return Denied("AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not; set both");
  }
  return credentials;
}

Result<Credentials> FromContainer(CredentialWorld& world) {
  const std::string path = Value(world.environment, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  std::string url = Value(world.environment, "AWS_CONTAINER_CREDENTIALS_FULL_URI");
  if (!path.empty()) url = "http://169.254.170.2" + path;
  if (url.empty()) return NotFound("no container");
  if (!IsTrusted(url)) {
    return Denied(
        "AWS_CONTAINER_CREDENTIALS_FULL_URI is neither https nor an address of this "
        "machine or of a container's agent; its token is not sent there");
  }
  HttpRequest request;
  request.url = url;
  request.connect_timeout = kContainerPatience;
  request.timeout = kContainerPatience;
  TRY_ASSIGN(const std::string token, ContainerToken(world));
  if (!token.empty()) request.headers = {{"Authorization", token}};
  const std::string source = "container credentials";
  Result<HttpResponse> response = world.http.Send(request);
  if (!response.ok()) return Unavailable(response.error().message()).Within(source);
  if (response->status >= 500) return Unavailable(fmt::format("{}: {}", source, response->status));
  if (response->status != 200) return Denied(fmt::format("{}: {}", source, response->status));
  return ParseCredentials(response->body, source);
}

}  // namespace mayfly::aws
