#include "adapters/aws/secrets.h"

#include "adapters/aws/json_call.h"

namespace mayfly::aws {

Result<std::string> GetParameter(Caller& caller, const std::string& name) {
  nlohmann::json question;
  question["Name"] = name;
  question["WithDecryption"] = true;
  TRY_ASSIGN(const nlohmann::json answer,
             AskJson(caller, {Service::kSsm, "AmazonSSM"}, "GetParameter", question));
  Result<std::string> value = NeedTextField(Field(answer, "Parameter"), "Value");
  if (!value.ok()) return value.error().Within("ssm GetParameter " + name);
  return value;
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
