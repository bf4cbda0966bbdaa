#include "worker/utilisation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mayfly {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::int64_t kGib = std::int64_t{1} << 30;

// A machine of four cores of which so many work, looked at every 10 s.
class Watched {
 public:
  explicit Watched(bool is_rented = true) : use(4, is_rented) { Look(Duration(0), 0); }

  void Look(Duration length, double busy, std::int64_t used = kGib) {
    now_ += length;
    reading_.cores = 4;
    reading_.worked += Duration(static_cast<std::int64_t>(busy * Seconds(length) * 1e6));
    reading_.memory_bytes = 8 * kGib;
    reading_.used_bytes = used;
    for (const std::string& line : use.Take(reading_, now_)) lines.push_back(line);
  }

  void Minutes(int count, double busy) {
    for (int i = 0; i < 6 * count; ++i) Look(seconds(10), busy);
  }

  std::vector<std::string> Advice() const {
    std::vector<std::string> advice;
    for (const std::string& line : lines) {
      if (line.find("would do") != std::string::npos) advice.push_back(line);
    }
    return advice;
  }

  Utilisation use;
  std::vector<std::string> lines;

 private:
  Duration now_{seconds(1000)};
  MachineReading reading_;
};

TEST(Utilisation, SaysOneLineAMinute) {
  Watched watched;
  watched.Look(seconds(10), 3, 3 * kGib);
  for (int i = 0; i < 4; ++i) watched.Look(seconds(10), 3);
  EXPECT_THAT(watched.lines, IsEmpty());
  watched.use.AddWork(seconds(40), seconds(10));
  watched.Look(seconds(10), 3);
  EXPECT_THAT(watched.lines,
              ElementsAre("utilisation: cores 25% idle, memory 1.0 GiB of 8.0 GiB (at most "
                          "3.0 GiB), 25% of slot time waited for the database"));
}

TEST(Utilisation, CoresThatIdleForTenMinutesAreWorthAnAdviceOnce) {
  Watched watched;
  watched.Minutes(9, 1.6);
  EXPECT_THAT(watched.Advice(), IsEmpty());
  watched.Minutes(5, 1.6);
  EXPECT_THAT(watched.Advice(), ElementsAre("cores 60% idle for 10 min with 4 slots: more slots or "
                                            "a smaller type would do"));
}

TEST(Utilisation, ABusyMinuteBeginsTheTenAnew) {
  Watched watched;
  watched.Minutes(9, 1);
  watched.Minutes(1, 4);
  watched.Minutes(9, 1);
  EXPECT_THAT(watched.Advice(), IsEmpty());
  watched.Minutes(1, 1);
  EXPECT_EQ(watched.Advice().size(), 1U);
}

TEST(Utilisation, SlotsThatWaitForTheDatabaseNeedNoMoreOfThem) {
  Watched watched;
  for (int minute = 0; minute < 10; ++minute) {
    watched.use.AddWork(seconds(200), seconds(150));
    watched.Minutes(1, 1);
  }
  EXPECT_THAT(watched.Advice(),
              ElementsAre(HasSubstr("wait for the database 75% of their time: a smaller type")));
}

TEST(Utilisation, ALocalMachineHasNoSmallerType) {
  Watched watched(/*is_rented=*/false);
  watched.Minutes(10, 0);
  EXPECT_THAT(watched.Advice(), ElementsAre(HasSubstr("idle for 10 min with 4 slots: more slots")));
}

TEST(Utilisation, TheSummaryIsOfTheWholeLife) {
  Watched watched;
  watched.Minutes(1, 4);
  watched.Minutes(1, 2);
  watched.Look(seconds(10), 0);
  EXPECT_THAT(watched.use.Summary(), HasSubstr("utilisation over 2 min 10 s: cores 31% idle"));
  EXPECT_THAT(watched.use.Summary(), HasSubstr("no task ended"));
}

}  // namespace
}  // namespace mayfly
