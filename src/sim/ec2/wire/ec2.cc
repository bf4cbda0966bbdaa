// The Query protocol of EC2 and STS: finds the action, wraps its answer, writes its refusals.

#include <fmt/format.h>

#include <array>

#include "sim/ec2/launch.h"
#include "sim/ec2/wire/ec2_actions.h"
#include "sim/ec2/wire/text.h"

namespace mayfly::ec2 {
namespace {

constexpr std::string_view kNamespace = "http://ec2.amazonaws.com/doc/2016-11-15/";
constexpr std::string_view kDeclaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

std::string RequestId(const Services& services) {
  return fmt::format("00000000-0000-4000-8000-{:012d}", services.requests);
}

HttpReply Refuse(const Services& services, const Refusal& why) {
  HttpReply reply{.status = why.status};
  reply.body = fmt::format(
      "{}<Response><Errors><Error><Code>{}</Code><Message>{}</Message></Error></Errors>"
      "<RequestID>{}</RequestID></Response>",
      kDeclaration, EscapeXml(why.code), EscapeXml(why.message), RequestId(services));
  return reply;
}

const Ec2Action* FindAction(std::string_view name) {
  for (const auto actions :
       {LaunchActions(), InstanceActions(), ResourceActions(), MakingActions(), OfferActions()}) {
    for (const Ec2Action& action : actions) {
      if (action.name == name) return &action;
    }
  }
  return nullptr;
}

Answer<std::string> Run(Services& services, const Params& params, const std::string& name) {
  const Ec2Action* action = FindAction(name);
  if (action == nullptr) {
    return Refusal{"InvalidAction",
                   fmt::format("The action {} is not valid for this web service.", name)};
  }
  // RunInstances looks at its parameters first: a dry run of nonsense fails.
  if (params.Flag("DryRun") && name != "RunInstances") {
    return Refusal{"DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412};
  }
  return action->run(services, params);
}

}  // namespace

HttpReply AnswerEc2(Services& services, const Params& params) {
  const std::string name = params.Text("Action");
  if (params.Text("Version") != "2016-11-15") {
    return Refuse(services, {"InvalidAction", "Only Version=2016-11-15 is spoken here"});
  }
  const Answer<std::string> inside = Run(services, params, name);
  if (!inside.ok()) return Refuse(services, inside.error());
  HttpReply reply;
  reply.body = fmt::format("{}<{}Response xmlns=\"{}\"><requestId>{}</requestId>{}</{}Response>",
                           kDeclaration, name, kNamespace, RequestId(services), *inside, name);
  return reply;
}

}  // namespace mayfly::ec2
