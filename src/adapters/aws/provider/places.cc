#include "adapters/aws/provider/places.h"

#include <fmt/format.h>

#include <algorithm>

#include "adapters/aws/ec2_places.h"
#include "adapters/aws/secrets.h"

namespace mayfly::aws {
namespace {

constexpr std::string_view kDebian = "debian-12";
// What Debian publishes itself, in every region.
constexpr const char* kDebianParameter = "/aws/service/debian/release/12/latest/amd64";

Result<std::string> ImageIdOf(Caller& caller, const std::string& image) {
  if (image == kDebian) return GetParameter(caller, kDebianParameter);
  if (image.starts_with("ssm:")) return GetParameter(caller, image.substr(4));
  return image;
}

Status FindImage(Caller& caller, const std::string& image, Ec2Places& places) {
  TRY_ASSIGN(places.image_id, ImageIdOf(caller, image));
  TRY_ASSIGN(const std::vector<Image> found,
             DescribeImages(caller, {.ids = {places.image_id}, .filters = {}}));
  if (found.empty()) return NotFound(fmt::format("image {} ({})", image, places.image_id));
  const Image& one = found.front();
  if (one.state != "available" || one.root_device.empty()) {
    return Invalid(fmt::format("image {} ({}) is {}, with the root device '{}'; take another",
                               image, places.image_id, one.state, one.root_device));
  }
  places.root_device = one.root_device;
  places.architecture = one.architecture;
  return {};
}

bool IsWanted(const Ec2Spec& spec, const std::string& zone) {
  return spec.zones.empty() ||
         std::find(spec.zones.begin(), spec.zones.end(), zone) != spec.zones.end();
}

Status FindSubnets(Caller& caller, const Ec2Spec& spec, Ec2Places& places) {
  Selection selection{.ids = spec.subnets, .filters = {}};
  if (spec.subnets.empty()) selection.filters = {{"default-for-az", {"true"}}};
  TRY_ASSIGN(const std::vector<Subnet> subnets, DescribeSubnets(caller, selection));
  for (const Subnet& subnet : subnets) {
    if (!IsWanted(spec, subnet.zone)) continue;
    const auto [place, is_new] = places.subnets.emplace(subnet.zone, subnet.id);
    if (!is_new) {
      return Invalid(fmt::format("subnets {} and {} are both in {}; name one a zone", place->second,
                                 subnet.id, subnet.zone));
    }
  }
  if (!places.subnets.empty()) return {};
  return Invalid(
      fmt::format("no {} of {} is in a zone that the phase allows; set "
                  "machines.ec2.subnets",
                  spec.subnets.empty() ? "default subnet" : "subnet of the phase", places.region));
}

}  // namespace

Result<Ec2Places> FindPlaces(Caller& caller, const Ec2Spec& spec) {
  Ec2Places places;
  places.region = spec.region.empty() ? caller.endpoints().region() : spec.region;
  TRY(FindImage(caller, spec.image, places));
  TRY(FindSubnets(caller, spec, places));
  return places;
}

}  // namespace mayfly::aws
