#include "adapters/aws/credentials.h"

#include <gtest/gtest.h>

#include "adapters/aws/testing/scripted.h"

namespace mayfly::aws {
namespace {

constexpr const char* kCanary = "canary-0123456789";
constexpr const char* kRole =
    R"({"Code":"Success","AccessKeyId":"ASIAROLE","SecretAccessKey":"canary-0123456789",)"
    R"("Token":"canary-0123456789","Expiration":"2025-07-01T01:00:00Z"})";
constexpr const char* kProcess =
    R"({"Version":1,"AccessKeyId":"ASIAPROCESS","SecretAccessKey":"canary-0123456789",)"
    R"("SessionToken":"t","Expiration":"2025-07-01T01:00:00+00:00"})";

// A machine on which credentials are looked for. Time is 2025-07-01 and some 17 minutes.
struct Search {
  std::map<std::string, std::string> variables{{"HOME", "/home/me"}};
  scripted::FewFiles files;
  scripted::OneProcess processes;
  scripted::ScriptedHttp http;
  scripted::ManualClock clock;

  CredentialChain Chain() {
    Environment environment = [this](const std::string& name) -> std::optional<std::string> {
      return variables.contains(name) ? std::optional(variables[name]) : std::nullopt;
    };
    Result<Profiles> profiles = Profiles::Load(environment, files);
    EXPECT_TRUE(profiles.ok());
    return {{environment, files, processes, http, clock}, *profiles, Endpoints("eu-west-1")};
  }
  Result<Credentials> Get() { return Chain().Get(); }
  void Config(std::string text) { files.files["/home/me/.aws/config"] = std::move(text); }
};

TEST(Credentials, OfTheEnvironmentComeFirst) {
  Search search;
  search.variables["AWS_ACCESS_KEY_ID"] = "AKIAENV";
  search.variables["AWS_SECRET_ACCESS_KEY"] = "s";
  search.variables["AWS_SESSION_TOKEN"] = "t";
  search.Config("[default]\naws_access_key_id = AKIAFILE\naws_secret_access_key = s\n");
  Result<Credentials> found = search.Get();
  EXPECT_EQ(found->access_key_id, "AKIAENV");
  EXPECT_EQ(found->session_token, "t");
  EXPECT_EQ(found->source, "environment");
}

TEST(Credentials, HalfOfThemIsAnErrorAndNotTheNextSource) {
  Search search;
  search.variables["AWS_ACCESS_KEY_ID"] = "AKIAENV";
  search.Config("[default]\naws_access_key_id = AKIAFILE\naws_secret_access_key = s\n");
  EXPECT_EQ(search.Get().error().kind(), ErrorKind::kDenied);
}

TEST(Credentials, OfAProfileAreItsKeys) {
  Search search;
  search.files.files["/home/me/.aws/credentials"] =
      "[dev]\naws_access_key_id = AKIADEV\naws_secret_access_key = s\naws_session_token = t\n";
  search.variables["AWS_PROFILE"] = "dev";
  EXPECT_EQ(search.Get()->access_key_id, "AKIADEV");
  EXPECT_EQ(search.Get()->source, "profile dev");
  search.variables["AWS_PROFILE"] = "none";
  EXPECT_NE(search.Get().error().message().find("no AWS profile 'none'"), std::string::npos);
}

TEST(Credentials, AProcessIsRunWithoutAShellAndItsAnswerRead) {
  Search search;
  search.Config("[default]\ncredential_process = /opt/login --as 'me $HOME'\n");
  search.processes.exit.tail = kProcess;
  Result<Credentials> found = search.Get();
  ASSERT_TRUE(found.ok()) << found.error().message();
  EXPECT_EQ(found->access_key_id, "ASIAPROCESS");
  EXPECT_EQ(found->expires, MakeInstant(2025, 7, 1, hours(1)));
  const std::vector<std::string>& argv = search.processes.specs.at(0).argv;
  EXPECT_EQ(std::vector(argv.begin() + 3, argv.end()),
            (std::vector<std::string>{"/opt/login", "--as", "me $HOME"}));
}

TEST(Credentials, AProcessThatFailsIsDeniedAndNotShown) {
  Search search;
  search.Config("[default]\ncredential_process = /opt/login\n");
  search.processes.exit = {.exit_code = 7, .tail = kCanary};
  Result<Credentials> failed = search.Get();
  search.processes.exit = {.tail = std::string("{\"AccessKeyId\": \"") + kCanary + "\"}"};
  Result<Credentials> odd = search.Get();
  for (const Result<Credentials>& found : {failed, odd}) {
    ASSERT_FALSE(found.ok());
    EXPECT_EQ(found.error().kind(), ErrorKind::kDenied);
    EXPECT_EQ(found.error().message().find("canary"), std::string::npos);
  }
}

TEST(Credentials, OfSsoAreExportedByTheAwsCommandLine) {
  Search search;
  search.Config("[profile work]\nsso_session = corp\nsso_account_id = 1\n");
  search.variables["AWS_PROFILE"] = "work";
  search.processes.exit.tail = kProcess;
  EXPECT_EQ(search.Get()->access_key_id, "ASIAPROCESS");
  EXPECT_EQ(search.processes.specs.at(0).argv.at(5), "export-credentials");
  search.processes.exit = {.exit_code = 255};
  EXPECT_NE(search.Get().error().message().find("aws sso login --profile work"), std::string::npos);
}

constexpr const char* kAssumed =
    "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAASSUMED</AccessKeyId>"
    "<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
    "<Expiration>2025-07-01T01:00:00Z</Expiration></Credentials></AssumeRoleResult>"
    "</AssumeRoleResponse>";

TEST(Credentials, ARoleIsTakenOnWithTheKeysOfAnotherProfile) {
  Search search;
  search.Config(
      "[profile base]\naws_access_key_id = AKIABASE\naws_secret_access_key = s\n"
      "[default]\nrole_arn = arn:role\nsource_profile = base\nexternal_id = x\n");
  search.http.Say(200, kAssumed);
  EXPECT_EQ(search.Get()->access_key_id, "ASIAASSUMED");
  const HttpRequest& request = search.http.requests.at(0);
  EXPECT_EQ(request.signing->access_key_id, "AKIABASE");
  EXPECT_EQ(request.url, "https://sts.eu-west-1.amazonaws.com/");
  EXPECT_NE(request.body.find("RoleArn=arn%3Arole&RoleSessionName=mayfly&DurationSeconds=3600"
                              "&ExternalId=x"),
            std::string::npos);
}

TEST(Credentials, RolesInACircleOrWithACodeAreRefused) {
  Search circle;
  circle.Config(
      "[default]\nrole_arn = a\nsource_profile = b\n[profile b]\nrole_arn = b\n"
      "source_profile = default\n");
  EXPECT_NE(circle.Get().error().message().find("circle"), std::string::npos);
  Search code;
  code.Config("[default]\nrole_arn = a\nsource_profile = b\nmfa_serial = m\n[profile b]\n");
  EXPECT_EQ(code.Get().error().kind(), ErrorKind::kDenied);
}

TEST(Credentials, ARefusedRoleNamesItAndNoSecret) {
  Search search;
  search.Config(
      "[default]\nrole_arn = arn:role\nsource_profile = default\naws_access_key_id = A\n"
      "aws_secret_access_key = canary-0123456789\n");
  search.http.Refuse(403, "AccessDenied", std::string("no, ") + kCanary);
  const Error error = search.Get().error();
  EXPECT_EQ(error.kind(), ErrorKind::kDenied);
  EXPECT_NE(error.message().find("arn:role"), std::string::npos);
  EXPECT_EQ(error.message().find("canary"), std::string::npos) << error.message();
}

TEST(Credentials, OfAContainerAreAskedForWithItsToken) {
  Search search;
  search.variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/v2/credentials";
  search.variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = "/token";
  search.files.files["/token"] = "the token\n";
  search.http.Say(200, kRole);
  EXPECT_EQ(search.Get()->access_key_id, "ASIAROLE");
  EXPECT_EQ(search.http.requests[0].url, "http://169.254.170.2/v2/credentials");
  EXPECT_EQ(search.http.requests[0].headers.at(0).value, "the token");
}

TEST(Credentials, AContainersTokenIsSentNowhereElse) {
  for (const char* url : {"http://example.org/x", "http://127.0.0.1.example.org/",
                          "http://169.254.170.2.evil/", "http://10.0.0.1/"}) {
    Search search;
    search.variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = url;
    EXPECT_EQ(search.Get().error().kind(), ErrorKind::kDenied) << url;
    EXPECT_TRUE(search.http.requests.empty());
  }
}

TEST(Credentials, OfAnInstanceAreThoseOfItsRole) {
  Search search;
  search.http.Say(200, "imds-token").Say(200, "worker").Say(200, kRole);
  Result<Credentials> found = search.Get();
  ASSERT_TRUE(found.ok()) << found.error().message();
  EXPECT_EQ(found->access_key_id, "ASIAROLE");
  EXPECT_EQ(found->source, "instance role");
}

TEST(Credentials, WhereThereAreNoneTheNextStepIsNamed) {
  Search search;
  search.http.Fail(Unavailable("PUT http://169.254.169.254: no route"));
  const Error error = search.Get().error();
  EXPECT_EQ(error.kind(), ErrorKind::kDenied);
  EXPECT_NE(error.message().find("AWS_PROFILE"), std::string::npos);
}

TEST(Credentials, AreKeptAndRenewedBeforeTheyEnd) {
  Search search;
  search.Config("[default]\ncredential_process = p\n");
  search.processes.exit.tail = kProcess;  // until 01:00
  CredentialChain chain = search.Chain();
  ASSERT_TRUE(chain.Get().ok());
  search.clock.now = minutes(54);
  ASSERT_TRUE(chain.Get().ok());
  EXPECT_EQ(search.processes.specs.size(), 1U);
  search.clock.now = minutes(56);
  ASSERT_TRUE(chain.Get().ok());
  EXPECT_EQ(search.processes.specs.size(), 2U);
  chain.Forget();
  ASSERT_TRUE(chain.Get().ok());
  EXPECT_EQ(search.processes.specs.size(), 3U);
}

TEST(Credentials, ARenewalThatFailsIsHarmlessWhileTheyLast) {
  Search search;
  search.Config("[default]\ncredential_process = p\n");
  search.processes.exit.tail = kProcess;
  CredentialChain chain = search.Chain();
  ASSERT_TRUE(chain.Get().ok());
  search.processes.exit = {.exit_code = 1};
  search.clock.now = minutes(57);
  EXPECT_TRUE(chain.Get().ok());
  EXPECT_TRUE(chain.Get().ok());
  EXPECT_EQ(search.processes.specs.size(), 2U);  // not asked at every call
  search.clock.now = minutes(61);
  EXPECT_EQ(chain.Get().error().kind(), ErrorKind::kDenied);
}

TEST(Credentials, AnInstanceWhoseMetadataAreAwayWaitsForThem) {
  Search search;
  search.http.Say(200, "imds-token").Say(200, "worker").Say(200, kRole).Fail(Unavailable("away"));
  CredentialChain chain = search.Chain();
  ASSERT_TRUE(chain.Get().ok());
  chain.Forget();
  EXPECT_EQ(chain.Get().error().kind(), ErrorKind::kUnavailable);
}

}  // namespace
}  // namespace mayfly::aws
