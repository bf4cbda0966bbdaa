#include "adapters/aws/profile.h"

#include <gtest/gtest.h>

#include <map>

#include "adapters/aws/endpoints.h"
#include "adapters/aws/testing/scripted.h"

namespace mayfly::aws {
namespace {

using Variables = std::map<std::string, std::string>;

Environment EnvironmentOf(const Variables& variables) {
  return [variables](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional<std::string>(found->second);
  };
}

constexpr const char* kConfig =
    "# of the team\n"
    "[default]\n"
    "region = eu-central-1   ; here\n"
    "[profile dev]\n"
    "REGION=eu-west-3\n"
    "endpoint_url = https://dev.example.org/\n"
    "services = mine\n"
    "s3 =\n"
    "  max_concurrent_requests = 20\n"
    "aws_access_key_id = from-config\n"
    "[services mine]\n"
    "ec2 =\n"
    "  endpoint_url = http://127.0.0.1:9001\n"
    "secrets_manager =\n"
    "\tendpoint_url = http://127.0.0.1:9002\n";

Result<Endpoints> EndpointsOf(const Variables& more) {
  scripted::FewFiles files;
  files.files["/home/me/.aws/config"] = kConfig;
  Variables variables{{"HOME", "/home/me"}};
  variables.insert(more.begin(), more.end());
  TRY_ASSIGN(const Profiles profiles, Profiles::Load(EnvironmentOf(variables), files));
  return Endpoints::Load(EnvironmentOf(variables), profiles);
}

TEST(Profiles, BothFilesAreReadAndCredentialsComeFirst) {
  scripted::FewFiles files;
  files.files["/home/me/.aws/config"] = kConfig;
  files.files["/home/me/.aws/credentials"] = "[dev]\naws_access_key_id = from-credentials\n";
  const Environment environment = EnvironmentOf({{"HOME", "/home/me"}, {"AWS_PROFILE", "dev"}});
  Result<Profiles> profiles = Profiles::Load(environment, files);
  ASSERT_TRUE(profiles.ok());
  EXPECT_EQ(profiles->name(), "dev");
  EXPECT_EQ(profiles->value("dev", "aws_access_key_id"), "from-credentials");
  EXPECT_EQ(profiles->value("dev", "region"), "eu-west-3");
  EXPECT_EQ(profiles->value("dev", "s3.max_concurrent_requests"), "20");
  EXPECT_FALSE(profiles->has("none"));
}

TEST(Profiles, OtherPlacesCanBeNamedAndNeedNotExist) {
  scripted::FewFiles files;
  files.files["/elsewhere"] = "[default]\nregion = us-west-2\n";
  Result<Profiles> profiles = Profiles::Load(
      EnvironmentOf({{"AWS_CONFIG_FILE", "/elsewhere"}, {"HOME", "/nowhere"}}), files);
  EXPECT_EQ(profiles->value("default", "region"), "us-west-2");
  EXPECT_FALSE(profiles->is_named());
}

TEST(Profiles, AnUnreadableLineIsNamedAndNotShown) {
  Result<Sections> sections = ParseProfiles("[default]\na = b\ncanary\n", "config");
  ASSERT_FALSE(sections.ok());
  EXPECT_TRUE(sections.error().message().starts_with("config:3: "));
  EXPECT_EQ(sections.error().message().find("canary"), std::string::npos);
  EXPECT_FALSE(ParseProfiles("key = before any section\n", "config").ok());
}

TEST(Endpoints, AreBuiltFromTheRegion) {
  const Endpoints endpoints("eu-west-1");
  EXPECT_EQ(endpoints.For(Service::kEc2).base, "https://ec2.eu-west-1.amazonaws.com");
  EXPECT_EQ(endpoints.For(Service::kEc2, "cn-north-1").base,
            "https://ec2.cn-north-1.amazonaws.com.cn");
  EXPECT_EQ(endpoints.For(Service::kCloudWatch).base, "https://monitoring.eu-west-1.amazonaws.com");
  EXPECT_EQ(endpoints.For(Service::kCloudWatch).signing_name, "monitoring");
  EXPECT_EQ(endpoints.For(Service::kPricing).base, "https://api.pricing.us-east-1.amazonaws.com");
  EXPECT_EQ(endpoints.For(Service::kPricing).region, "us-east-1");
}

TEST(Endpoints, TheRegionIsFoundAsTheAwsToolsFindIt) {
  EXPECT_EQ(EndpointsOf({})->region(), "eu-central-1");
  EXPECT_EQ(EndpointsOf({{"AWS_PROFILE", "dev"}})->region(), "eu-west-3");
  EXPECT_EQ(EndpointsOf({{"AWS_DEFAULT_REGION", "us-east-2"}})->region(), "us-east-2");
  EXPECT_EQ(
      EndpointsOf({{"AWS_DEFAULT_REGION", "us-east-2"}, {"AWS_REGION", "sa-east-1"}})->region(),
      "sa-east-1");
  EXPECT_EQ(EndpointsOf({{"AWS_PROFILE", "none"}}).error().kind(), ErrorKind::kInvalid);
  EXPECT_FALSE(EndpointsOf({{"AWS_REGION", "evil.example.org/"}}).ok());
}

struct OverrideCase {
  const char* name;
  Variables variables;
  const char *ec2, *rds;
};

TEST(Endpoints, AreOverriddenByTheNearestWord) {
  const OverrideCase kCases[] = {
      {"profile", {{"AWS_PROFILE", "dev"}}, "http://127.0.0.1:9001", "https://dev.example.org"},
      {"variable",
       {{"AWS_PROFILE", "dev"}, {"AWS_ENDPOINT_URL", "http://[::1]:1"}},
       "http://[::1]:1",
       "http://[::1]:1"},
      {"service",
       {{"AWS_ENDPOINT_URL_EC2", "http://localhost:5/"}},
       "http://localhost:5",
       "https://rds.eu-central-1.amazonaws.com"},
      {"ignored",
       {{"AWS_ENDPOINT_URL", "http://x"}, {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"}},
       "https://ec2.eu-central-1.amazonaws.com",
       "https://rds.eu-central-1.amazonaws.com"},
  };
  for (const OverrideCase& row : kCases) {
    Result<Endpoints> endpoints = EndpointsOf(row.variables);
    ASSERT_TRUE(endpoints.ok()) << row.name << endpoints.error().message();
    EXPECT_EQ(endpoints->For(Service::kEc2).base, row.ec2) << row.name;
    EXPECT_EQ(endpoints->For(Service::kRds).base, row.rds) << row.name;
  }
}

TEST(Endpoints, WhatIsNoUrlIsRefused) {
  for (const char* url : {"127.0.0.1:80", "ftp://x", "https://u:canary@x", "https://x?y"}) {
    Result<Endpoints> endpoints = EndpointsOf({{"AWS_ENDPOINT_URL_S3", url}});
    ASSERT_FALSE(endpoints.ok()) << url;
    EXPECT_EQ(endpoints.error().message().find("canary"), std::string::npos);
  }
}

}  // namespace
}  // namespace mayfly::aws
