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
                    .absent_inputs = {"open"},
                    .loads = {{.stage = "load",
                               .pairs = {{.pair = "audcad"},
                                         {.pair = "eurusd",
                                          .first = MakeInstant(2024, 7, 1),
                                          .last = MakeInstant(2024, 8, 2),
                                          .last_close = MakeInstant(2024, 8, 1),
                                          .by_month = {30'000, 1'440}}},
                               .absent_inputs = {"open", "volume"}}}};
  EXPECT_EQ(*FindingsFromJson(FindingsToJson(findings)), findings);
  EXPECT_EQ(*FindingsFromJson(FindingsToJson({})), Findings{});
}

TEST(Findings, OfAnEarlierVersionAreReadAndWrittenAsTheyWere) {
  const std::string old =
      R"({"absent_inputs":[],"first":null,"last":null,"missing_pairs":[],"pairs":["eurusd"],)"
      R"("rows":0,"unit":null})";
  Result<Findings> findings = FindingsFromJson(old);
  ASSERT_TRUE(findings.ok()) << findings.error().message();
  EXPECT_EQ(FindingsToJson(*findings), old);
}

TEST(PairBars, AreCountedByTheMonthsThatALeafHolds) {
  const PairBars bars{.pair = "eurusd",
                      .first = MakeInstant(2024, 11, 5),
                      .last = MakeInstant(2025, 2, 1),
                      .by_month = {10, 20, 0, 5}};
  const Instant december = MakeInstant(2024, 12, 1), january = MakeInstant(2025, 1, 1);
  EXPECT_EQ(bars.rows(), 35);
  EXPECT_EQ(bars.RowsIn(std::nullopt, december), 10);
  EXPECT_EQ(bars.RowsIn(december, january), 20);
  EXPECT_EQ(bars.RowsIn(january, MakeInstant(2025, 2, 1)), 0);
  EXPECT_EQ(bars.RowsIn(MakeInstant(2024, 10, 1), january), 30);
  EXPECT_EQ(bars.RowsIn(january, std::nullopt), 5);
  EXPECT_EQ(PairBars{}.RowsIn(std::nullopt, std::nullopt), 0);
}

TEST(Findings, TextThatIsNotTheirJsonIsCorrupt) {
  const std::string good =
      FindingsToJson({.pairs = {"eurusd"},
                      .first = MakeInstant(2024, 7, 1),
                      .loads = {{.pairs = {{.pair = "eurusd", .by_month = {}}}}}});
  for (std::size_t length = 0; length < good.size(); ++length) {
    auto cut = FindingsFromJson(good.substr(0, length));
    ASSERT_FALSE(cut.ok()) << length;
    EXPECT_EQ(cut.error().kind(), ErrorKind::kCorrupt);
  }
  // Good but for a load stage that is a number.
  constexpr const char* kLoad = R"({"absent_inputs":[],"first":null,"last":null,"loads":[1],)"
                                R"("missing_pairs":[],"pairs":[],"rows":0,"unit":null})";
  for (const char* bad : {"[]", "{}", "null", "{\"pairs\":[1]}", kLoad}) {
    EXPECT_EQ(FindingsFromJson(bad).error().kind(), ErrorKind::kCorrupt) << bad;
  }
}

TEST(Findings, BytesThatAreNotTextDoNotThrow) {
  EXPECT_TRUE(FindingsFromJson(FindingsToJson({.pairs = {"eur\xFFusd"}})).ok());
}

}  // namespace
}  // namespace mayfly
