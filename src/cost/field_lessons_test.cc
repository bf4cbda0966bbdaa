// The arithmetic of the first project's decision, line by line, from stated inputs: what the bill
// would have been, and where the documents said something else, the premise that differs. Here are
// the decision itself, its impossible column, and where its saving is from; what it left out and
// what came after it are in field_lessons_bills_test.cc.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cost/decision.h"
#include "cost/testing/field_lessons.h"
#include "cost/three_way.h"

namespace mayfly::cost::lessons {
namespace {

using ::testing::ElementsAre;

class FieldLessons : public ::testing::TestWithParam<Line> {};

TEST_P(FieldLessons, OurArithmeticGivesTheCorrectColumn) { Check(GetParam()); }

// Their month: what 121.20 USD buy of a t3.xlarge.
Duration OddMonth() { return *TimeFor(Usd("121.20"), Xlarge()); }
Money TheirMonth(Rate rate) { return Time(rate, OddMonth()); }
Money TheirYear(Rate rate) { return Money{12 * TheirMonth(rate).micro_usd}; }

Money Track2() { return Time(Master(), hours(7) + minutes(12)); }
Money TheirRun() { return Shown(Time(Spot(), kRun)); }
Money TheirInPlace() { return TheirRun() + TheirYear(Xlarge()); }
Money TheirTemporary() { return TheirRun() + TheirYear(Small()); }

// The year of the master as it was: 130 h of machine, database and 2 USD of storage, and twelve
// months of it at 243 USD, the whole dollars of a month.
Money TheirBaseline() {
  Money phase = Shown(Time(Master(), hours(130))) + Aurora(1000, hours(130)) + Usd("2");
  return phase + Money{12 * Usd("243").micro_usd};
}

INSTANTIATE_TEST_SUITE_P(
    OngoingFigures, FieldLessons,
    ::testing::Values(Line{"t3.xlarge a month", Host("t3.xlarge"), "121.47 USD",
                           "a month of 728.37 h", TheirMonth(Xlarge()), "121.20 USD"},
                      Line{"t3.small a month", Host("t3.small"), "15.18 USD", "the same odd month",
                           TheirMonth(Small()), "15.15 USD"},
                      Line{"saving a month", Host("t3.xlarge") - Host("t3.small"), "106.29 USD",
                           "the same odd month", TheirMonth(Xlarge()) - TheirMonth(Small()),
                           "106.05 USD"},
                      Line{"t3.xlarge a year", Host("t3.xlarge", kYear), "1457.66 USD",
                           "twelve odd months", TheirYear(Xlarge()), "1454.40 USD"},
                      Line{"t3.small a year", Host("t3.small", kYear), "182.21 USD",
                           "twelve odd months", TheirYear(Small()), "181.80 USD"},
                      Line{"saving a year", Host("t3.xlarge", kYear) - Host("t3.small", kYear),
                           "1275.46 USD", "twelve odd months, and credited to the architecture",
                           TheirYear(Xlarge()) - TheirYear(Small()), "1272.60 USD"},
                      Line{"step 1 against the master there was",
                           Host("t3.2xlarge") - Host("t3.small"), "227.76 USD",
                           "compares with a t3.xlarge that nobody had, in the odd month",
                           TheirMonth(Xlarge()) - TheirMonth(Small()), "106.05 USD"}));

INSTANTIATE_TEST_SUITE_P(
    RunFigures, FieldLessons,
    ::testing::Values(
        Line{"42.5 h on Spot", Time(Spot(), kRun), "19.13 USD"},
        Line{"track 2 on the master", Track2(), "2.40 USD"},
        Line{"the run, with what was spent before it", Time(Spot(), kRun) + Track2(), "21.52 USD",
             "adds amounts that were rounded before; other tables leave track 2 out",
             TheirRun() + Shown(Track2()), "21.53 USD"},
        Line{"in place and a year, without track 2", TheirInPlace(), "1473.53 USD",
             "one table has track 2 in it", TheirInPlace() + Shown(Track2()), "1475.93 USD"},
        Line{"temporary and a year, without track 2", TheirTemporary(), "200.93 USD",
             "one table has track 2 in it", TheirTemporary() + Shown(Track2()), "203.33 USD"},
        Line{"42.5 h On-Demand", Time(OnDemand(), kRun), "60.69 USD", "1.36 USD an hour",
             Time(kOldOnDemand, kRun), "57.80 USD"},
        Line{"42.5 h taken for 1.8 days", Time(Spot(), kRun), "19.13 USD", "1.8 days are 43.2 h",
             Time(Spot(), hours(43) + minutes(12)), "19.44 USD"},
        Line{"against 130 h of everything, as the summary has it",
             TheirBaseline() - TheirTemporary(), "2775.93 USD",
             "130 h of machine, database and storage against 42.5 h of a machine"},
        Line{"the same with the machine alone on both sides",
             Time(Master(), hours(130)) + Host("t3.2xlarge", kYear) - Time(Spot(), kRun) -
                 Host("t3.small", kYear),
             "2757.26 USD", "scopes differ, and months", TheirBaseline() - TheirTemporary(),
             "2775.93 USD"}));

// A plan's steps, by our count and by theirs, and what each comes to.
struct Plan {
  const char* name;
  std::vector<Step> ours;
  const char* correct;
  const char* premise = "";
  std::vector<Step> theirs = {};
  const char* told = "";
};

const Step kUpgrade{"resize in place", minutes(30), Spot()};
const Step kParallel{"parallel stages", hours(12), Spot()};
const Step kSequential{"sequential stages", hours(30), Spot()};
const Step kStages{"stages", kRun, Spot()};
const Step kLaunch{"launch", minutes(10), Spot()};
const Step kConfigure{"configure", minutes(15), Spot()};
const Step kEnd{"end", minutes(5), Spot()};

// Five minutes each, with the host down, or told to be up.
Step Down(const char* what) { return {what, minutes(5), {}, /*host_is_down=*/true}; }
Step Up(const char* what) { return {what, minutes(5), {}, /*host_is_down=*/false}; }

const std::vector<Step> kOldWay{Down("stop"), Down("upgrade"), Down("stop"), Down("downgrade")};
const std::vector<Step> kNewWay{Down("stop the master, to make it a t3.small")};

std::vector<Plan> Plans() {
  return {{.name = "42.5 h itself",
           .ours = {kParallel, kSequential},
           .correct = "42h, 18.90 USD, 0s down",
           .premise = "holds half an hour of a resize that the new plan does not have",
           .theirs = {kUpgrade, kParallel, kSequential},
           .told = "42h30m, 19.125 USD, 0s down"},
          {.name = "launch step",
           .ours = {kLaunch},
           .correct = "10m, 0.075 USD, 0s down",
           .premise = "a machine bills from running, not from its first work",
           .theirs = {{"launch", kLaunch.length, {}}},
           .told = "10m, 0.00 USD, 0s down"},
          {.name = "configure step", .ours = {kConfigure}, .correct = "15m, 0.1125 USD, 0s down"},
          {.name = "whole clock",
           .ours = {kLaunch, kConfigure, kStages, kEnd},
           .correct = "43h, 19.35 USD, 0s down",
           .premise = "charges step 4 alone",
           .theirs = {kStages},
           .told = "42h30m, 19.125 USD, 0s down"},
          {.name = "downtime of the old way",
           .ours = kOldWay,
           .correct = "20m, 0.00 USD, 20m down",
           .premise = "counts the stops and not the changes of type",
           .theirs = {Down("stop"), Up("upgrade"), Down("stop"), Up("downgrade")},
           .told = "20m, 0.00 USD, 10m down"},
          {.name = "downtime of the new way",
           .ours = kNewWay,
           .correct = "5m, 0.00 USD, 5m down",
           .premise = "has the master never stop, and become a t3.small",
           .theirs = {Up("make the master a t3.small")},
           .told = "5m, 0.00 USD, 0s down"}};
}

std::string Tell(const std::vector<Step>& steps) {
  Result<StepsTotal> total = AddUp(steps);
  CHECK(total.ok(), "the steps of the documents can be added up");
  return FormatDuration(total->length) + ", " + FormatExactMoney(total->money) + ", " +
         FormatDuration(total->downtime) + " down";
}

TEST(FieldLessons, ThePlansStepsComeToWhatTheyComeTo) {
  for (const Plan& plan : Plans()) {
    EXPECT_EQ(Tell(plan.ours), plan.correct) << plan.name << ": " << plan.premise;
    if (plan.theirs.empty()) continue;
    EXPECT_EQ(Tell(plan.theirs), plan.told) << plan.name << ": " << plan.premise;
  }
}

struct LengthLine {
  const char* name;
  Duration length;
  Duration unit;
  const char* correct;
};

TEST(FieldLessons, LengthsAreWhatTheyAre) {
  const std::vector<LengthLine> lines{
      {"the month that 121.20 USD imply", OddMonth(), hours(1), "728.37"},
      {"the month that 15.15 USD imply", *TimeFor(Usd("15.15"), Small()), hours(1), "728.37"},
      {"the month that 121.47 USD imply", *TimeFor(Usd("121.472"), Xlarge()), hours(1), "730.00"},
      {"42.5 h, told as 1.8 days", *ParseDuration("42h30m"), hours(24), "1.77"},
      {"1.8 days, as later documents have them", *ParseDuration("1d19h12m"), hours(1), "43.20"}};
  for (const LengthLine& line : lines) {
    EXPECT_EQ(InUnits(line.length, line.unit), line.correct) << line.name;
  }
  EXPECT_EQ(FormatDuration(*ParseDuration("1d19h12m")), "43h12m");
  EXPECT_EQ(HumanDuration(kRun), "1 d 18 h");
}

// Eleven criteria, as the document's matrix has them.
std::vector<Criterion> Matrix(const std::string& standing) {
  Money run = Time(Spot(), kRun);
  return {{"performance, vCPUs left unused", std::int64_t{0}, std::int64_t{0}, ""},
          {"duration", kRun, kRun, ""},
          {"cost of the run", run, run, ""},
          {"ongoing cost a month", Host("t3.xlarge"), Host("t3.small"), standing},
          {"ongoing cost a year", Host("t3.xlarge", kYear), Host("t3.small", kYear), standing},
          {"downtime", AddUp(kOldWay)->downtime, AddUp(kNewWay)->downtime, ""},
          {"production risk", Level::kMedium, Level::kLow, ""},
          {"operational complexity", Level::kMedium, Level::kMedium, ""},
          {"rollback complexity", Level::kHigh, Level::kLow, ""},
          {"infrastructure that is shared", Level::kHigh, Level::kNone, ""},
          {"costs that are mixed", Level::kHigh, Level::kNone, ""}};
}

// Told as 7 wins, 0 wins and 3 ties: ten of eleven rows.
TEST(FieldLessons, TheMatrixScoresSevenToNoneWithFourTies) {
  Result<Score> score = Judge(Matrix(""));
  ASSERT_TRUE(score.ok());
  EXPECT_EQ(score->second, 7);
  EXPECT_EQ(score->first, 0);
  EXPECT_EQ(score->ties, 4);
  EXPECT_EQ(score->first + score->second + score->ties, 11);
}

TEST(FieldLessons, OngoingCostIsCountedTwice) {
  Result<Score> score = Judge(Matrix("ongoing cost"));
  ASSERT_TRUE(score.ok());
  EXPECT_EQ(score->second, 6);
  EXPECT_EQ(score->ties, 4);
  EXPECT_THAT(score->repeated, ElementsAre("ongoing cost a year"));
}

Alternatives TheSameWork() {
  return {.length = kRun,
          .spot = Spot(),
          .on_demand = OnDemand(),
          .host = Master(),
          .disk_gb = 100,
          .disk = PriceOf(Item::kDisk),
          .address = PriceOf(Item::kPublicAddress)};
}

ThreeWay Ways() { return *CompareThreeWays(TheSameWork()); }

// The host resized for the run, On-Demand: an instance that runs cannot turn Spot by changing type.
Money InPlace() { return Ways().staying + Time(Master(), kRun); }

INSTANTIATE_TEST_SUITE_P(
    TheImpossibleColumn, FieldLessons,
    ::testing::Values(
        Line{"in place", InPlace(), "60.69 USD", "Spot, which it cannot be", TheirRun(),
             "19.13 USD"},
        Line{"in place, over the idle master", Ways().staying, "46.55 USD"},
        Line{"disk of the temporary machine", Disk(100, kRun), "0.47 USD"},
        Line{"its address", Address(kRun), "0.21 USD"},
        Line{"disk and address", Ways().temporary_on_demand - Time(OnDemand(), kRun), "0.68 USD"},
        Line{"temporary Spot", Ways().temporary_spot, "19.80 USD"},
        Line{"temporary Spot saves a run", Ways().staying - Ways().temporary_spot, "26.74 USD",
             "called identical in cost"},
        Line{"temporary On-Demand", Ways().temporary_on_demand, "61.37 USD"},
        Line{"temporary On-Demand costs more", Ways().temporary_on_demand - Ways().staying,
             "14.82 USD", "called identical in cost"}));

// Only with Spot does the temporary machine pay for itself, and the row of the matrix is no tie.
TEST(FieldLessons, TheRowThatWasCalledIdenticalDependsOnTheMarket) {
  std::vector<Criterion> row{{"cost", Ways().staying, Ways().temporary_spot, ""},
                             {"cost", Ways().staying, Ways().temporary_on_demand, ""}};
  Result<Score> score = Judge(row);
  ASSERT_TRUE(score.ok());
  EXPECT_EQ(score->second, 1);
  EXPECT_EQ(score->first, 1);
  EXPECT_EQ(score->ties, 0);
}

// One year of a choice: the run, and the host that stays.
Money InPlaceAnd(const std::string& host) { return InPlace() + Host(host, kYear); }
Money TemporaryAnd(const std::string& host) { return Time(Spot(), kRun) + Host(host, kYear); }
constexpr const char* kRoundedBefore = "adds amounts that were rounded before";

INSTANTIATE_TEST_SUITE_P(
    WhereTheSavingIsFrom, FieldLessons,
    ::testing::Values(
        Line{"in place", InPlaceAnd("t3.xlarge"), "1518.35 USD"},
        Line{"temporary", TemporaryAnd("t3.small"), "201.33 USD", kRoundedBefore,
             Shown(Time(Spot(), kRun)) + Shown(Host("t3.small", kYear)), "201.34 USD"},
        Line{"in place, ending at t3.small", InPlaceAnd("t3.small"), "242.90 USD"},
        Line{"the architecture, once", InPlaceAnd("t3.small") - TemporaryAnd("t3.small"),
             "41.57 USD", kRoundedBefore, Shown(InPlace()) - Shown(Time(Spot(), kRun)),
             "41.56 USD"},
        Line{"the same, net of the master's hours, disk and address",
             InPlaceAnd("t3.small") - TemporaryAnd("t3.small") - Time(Master(), kRun) -
                 Disk(100, kRun) - Address(kRun),
             "26.74 USD"},
        Line{"the architecture, once, where the host stays larger",
             InPlaceAnd("t3.xlarge") - TemporaryAnd("t3.xlarge"), "41.57 USD"},
        Line{"the smaller host, in place", InPlaceAnd("t3.xlarge") - InPlaceAnd("t3.small"),
             "1275.46 USD", "the host's size, credited to the architecture",
             TheirInPlace() - TheirTemporary(), "1272.60 USD"},
        Line{"the smaller host, temporary", TemporaryAnd("t3.xlarge") - TemporaryAnd("t3.small"),
             "1275.46 USD", "the host's size, credited to the architecture",
             TheirInPlace() - TheirTemporary(), "1272.60 USD"},
        Line{"what the architecture adds to that saving a year",
             (InPlaceAnd("t3.xlarge") - InPlaceAnd("t3.small")) -
                 (TemporaryAnd("t3.xlarge") - TemporaryAnd("t3.small")),
             "0.00 USD", "either way may have either host", TheirInPlace() - TheirTemporary(),
             "1272.60 USD"}));

TEST(FieldLessons, SharesFollowFromTheSameAmounts) {
  // Told as 87 %: cut off, and of the instance alone.
  EXPECT_EQ(FormatShare(Host("t3.xlarge") - Host("t3.small"), Host("t3.xlarge")), "87.50 %");
  // Told as a return on investment, and is a reduction of cost.
  EXPECT_EQ(FormatShare(TheirInPlace() - TheirTemporary(), TheirInPlace()), "86.36 %");
}

}  // namespace
}  // namespace mayfly::cost::lessons
