#include "stages/check_findings.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stages/compile.h"

namespace mayfly {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kPhase = R"(
[phase]
name = "p"
[grid]
pair = "from-data"
period = {}
[[stage]]
name = "load"
kind = "load"
dir = "bars"
{}
[[stage]]
name = "bqx"
kind = "features"
family = "bqx"
{}
)";

struct Text {
  std::string period = "\"from-data\"";
  std::string load, features;
};

// A bar of a pair in each of so many months.
PairBars Bars(const std::string& pair, int year, unsigned month, std::size_t months) {
  PairBars bars{.pair = pair, .by_month = std::vector<std::int64_t>(months, 700)};
  bars.first = MakeInstant(year, month, 1);
  bars.last = bars.last_close =
      MakeInstant(year, month + static_cast<unsigned>(months) - 1, 28, hours(20));
  return bars;
}

Findings Found(std::vector<PairBars> pairs) {
  Findings findings{.first = pairs.back().first, .last = pairs.back().last, .rows = 1};
  for (const PairBars& bars : pairs) findings.pairs.push_back(bars.pair);
  findings.loads.push_back({.stage = "load", .pairs = std::move(pairs)});
  return findings;
}

// What the phase is refused for; nothing where it is not.
std::string Refusal(const Text& text, const Findings& findings) {
  auto parsed = ParsePhase(fmt::format(kPhase, text.period, text.load, text.features),
                           {.file = "p.toml", .folder = "/f"});
  EXPECT_TRUE(parsed.ok()) << parsed.error().message();
  auto plan = CompilePhase(*parsed, findings);
  if (plan.ok()) return {};
  EXPECT_EQ(plan.error().kind(), ErrorKind::kInvalid);
  return plan.error().message();
}

constexpr const char* kFarAhead = R"({ every = "month", from = "2030-01", to = "2030-02" })";
constexpr const char* kAllowed = "empty = \"allow\"";

TEST(CheckFindings, AGridWithoutAnyBarIsRefusedWithBothSpans) {
  const Findings findings = Found({Bars("eurusd", 2024, 7, 2)});
  EXPECT_THAT(Refusal({.period = kFarAhead}, findings),
              AllOf(HasSubstr("stage \"load\": its bars are from 2024-07-01T00:00:00Z to "
                              "2024-08-28T20:00:00Z"),
                    HasSubstr("none is in the grid's periods, 2030-01 to 2030-02")));
  EXPECT_EQ(Refusal({}, findings), "");
  EXPECT_EQ(Refusal({.period = kFarAhead, .load = kAllowed}, findings), "");
}

TEST(CheckFindings, APeriodThatBeginsBeforeTheBarsIsFine) {
  EXPECT_EQ(Refusal({.period = R"({ every = "month", from = "2024-05", to = "2024-09" })"},
                    Found({Bars("eurusd", 2024, 7, 2)})),
            "");
}

TEST(CheckFindings, APairWithoutABarInTheGridIsRefusedByName) {
  const Findings findings = Found({Bars("audcad", 2023, 1, 2), Bars("eurusd", 2024, 7, 2)});
  const std::string period = R"({ from = "2024-07", to = "2024-08" })";
  EXPECT_THAT(Refusal({.period = period}, findings),
              AllOf(HasSubstr("stage \"bqx\": there are bars of audcad (from 2023-01-01"),
                    Not(HasSubstr("eurusd"))));
  EXPECT_EQ(Refusal({.period = period, .features = kAllowed}, findings), "");
}

TEST(CheckFindings, AGapThatHoldsTheWholeGridIsNoBarInIt) {
  PairBars bars = Bars("eurusd", 2024, 1, 4);
  bars.by_month = {700, 0, 0, 700};
  EXPECT_THAT(Refusal({.period = R"({ every = "month", from = "2024-02", to = "2024-03" })"},
                      Found({bars})),
              HasSubstr("none is in the grid's periods"));
}

TEST(CheckFindings, APairWithoutASingleBarIsRefusedByName) {
  const Findings findings =
      Found({PairBars{.pair = "audcad"}, PairBars{.pair = "audusd"}, Bars("eurusd", 2024, 7, 2)});
  EXPECT_THAT(Refusal({}, findings), HasSubstr("not a single bar of audcad, audusd; mend it"));
  EXPECT_EQ(Refusal({.load = kAllowed}, findings), "");
}

TEST(CheckFindings, ABaselineBehindTheLastCloseOfAPairIsRefusedWithThePair) {
  const Findings findings = Found({Bars("audcad", 2024, 7, 1), Bars("eurusd", 2024, 7, 2)});
  EXPECT_THAT(Refusal({.load = "baseline = \"2024-08-05\""}, findings),
              AllOf(HasSubstr("no close at or after the baseline 2024-08-05T00:00:00Z of audcad "
                              "(its last close is at 2024-07-28T20:00:00Z)"),
                    Not(HasSubstr("eurusd"))));
  EXPECT_EQ(Refusal({.load = "baseline = \"2024-07-05\""}, findings), "");
}

TEST(CheckFindings, APairWithoutAnyCloseIsRefused) {
  Findings findings = Found({Bars("audcad", 2024, 7, 2), Bars("eurusd", 2024, 7, 2)});
  findings.loads[0].pairs[0].last_close.reset();
  EXPECT_THAT(Refusal({}, findings), HasSubstr("no close of audcad (it has no close)"));
}

TEST(CheckFindings, APairThatOneOfTwoLoadStagesLacksIsRefusedByName) {
  Findings findings = Found({Bars("audcad", 2024, 7, 2), Bars("eurusd", 2024, 7, 2)});
  findings.loads.push_back({.stage = "other", .pairs = {Bars("eurusd", 2024, 7, 2)}});
  const Text two{.features =
                     "bars = \"load\"\n[[stage]]\nname = \"other\"\nkind = \"load\"\n"
                     "dir = \"other\"\ntable = \"other\""};
  EXPECT_THAT(Refusal(two, findings),
              HasSubstr("stage \"other\": it has no file or table of audcad"));
}

TEST(CheckFindings, EveryReasonIsALineAndManyPairsAreCounted) {
  std::vector<PairBars> pairs;
  for (char c = 'a'; c < 'f'; ++c) pairs.push_back({.pair = std::string("pair") + c});
  pairs.push_back(Bars("zarusd", 2024, 7, 2));
  const std::string refusal =
      Refusal({.period = kFarAhead, .load = "baseline = \"2031-01-01\""}, Found(pairs));
  EXPECT_EQ(std::count(refusal.begin(), refusal.end(), '\n'), 2) << refusal;
  EXPECT_THAT(refusal, HasSubstr("paira, pairb, pairc and 2 more"));
}

}  // namespace
}  // namespace mayfly
