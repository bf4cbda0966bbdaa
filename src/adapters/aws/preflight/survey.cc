#include "adapters/aws/preflight/survey.h"

#include <fmt/format.h>

#include <algorithm>

#include "adapters/aws/secrets.h"

namespace mayfly::aws {
namespace {

constexpr std::string_view kDebianOwner = "136693071363";

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

// Debian publishes its newest image as a parameter; where a region does not have that yet, the
// images of Debian's own account have a name by which they are found.
Result<std::string> FindDebian(Caller& caller, const std::string& architecture) {
  const std::string debian_name = architecture == "arm64" ? "arm64" : "amd64";
  Result<std::string> parameter =
      GetParameter(caller, "/aws/service/debian/release/12/latest/" + debian_name);
  const bool is_absent = !parameter.ok() && parameter.error().kind() == ErrorKind::kNotFound;
  if (!is_absent) return parameter;
  const Filters filters{{"owner-id", {std::string(kDebianOwner)}},
                        {"name", {fmt::format("debian-12-{}*", debian_name)}}};
  TRY_ASSIGN(const std::vector<Image> images, DescribeImages(caller, {{}, filters}));
  if (images.empty()) return NotFound("no image of Debian 12 for " + architecture);
  return std::ranges::max(images, {}, &Image::created).id;
}

Result<std::string> FindImageId(Caller& caller, const std::string& image,
                                const std::string& architecture) {
  constexpr std::string_view kParameter = "ssm:";
  if (image.starts_with(kParameter)) return GetParameter(caller, image.substr(kParameter.size()));
  if (image == "debian-12") return FindDebian(caller, architecture);
  return image;
}

Result<Image> FindTheImage(Caller& caller, const PreflightRequest& request) {
  Result<std::string> found = FindImageId(caller, request.ec2.image, request.architecture);
  if (!found.ok()) return found.error().Within(request.ec2.image);
  const std::string& id = *found;
  TRY_ASSIGN(std::vector<Image> images, DescribeImages(caller, {{id}, {}}));
  if (images.empty()) return NotFound(fmt::format("there is no image {}", id));
  return std::move(images.front());
}

}  // namespace

Survey TakeSurvey(Caller& caller, const PreflightRequest& request) {
  const Ec2Spec& spec = request.ec2;
  Result<std::vector<InstanceType>> types = FindTypes(caller, spec);
  Result<std::vector<Offering>> offerings = DescribeInstanceTypeOfferings(caller, AllTypes(spec));
  Result<std::vector<Subnet>> subnets = FindSubnets(caller, spec);
  Result<std::vector<SecurityGroup>> groups = FindGroups(caller, spec, subnets);
  Result<Image> image = FindTheImage(caller, request);
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
