#include "cli/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/command.h"

namespace mayfly::cli {
namespace {

TEST(Eta, IsNotKnownBeforeAnythingWasDone) {
  EtaEstimator eta;
  EXPECT_FALSE(eta.Of(10).left.has_value());
  eta.Observe(seconds(1), 0, 0);
  eta.Observe(seconds(2), 0, 0);
  EXPECT_FALSE(eta.Of(10).left.has_value());
}

TEST(Eta, ASteadyRateGivesANarrowRange) {
  EtaEstimator eta;
  for (int i = 0; i < 60; ++i) eta.Observe(seconds(i), i * 2, i * 1000);
  auto estimate = eta.Of(20);
  ASSERT_TRUE(estimate.left.has_value());
  EXPECT_EQ(estimate.left->first, Duration(seconds(10)));
  EXPECT_EQ(estimate.left->second, Duration(seconds(10)));
  EXPECT_NEAR(estimate.rows_per_second, 1000, 1);
  EXPECT_NEAR(estimate.tasks_per_second, 2, 0.01);
}

TEST(Eta, AnUnsteadyRateGivesTheRangeBetweenSlowestAndFastest) {
  EtaEstimator eta;
  int done = 0;
  for (int i = 0; i < 60; ++i) eta.Observe(seconds(i), done += i < 30 ? 1 : 4, 0);
  auto left = eta.Of(40).left;
  ASSERT_TRUE(left.has_value());
  EXPECT_NEAR(Seconds(left->first), 10, 0.1);
  EXPECT_NEAR(Seconds(left->second), 40, 0.1);
}

class SteppedClock final : public Clock {
 public:
  Instant Wall() override { return MakeInstant(2025, 7, 1) + now; }
  Duration Mono() override { return now; }
  Duration now{};
};

TEST(Progress, TellsOfFreezingOnceInAWhileAndOfItsFailureAlways) {
  SteppedClock clock;
  testing::internal::CaptureStderr();
  {
    RunProgress progress(Session{}, clock);
    progress.OnAction(sched::Vacuum{"40 leaves are not frozen"}, {});
    progress.OnAction(sched::Vacuum{"30 leaves are not frozen"}, {});
    progress.OnAction(sched::Vacuum{"20 leaves are not frozen"}, Unavailable("it is away"));
    clock.now = seconds(5);
    progress.OnAction(sched::Vacuum{"10 leaves are not frozen"}, {});
  }
  const std::string told = testing::internal::GetCapturedStderr();
  EXPECT_THAT(told, testing::HasSubstr("40 leaves"));
  EXPECT_THAT(told, testing::Not(testing::HasSubstr("30 leaves")));
  EXPECT_THAT(told, testing::HasSubstr("it is away"));
  EXPECT_THAT(told, testing::HasSubstr("10 leaves"));
}

}  // namespace
}  // namespace mayfly::cli
