#include "adapters/aws/secrets.h"

#include <string_view>

#include "adapters/aws/json_call.h"
#include "adapters/aws/text.h"

namespace mayfly::aws {
namespace {

constexpr JsonService kSsm{Service::kSsm, "AmazonSSM"};
constexpr int kMostPages = 200;

}  // namespace

Result<std::string> GetParameter(Caller& caller, const std::string& name) {
  nlohmann::json question;
  question["Name"] = name;
  question["WithDecryption"] = true;
  TRY_ASSIGN(const nlohmann::json answer, AskJson(caller, kSsm, "GetParameter", question));
  Result<std::string> value = NeedTextField(Field(answer, "Parameter"), "Value");
  if (!value.ok()) return value.error().Within("ssm GetParameter " + name);
  return value;
}

Status PutParameter(Caller& caller, const std::string& name, const std::string& value) {
  const nlohmann::json question{
      {"Name", name}, {"Value", value}, {"Type", "SecureString"}, {"Overwrite", true}};
  const Result<nlohmann::json> answer =
      AskJson(caller, kSsm, "PutParameter", question, Effect::kRepeatable);
  if (answer.ok()) return {};
  // SSM quotes what it does not like.
  return Error(answer.error().kind(), WithoutSecrets(answer.error().message(), {value}))
      .Within(name);
}

Status DeleteParameter(Caller& caller, const std::string& name) {
  TRY(AskJson(caller, kSsm, "DeleteParameter", {{"Name", name}}, Effect::kRemoving));
  return {};
}

Result<std::vector<std::string>> ListParameters(Caller& caller, const std::string& folder) {
  const std::string operation = "GetParametersByPath";
  nlohmann::json question{{"Path", folder}, {"Recursive", true}, {"WithDecryption", false}};
  std::vector<std::string> names;
  for (int page = 0; page < kMostPages; ++page) {
    TRY_ASSIGN(const nlohmann::json answer, AskJson(caller, kSsm, operation, question));
    const nlohmann::json& list = Field(answer, "Parameters");
    if (!list.is_array()) return Corrupt("ssm " + operation + ": no list in the answer");
    for (const nlohmann::json& item : list) {
      TRY_ASSIGN(std::string name, NeedTextField(item, "Name"));
      names.push_back(std::move(name));
    }
    const std::string token = TextField(answer, "NextToken");
    if (token.empty()) return names;
    question["NextToken"] = token;
  }
  return Exhausted("ssm " + operation + ": too many pages below " + folder);
}

Result<std::string> GetSecretValue(Caller& caller, const std::string& id) {
  nlohmann::json question;
  question["SecretId"] = id;
  TRY_ASSIGN(
      const nlohmann::json answer,
      AskJson(caller, {Service::kSecretsManager, "secretsmanager"}, "GetSecretValue", question));
  const std::string what = "secretsmanager GetSecretValue " + id;
  if (Field(answer, "SecretString").is_null() && Field(answer, "SecretBinary").is_string()) {
    return Invalid(what + ": the secret is binary; store it as text");
  }
  Result<std::string> value = NeedTextField(answer, "SecretString");
  if (!value.ok()) return value.error().Within(what);
  return value;
}

}  // namespace mayfly::aws
