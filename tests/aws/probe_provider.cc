#include "adapters/aws/provider/ec2_machines.h"
#include "tests/aws/probe.h"

namespace mayfly::probe {
namespace {

using nlohmann::json;

constexpr RunId kRun{7};

// machine-… IMAGE SUBNET: a machine of run 7 in us-east-1a.
aws::Ec2Options Options(const Arguments& arguments) {
  aws::Ec2Options options;
  options.spec.types = {"c7i.large"};
  options.spec.instance_profile = "mayfly-worker";
  options.spec.tags = {{"team", "quants"}};
  options.places.region = "us-east-1";
  options.places.image_id = arguments.at(0);
  options.places.root_device = "/dev/xvda";
  options.places.subnets = {{"us-east-1a", arguments.at(1)}};
  options.bundle = {"bundles", "one.tar.gz", std::string(64, '0')};
  options.names = {.ledger = "moto", .phase = "p", .owner = "ada", .own = {}};
  options.shown_within = Duration(0);
  return options;
}

// … MACHINE
Result<json> Launch(Probe& probe, const Arguments& arguments) {
  aws::Ec2Machines machines(probe.caller, probe.waiter, Options(arguments));
  LaunchIntent intent;
  intent.run = kRun;
  intent.machine = MachineId{std::stoll(arguments.at(2))};
  intent.token = "machine-" + arguments.at(2);
  intent.deadline_in = hours(2);
  intent.database = "host=db password=canary";
  Offer offer;
  offer.pool = {"us-east-1", "us-east-1a", "c7i.large", Market::kSpot};
  offer.highest = {200'000, Unit::kHour};
  intent.offers = {offer};
  TRY_ASSIGN(const LaunchAnswer answer, machines.Launch(intent));
  return json{{"id", answer.external_id}, {"refusals", answer.refusals.size()}};
}

Result<json> List(Probe& probe, const Arguments& arguments) {
  aws::Ec2Machines machines(probe.caller, probe.waiter, Options(arguments));
  TRY_ASSIGN(const std::vector<MachineSighting> seen, machines.List(kRun));
  json list = json::array();
  for (const MachineSighting& one : seen) {
    list.push_back({{"machine", one.machine.value},
                    {"id", one.external_id},
                    {"alive", one.alive},
                    {"pool", one.pool ? Describe(*one.pool) : ""}});
  }
  return list;
}

// … MACHINE ID
Result<json> Terminate(Probe& probe, const Arguments& arguments) {
  aws::Ec2Machines machines(probe.caller, probe.waiter, Options(arguments));
  TRY(machines.Terminate(MachineId{std::stoll(arguments.at(2))}, arguments.at(3)));
  return json{{"done", true}};
}

Result<json> FindResidue(Probe& probe, const Arguments& arguments) {
  aws::Ec2Machines machines(probe.caller, probe.waiter, Options(arguments));
  TRY_ASSIGN(const ResidueLook left, machines.FindResidue(kRun));
  json list = json::array();
  for (const Residue& one : left.found) list.push_back(one.kind);
  return list;
}

}  // namespace

void AddProviderCommands(Commands& commands) {
  commands["machine-launch"] = Launch;
  commands["machine-list"] = List;
  commands["machine-terminate"] = Terminate;
  commands["machine-residue"] = FindResidue;
}

}  // namespace mayfly::probe
