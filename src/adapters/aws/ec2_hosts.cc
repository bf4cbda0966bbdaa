#include "adapters/aws/ec2_hosts.h"

#include "adapters/aws/ec2_answer.h"

namespace mayfly::aws {
namespace {

// A change of one instance's state. That it was heard is all: where it is, DescribeInstances tells.
Status ChangeState(Caller& caller, std::string_view action, const std::string& id) {
  Query query = Ec2Query(action);
  query.Set("InstanceId.1", id);
  TRY_ASSIGN(const XmlAnswer answer, Ec2Change(caller, query, Effect::kRepeatable));
  for (pugi::xml_node item : Items(answer.root(), "instancesSet")) {
    if (Text(item, "instanceId") == id) return {};
  }
  return Ambiguous("ec2 " + std::string(action) + ": the answer does not speak of " + id);
}

}  // namespace

Status StopInstance(Caller& caller, const std::string& id) {
  return ChangeState(caller, "StopInstances", id);
}

Status StartInstance(Caller& caller, const std::string& id) {
  return ChangeState(caller, "StartInstances", id);
}

Status ModifyInstanceType(Caller& caller, const std::string& id, const std::string& type) {
  Query query = Ec2Query("ModifyInstanceAttribute");
  query.Set("InstanceId", id).Set("InstanceType.Value", type);
  return Ec2Done(caller, query, Effect::kRepeatable);
}

Result<bool> IsStopProtected(Caller& caller, const std::string& id) {
  Query query = Ec2Query("DescribeInstanceAttribute");
  query.Set("InstanceId", id).Set("Attribute", "disableApiStop");
  TRY_ASSIGN(const XmlAnswer answer, Ec2Read(caller, query));
  return NeedBool(answer.root(), "disableApiStop/value");
}

}  // namespace mayfly::aws
