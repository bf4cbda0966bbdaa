// What this cloud offers, on the wire: types, zones, images, networks, prices, placement scores.

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "sim/ec2/prices.h"
#include "sim/ec2/wire/ec2_actions.h"
#include "sim/ec2/wire/listing.h"
#include "sim/ec2/wire/text.h"

namespace mayfly::ec2 {
namespace {

std::string_view Vpc(const Services& services) { return VpcOf(services.cloud.region); }

std::string_view UsageClassesXml() {
  return "<supportedUsageClasses><item>on-demand</item><item>spot</item></supportedUsageClasses>";
}

Row TypeRow(const InstanceType& type) {
  Xml xml;
  xml.Open("item")
      .Leaf("instanceType", type.name)
      .Flag("currentGeneration", true)
      .Raw(UsageClassesXml())
      .Open("supportedVirtualizationTypes")
      .Leaf("item", "hvm")
      .Close("supportedVirtualizationTypes")
      .Leaf("hypervisor", "nitro")
      .Open("processorInfo")
      .Open("supportedArchitectures")
      .Leaf("item", type.architecture)
      .Close("supportedArchitectures")
      .Close("processorInfo")
      .Open("vCpuInfo")
      .Number("defaultVCpus", type.vcpus)
      .Close("vCpuInfo")
      .Open("memoryInfo")
      .Number("sizeInMiB", type.memory_mib)
      .Close("memoryInfo")
      .Flag("instanceStorageSupported", type.instance_storage_gb > 0)
      .Open("networkInfo")
      .Leaf("enaSupport", "required")
      .Close("networkInfo")
      .Flag("burstablePerformanceSupported", type.name.starts_with("t3"))
      .Close("item");
  return {.id = type.name,
          .attributes = {{"instance-type", type.name},
                         {"processor-info.supported-architecture", type.architecture},
                         {"vcpu-info.default-vcpus", std::to_string(type.vcpus)}},
          .xml = xml.text()};
}

Answer<std::string> DescribeTypesAction(Services&, const Params& params) {
  Listing listing{
      .set = "instanceTypeSet", .ids = "InstanceType", .not_found = "InvalidInstanceType"};
  for (const InstanceType& type : AllTypes()) listing.rows.push_back(TypeRow(type));
  return Show(params, listing);
}

// A pool that a rule of the weather calls Unsupported for ever is not offered at all.
bool IsOffered(const Cloud& cloud, const InstanceType& type, const Zone& zone) {
  const PoolKey pool{type.name, std::string(zone.name), Market::kOnDemand};
  return std::none_of(cloud.weather.capacity.begin(), cloud.weather.capacity.end(),
                      [&](const CapacityRule& rule) {
                        return rule.code == "Unsupported" && !rule.until && rule.left == 0 &&
                               rule.pool.Matches(pool);
                      });
}

Answer<std::string> DescribeOfferingsAction(Services& services, const Params& params) {
  const std::string by = params.Text("LocationType");
  Listing listing{.set = "instanceTypeOfferingSet"};
  for (const InstanceType& type : AllTypes()) {
    for (const Zone& zone : ZonesOf(services.cloud.region)) {
      if (!IsOffered(services.cloud, type, zone)) continue;
      std::string location = services.cloud.region;
      if (by == "availability-zone") location = zone.name;
      if (by == "availability-zone-id") location = zone.id;
      Xml xml;
      xml.Open("item")
          .Leaf("instanceType", type.name)
          .Leaf("locationType", by.empty() ? "region" : by)
          .Leaf("location", location)
          .Close("item");
      listing.rows.push_back(
          {"", {{"instance-type", type.name}, {"location", location}}, {}, xml.text()});
      if (location == services.cloud.region) break;  // once is enough
    }
  }
  return Show(params, listing);
}

Answer<std::string> DescribeZonesAction(Services& services, const Params& params) {
  Listing listing{
      .set = "availabilityZoneInfo", .ids = "ZoneName", .not_found = "InvalidParameterValue"};
  (void)params.Flag("AllAvailabilityZones");
  for (const Zone& zone : ZonesOf(services.cloud.region)) {
    Xml xml;
    xml.Open("item")
        .Leaf("zoneName", zone.name)
        .Leaf("zoneId", zone.id)
        .Leaf("zoneState", "available")
        .Leaf("regionName", services.cloud.region)
        .Leaf("zoneType", "availability-zone")
        .Leaf("optInStatus", "opt-in-not-required")
        .Close("item");
    listing.rows.push_back({std::string(zone.name),
                            {{"zone-name", std::string(zone.name)},
                             {"zone-id", std::string(zone.id)},
                             {"state", "available"},
                             {"region-name", services.cloud.region}},
                            {},
                            xml.text()});
  }
  return Show(params, listing);
}

Answer<std::string> DescribeRegionsAction(Services&, const Params& params) {
  Listing listing{.set = "regionInfo", .ids = "RegionName", .not_found = "InvalidParameterValue"};
  (void)params.Flag("AllRegions");
  for (std::string_view region : AllRegions()) {
    Xml xml;
    xml.Open("item")
        .Leaf("regionName", region)
        .Leaf("regionEndpoint", fmt::format("ec2.{}.amazonaws.com", region))
        .Leaf("optInStatus", "opt-in-not-required")
        .Close("item");
    listing.rows.push_back(
        {std::string(region), {{"region-name", std::string(region)}}, {}, xml.text()});
  }
  return Show(params, listing);
}

Row OwnImageRow(const OwnImage& image) {
  Xml xml;
  xml.Open("item")
      .Leaf("imageId", image.id)
      .Leaf("name", image.name)
      .Leaf("imageState", "available")
      .Leaf("imageOwnerId", kAccount)
      .Flag("isPublic", false)
      .Leaf("architecture", "x86_64")
      .Leaf("rootDeviceName", DiskRequest().device)
      .Leaf("creationDate", Stamp(image.created))
      .Open("blockDeviceMapping")
      .Open("item")
      .Leaf("deviceName", DiskRequest().device)
      .Open("ebs")
      .Leaf("snapshotId", image.snapshot)
      .Close("ebs")
      .Close("item")
      .Close("blockDeviceMapping")
      .Raw(TagSet(image.tags))
      .Close("item");
  return {image.id,
          {{"image-id", image.id},
           {"owner-id", std::string(kAccount)},
           {"name", image.name},
           {"state", "available"}},
          image.tags,
          xml.text()};
}

Answer<std::string> DescribeImagesAction(Services& services, const Params& params) {
  Listing listing{.set = "imagesSet", .ids = "ImageId", .not_found = "InvalidAMIID.NotFound"};
  const std::vector<std::string> owners = params.List("Owner");
  const bool own_only = owners == std::vector<std::string>{"self"};
  for (const auto& [id, image] : services.cloud.images) {
    if (!image.deleted) listing.rows.push_back(OwnImageRow(image));
  }
  if (own_only) return Show(params, listing);
  for (const Image& image : AllImages()) {
    Xml xml;
    xml.Open("item")
        .Leaf("imageId", image.id)
        .Leaf("name", image.name)
        .Leaf("imageState", "available")
        .Leaf("imageOwnerId", image.owner)
        .Flag("isPublic", true)
        .Leaf("architecture", image.architecture)
        .Leaf("imageType", "machine")
        .Leaf("rootDeviceType", "ebs")
        .Leaf("rootDeviceName", DiskRequest().device)
        .Leaf("virtualizationType", "hvm")
        .Flag("enaSupport", true)
        .Leaf("creationDate", "2025-10-01T00:00:00.000Z")
        .Close("item");
    listing.rows.push_back({std::string(image.id),
                            {{"image-id", std::string(image.id)},
                             {"owner-id", std::string(image.owner)},
                             {"name", std::string(image.name)},
                             {"architecture", std::string(image.architecture)},
                             {"state", "available"}},
                            {},
                            xml.text()});
  }
  return Show(params, listing);
}

Answer<std::string> DescribeSubnetsAction(Services& services, const Params& params) {
  Listing listing{.set = "subnetSet", .ids = "SubnetId", .not_found = "InvalidSubnetID.NotFound"};
  for (const Subnet& subnet : SubnetsOf(services.cloud.region)) {
    Xml xml;
    xml.Open("item")
        .Leaf("subnetId", subnet.id)
        .Leaf("state", "available")
        .Leaf("vpcId", Vpc(services))
        .Leaf("cidrBlock", subnet.cidr)
        .Number("availableIpAddressCount", 4091)
        .Leaf("availabilityZone", subnet.zone)
        .Leaf("availabilityZoneId", FindZone(subnet.zone)->id)
        .Flag("defaultForAz", true)
        .Flag("mapPublicIpOnLaunch", false)
        .Close("item");
    listing.rows.push_back({std::string(subnet.id),
                            {{"subnet-id", std::string(subnet.id)},
                             {"vpc-id", std::string(Vpc(services))},
                             {"default-for-az", "true"},
                             {"availability-zone", std::string(subnet.zone)}},
                            {},
                            xml.text()});
  }
  return Show(params, listing);
}

Answer<std::string> DescribeVpcsAction(Services& services, const Params& params) {
  Listing listing{.set = "vpcSet", .ids = "VpcId", .not_found = "InvalidVpcID.NotFound"};
  Xml xml;
  xml.Open("item")
      .Leaf("vpcId", Vpc(services))
      .Leaf("state", "available")
      .Leaf("cidrBlock", kVpcCidr)
      .Flag("isDefault", true)
      .Close("item");
  listing.rows.push_back({std::string(Vpc(services)),
                          {{"vpc-id", std::string(Vpc(services))}, {"is-default", "true"}},
                          {},
                          xml.text()});
  return Show(params, listing);
}

Answer<std::string> DescribeRoutesAction(Services& services, const Params& params) {
  Listing listing{
      .set = "routeTableSet", .ids = "RouteTableId", .not_found = "InvalidRouteTableID.NotFound"};
  const std::string id = "rtb-00000000000000001";
  Xml xml;
  xml.Open("item").Leaf("routeTableId", id).Leaf("vpcId", Vpc(services)).Open("routeSet");
  xml.Raw(
      fmt::format("<item><destinationCidrBlock>{}</destinationCidrBlock>"
                  "<gatewayId>local</gatewayId><state>active</state></item>"
                  "<item><destinationCidrBlock>0.0.0.0/0</destinationCidrBlock>"
                  "<gatewayId>igw-00000000000000001</gatewayId><state>active</state></item>",
                  kVpcCidr));
  xml.Close("routeSet").Raw("<associationSet><item><main>true</main></item></associationSet>");
  xml.Close("item");
  std::multimap<std::string, std::string> attributes{{"vpc-id", std::string(Vpc(services))},
                                                     {"association.main", "true"}};
  for (const Subnet& subnet : SubnetsOf(services.cloud.region)) {
    attributes.emplace("association.subnet-id", subnet.id);
  }
  listing.rows.push_back({id, std::move(attributes), {}, xml.text()});
  return Show(params, listing);
}

Answer<Instant> ReadTime(const Params& params, const std::string& name, Instant otherwise) {
  const std::string text = params.Text(name);
  if (text.empty()) return otherwise;
  const Result<Instant> instant = ParseInstant(text);
  if (instant.ok()) return *instant;
  return Refusal{"InvalidParameterValue", fmt::format("Invalid value '{}' for {}", text, name)};
}

std::string PriceXml(const PoolKey& pool, const PricePoint& point) {
  return Xml()
      .Open("item")
      .Leaf("instanceType", pool.type)
      .Leaf("productDescription", "Linux/UNIX")
      .Leaf("spotPrice", FormatPrice(point.micro_usd_h))
      .Leaf("timestamp", Stamp(point.from))
      .Leaf("availabilityZone", pool.zone)
      .Close("item")
      .text();
}

// Newest first, as EC2 does; the oldest is the price in force at StartTime, with the time of its
// own beginning, which is earlier.
void AddPrices(const Cloud& cloud, const PoolKey& pool, Instant from, Instant to,
               Listing& listing) {
  std::vector<PricePoint> series = SpotSeries(cloud, pool, from, to);
  series.front().from = PriceSince(cloud, pool, from);
  for (auto point = series.rbegin(); point != series.rend(); ++point) {
    listing.rows.push_back({"",
                            {{"availability-zone", pool.zone},
                             {"instance-type", pool.type},
                             {"product-description", "Linux/UNIX"}},
                            {},
                            PriceXml(pool, *point)});
  }
}

Answer<std::string> DescribePricesAction(Services& services, const Params& params) {
  const Cloud& cloud = services.cloud;
  TRY_ASSIGN(const Instant end, ReadTime(params, "EndTime", cloud.now));
  TRY_ASSIGN(const Instant start, ReadTime(params, "StartTime", cloud.now));
  const Instant to = std::min(end, cloud.now) + Duration(1);
  const Instant from = std::max(std::min(start, to - Duration(1)), cloud.now - hours(24 * 90));
  (void)params.List("ProductDescription");
  const std::string zone = params.Text("AvailabilityZone");
  std::vector<std::string> types = params.List("InstanceType");
  Listing listing{.set = "spotPriceHistorySet"};
  if (types.empty()) {
    for (const InstanceType& type : AllTypes()) types.push_back(type.name);
  }
  for (const std::string& type : types) {
    if (FindType(type) == nullptr) continue;
    for (const Zone& one : ZonesOf(services.cloud.region)) {
      if (!zone.empty() && zone != one.name) continue;
      AddPrices(cloud, {type, std::string(one.name), Market::kSpot}, from, to, listing);
    }
  }
  return Show(params, listing);
}

// 9 where the pool has room, 1 where it is dry: what the real score is worth, and no more.
int Score(const Cloud& cloud, const std::vector<std::string>& types, const Zone& zone) {
  std::size_t dry = 0;
  for (const std::string& type : types) {
    const PoolKey pool{type, std::string(zone.name), Market::kSpot};
    const bool is_dry = std::any_of(cloud.weather.capacity.begin(), cloud.weather.capacity.end(),
                                    [&](const CapacityRule& rule) {
                                      return rule.left == 0 && rule.pool.Matches(pool) &&
                                             (!rule.until || cloud.now < *rule.until);
                                    });
    if (is_dry) ++dry;
  }
  constexpr std::size_t kEnoughTypes = 3;  // fewer always score low
  const int best = types.size() < kEnoughTypes ? 3 : 9;
  return dry == types.size() ? 1 : best;
}

Answer<std::string> GetScoresAction(Services& services, const Params& params) {
  const std::vector<std::string> types = params.List("InstanceType");
  for (const char* known : {"TargetCapacity", "TargetCapacityUnitType"}) (void)params.Text(known);
  (void)params.List("RegionName");
  const bool by_zone = params.Flag("SingleAvailabilityZone");
  Listing listing{.set = "spotPlacementScoreSet"};
  for (const Zone& zone : ZonesOf(services.cloud.region)) {
    Xml xml;
    xml.Open("item").Leaf("region", services.cloud.region);
    if (by_zone) xml.Leaf("availabilityZoneId", zone.id);
    xml.Number("score", Score(services.cloud, types, zone)).Close("item");
    listing.rows.push_back({"", {}, {}, xml.text()});
    if (!by_zone) break;
  }
  return Show(params, listing);
}

constexpr std::array<Ec2Action, 10> kActions{{
    {"DescribeInstanceTypes", DescribeTypesAction},
    {"DescribeInstanceTypeOfferings", DescribeOfferingsAction},
    {"DescribeAvailabilityZones", DescribeZonesAction},
    {"DescribeRegions", DescribeRegionsAction},
    {"DescribeImages", DescribeImagesAction},
    {"DescribeSubnets", DescribeSubnetsAction},
    {"DescribeVpcs", DescribeVpcsAction},
    {"DescribeRouteTables", DescribeRoutesAction},
    {"DescribeSpotPriceHistory", DescribePricesAction},
    {"GetSpotPlacementScores", GetScoresAction},
}};

}  // namespace

std::span<const Ec2Action> OfferActions() { return kActions; }

}  // namespace mayfly::ec2
