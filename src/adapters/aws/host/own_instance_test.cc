#include "adapters/aws/host/own_instance.h"

#include <gtest/gtest.h>

#include "adapters/aws/testing/scripted.h"

namespace mayfly::aws {
namespace {

constexpr const char* kAsset = "/sys/devices/virtual/dmi/id/board_asset_tag";
constexpr const char* kVendor = "/sys/devices/virtual/dmi/id/sys_vendor";

struct Computer {
  scripted::ManualClock clock;
  scripted::ScriptedHttp http;
  scripted::FewFiles files;
  Imds imds{[](const std::string&) { return std::nullopt; }, http, clock};
  Result<std::set<std::string>> Ids() { return OwnInstanceIds(imds, files); }
};

TEST(OwnInstance, IsWhatTheMetadataSay) {
  Computer computer;
  computer.http.Say(200, "token").Say(200, "i-0123456789abcdef0");
  EXPECT_EQ(*computer.Ids(), (std::set<std::string>{"i-0123456789abcdef0"}));
}

TEST(OwnInstance, IsWhatTheFirmwareSaysWhereTheMetadataAreAway) {
  Computer computer;
  computer.http.Fail(Unavailable("no route"));
  computer.files.files[kAsset] = "i-0fedcba9876543210\n";
  EXPECT_EQ(*computer.Ids(), (std::set<std::string>{"i-0fedcba9876543210"}));
}

TEST(OwnInstance, IsNoneElsewhere) {
  Computer computer;
  computer.http.Fail(Unavailable("no route"));
  computer.files.files[kAsset] = "Not Specified";
  computer.files.files[kVendor] = "QEMU";
  EXPECT_TRUE(computer.Ids()->empty());
}

TEST(OwnInstance, CannotBeToldOnAnInstanceThatHidesIt) {
  Computer computer;
  computer.http.Fail(Unavailable("no route"));
  computer.files.files[kVendor] = "Amazon EC2\n";
  EXPECT_EQ(computer.Ids().error().kind(), ErrorKind::kUnavailable);
}

}  // namespace
}  // namespace mayfly::aws
