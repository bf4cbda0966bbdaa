#include "adapters/aws/provider/user_data.h"

#include <gtest/gtest.h>

namespace mayfly::aws {
namespace {

BirthSpec Birth() {
  return {.run = RunId{123456789},
          .machine = MachineId{987654321},
          .ends_at = MakeInstant(2026, 1, 2) + hours(3),
          .region = "ap-southeast-4",
          .bundle = {"a-bucket-with-a-long-name-of-its-own", "mayfly/bundles/mayfly-abc.tar.gz",
                     std::string(64, 'a')},
          .bundle_url =
              "https://a-bucket-with-a-long-name-of-its-own.s3.ap-southeast-4.amazonaws."
              "com/mayfly/bundles/mayfly-abc.tar.gz",
          .parameter = "/mayfly/a-ledger-with-a-name/run-123456789/machine-987654321"};
}

TEST(UserData, IsAScriptWellWithinItsBound) {
  const auto script = UserData(Birth());
  ASSERT_TRUE(script.ok()) << script.error().message();
  EXPECT_TRUE(script->starts_with("#!/bin/sh\n"));
  EXPECT_LE(script->size(), kLongestUserData - 256) << "room for longer names";
  EXPECT_NE(script->find("ends=1767322800\n"), std::string::npos);
}

TEST(UserData, TheSameBirthIsTheSameScript) { EXPECT_EQ(*UserData(Birth()), *UserData(Birth())); }

TEST(UserData, TheEndIsArmedBeforeAnythingThatCanHang) {
  const std::string script = *UserData(Birth());
  EXPECT_LT(script.find("shutdown -P \"+"), script.find("curl -"));
  EXPECT_LT(script.find("trap off EXIT"), script.find("shutdown -P \"+"));
}

struct Breach {
  const char* name;
  void (*make)(BirthSpec& birth);
};

TEST(UserData, WhatAShellWouldReadOtherwiseIsRefused) {
  const std::vector<Breach> breaches{
      {"command", [](BirthSpec& b) { b.bundle.key = "$(reboot)"; }},
      {"words", [](BirthSpec& b) { b.bundle.bucket = "b c"; }},
      {"quote", [](BirthSpec& b) { b.region = "r'"; }},
      {"line", [](BirthSpec& b) { b.parameter = "/p\nreboot"; }},
      {"nothing", [](BirthSpec& b) { b.bundle_url = ""; }},
      {"no digest", [](BirthSpec& b) { b.bundle.sha256 = "latest"; }},
      {"capitals", [](BirthSpec& b) { b.bundle.sha256 = std::string(64, 'A'); }},
      {"too long", [](BirthSpec& b) { b.bundle.key = std::string(2000, 'k'); }},
  };
  for (const Breach& breach : breaches) {
    BirthSpec birth = Birth();
    breach.make(birth);
    const auto script = UserData(birth);
    ASSERT_FALSE(script.ok()) << breach.name;
    EXPECT_EQ(script.error().kind(), ErrorKind::kInvalid) << breach.name;
  }
}

}  // namespace
}  // namespace mayfly::aws
