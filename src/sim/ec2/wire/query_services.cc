#include "sim/ec2/wire/query_services.h"

#include <fmt/format.h>

#include "sim/ec2/wire/text.h"

namespace mayfly::ec2 {
namespace {

HttpReply NoAction(const std::string& action) {
  return RefuseQuery({"InvalidAction", "Could not find operation " + action, 400});
}

// Keys of the documentation's: they look like keys and open nothing.
std::string AssumedRole(const Services& services, const Params& params) {
  const std::string arn = params.Text("RoleArn"), session = params.Text("RoleSessionName");
  const std::string name = arn.substr(arn.rfind('/') + 1);
  return fmt::format(
      "<AssumedRoleUser><AssumedRoleId>AROACLKWSDQRAOEXAMPLE:{0}</AssumedRoleId>"
      "<Arn>arn:aws:sts::{1}:assumed-role/{2}/{0}</Arn></AssumedRoleUser><Credentials>"
      "<AccessKeyId>ASIAIOSFODNN7EXAMPLE</AccessKeyId>"
      "<SecretAccessKey>wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY</SecretAccessKey>"
      "<SessionToken>{2}</SessionToken><Expiration>{3}</Expiration></Credentials>",
      EscapeXml(session), kAccount, EscapeXml(name), Stamp(services.cloud.now + hours(1)));
}

}  // namespace

HttpReply QueryReply(const Services& services, const std::string& action, std::string_view space,
                     const std::string& result) {
  HttpReply reply;
  reply.body = fmt::format(
      "<{0}Response xmlns=\"{1}\"><{0}Result>{2}</{0}Result><ResponseMetadata>"
      "<RequestId>{3:032}</RequestId></ResponseMetadata></{0}Response>",
      action, space, result, services.requests);
  return reply;
}

HttpReply AnswerSts(Services& services, const Params& params) {
  constexpr std::string_view kSpace = "https://sts.amazonaws.com/doc/2011-06-15/";
  const std::string action = params.Text("Action");
  if (action == "GetCallerIdentity") {
    return QueryReply(services, action, kSpace,
                      fmt::format("<Arn>arn:aws:iam::{0}:user/operator</Arn>"
                                  "<UserId>AIDACKCEVSQ6C2EXAMPLE</UserId><Account>{0}</Account>",
                                  kAccount));
  }
  if (action != "AssumeRole") return NoAction(action);
  if (params.Text("RoleArn").empty() || params.Text("RoleSessionName").empty()) {
    return RefuseQuery({"ValidationError", "RoleArn and RoleSessionName are needed", 400});
  }
  return QueryReply(services, action, kSpace, AssumedRole(services, params));
}

HttpReply RefuseQuery(const Refusal& why) {
  HttpReply reply{.status = why.status};
  reply.body = fmt::format(
      "<ErrorResponse><Error><Type>Sender</Type><Code>{}</Code><Message>{}</Message></Error>"
      "<RequestId>0</RequestId></ErrorResponse>",
      EscapeXml(why.code), EscapeXml(why.message));
  return reply;
}

}  // namespace mayfly::ec2
