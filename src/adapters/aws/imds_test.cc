#include "adapters/aws/imds.h"

#include <gtest/gtest.h>

#include "adapters/aws/testing/scripted.h"

namespace mayfly::aws {
namespace {

std::optional<std::string> Nothing(const std::string&) { return std::nullopt; }

struct Machine {
  scripted::ScriptedHttp http;
  scripted::ManualClock clock;
  Imds imds{Nothing, http, clock};
};

TEST(Imds, AsksForATokenFirstAndKeepsIt) {
  Machine machine;
  machine.http.Say(200, "token-1").Say(200, "i-0abc\n").Say(200, "i-0abc");
  EXPECT_EQ(*machine.imds.InstanceId(), "i-0abc");
  EXPECT_EQ(*machine.imds.InstanceId(), "i-0abc");
  ASSERT_EQ(machine.http.requests.size(), 3U);
  EXPECT_EQ(machine.http.requests[0].method, "PUT");
  EXPECT_EQ(machine.http.requests[0].url, "http://169.254.169.254/latest/api/token");
  EXPECT_EQ(machine.http.requests[0].timeout, seconds(2));
  EXPECT_EQ(machine.http.requests[2].url, "http://169.254.169.254/latest/meta-data/instance-id");
  EXPECT_EQ(machine.http.requests[2].headers.at(0).value, "token-1");
}

TEST(Imds, ARefusedTokenIsRenewedOnce) {
  Machine machine;
  machine.http.Say(200, "old").Say(401, "").Say(200, "new").Say(200, "i-0abc");
  EXPECT_EQ(*machine.imds.InstanceId(), "i-0abc");
  EXPECT_EQ(machine.http.requests[3].headers.at(0).value, "new");
  Machine refused;
  refused.http.Say(200, "old").Say(401, "").Say(200, "new").Say(401, "");
  EXPECT_EQ(refused.imds.InstanceId().error().kind(), ErrorKind::kUnavailable);
  EXPECT_EQ(refused.http.requests.size(), 4U);
}

TEST(Imds, ATokenIsRenewedBeforeItEnds) {
  Machine machine;
  machine.http.Say(200, "token-1").Say(404, "").Say(200, "token-2").Say(404, "");
  ASSERT_TRUE(machine.imds.SpotAction().ok());
  machine.clock.now += minutes(56);
  ASSERT_TRUE(machine.imds.SpotAction().ok());
  EXPECT_EQ(machine.http.requests[3].headers.at(0).value, "token-2");
}

TEST(Imds, NoNoticeIsNoNotice) {
  Machine machine;
  machine.http.Say(200, "token").Say(404, "<html>");
  EXPECT_FALSE(machine.imds.SpotAction()->has_value());
  EXPECT_FALSE(machine.imds.Rebalance()->has_value());
  EXPECT_TRUE(machine.imds.Maintenance()->empty());
}

TEST(Imds, NoticesAreRead) {
  Machine machine;
  machine.http.Say(200, "token")
      .Say(200, R"({"action":"terminate","time":"2025-07-01T00:02:00Z"})")
      .Say(200, R"({"noticeTime":"2025-07-01T00:01:00Z"})")
      .Say(200,
           R"([{"Code":"instance-stop","State":"active","NotBefore":"21 Jan 2025 09:00:43 GMT"}])")
      .Say(200, R"([{"Code":"instance-stop","State":"active","NotBefore":"soon"}])");
  const SpotNotice notice = **machine.imds.SpotAction();
  EXPECT_EQ(notice.action, "terminate");
  EXPECT_EQ(notice.at, MakeInstant(2025, 7, 1, minutes(2)));
  EXPECT_EQ(**machine.imds.Rebalance(), MakeInstant(2025, 7, 1, minutes(1)));
  const MaintenanceEvent planned = machine.imds.Maintenance()->at(0);
  EXPECT_EQ(planned.code, "instance-stop");
  EXPECT_EQ(planned.not_before, MakeInstant(2025, 1, 21, hours(9) + seconds(43)));
  EXPECT_FALSE(machine.imds.Maintenance()->at(0).not_before);
}

TEST(Imds, ANoticeThatCannotBeReadIsNotNone) {
  for (const char* text : {"", "{}", "[]", R"({"action":"terminate"})",
                           R"({"action":7,"time":"2025-07-01T00:02:00Z"})"}) {
    Machine machine;
    machine.http.Say(200, "token").Say(200, text);
    EXPECT_EQ(machine.imds.SpotAction().error().kind(), ErrorKind::kCorrupt) << text;
  }
}

TEST(Imds, AwayIsUnavailableAndOffIsDenied) {
  Machine machine;
  machine.http.Fail(Ambiguous("timed out"));
  EXPECT_EQ(machine.imds.InstanceId().error().kind(), ErrorKind::kUnavailable);
  Imds off(
      [](const std::string& name) -> std::optional<std::string> {
        return name == "AWS_EC2_METADATA_DISABLED" ? std::optional<std::string>("true")
                                                   : std::nullopt;
      },
      machine.http, machine.clock);
  EXPECT_EQ(off.InstanceId().error().kind(), ErrorKind::kDenied);
}

TEST(Imds, AMachineWithoutARoleSaysSo) {
  Machine machine;
  machine.http.Say(200, "token").Say(404, "");
  EXPECT_EQ(machine.imds.Role().error().kind(), ErrorKind::kNotFound);
}

}  // namespace
}  // namespace mayfly::aws
