#include "adapters/aws/preflight/address.h"

#include <gtest/gtest.h>

namespace mayfly::aws {
namespace {

struct RangeCase {
  const char* name;
  const char* inner;
  const char* range;
  bool is_within;
};

TEST(Addresses, LieWithinRangesBitByBit) {
  const RangeCase cases[] = {
      {"a subnet of its network", "10.0.16.0/20", "10.0.0.0/16", true},
      {"itself", "10.0.16.0/20", "10.0.16.0/20", true},
      {"one address", "10.0.17.3", "10.0.16.0/20", true},
      {"the last address", "10.0.31.255", "10.0.16.0/20", true},
      {"one further", "10.0.32.0", "10.0.16.0/20", false},
      {"everything is within everything", "203.0.113.7", "0.0.0.0/0", true},
      {"a network is not within its subnet", "10.0.0.0/16", "10.0.16.0/20", false},
      {"one address is a range of one", "10.0.0.1", "10.0.0.1/32", true},
      {"another one is not", "10.0.0.2", "10.0.0.1/32", false},
      {"a name", "db.example.com", "0.0.0.0/0", false},
      {"IPv6", "::1", "::/0", false},
      {"too large a byte", "10.0.256.0", "0.0.0.0/0", false},
      {"too many bits", "10.0.0.0/33", "0.0.0.0/0", false},
      {"nothing", "", "", false},
  };
  for (const RangeCase& one : cases) {
    EXPECT_EQ(IsWithin(one.inner, one.range), one.is_within) << one.name;
  }
}

TEST(Addresses, OfThisComputerAreKnown) {
  for (const char* here : {"localhost", "127.0.0.1", "127.1.2.3", "::1", "/run/postgresql"}) {
    EXPECT_TRUE(IsThisComputer(here)) << here;
  }
  for (const char* there : {"10.0.0.1", "db.internal", "128.0.0.1"}) {
    EXPECT_FALSE(IsThisComputer(there)) << there;
  }
}

}  // namespace
}  // namespace mayfly::aws
