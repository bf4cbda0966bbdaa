#include "adapters/aws/ec2_instances.h"
#include "adapters/aws/ec2_launch.h"
#include "adapters/aws/ec2_market.h"
#include "adapters/aws/ec2_places.h"
#include "tests/aws/probe.h"

namespace mayfly::probe {
namespace {

using nlohmann::json;

json Json(const aws::Tags& tags) {
  json object = json::object();
  for (const auto& [key, value] : tags) object[key] = value;
  return object;
}

json Json(const aws::LaunchAnswer& answer) {
  json instances = json::array();
  for (const aws::Launched& one : answer.instances) {
    instances.push_back({{"id", one.instance_id},
                         {"type", one.instance_type},
                         {"zone", one.zone},
                         {"subnet", one.subnet_id},
                         {"spot", one.is_spot}});
  }
  json refusals = json::array();
  for (const aws::PoolRefusal& one : answer.refusals) {
    refusals.push_back({{"code", one.refusal.code},
                        {"reaction", aws::ReactionName(one.refusal.reaction)},
                        {"type", one.instance_type},
                        {"zone", one.zone}});
  }
  return {{"instances", instances}, {"refusals", refusals}, {"fleet", answer.fleet_id}};
}

// The request that the tests know by heart: everything set that can be.
aws::InstanceRequest Machine(const Arguments& arguments) {
  aws::InstanceRequest request;
  request.image_id = arguments.at(0);
  request.network.subnet_id = arguments.at(1);
  request.client_token = arguments.at(2);
  request.instance_type = "c7i.large";
  request.user_data = "#!/bin/sh\necho \xC3\xA4 & exit\n";
  request.instance_profile = "mayfly-worker";
  request.network.security_groups = {"sg-0123456789abcdef0"};
  request.disk = aws::RootDisk{.gib = 50, .iops = 4000, .throughput = 250};
  request.spot = aws::Spot{Money{500'000}};
  request.cpu = aws::CpuOptions{1, 1};
  request.tags = {{"mayfly:run", "7"}, {"mayfly:owner", "A & B=\"x\"/ü"}};
  return request;
}

aws::LaunchTemplateRequest Template(const Arguments& arguments) {
  aws::LaunchTemplateRequest request;
  request.name = "mayfly-" + arguments.at(2);
  request.client_token = arguments.at(2);
  request.machine = Machine(arguments);
  request.machine.network.subnet_id.clear();
  request.machine.spot.reset();
  return request;
}

// TEMPLATE TOKEN SUBNET TYPE…
aws::FleetRequest Fleet(const Arguments& arguments) {
  aws::FleetRequest request;
  request.launch_template_id = arguments.at(0);
  request.client_token = arguments.at(1);
  for (std::size_t i = 3; i < arguments.size(); ++i) {
    request.overrides.push_back({.instance_type = arguments[i], .subnet_id = arguments.at(2)});
  }
  request.tags = {{"mayfly:run", "7"}};
  return request;
}

template <typename Request, typename Answer>
Command AnswerOf(Request (*request)(const Arguments&),
                 Result<Answer> (*call)(aws::Caller&, const Request&)) {
  return [=](Probe& probe, const Arguments& arguments) -> Result<json> {
    TRY_ASSIGN(const Answer answer, call(probe.caller, request(arguments)));
    return Json(answer);
  };
}

Command Done(Status (*call)(aws::Caller&, const std::string&)) {
  return [=](Probe& probe, const Arguments& arguments) -> Result<json> {
    TRY(call(probe.caller, arguments.at(0)));
    return json{{"done", true}};
  };
}

json Json(const aws::Instance& one) {
  return {{"id", one.id},
          {"state", aws::InstanceStateName(one.state)},
          {"type", one.type},
          {"zone", one.zone},
          {"subnet", one.subnet_id},
          {"token", one.client_token},
          {"spot", one.is_spot},
          {"reason", one.reason_code},
          {"volumes", one.volumes},
          {"interfaces", one.interfaces},
          {"launched", one.launched ? FormatInstant(*one.launched) : ""},
          {"tags", Json(one.tags)}};
}

json Json(const aws::InstanceStatus& one) {
  return {{"id", one.instance_id}, {"state", one.state}, {"system", one.system_status}};
}

json Json(const aws::InstanceType& one) {
  return {{"name", one.name},
          {"vcpus", one.vcpus},
          {"memory_mib", one.memory_mib},
          {"architectures", one.architectures},
          {"spot", one.has_spot},
          {"nitro", one.is_nitro}};
}

json Json(const aws::Offering& one) { return {{"type", one.instance_type}, {"zone", one.zone}}; }

json Json(const aws::Zone& one) {
  return {{"name", one.name}, {"id", one.id}, {"available", one.is_available}};
}

json Json(const aws::SpotPrice& one) {
  return {{"type", one.instance_type},
          {"zone", one.zone},
          {"micro_usd", one.per_hour.micro_usd},
          {"since", FormatInstant(one.since)}};
}

json Json(const aws::PlacementScore& one) {
  return {{"zone_id", one.zone_id}, {"score", one.score}};
}

json Json(const aws::Image& one) {
  return {{"id", one.id}, {"architecture", one.architecture}, {"state", one.state}};
}

json Json(const aws::Subnet& one) {
  return {{"id", one.id}, {"zone", one.zone}, {"free", one.free_addresses}};
}

json Json(const aws::SecurityGroup& one) {
  return {{"id", one.id}, {"inbound", one.inbound.size()}, {"outbound", one.outbound.size()}};
}

template <typename Item>
Result<json> Listed(const Result<std::vector<Item>>& items) {
  if (!items.ok()) return items.error();
  json list = json::array();
  for (const Item& item : *items) list.push_back(Json(item));
  return list;
}

template <typename Item>
Command Described(Result<std::vector<Item>> (*call)(aws::Caller&, const aws::Selection&)) {
  return [=](Probe& probe, const Arguments& arguments) -> Result<json> {
    const SelectionText text = SelectionFrom(arguments);
    return Listed(call(probe.caller, {text.ids, text.filters}));
  };
}

Result<json> Terminate(Probe& probe, const Arguments& arguments) {
  TRY_ASSIGN(const aws::InstanceState state, aws::TerminateInstance(probe.caller, arguments.at(0)));
  return json{{"state", aws::InstanceStateName(state)}};
}

Result<json> CreateTemplate(Probe& probe, const Arguments& arguments) {
  TRY_ASSIGN(const std::string id, aws::CreateLaunchTemplate(probe.caller, Template(arguments)));
  return json{{"id", id}};
}

Result<json> Tag(Probe& probe, const Arguments& arguments) {
  TRY(aws::CreateTags(probe.caller, {arguments.at(0)}, TagsFrom(arguments.at(1))));
  return json{{"done", true}};
}

// What would be sent, without sending it.
Result<json> Body(Probe&, const Arguments& arguments) {
  const Arguments rest(arguments.begin() + 1, arguments.end());
  if (arguments.at(0) == "run") return json{{"body", aws::RunInstancesQuery(Machine(rest)).Body()}};
  if (arguments[0] == "fleet") return json{{"body", aws::FleetQuery(Fleet(rest)).Body()}};
  return json{{"body", aws::LaunchTemplateQuery(Template(rest)).Body()}};
}

}  // namespace

void AddEc2Commands(Commands& commands) {
  commands["body"] = Body;
  commands["run"] = AnswerOf(&Machine, &aws::RunInstances);
  commands["dry-run"] = [](Probe& probe, const Arguments& arguments) -> Result<json> {
    TRY(aws::DryRunInstances(probe.caller, Machine(arguments)));
    return json{{"allowed", true}};
  };
  commands["template"] = CreateTemplate;
  commands["delete-template"] = Done(&aws::DeleteLaunchTemplate);
  commands["fleet"] = AnswerOf(&Fleet, &aws::CreateFleet);
  commands["delete-fleet"] = Done(&aws::DeleteFleet);
  commands["instances"] = Described(&aws::DescribeInstances);
  commands["status"] = Described(&aws::DescribeInstanceStatus);
  commands["terminate"] = Terminate;
  commands["tag"] = Tag;
  commands["images"] = Described(&aws::DescribeImages);
  commands["subnets"] = Described(&aws::DescribeSubnets);
  commands["groups"] = Described(&aws::DescribeSecurityGroups);
  commands["types"] = [](Probe& probe, const Arguments& arguments) {
    return Listed(aws::DescribeInstanceTypes(probe.caller, arguments));
  };
  commands["offerings"] = [](Probe& probe, const Arguments& arguments) {
    return Listed(aws::DescribeInstanceTypeOfferings(probe.caller, arguments));
  };
  commands["zones"] = [](Probe& probe, const Arguments&) {
    return Listed(aws::DescribeAvailabilityZones(probe.caller));
  };
  commands["prices"] = [](Probe& probe, const Arguments& arguments) {
    return Listed(aws::DescribeSpotPriceHistory(probe.caller, {.instance_types = arguments}));
  };
  commands["scores"] = [](Probe& probe, const Arguments& arguments) {
    return Listed(aws::GetSpotPlacementScores(probe.caller, {.instance_types = arguments}));
  };
  commands["console"] = [](Probe& probe, const Arguments& arguments) -> Result<json> {
    TRY_ASSIGN(const std::string text, aws::GetConsoleOutput(probe.caller, arguments.at(0)));
    return json{{"text", text}};
  };
}

}  // namespace mayfly::probe
