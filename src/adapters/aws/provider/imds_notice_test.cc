#include "adapters/aws/provider/imds_notice.h"

#include <gtest/gtest.h>

#include <map>

#include "adapters/aws/testing/scripted.h"

namespace mayfly::aws {
namespace {

using scripted::ManualClock;

// Metadata that say what is put there, or are away.
class Metadata final : public HttpClient {
 public:
  Result<HttpResponse> Send(const HttpRequest& request) override {
    ++asked;
    if (is_away) return Unavailable("nothing listens");
    if (request.method == "PUT") return HttpResponse{200, {}, "token"};
    for (const auto& [page, text] : pages) {
      if (request.url.ends_with(page)) return HttpResponse{200, {}, text};
    }
    return HttpResponse{404, {}, ""};
  }
  std::map<std::string, std::string> pages;
  bool is_away = false;
  int asked = 0;
};

class ImdsNoticeTest : public ::testing::Test {
 protected:
  std::optional<Notice> PollAfter(Duration pause) {
    clock_.now += pause;
    auto notice = notice_.Poll();
    EXPECT_TRUE(notice.ok());
    return notice.ok() ? *notice : std::nullopt;
  }
  void Put(const std::string& page, const std::string& text) { metadata_.pages[page] = text; }
  std::string In(Duration ahead) { return FormatInstant(clock_.Wall() + ahead); }

  ManualClock clock_;
  Metadata metadata_;
  std::vector<std::string> said_;
  Imds imds_{[](const std::string&) { return std::nullopt; }, metadata_, clock_};
  ImdsNotice notice_{imds_, clock_, [this](const std::string& text) { said_.push_back(text); }};
};

TEST_F(ImdsNoticeTest, NothingThereIsNoNoticeAndNothingIsSaid) {
  EXPECT_FALSE(PollAfter(seconds(0)));
  EXPECT_FALSE(PollAfter(seconds(5)));
  EXPECT_TRUE(said_.empty());
}

TEST_F(ImdsNoticeTest, AsksNoMoreThanOnceInTwoSeconds) {
  PollAfter(seconds(0));
  const int once = metadata_.asked;
  for (int i = 0; i < 19; ++i) PollAfter(milliseconds(100));
  EXPECT_EQ(metadata_.asked, once);
  PollAfter(milliseconds(100));
  EXPECT_GT(metadata_.asked, once);
}

TEST_F(ImdsNoticeTest, EveryActionMeansToLeave) {
  for (const char* action : {"terminate", "stop", "hibernate"}) {
    ImdsNotice fresh(imds_, clock_, [](const std::string&) {});
    Put("spot/instance-action",
        std::string(R"({"action":")") + action + R"(","time":")" + In(seconds(100)) + "\"}");
    auto notice = fresh.Poll();
    ASSERT_TRUE(notice.ok() && *notice) << action;
    EXPECT_EQ((*notice)->taken_in, seconds(100)) << action;
    EXPECT_EQ((*notice)->reason, std::string("interruption notice: ") + action);
  }
}

TEST_F(ImdsNoticeTest, TheTimeThatIsLeftPassesAlsoBetweenTwoQuestions) {
  Put("spot/instance-action", R"({"action":"terminate","time":")" + In(seconds(100)) + "\"}");
  EXPECT_EQ(PollAfter(seconds(0))->taken_in, seconds(100));
  EXPECT_EQ(PollAfter(milliseconds(500))->taken_in, seconds(100) - milliseconds(500));
  metadata_.is_away = true;
  EXPECT_EQ(PollAfter(seconds(50))->taken_in, seconds(49) + milliseconds(500));
  EXPECT_EQ(PollAfter(seconds(90))->taken_in, Duration(0));
}

TEST_F(ImdsNoticeTest, AWrongClockMakesNoLongerNotice) {
  Put("spot/instance-action", R"({"action":"terminate","time":")" + In(hours(5)) + "\"}");
  EXPECT_EQ(PollAfter(seconds(0))->taken_in, minutes(2));
}

TEST_F(ImdsNoticeTest, ARebalanceIsANoticeAndTheNoticeProperOnlyShortensIt) {
  Put("recommendations/rebalance", R"({"noticeTime":")" + In(seconds(0)) + "\"}");
  const auto first = PollAfter(seconds(0));
  ASSERT_TRUE(first);
  EXPECT_EQ(first->reason, "rebalance recommendation");
  EXPECT_EQ(first->taken_in, minutes(2));
  Put("spot/instance-action", R"({"action":"terminate","time":")" + In(seconds(30)) + "\"}");
  const auto second = PollAfter(seconds(10));
  EXPECT_EQ(second->taken_in, seconds(20));
  EXPECT_EQ(second->reason, "interruption notice: terminate");
}

TEST_F(ImdsNoticeTest, MaintenanceIsANoticeWhenItIsNear) {
  const auto events = [this](Duration ahead, const char* state) {
    return R"([{"Code":"instance-stop","State":")" + std::string(state) + R"(","NotBefore":")" +
           In(ahead) + "\"}]";
  };
  Put("maintenance/scheduled", events(hours(20), "active"));
  EXPECT_FALSE(PollAfter(seconds(0)));
  Put("maintenance/scheduled", events(minutes(5), "canceled"));
  EXPECT_FALSE(PollAfter(seconds(3)));
  Put("maintenance/scheduled", events(minutes(5), "active"));
  const auto notice = PollAfter(seconds(3));
  ASSERT_TRUE(notice);
  EXPECT_EQ(notice->reason, "maintenance: instance-stop");
}

TEST_F(ImdsNoticeTest, MetadataThatAreAwayAreSaidOnceAndEndNothing) {
  metadata_.is_away = true;
  for (int i = 0; i < 50; ++i) EXPECT_FALSE(PollAfter(seconds(10)));
  EXPECT_EQ(said_.size(), 1U);
  metadata_.is_away = false;
  EXPECT_FALSE(PollAfter(seconds(10)));
  EXPECT_EQ(said_.size(), 2U);
}

TEST_F(ImdsNoticeTest, NonsenseIsNoNotice) {
  Put("spot/instance-action", "soon");
  EXPECT_FALSE(PollAfter(seconds(0)));
}

}  // namespace
}  // namespace mayfly::aws
