#include "adapters/aws/provider/places.h"

#include <fmt/format.h>

#include <algorithm>

#include "adapters/aws/ec2_places.h"
#include "adapters/aws/images.h"

namespace mayfly::aws {
namespace {

Status TakeImage(const std::string& word, const Image& image, Ec2Places& places) {
  if (image.state != "available" || image.root_device.empty()) {
    return Invalid(fmt::format("image {} ({}) is {}, with the root device '{}'; take another", word,
                               image.id, image.state, image.root_device));
  }
  places.image_id = image.id;
  places.root_device = image.root_device;
  places.architecture = image.architecture;
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

Result<Ec2Places> FindPlaces(Caller& caller, const Ec2Spec& spec, const std::string& architecture) {
  Ec2Places places;
  places.region = spec.region.empty() ? caller.endpoints().region() : spec.region;
  TRY_ASSIGN(const Image image, FindImage(caller, spec.image, architecture));
  TRY(TakeImage(spec.image, image, places));
  TRY(FindSubnets(caller, spec, places));
  return places;
}

}  // namespace mayfly::aws
