#pragma once
// What this cloud has to offer and never changes: instance types, zones, images, networks, and list
// prices (us-east-1, as published in late 2025). Pure data.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace mayfly::ec2 {

inline constexpr std::string_view kRegion = "us-east-1";  // where one is that names none
std::span<const std::string_view> AllRegions();
inline constexpr std::string_view kAccount = "111122223333";

enum class Market { kOnDemand, kSpot };
std::string_view MarketName(Market market);  // "on-demand", "spot"

struct InstanceType {
  std::string name;
  int vcpus = 0;
  int memory_mib = 0;
  std::string architecture;                // x86_64, arm64
  std::int64_t on_demand_micro_usd_h = 0;  // list price
  int instance_storage_gb = 0;             // of disks that go when it stops
};
std::span<const InstanceType> AllTypes();
const InstanceType* FindType(std::string_view name);  // nullptr where there is none

struct Zone {
  std::string_view name;  // us-east-1a
  std::string_view id;    // use1-az1
};
std::span<const Zone> ZonesOf(std::string_view region);
const Zone* FindZone(std::string_view name);

struct Image {
  std::string_view id;
  std::string_view name;
  std::string_view architecture;
  std::string_view parameter;  // the public SSM parameter that names it
  std::string_view owner;      // the account that publishes it
};
std::span<const Image> AllImages();
const Image* FindImage(std::string_view id);

struct Subnet {
  std::string_view id;
  std::string_view zone;
  std::string_view cidr;
};
std::string_view VpcOf(std::string_view region);
inline constexpr std::string_view kVpcCidr = "10.0.0.0/16";
std::span<const Subnet> SubnetsOf(std::string_view region);  // one a zone
const Subnet* FindSubnet(std::string_view id);
const Subnet* SubnetOfZone(std::string_view zone);

struct SecurityGroup {
  std::string_view id;
  std::string_view name;
};
// There from the start, and in use: they cannot be deleted.
std::span<const SecurityGroup> GroupsOf(std::string_view region);

// Prices of what is not compute, in micro-dollars.
inline constexpr std::int64_t kGp3MicroUsdGbMonth = 80'000;
inline constexpr std::int64_t kAddressMicroUsdHour = 5'000;
inline constexpr std::int64_t kSnapshotMicroUsdGbMonth = 50'000;
inline constexpr std::int64_t kAcuMicroUsdHour = 120'000;
inline constexpr std::int64_t kHoursOfMonth = 730;

}  // namespace mayfly::ec2
