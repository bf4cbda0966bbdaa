#include "adapters/aws/preflight/survey.h"

#include <fmt/format.h>

#include <algorithm>

#include "adapters/aws/images.h"

namespace mayfly::aws {
namespace {

std::vector<std::string> AllTypes(const Ec2Spec& spec) {
  std::vector<std::string> names = spec.types;
  names.insert(names.end(), spec.smaller.begin(), spec.smaller.end());
  return names;
}

Result<std::vector<InstanceType>> FindTypes(Caller& caller, const Ec2Spec& spec) {
  const std::vector<std::string> names = AllTypes(spec);
  TRY_ASSIGN(std::vector<InstanceType> types, DescribeInstanceTypes(caller, names));
  const auto place = [&](const InstanceType& type) {
    return std::ranges::find(names, type.name) - names.begin();
  };
  std::ranges::sort(types, {}, place);
  return types;
}

Result<std::vector<Subnet>> FindSubnets(Caller& caller, const Ec2Spec& spec) {
  Selection selection;
  selection.ids = spec.subnets;
  if (spec.subnets.empty()) {
    selection.filters.push_back({"default-for-az", {"true"}});
    if (!spec.zones.empty()) selection.filters.push_back({"availability-zone", spec.zones});
  }
  TRY_ASSIGN(std::vector<Subnet> subnets, DescribeSubnets(caller, selection));
  std::erase_if(subnets, [&](const Subnet& subnet) {
    return !spec.zones.empty() && std::ranges::find(spec.zones, subnet.zone) == spec.zones.end();
  });
  return subnets;
}

Result<std::vector<SecurityGroup>> FindGroups(Caller& caller, const Ec2Spec& spec,
                                              const Result<std::vector<Subnet>>& subnets) {
  if (!spec.security_groups.empty()) {
    return DescribeSecurityGroups(caller, {spec.security_groups, {}});
  }
  if (!subnets.ok()) return subnets.error();
  if (subnets->empty()) return NotFound("no network is known, so that its default group is not");
  return DescribeSecurityGroups(
      caller, {{}, {{"vpc-id", {subnets->front().vpc_id}}, {"group-name", {"default"}}}});
}

}  // namespace

Survey TakeSurvey(Caller& caller, const PreflightRequest& request) {
  const Ec2Spec& spec = request.ec2;
  Result<std::vector<InstanceType>> types = FindTypes(caller, spec);
  Result<std::vector<Offering>> offerings = DescribeInstanceTypeOfferings(caller, AllTypes(spec));
  Result<std::vector<Subnet>> subnets = FindSubnets(caller, spec);
  Result<std::vector<SecurityGroup>> groups = FindGroups(caller, spec, subnets);
  Result<Image> image = FindImage(caller, spec.image, request.architecture);
  return {caller,
          request,
          std::move(types),
          std::move(offerings),
          std::move(subnets),
          std::move(groups),
          std::move(image)};
}

bool IsWished(const PreflightRequest& request, const std::string& type) {
  const std::vector<std::string>& wished = request.ec2.types;
  return std::ranges::find(wished, type) != wished.end();
}

bool IsCloudHere(const Caller& caller) {
  const std::string base = caller.endpoints().For(Service::kEc2).base;
  return base.starts_with("http://127.") || base.starts_with("http://localhost:") ||
         base.starts_with("http://[::1]");
}

PreflightCheck Pass(std::string what, std::string found) {
  return {std::move(what), Verdict::kPass, std::move(found), "", ""};
}

PreflightCheck Fail(std::string what, std::string found, std::string next_step) {
  return {std::move(what), Verdict::kFail, std::move(found), std::move(next_step), ""};
}

PreflightCheck CannotTell(std::string what, std::string found, std::string next_step) {
  return {std::move(what), Verdict::kCannotTell, std::move(found), std::move(next_step), ""};
}

PreflightCheck FromError(std::string what, const Error& error, std::string next_step) {
  const ErrorKind kind = error.kind();
  const bool is_no = kind == ErrorKind::kInvalid || kind == ErrorKind::kNotFound;
  PreflightCheck check =
      CannotTell(std::move(what), error.message(),
                 kind == ErrorKind::kDenied ? "allow us to ask: `mayfly iam-policy controller`"
                                            : "the same again in a while");
  if (!is_no) return check;
  check.verdict = Verdict::kFail;
  check.next_step = std::move(next_step);
  return check;
}

}  // namespace mayfly::aws
