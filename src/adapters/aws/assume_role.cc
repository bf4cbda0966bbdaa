#include "adapters/aws/assume_role.h"

#include "adapters/aws/error_class.h"
#include "adapters/aws/query.h"
#include "adapters/aws/xml.h"

namespace mayfly::aws {

Result<Credentials> AssumeRole(HttpClient& http, const Endpoint& sts, const Credentials& by,
                               const RoleRequest& role) {
  Query query("AssumeRole", "2011-06-15");
  query.Set("RoleArn", role.arn)
      .Set("RoleSessionName", role.session_name)
      .SetInt("DurationSeconds", role.life.count())
      .SetUnlessEmpty("ExternalId", role.external_id);
  HttpRequest request;
  request.method = "POST";
  request.url = sts.base + "/";
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}};
  request.body = query.Body();
  request.signing = HttpSigning{sts.region, sts.signing_name, by.access_key_id,
                                by.secret_access_key, by.session_token};
  Result<HttpResponse> response = http.Send(request);
  const std::string what = "taking on the role " + role.arn;
  if (!response.ok()) return Unavailable(response.error().message()).Within(what);
  if (response->status != 200) {
    Refusal refusal = ReadRefusal(*response);
    refusal.message = WithoutSecrets(refusal.message, {by.secret_access_key, by.session_token});
    return ErrorOf(refusal, what);
  }
  TRY_ASSIGN(const XmlAnswer answer, XmlAnswer::Parse(response->body, "AssumeRoleResponse"));
  const pugi::xml_node node = answer.root().child("AssumeRoleResult").child("Credentials");
  Credentials credentials;
  credentials.source = "role " + role.arn;
  TRY_ASSIGN(credentials.access_key_id, NeedText(node, "AccessKeyId"));
  TRY_ASSIGN(credentials.secret_access_key, NeedText(node, "SecretAccessKey"));
  TRY_ASSIGN(credentials.session_token, NeedText(node, "SessionToken"));
  TRY_ASSIGN(credentials.expires, NeedInstant(node, "Expiration"));
  return credentials;
}

}  // namespace mayfly::aws
