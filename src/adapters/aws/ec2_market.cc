#include "adapters/aws/ec2_market.h"

#include <algorithm>

namespace mayfly::aws {
namespace {

constexpr std::int64_t kTypesACall = 100;  // EC2's own bound on InstanceType.N

std::vector<std::string> Texts(pugi::xml_node item, std::string_view path) {
  std::vector<std::string> texts;
  for (pugi::xml_node node : Items(item, path)) texts.emplace_back(node.text().get());
  return texts;
}

Result<std::optional<std::int64_t>> MaybeInt(pugi::xml_node item, std::string_view path) {
  if (Text(item, path).empty()) return std::optional<std::int64_t>();
  TRY_ASSIGN(const std::int64_t number, NeedInt(item, path));
  return std::optional<std::int64_t>(number);
}

Result<InstanceType> ParseType(pugi::xml_node item) {
  InstanceType type;
  TRY_ASSIGN(type.name, NeedText(item, "instanceType"));
  TRY_ASSIGN(type.vcpus, NeedInt(item, "vCpuInfo/defaultVCpus"));
  TRY_ASSIGN(type.memory_mib, NeedInt(item, "memoryInfo/sizeInMiB"));
  TRY_ASSIGN(type.default_cores, MaybeInt(item, "vCpuInfo/defaultCores"));
  TRY_ASSIGN(type.default_threads_per_core, MaybeInt(item, "vCpuInfo/defaultThreadsPerCore"));
  type.architectures = Texts(item, "processorInfo/supportedArchitectures");
  for (const std::string& usage : Texts(item, "supportedUsageClasses")) {
    if (usage == "spot") type.has_spot = true;
    if (usage == "on-demand") type.has_on_demand = true;
  }
  type.virtualizations = Texts(item, "supportedVirtualizationTypes");
  type.is_nitro = Text(item, "hypervisor") == "nitro";
  type.has_instance_storage = Text(item, "instanceStorageSupported") == "true";
  type.needs_ena = Text(item, "networkInfo/enaSupport") == "required";
  type.is_burstable = Text(item, "burstablePerformanceSupported") == "true";
  return type;
}

Result<Offering> ParseOffering(pugi::xml_node item) {
  Offering offering;
  TRY_ASSIGN(offering.instance_type, NeedText(item, "instanceType"));
  TRY_ASSIGN(offering.zone, NeedText(item, "location"));
  return offering;
}

Result<Zone> ParseZone(pugi::xml_node item) {
  Zone zone;
  TRY_ASSIGN(zone.name, NeedText(item, "zoneName"));
  zone.id = Text(item, "zoneId");
  zone.is_available = Text(item, "zoneState") == "available";
  return zone;
}

Result<SpotPrice> ParsePrice(pugi::xml_node item) {
  SpotPrice price;
  TRY_ASSIGN(price.instance_type, NeedText(item, "instanceType"));
  TRY_ASSIGN(price.zone, NeedText(item, "availabilityZone"));
  TRY_ASSIGN(price.since, NeedInstant(item, "timestamp"));
  TRY_ASSIGN(const std::string text, NeedText(item, "spotPrice"));
  TRY_ASSIGN(price.per_hour, ParseUsd(text));
  price.product = Text(item, "productDescription");
  return price;
}

Result<PlacementScore> ParseScore(pugi::xml_node item) {
  PlacementScore score;
  TRY_ASSIGN(score.score, NeedInt(item, "score"));
  score.region = Text(item, "region");
  score.zone_id = Text(item, "availabilityZoneId");
  return score;
}

}  // namespace

Result<std::vector<InstanceType>> DescribeInstanceTypes(Caller& caller,
                                                        const std::vector<std::string>& names) {
  std::vector<InstanceType> types;
  for (std::size_t from = 0; from < names.size(); from += kTypesACall) {
    const std::size_t to = std::min(names.size(), from + kTypesACall);
    Query query = Ec2Query("DescribeInstanceTypes");
    query.SetList("InstanceType", std::span(names).subspan(from, to - from));
    TRY_ASSIGN(const std::vector<InstanceType> some,
               Ec2List<InstanceType>(caller, query, "instanceTypeSet", &ParseType));
    types.insert(types.end(), some.begin(), some.end());
  }
  return types;
}

Result<std::vector<Offering>> DescribeInstanceTypeOfferings(
    Caller& caller, const std::vector<std::string>& instance_types) {
  Query query = Ec2Query("DescribeInstanceTypeOfferings");
  query.Set("LocationType", "availability-zone");
  const Filters filters{{"instance-type", instance_types}};
  if (!instance_types.empty()) query.SetFilters(filters);
  return Ec2List<Offering>(caller, query, "instanceTypeOfferingSet", &ParseOffering);
}

Result<std::vector<Zone>> DescribeAvailabilityZones(Caller& caller) {
  return Ec2List<Zone>(caller, Ec2Query("DescribeAvailabilityZones"), "availabilityZoneInfo",
                       &ParseZone);
}

Result<std::vector<SpotPrice>> DescribeSpotPriceHistory(Caller& caller,
                                                        const SpotPriceQuestion& question) {
  Query query = Ec2Query("DescribeSpotPriceHistory");
  query.SetList("InstanceType", question.instance_types)
      .Set("ProductDescription.1", question.product)
      .SetUnlessEmpty("AvailabilityZone", question.zone);
  if (question.from) query.Set("StartTime", FormatInstant(*question.from));
  if (question.to) query.Set("EndTime", FormatInstant(*question.to));
  return Ec2List<SpotPrice>(caller, query, "spotPriceHistorySet", &ParsePrice);
}

Result<std::vector<PlacementScore>> GetSpotPlacementScores(Caller& caller,
                                                           const PlacementQuestion& question) {
  Query query = Ec2Query("GetSpotPlacementScores");
  query.SetList("InstanceType", question.instance_types)
      .SetInt("TargetCapacity", question.count)
      .Set("TargetCapacityUnitType", "units")
      .SetFlag("SingleAvailabilityZone", true)
      .SetList("RegionName", question.regions);
  return Ec2List<PlacementScore>(caller, query, "spotPlacementScoreSet", &ParseScore);
}

}  // namespace mayfly::aws
