// The arithmetic of the first project's documents, line by line, from stated inputs: what the bill
// would have been, and where the documents said something else, the premise that differs.

#include <gtest/gtest.h>

#include "cost/price_book.h"
#include "cost/three_way.h"

namespace mayfly::cost {
namespace {

const Instant kThen = MakeInstant(2025, 11, 18);

Rate PriceOf(Item item, const std::string& type = "", Market market = Market::kOnDemand) {
  Pool pool{.region = "us-east-1", .zone = "us-east-1a", .instance_type = type, .market = market};
  Result<Price> price = PriceBook(kThen).Find({item, pool});
  CHECK(price.ok(), "the snapshot has what the documents speak of");
  return price->rate;
}

const Rate kSmall = PriceOf(Item::kCompute, "t3.small");
const Rate kXlarge = PriceOf(Item::kCompute, "t3.xlarge");
const Rate k2xlarge = PriceOf(Item::kCompute, "t3.2xlarge");
const Rate kSpot = PriceOf(Item::kCompute, "c7i.8xlarge", Market::kSpot);
const Rate kOnDemand = PriceOf(Item::kCompute, "c7i.8xlarge");
const Rate kDisk = PriceOf(Item::kDisk);
const Rate kAddress = PriceOf(Item::kPublicAddress);

constexpr Duration kMonth = BilledMonths(1);
constexpr Duration kYear = BilledYears(1);
constexpr Duration kRun = hours(42) + minutes(30);  // as the documents count it
constexpr Duration kWhole = hours(43);              // with launch, set-up and end
constexpr Duration kOld = hours(31);

Money Cost(Rate rate, Quantity quantity) { return *Charge(rate, quantity); }
Money Time(Rate rate, Duration length) { return Cost(rate, ForTime(length)); }
Rate Less(Rate a, Rate b) { return {a.micro_usd - b.micro_usd, a.unit}; }
Money Disk(std::int64_t gigabytes, Duration length) {
  return Cost(kDisk, ForDisk(gigabytes, length));
}
Money Aurora(std::int64_t milli, Duration length) {
  return Cost(PriceOf(Item::kDatabaseCapacity), ForCapacity(milli, length));
}
Money Snapshot(std::int64_t gigabytes) {
  return Cost(PriceOf(Item::kSnapshot), ForDisk(gigabytes, kMonth));
}
Money Secrets(std::int64_t count) {
  return Cost(PriceOf(Item::kSecret), ForPiecesOverTime(count, kMonth));
}
// (utilisation - baseline) x vCPU x time.
Money Credits(std::int64_t milli_vcpu_above, Duration length) {
  return Cost(PriceOf(Item::kCpuCredit), ForCapacity(milli_vcpu_above, length));
}
Money Export(std::int64_t gigabytes, std::int64_t puts) {
  return Cost(PriceOf(Item::kExportStorage), ForDisk(gigabytes, kMonth)) +
         Cost(PriceOf(Item::kRequests), ForPieces(puts));
}
Money Host(Rate rate) { return Time(rate, kMonth) + Disk(400, kMonth) + Time(kAddress, kMonth); }

// All lines of a run but I/O and snapshots (3.5).
Money WholeRun(Rate rate, std::int64_t disk_gb, std::int64_t milli_acu) {
  return Time(rate, kWhole) + Disk(disk_gb, kWhole) + Time(kAddress, kWhole) +
         Aurora(milli_acu, kWhole) + Cost(PriceOf(Item::kCrossZone), ForBytes(20 * kGigabyte)) +
         Export(50, 336);
}

struct Line {
  const char* name;
  Money ours;
  const char* correct;  // to the cent
  const char* premise;  // of the document, where its figure differs; else ""
};

void PrintTo(const Line& line, std::ostream* out) { *out << line.name; }

class FieldLessons : public ::testing::TestWithParam<Line> {};

TEST_P(FieldLessons, OurArithmeticGivesTheCorrectColumn) {
  const Line& line = GetParam();
  EXPECT_EQ(FormatMoney(line.ours), line.correct) << line.name << ": " << line.premise;
}

INSTANTIATE_TEST_SUITE_P(
    SeedLineByLine, FieldLessons,
    ::testing::Values(
        Line{"t3.xlarge a month", Time(kXlarge, kMonth), "121.47 USD", "121.20 is of 728.37 h"},
        Line{"t3.small a month", Time(kSmall, kMonth), "15.18 USD", "15.15 is 121.20 / 8"},
        Line{"saving a month", Time(Less(kXlarge, kSmall), kMonth), "106.29 USD", "same month"},
        Line{"t3.xlarge a year", Time(kXlarge, kYear), "1457.66 USD", "12 odd months"},
        Line{"t3.small a year", Time(kSmall, kYear), "182.21 USD", "12 odd months"},
        Line{"saving a year", Time(Less(kXlarge, kSmall), kYear), "1275.46 USD",
             "12 odd months, and credited to the architecture"},
        Line{"42.5 h on Spot", Time(kSpot, kRun), "19.13 USD", ""},
        Line{"track 2 on the master", Time(k2xlarge, hours(7) + minutes(12)), "2.40 USD",
             "21.53 adds what was spent before the run began"},
        Line{"run and track 2, as one table has it",
             Time(kSpot, kRun) + Time(k2xlarge, hours(7) + minutes(12)), "21.52 USD",
             "21.53 adds amounts that were rounded before; other tables leave track 2 out"},
        Line{"1.8 days", Time(kSpot, hours(43) + minutes(12)), "19.44 USD", "42.5 h are 1.77 days"},
        Line{"42.0 h, without the resize of a superseded plan", Time(kSpot, hours(42)), "18.90 USD",
             "42.5 h holds half an hour of another plan"},
        Line{"launch step", Time(kSpot, minutes(10)), "0.08 USD",
             "0.00 forgets that a machine bills from running"},
        Line{"configure step", Time(kSpot, minutes(15)), "0.11 USD", ""},
        Line{"the whole clock", Time(kSpot, kWhole), "19.35 USD", "only step 4 was charged"},
        Line{"42.5 h On-Demand", Time(kOnDemand, kRun), "60.69 USD", "57.80 is of 1.36/h"},
        Line{"step 1 against the master there was", Time(Less(k2xlarge, kSmall), kMonth),
             "227.76 USD", "106 compares with a t3.xlarge that nobody had"}));

INSTANTIATE_TEST_SUITE_P(
    OneYearTotals, FieldLessons,
    ::testing::Values(Line{"in place", Time(kOnDemand, kRun) + Time(kXlarge, kYear), "1518.35 USD",
                           "in place cannot be Spot"},
                      Line{"temporary", Time(kSpot, kRun) + Time(kSmall, kYear), "201.33 USD",
                           "201.34 adds amounts that were rounded before"},
                      Line{"in place, then t3.small", Time(kOnDemand, kRun) + Time(kSmall, kYear),
                           "242.90 USD", ""},
                      Line{"the architecture alone", Time(Less(kOnDemand, kSpot), kRun),
                           "41.57 USD", "41.56 subtracts amounts that were rounded before"}));

INSTANTIATE_TEST_SUITE_P(
    LeftOutOfTheOngoingFigure, FieldLessons,
    ::testing::Values(
        Line{"t3.2xlarge, all in", Host(k2xlarge), "278.59 USD", "the instance alone"},
        Line{"t3.xlarge, all in", Host(kXlarge), "157.12 USD", "the instance alone"},
        Line{"t3.small, all in", Host(kSmall), "50.83 USD", "15.15: the instance alone"},
        Line{"its disk", Disk(400, kMonth), "32.00 USD", "left out"},
        Line{"its address", Time(kAddress, kMonth), "3.65 USD", "left out"},
        Line{"Aurora floor", Aurora(500, kMonth), "43.80 USD", "left out"},
        Line{"three floors", Aurora(1500, kMonth), "131.40 USD", "left out"},
        Line{"2 ACU left on, over 0.5", Aurora(1500, kMonth), "131.40 USD", "no revert"},
        Line{"database storage", Cost(PriceOf(Item::kDatabaseStorage), ForDisk(91, kMonth)),
             "9.10 USD", "left out"},
        Line{"123 secrets", Secrets(123), "49.20 USD", "left out"},
        Line{"a busy t3.small", Credits(1600, kMonth), "58.40 USD", "unlimited credits left out"}));

INSTANTIATE_TEST_SUITE_P(
    LeftOutOfTheRun, FieldLessons,
    ::testing::Values(
        Line{"compute, Spot", Time(kSpot, kWhole), "19.35 USD", ""},
        Line{"compute, On-Demand", Time(kOnDemand, kWhole), "61.40 USD", ""},
        Line{"disk 100 GB", Disk(100, kWhole), "0.47 USD", "left out"},
        Line{"disk 250 GB", Disk(250, kWhole), "1.18 USD", "left out"},
        Line{"address", Time(kAddress, kWhole), "0.22 USD", "left out"},
        Line{"2.5 ACU on average", Aurora(2000, kWhole), "10.32 USD", "left out"},
        Line{"8 ACU on average", Aurora(7500, kWhole), "38.70 USD", "left out"},
        Line{"32 ACU at most", Aurora(31500, kWhole), "162.54 USD", "left out"},
        Line{"I/O of 10.3 M statements", Cost(PriceOf(Item::kDatabaseIo), ForPieces(10'300'000)),
             "2.06 USD", "left out; one request each is the least"},
        Line{"cross-zone 20 GB", Cost(PriceOf(Item::kCrossZone), ForBytes(20 * kGigabyte)),
             "0.40 USD", "left out"},
        Line{"export", Export(50, 336), "1.15 USD", "left out"},
        Line{"through a NAT", Cost(PriceOf(Item::kNatTransfer), ForBytes(50 * kGigabyte)),
             "2.25 USD", "left out"},
        Line{"snapshot of 20 GB", Snapshot(20), "1.00 USD", "left out"},
        Line{"snapshot of 100 GB", Snapshot(100), "5.00 USD", "left out"},
        Line{"snapshot of 250 GB", Snapshot(250), "12.50 USD", "left out"},
        Line{"snapshot before the downgrade", Snapshot(24), "1.20 USD", "left out"},
        Line{"its ceiling", Snapshot(400), "20.00 USD", "left out"},
        Line{"Spot, 2.5 ACU", WholeRun(kSpot, 100, 2000), "31.91 USD", "19.13 is compute alone"},
        Line{"Spot, 8 ACU", WholeRun(kSpot, 100, 7500), "60.29 USD", "19.13 is compute alone"},
        Line{"On-Demand, 2.5 ACU", WholeRun(kOnDemand, 250, 2000), "74.67 USD", "57.80"},
        Line{"On-Demand, 8 ACU", WholeRun(kOnDemand, 250, 7500), "103.05 USD", "57.80"}));

INSTANTIATE_TEST_SUITE_P(
    AfterTheDecision, FieldLessons,
    ::testing::Values(
        Line{"On-Demand", Time(kOnDemand, kRun), "60.69 USD", "57.80 is of 1.36/h"},
        Line{"the saving that compared 130 h of everything with 42.5 h of a machine",
             Money{2'976'860'000} - Money{200'930'000}, "2775.93 USD", "scopes differ"},
        Line{"what runtime x 0.45 reports of an On-Demand run", Time(kSpot, kRun), "19.13 USD",
             "the price of another market"},
        Line{"4 days of Spot at 0.40", Time(Rate{400'000, Unit::kHour}, hours(96)), "38.40 USD",
             "55 h were called about 4 days"},
        Line{"55 h On-Demand", Time(kOnDemand, hours(55)), "78.54 USD", "22 is of a Spot price"},
        Line{"c7i.8xlarge a month", Time(kOnDemand, kMonth), "1042.44 USD", "243: a column off"},
        Line{"t3.2xlarge a month", Time(k2xlarge, kMonth), "242.94 USD", "121: a column off"},
        Line{"keeping the master up for 65 h", Time(k2xlarge, hours(65)), "21.63 USD", ""}));

INSTANTIATE_TEST_SUITE_P(
    OnePhaseThirteenPrices, FieldLessons,
    ::testing::Values(Line{"31 h Spot", Time(kSpot, kOld), "13.95 USD", ""},
                      Line{"31 h On-Demand", Time(Rate{1'360'000, Unit::kHour}, kOld), "42.16 USD",
                           "1.36/h, and 44.27 USD at 1.428/h"},
                      Line{"57.80 at the old price", Time(Rate{1'360'000, Unit::kHour}, kRun),
                           "57.80 USD", "1.36/h"},
                      Line{"61.69", Time(kOnDemand, hours(43) + minutes(12)), "61.69 USD",
                           "43.2 h"}));

// Shares of costs, in hundredths of a percent.
std::int64_t PerMyriad(Money part, Money whole) {
  return (part.micro_usd * 20'000 + whole.micro_usd) / (2 * whole.micro_usd);
}

struct Ratio {
  const char* name;
  Money part, whole;
  std::int64_t per_myriad;
};

TEST(FieldLessons, SharesFollowFromTheSameAmounts) {
  Money xlarge = Time(kXlarge, kMonth), small = Time(kSmall, kMonth);
  Money on_demand = Time(kOnDemand, kRun), spot = Time(kSpot, kRun);
  const std::vector<Ratio> ratios{
      {"ongoing, instance only: 87.5 %, told as 87", xlarge - small, xlarge, 8750},
      {"ongoing, all in: 67.6 %", Host(kXlarge) - Host(kSmall), Host(kXlarge), 6765},
      {"On-Demand over Spot: 217 %, told as 202", on_demand - spot, spot, 21733},
      {"true On-Demand that runtime x 0.45 reports: 31.5 %", spot, on_demand, 3151},
      {"a cost reduction of 86.36 % was told as an ROI", Money{1'272'600'000}, Money{1'473'530'000},
       8636},
      {"19.13 of the cheapest realistic case: 60 %", spot, WholeRun(kSpot, 100, 2000), 5994}};
  for (const Ratio& ratio : ratios) {
    EXPECT_EQ(PerMyriad(ratio.part, ratio.whole), ratio.per_myriad) << ratio.name;
  }
}

// 3.2: an instance that runs cannot turn Spot by changing its type.
TEST(FieldLessons, TheThreeWaysOfTheSameWork) {
  Result<ThreeWay> ways = CompareThreeWays({.length = kRun,
                                            .spot = kSpot,
                                            .on_demand = kOnDemand,
                                            .host = k2xlarge,
                                            .disk_gb = 100,
                                            .disk = kDisk,
                                            .address = kAddress});
  ASSERT_TRUE(ways.ok());
  EXPECT_EQ(FormatMoney(ways->temporary_spot), "19.80 USD");
  EXPECT_EQ(FormatMoney(ways->temporary_on_demand), "61.37 USD");
  EXPECT_EQ(FormatMoney(ways->staying), "46.55 USD");
  EXPECT_EQ(FormatMoney(ways->staying - ways->temporary_spot), "26.74 USD");
  EXPECT_EQ(FormatMoney(ways->temporary_on_demand - ways->staying), "14.82 USD");
}

}  // namespace
}  // namespace mayfly::cost
