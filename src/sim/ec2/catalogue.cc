#include "sim/ec2/catalogue.h"

#include <array>
#include <vector>

namespace mayfly::ec2 {
namespace {

struct Size {
  std::string_view name;
  int vcpus;
};
constexpr std::array<Size, 9> kSizes{{{"large", 2},
                                      {"xlarge", 4},
                                      {"2xlarge", 8},
                                      {"4xlarge", 16},
                                      {"8xlarge", 32},
                                      {"12xlarge", 48},
                                      {"16xlarge", 64},
                                      {"24xlarge", 96},
                                      {"48xlarge", 192}}};

// Within these families price and memory go with the number of vCPU.
struct Family {
  std::string_view name;
  std::string_view architecture;
  int mib_per_vcpu;
  std::int64_t micro_usd_per_vcpu_h;
};
constexpr std::array<Family, 7> kFamilies{{{"c6i", "x86_64", 2048, 42'500},
                                           {"c7a", "x86_64", 2048, 51'320},
                                           {"c7g", "arm64", 2048, 36'250},
                                           {"c7i", "x86_64", 2048, 44'625},
                                           {"m7g", "arm64", 4096, 40'800},
                                           {"m7i", "x86_64", 4096, 50'400},
                                           {"r7i", "x86_64", 8192, 66'150}}};

std::vector<InstanceType> MakeTypes() {
  std::vector<InstanceType> types{
      {"t3.nano", 2, 512, "x86_64", 5'200},       {"t3.micro", 2, 1024, "x86_64", 10'400},
      {"t3.small", 2, 2048, "x86_64", 20'800},    {"t3.medium", 2, 4096, "x86_64", 41'600},
      {"t3.large", 2, 8192, "x86_64", 83'200},    {"t3.xlarge", 4, 16384, "x86_64", 166'400},
      {"t3.2xlarge", 8, 32768, "x86_64", 332'800}};
  types.push_back({"c6id.large", 2, 4096, "x86_64", 100'800, 118});
  for (const Family& family : kFamilies) {
    for (const Size& size : kSizes) {
      types.push_back({std::string(family.name) + "." + std::string(size.name), size.vcpus,
                       family.mib_per_vcpu * size.vcpus, std::string(family.architecture),
                       family.micro_usd_per_vcpu_h * size.vcpus});
    }
  }
  return types;
}

// Zones, subnets and groups stand in the order of the regions.
struct Region {
  std::string_view name, vpc;
  std::size_t first_zone, zones;  // subnets are as many
  std::size_t first_group, groups;
};
constexpr std::array<Region, 3> kRegions{{{"us-east-1", "vpc-0a0a0a0a0a0a0a0a0", 0, 4, 0, 2},
                                          {"eu-west-1", "vpc-0b0b0b0b0b0b0b0b0", 4, 3, 2, 1},
                                          {"eu-central-1", "vpc-0c0c0c0c0c0c0c0c0", 7, 3, 3, 1}}};
constexpr std::array<std::string_view, kRegions.size()> kRegionNames{
    kRegions[0].name, kRegions[1].name, kRegions[2].name};

constexpr std::array<Zone, 10> kZones{{{"us-east-1a", "use1-az1"},
                                       {"us-east-1b", "use1-az2"},
                                       {"us-east-1c", "use1-az4"},
                                       {"us-east-1d", "use1-az6"},
                                       {"eu-west-1a", "euw1-az1"},
                                       {"eu-west-1b", "euw1-az2"},
                                       {"eu-west-1c", "euw1-az3"},
                                       {"eu-central-1a", "euc1-az2"},
                                       {"eu-central-1b", "euc1-az3"},
                                       {"eu-central-1c", "euc1-az1"}}};

constexpr std::string_view kDebian = "136693071363";
constexpr std::string_view kAmazon = "137112412989";
constexpr std::array<Image, 4> kImages{
    {{"ami-0deb1200000000086", "debian-12-amd64", "x86_64",
      "/aws/service/debian/release/12/latest/amd64", kDebian},
     {"ami-0deb1200000000064", "debian-12-arm64", "arm64",
      "/aws/service/debian/release/12/latest/arm64", kDebian},
     {"ami-0a120230000000086", "al2023-ami-kernel-default-x86_64", "x86_64",
      "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64", kAmazon},
     {"ami-0a120230000000064", "al2023-ami-kernel-default-arm64", "arm64",
      "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64", kAmazon}}};

constexpr std::array<Subnet, 10> kSubnets{
    {{"subnet-0000000000000000a", "us-east-1a", "10.0.0.0/20"},
     {"subnet-0000000000000000b", "us-east-1b", "10.0.16.0/20"},
     {"subnet-0000000000000000c", "us-east-1c", "10.0.32.0/20"},
     {"subnet-0000000000000000d", "us-east-1d", "10.0.48.0/20"},
     {"subnet-0000000000000001a", "eu-west-1a", "10.0.0.0/20"},
     {"subnet-0000000000000001b", "eu-west-1b", "10.0.16.0/20"},
     {"subnet-0000000000000001c", "eu-west-1c", "10.0.32.0/20"},
     {"subnet-0000000000000002a", "eu-central-1a", "10.0.0.0/20"},
     {"subnet-0000000000000002b", "eu-central-1b", "10.0.16.0/20"},
     {"subnet-0000000000000002c", "eu-central-1c", "10.0.32.0/20"}}};

constexpr std::array<SecurityGroup, 4> kGroups{{{"sg-00000000000000001", "default"},
                                                {"sg-00000000000000002", "worker"},
                                                {"sg-00000000000000011", "default"},
                                                {"sg-00000000000000021", "default"}}};

const Region& RegionNamed(std::string_view name) {
  for (const Region& region : kRegions) {
    if (region.name == name) return region;
  }
  return kRegions.front();
}

template <typename List, typename Same>
auto FindIn(const List& list, Same same) -> decltype(list.data()) {
  for (const auto& one : list) {
    if (same(one)) return &one;
  }
  return nullptr;
}

}  // namespace

std::string_view MarketName(Market market) {
  return market == Market::kSpot ? "spot" : "on-demand";
}

std::span<const InstanceType> AllTypes() {
  static const std::vector<InstanceType> kTypes = MakeTypes();
  return kTypes;
}

const InstanceType* FindType(std::string_view name) {
  return FindIn(AllTypes(), [&](const InstanceType& type) { return type.name == name; });
}

std::span<const std::string_view> AllRegions() { return kRegionNames; }

std::span<const Zone> ZonesOf(std::string_view region) {
  const Region& one = RegionNamed(region);
  return std::span(kZones).subspan(one.first_zone, one.zones);
}

const Zone* FindZone(std::string_view name) {
  return FindIn(kZones, [&](const Zone& zone) { return zone.name == name; });
}

std::span<const Image> AllImages() { return kImages; }

const Image* FindImage(std::string_view id) {
  return FindIn(kImages, [&](const Image& image) { return image.id == id; });
}

std::string_view VpcOf(std::string_view region) { return RegionNamed(region).vpc; }

std::span<const Subnet> SubnetsOf(std::string_view region) {
  const Region& one = RegionNamed(region);
  return std::span(kSubnets).subspan(one.first_zone, one.zones);
}

const Subnet* FindSubnet(std::string_view id) {
  return FindIn(kSubnets, [&](const Subnet& subnet) { return subnet.id == id; });
}

const Subnet* SubnetOfZone(std::string_view zone) {
  return FindIn(kSubnets, [&](const Subnet& subnet) { return subnet.zone == zone; });
}

std::span<const SecurityGroup> GroupsOf(std::string_view region) {
  const Region& one = RegionNamed(region);
  return std::span(kGroups).subspan(one.first_group, one.groups);
}

}  // namespace mayfly::ec2
