// What we may do, by dry runs: EC2 says whether it would, and does nothing.

#include <fmt/format.h>

#include <string_view>

#include "adapters/aws/ec2_answer.h"
#include "adapters/aws/ec2_instances.h"
#include "adapters/aws/ec2_launch.h"
#include "adapters/aws/preflight/survey.h"

namespace mayfly::aws {
namespace {

constexpr const char* kFleets = "permission fleets";
constexpr const char* kEnd = "permission end";
constexpr std::size_t kPoolsOfFleet = 3;  // with fewer, machines are asked for one by one
constexpr const char* kNobodys = "i-00000000000000000";

// The machine that would be asked for first, in every part that EC2 judges.
Result<InstanceRequest> MakeRequest(const Survey& survey, Market market) {
  const PreflightRequest& asked = survey.request;
  TRY_ASSIGN(const Image image, survey.image);
  TRY_ASSIGN(const std::vector<InstanceType> types, survey.types);
  TRY_ASSIGN(const std::vector<Subnet> subnets, survey.subnets);
  if (types.empty() || subnets.empty()) return NotFound("there is no type or no subnet to ask for");
  InstanceRequest request;
  request.client_token = "mayfly-preflight";
  request.image_id = image.id;
  request.instance_type = types.front().name;
  request.user_data = "#!/bin/sh\n";
  request.instance_profile = asked.ec2.instance_profile;
  request.network = {subnets.front().id, asked.ec2.security_groups, asked.ec2.public_address};
  request.disk = RootDisk{};
  request.disk->device = image.root_device;
  request.disk->gib = asked.ec2.disk_gib;
  request.disk->type = asked.ec2.disk_type;
  if (market == Market::kSpot) request.spot = Spot{};
  if (request.spot && asked.max_price)
    request.spot->highest_price = Money{asked.max_price->micro_usd};
  request.tags = asked.tags;
  return request;
}

bool Names(const Error& error, std::string_view what) {
  return error.message().find(what) != std::string::npos;
}

bool IsAboutProfile(const Error& error) {
  return Names(error, "iamInstanceProfile") || Names(error, "IAM Instance Profile");
}

std::string WhatToAllow(const Error& error) {
  if (Names(error, "iam:PassRole")) {
    return "allow iam:PassRole of the machines' role: `mayfly iam-policy controller`";
  }
  if (IsAboutProfile(error)) {
    return "make the instance profile that [machines.ec2] names, or correct its name";
  }
  return "attach what `mayfly iam-policy controller` prints to who we are";
}

// To be denied what is to be done is a no; to be denied a look at something is not.
PreflightCheck FromDryRun(std::string what, const Error& error) {
  PreflightCheck check =
      FromError(std::move(what), error, "correct what it names in [machines.ec2]");
  const bool is_denied = error.kind() == ErrorKind::kDenied;
  if (is_denied) check.verdict = Verdict::kFail;
  if (is_denied || IsAboutProfile(error)) check.next_step = WhatToAllow(error);
  return check;
}

PreflightCheck CheckStart(const Survey& survey, Market market) {
  const std::string what = fmt::format("permission {}", Name(market));
  Result<InstanceRequest> request = MakeRequest(survey, market);
  if (!request.ok()) {
    return CannotTell(what, "there is no request to try: " + request.error().message(),
                      "mend the lines above");
  }
  const Status allowed = DryRunInstances(survey.caller, *request);
  if (allowed.ok()) {
    return Pass(what, fmt::format("a dry run of {} under {} with its tags and its disk is allowed",
                                  request->instance_type, request->instance_profile));
  }
  return FromDryRun(what, allowed.error());
}

Status TryFleets(const Survey& survey) {
  LaunchTemplateRequest made;
  made.client_token = "mayfly-preflight";
  made.name = "mayfly-preflight";
  made.machine.tags = survey.request.tags;
  TRY(DryRun(survey.caller, LaunchTemplateQuery(made)));
  FleetRequest fleet;
  fleet.client_token = "mayfly-preflight";
  fleet.launch_template_id = "lt-00000000000000000";
  fleet.is_spot = survey.request.ec2.on_demand != OnDemandRule::kOnly;
  fleet.tags = survey.request.tags;
  return DryRun(survey.caller, FleetQuery(fleet));
}

PreflightCheck CheckFleets(const Survey& survey) {
  const Status allowed = TryFleets(survey);
  if (allowed.ok()) return Pass(kFleets, "dry runs of a launch template and a fleet are allowed");
  PreflightCheck check = FromDryRun(kFleets, allowed.error());
  // The dry run is of a template that does not exist, and EC2 may look for it first.
  if (allowed.error().kind() != ErrorKind::kInvalid) return check;
  check.verdict = Verdict::kCannotTell;
  check.next_step = WhatToAllow(allowed.error());
  check.excuse =
      "the template does not exist yet; without fleets machines are asked for one by one";
  return check;
}

// A machine of this ledger that is there, else one that is nobody's.
std::string MachineToTry(const Survey& survey) {
  for (const auto& [key, value] : survey.request.tags) {
    if (key != "mayfly:ledger") continue;
    Result<std::vector<Instance>> ours = DescribeInstances(
        survey.caller,
        {{}, {{"tag:mayfly:ledger", {value}}, {"instance-state-name", {"running"}}}});
    if (ours.ok() && !ours->empty()) return ours->front().id;
  }
  return kNobodys;
}

PreflightCheck CheckEnd(const Survey& survey) {
  const std::string id = MachineToTry(survey);
  Query query = Ec2Query("TerminateInstances");
  query.Set("InstanceId.1", id);
  const Status allowed = DryRun(survey.caller, query);
  const bool is_ours = id != kNobodys;
  if (allowed.ok()) {
    return Pass(kEnd, fmt::format("a dry run of ending {} is allowed", is_ours ? id : "a machine"));
  }
  PreflightCheck check = FromDryRun(kEnd, allowed.error());
  const bool is_answer = allowed.error().kind() != ErrorKind::kUnavailable;
  if (is_ours || !is_answer) return check;
  check.verdict = Verdict::kCannotTell;
  check.found = "cannot be tried before there is a machine: the right is to ours alone";
  check.next_step = "attach what `mayfly iam-policy controller` prints to who we are";
  check.excuse = "every machine ends itself at its deadline, whoever may not";
  return check;
}

}  // namespace

std::vector<PreflightCheck> CheckPermissions(const Survey& survey) {
  std::vector<PreflightCheck> checks;
  const std::vector<Market> markets = MarketsOf(survey.request.ec2.on_demand);
  for (Market market : markets) checks.push_back(CheckStart(survey, market));
  const bool is_known = survey.types.ok() && survey.subnets.ok();
  const std::size_t pools =
      is_known ? survey.types->size() * survey.subnets->size() : kPoolsOfFleet;
  if (pools >= kPoolsOfFleet) checks.push_back(CheckFleets(survey));
  checks.push_back(CheckEnd(survey));
  return checks;
}

}  // namespace mayfly::aws
