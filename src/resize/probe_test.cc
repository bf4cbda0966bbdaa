#include "resize/probe.h"

#include <gtest/gtest.h>

#include "resize/course.h"

namespace mayfly::resize {
namespace {

constexpr std::string_view kAnswer = R"(mayfly-probe 1
vcpus 8
memory MemTotal: 32000000
memory MemAvailable: 31000000
memory SwapTotal: 2000
memory SwapFree: 1500
load15 0.07
least-available 30500000
mount 419430400 25165824 /dev/nvme0n1p1 /
mount 1000 10 /dev/nvme0n1p15 /boot/efi
service enabled postgresql@15-main.service
service static systemd-journald.service
service  adhoc.service
socket 0.0.0.0:22 enabled ssh.socket
socket 127.0.0.1:5432 enabled-runtime postgresql@15-main.service
socket 10.0.0.10:45678 enabled ntp.service
socket 127.0.0.1:6010
socket 127.0.0.1:5432
socket 0.0.0.0:8080 - adhoc.service
tenant 512000 postgres postgres
tenant 20000 root sshd
store nvme1n1
mayfly-probe end
)";

TEST(Probe, IsReadWhole) {
  const Result<HostUse> use = ParseUse(kAnswer);
  ASSERT_TRUE(use.ok()) << use.error().message();
  EXPECT_EQ(use->vcpus, 8);
  EXPECT_EQ(use->used_kib, 1'000'000);
  EXPECT_EQ(use->swap_used_kib, 500);
  EXPECT_EQ(use->high_water_kib, 1'500'000);
  EXPECT_EQ(PeakKib(*use), 1'500'500);
  EXPECT_DOUBLE_EQ(use->load15, 0.07);
  EXPECT_EQ(use->mounts.size(), 2U);
  EXPECT_EQ(use->mounts[0].used_kib, 25'165'824);
  EXPECT_EQ(use->tenants[0].command, "postgres");
  EXPECT_EQ(use->stores, std::vector<std::string>{"nvme1n1"});
}

// What a person started, or a service that boot does not start, is gone after a restart, and to
// wait for it would take the host back.
TEST(Probe, OnlyEnabledServicesAndTheirSocketsAreExpectedAgain) {
  const Result<HostUse> use = ParseUse(kAnswer);
  EXPECT_EQ(ServicesToExpect(*use), std::vector<std::string>{"postgresql@15-main.service"});
  EXPECT_EQ(SocketsToExpect(*use), (std::vector<std::string>{"0.0.0.0:22", "127.0.0.1:5432"}));
  EXPECT_EQ(SocketsInDoubt(*use), (std::vector<std::string>{"127.0.0.1:6010", "0.0.0.0:8080"}));
}

TEST(Probe, AHighWaterOfALargerHostIsNotTaken) {
  const Result<HostUse> use = ParseUse(
      "mayfly-probe 1\nvcpus 2\nmemory MemTotal: 1000\nmemory MemAvailable: 900\n"
      "least-available 5000\nmayfly-probe end");
  ASSERT_TRUE(use.ok()) << use.error().message();
  EXPECT_FALSE(use->high_water_kib.has_value());
}

TEST(Probe, WhatIsCutOffOrStrangeIsNoAnswer) {
  const std::string whole(kAnswer);
  const std::string cut = whole.substr(0, whole.size() / 2);
  for (const std::string& text : {std::string(), cut, std::string("command not found"),
                                  std::string("mayfly-probe 1\nvcpus many\nmayfly-probe end"),
                                  std::string("mayfly-probe 1\nvcpus 2\nmayfly-probe end")}) {
    const Result<HostUse> use = ParseUse(text);
    ASSERT_FALSE(use.ok()) << text;
    EXPECT_EQ(use.error().kind(), ErrorKind::kCorrupt) << text;
  }
}

TEST(Probe, TheScriptFitsIntoWhatSsmTakes) {
  EXPECT_LT(ProbeScript().size(), 8000U);
  EXPECT_NE(ProbeScript().find("mayfly-probe end"), std::string_view::npos);
}

}  // namespace
}  // namespace mayfly::resize
