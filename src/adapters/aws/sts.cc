#include "adapters/aws/sts.h"

#include "adapters/aws/xml.h"

namespace mayfly::aws {

Result<Identity> GetCallerIdentity(Caller& caller) {
  TRY_ASSIGN(const HttpResponse response,
             caller.Send(QueryCall(Service::kSts, Query("GetCallerIdentity", "2011-06-15"))));
  TRY_ASSIGN(const XmlAnswer answer, XmlAnswer::Parse(response.body, "GetCallerIdentityResponse"));
  const pugi::xml_node node = answer.root().child("GetCallerIdentityResult");
  Identity identity;
  TRY_ASSIGN(identity.account, NeedText(node, "Account"));
  TRY_ASSIGN(identity.arn, NeedText(node, "Arn"));
  TRY_ASSIGN(identity.user_id, NeedText(node, "UserId"));
  return identity;
}

}  // namespace mayfly::aws
