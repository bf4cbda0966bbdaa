#include "model/plan_json.h"

#include <gtest/gtest.h>

namespace mayfly {
namespace {

TEST(Findings, RoundTripThroughJson) {
  Findings findings{.pairs = {"audcad", "eurusd"},
                    .missing_pairs = {"gbpusd"},
                    .unit = PeriodUnit::kQuarter,
                    .first = MakeInstant(2024, 7, 1),
                    .last = MakeInstant(2025, 6, 30, hours(23) + Duration(1)),
                    .rows = 10'315'898,
                    .absent_inputs = {"open"}};
  EXPECT_EQ(*FindingsFromJson(FindingsToJson(findings)), findings);
  EXPECT_EQ(*FindingsFromJson(FindingsToJson({})), Findings{});
}

TEST(Findings, TextThatIsNotTheirJsonIsCorrupt) {
  const std::string good = FindingsToJson({.pairs = {"eurusd"}, .first = MakeInstant(2024, 7, 1)});
  for (std::size_t length = 0; length < good.size(); ++length) {
    auto cut = FindingsFromJson(good.substr(0, length));
    ASSERT_FALSE(cut.ok()) << length;
    EXPECT_EQ(cut.error().kind(), ErrorKind::kCorrupt);
  }
  for (const char* bad : {"[]", "{}", "null", "{\"pairs\":[1]}"}) {
    EXPECT_EQ(FindingsFromJson(bad).error().kind(), ErrorKind::kCorrupt) << bad;
  }
}

TEST(Findings, BytesThatAreNotTextDoNotThrow) {
  EXPECT_TRUE(FindingsFromJson(FindingsToJson({.pairs = {"eur\xFFusd"}})).ok());
}

}  // namespace
}  // namespace mayfly
