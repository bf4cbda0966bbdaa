// The rest of the first project's arithmetic, line by line: what was left out of the ongoing figure
// and of the run, what was claimed after the decision, and one phase at thirteen prices.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cost/cap.h"
#include "cost/decision.h"
#include "cost/meter.h"
#include "cost/quote.h"
#include "cost/testing/field_lessons.h"

namespace mayfly::cost::lessons {
namespace {

using ::testing::HasSubstr;

class FieldLessonsBills : public ::testing::TestWithParam<Line> {};

TEST_P(FieldLessonsBills, OurArithmeticGivesTheCorrectColumn) { Check(GetParam()); }

// A host with its disk of 400 GB and its address.
Money AllIn(const std::string& type) {
  return Stands(
      {{Key(Item::kCompute, type)}, {Key(Item::kDisk), 400}, {Key(Item::kPublicAddress)}});
}

Money StandsAlone(Item item, std::int64_t amount, Duration length = kMonth) {
  return Stands({{Key(item), amount}}, length);
}

// (utilisation - baseline) x vCPUs: a t3.small that is kept busy.
constexpr std::int64_t kMilliVcpuAbove = (1000 - 200) * 2;

INSTANTIATE_TEST_SUITE_P(
    LeftOutOfTheOngoingFigure, FieldLessonsBills,
    ::testing::Values(
        Line{"disk of 400 GB", StandsAlone(Item::kDisk, 400), "32.00 USD", "left out"},
        Line{"address", StandsAlone(Item::kPublicAddress, 1), "3.65 USD", "left out"},
        Line{"t3.2xlarge, all in", AllIn("t3.2xlarge"), "278.59 USD", "the instance alone",
             Host("t3.2xlarge"), "242.94 USD"},
        Line{"t3.xlarge, all in", AllIn("t3.xlarge"), "157.12 USD", "the instance alone",
             Host("t3.xlarge"), "121.47 USD"},
        Line{"t3.small, all in", AllIn("t3.small"), "50.83 USD",
             "the instance alone, in a month of 728.37 h",
             Time(Small(), *TimeFor(Usd("121.20"), Xlarge())), "15.15 USD"},
        Line{"Aurora's floor", StandsAlone(Item::kDatabaseCapacity, 500), "43.80 USD", "left out"},
        Line{"three floors", StandsAlone(Item::kDatabaseCapacity, 3 * 500), "131.40 USD",
             "left out; two belong to other projects"},
        Line{"2 ACU left on, over the floor",
             StandsAlone(Item::kDatabaseCapacity, 2000) - StandsAlone(Item::kDatabaseCapacity, 500),
             "131.40 USD", "no revert"},
        Line{"database storage", StandsAlone(Item::kDatabaseStorage, 91), "9.10 USD", "left out"},
        Line{"123 secrets", StandsAlone(Item::kSecret, 123), "49.20 USD", "left out"},
        Line{"a busy t3.small", StandsAlone(Item::kCpuCredit, kMilliVcpuAbove), "58.40 USD",
             "unlimited credits left out"}));

TEST(FieldLessonsBills, SharesOfTheOngoingFigure) {
  Money saved = AllIn("t3.xlarge") - AllIn("t3.small");
  EXPECT_EQ(FormatShare(saved, AllIn("t3.xlarge")), "67.65 %");  // told as 87 %, of the instance
  // The disk costs twice the instance, and credits can cost four times as much.
  EXPECT_EQ(FormatShare(StandsAlone(Item::kDisk, 400), Host("t3.small")), "210.75 %");
  EXPECT_EQ(FormatShare(StandsAlone(Item::kCpuCredit, kMilliVcpuAbove), Host("t3.small")),
            "384.62 %");
}

// The whole clock, quoted with every line of its bill but I/O and snapshots.
QuoteRequest TheRun(Market market, int disk_gb, std::int64_t milli_acu_above_floor) {
  QuoteRequest request{.pools = {Key(Item::kCompute, "c7i.8xlarge", market).pool},
                       .disk_gb = disk_gb,
                       .addresses = 1};
  request.length = {kWhole, "stated: 43h"};
  request.deadline = hours(48);
  request.beside = {.capacity_milli_above_floor = milli_acu_above_floor,
                    .cross_zone_bytes = 20 * kGigabyte,
                    .export_bytes = 50 * kGigabyte,
                    .write_requests = 336};
  return request;
}

Money Expected(const QuoteRequest& request) {
  Result<Quote> quote = MakeQuote(request, Book());
  CHECK(quote.ok() && quote->expected && quote->unknown.empty(), "every line has its price");
  return *quote->expected;
}

Money LineOf(const QuoteRequest& request, Item item) {
  Result<Quote> quote = MakeQuote(request, Book());
  CHECK(quote.ok(), "it can be quoted");
  Money sum;
  for (const QuoteLine& line : quote->lines) {
    if (line.item == item) sum += *line.expected;
  }
  return sum;
}

const QuoteRequest kCheapest = TheRun(Market::kSpot, 100, 2000);
const QuoteRequest kDearest = TheRun(Market::kOnDemand, 250, 7500);

QuoteRequest With(UsageBeside beside) {
  QuoteRequest request = kCheapest;
  request.beside = beside;
  return request;
}

Money TheirRun() { return Time(Spot(), kRun); }
Money TheirOnDemandRun() { return Time(kOldOnDemand, kRun); }

INSTANTIATE_TEST_SUITE_P(
    LeftOutOfTheRun, FieldLessonsBills,
    ::testing::Values(
        Line{"compute, Spot", LineOf(kCheapest, Item::kCompute), "19.35 USD"},
        Line{"compute, On-Demand", LineOf(kDearest, Item::kCompute), "61.40 USD"},
        Line{"disk 100 GB", LineOf(kCheapest, Item::kDisk), "0.47 USD", "left out"},
        Line{"disk 250 GB", LineOf(kDearest, Item::kDisk), "1.18 USD", "left out"},
        Line{"address", LineOf(kCheapest, Item::kPublicAddress), "0.22 USD", "left out"},
        Line{"2.5 ACU on average", LineOf(kCheapest, Item::kDatabaseCapacity), "10.32 USD",
             "left out"},
        Line{"8 ACU on average", LineOf(kDearest, Item::kDatabaseCapacity), "38.70 USD",
             "left out"},
        Line{"32 ACU at most", LineOf(TheRun(Market::kSpot, 100, 31'500), Item::kDatabaseCapacity),
             "162.54 USD", "left out"},
        Line{"I/O of 10.3 M statements",
             LineOf(With({.database_requests = 10'300'000}), Item::kDatabaseIo), "2.06 USD",
             "left out; one request each is the least"},
        Line{"cross-zone 20 GB", LineOf(kCheapest, Item::kCrossZone), "0.40 USD", "left out"},
        Line{"in the same zone", LineOf(With({}), Item::kCrossZone), "0.00 USD"},
        Line{"export and its requests",
             LineOf(kCheapest, Item::kExportStorage) + LineOf(kCheapest, Item::kRequests),
             "1.15 USD", "left out"},
        Line{"50 GB through a NAT", LineOf(With({.nat_bytes = 50 * kGigabyte}), Item::kNatTransfer),
             "2.25 USD", "left out"},
        Line{"through a gateway endpoint", LineOf(With({}), Item::kNatTransfer), "0.00 USD"},
        Line{"final snapshot of 20 GB", LineOf(With({.snapshot_gb = 20}), Item::kSnapshot),
             "1.00 USD", "left out"},
        Line{"final snapshot of 100 GB", LineOf(With({.snapshot_gb = 100}), Item::kSnapshot),
             "5.00 USD", "left out"},
        Line{"final snapshot of 250 GB", LineOf(With({.snapshot_gb = 250}), Item::kSnapshot),
             "12.50 USD", "left out"},
        Line{"snapshot before the downgrade", StandsAlone(Item::kSnapshot, 24), "1.20 USD",
             "left out"},
        Line{"its ceiling", StandsAlone(Item::kSnapshot, 400), "20.00 USD", "left out"},
        Line{"Spot, 2.5 ACU", Expected(kCheapest), "31.91 USD", "compute alone", TheirRun(),
             "19.13 USD"},
        Line{"Spot, 8 ACU", Expected(TheRun(Market::kSpot, 100, 7500)), "60.29 USD",
             "compute alone", TheirRun(), "19.13 USD"},
        Line{"On-Demand, 2.5 ACU", Expected(TheRun(Market::kOnDemand, 250, 2000)), "74.67 USD",
             "compute alone, at 1.36 USD an hour", TheirOnDemandRun(), "57.80 USD"},
        Line{"On-Demand, 8 ACU", Expected(kDearest), "103.05 USD",
             "compute alone, at 1.36 USD an hour", TheirOnDemandRun(), "57.80 USD"}));

TEST(FieldLessonsBills, SharesOfTheRun) {
  EXPECT_EQ(FormatShare(TheirRun(), Expected(kCheapest)), "59.94 %");
  // At 8 ACU the database costs twice the worker.
  EXPECT_EQ(
      FormatShare(LineOf(kDearest, Item::kDatabaseCapacity), LineOf(kCheapest, Item::kCompute)),
      "200.00 %");
}

// The document has the formula, n x (reboot + mean lost work) x price, and no figures; here it is 2
// interruptions, 3 minutes to boot again and 5 minutes lost each. The meter finds it in the facts:
// three machines of one slot, of which the first two were taken back after more than an hour.
Facts Interrupted() {
  constexpr Duration kBoot = minutes(3), kLost = minutes(5), kWork = hours(2);
  Offer offer{.pool = Key(Item::kCompute, "c7i.8xlarge", Market::kSpot).pool,
              .price = Spot(),
              .highest = OnDemand(),
              .terms = TermsOf(Market::kSpot)};
  Facts facts{.now = MakeInstant(2025, 11, 18)};
  Instant begun = facts.now - hours(24);
  for (std::int64_t id = 1; id <= 3; ++id) {
    bool is_again = id > 1, is_taken = id < 3;
    Duration life = (is_again ? kBoot : Duration(0)) + kWork + (is_taken ? kLost : Duration(0));
    facts.machines.push_back(
        {.id = MachineId{id},
         .offer = offer,
         .billed = {.running = begun, .ended = begun + life, .reclaimed = is_taken},
         .begun = begun,
         .over = begun + life});
    facts.slots.push_back({.machine = MachineId{id}, .stage = "work", .length = kWork});
    if (is_taken) {
      facts.slots.push_back(
          {.machine = MachineId{id}, .stage = "work", .length = kLost, .lost = true});
    }
    begun += life;
  }
  return facts;
}

TEST(FieldLessonsBills, InterruptionsCostTheirBootsAndWhatWasLost) {
  Result<Account> account = Meter(Interrupted());
  ASSERT_TRUE(account.ok());
  ASSERT_EQ(account->stages.back().name, kIdle);
  Money boots = account->stages.back().money;
  EXPECT_EQ(FormatMoney(account->lost), "0.08 USD");  // 2 x 5 min x 0.45 USD/h
  EXPECT_EQ(FormatMoney(boots), "0.05 USD");          // 2 x 3 min, 0.045 exactly
  EXPECT_EQ(FormatMoney(account->lost + boots), "0.12 USD");
  EXPECT_EQ(FormatMoney(account->total - account->lost - boots), "2.70 USD");  // 6 h
}

// What the audit found left over: two disks of 500 GB, two addresses, and a third address that
// belonged to a NAT gateway. Addresses had a month of 720 h there, and disks a whole month.
Money Disks() { return StandsAlone(Item::kDisk, 2 * 500); }
Money TheirAddresses(std::int64_t count) {
  return StandsAlone(Item::kPublicAddress, count, hours(720));
}
Money Orphans() { return Disks() + StandsAlone(Item::kPublicAddress, 2); }
Money TheirOrphans() { return Disks() + TheirAddresses(2); }
// Snapshots of both were kept: 200 GB of them by their table (10 USD a month), 1,000 GB at worst.
Money Snapshots(std::int64_t gigabytes) { return StandsAlone(Item::kSnapshot, gigabytes); }

constexpr Rate kTierSpot{400'000, Unit::kHour};   // as the tier-1 documents have it
constexpr Rate kAzureSpot{750'000, Unit::kHour};  // "about 0.75 an hour" in the plan of that day
constexpr Duration kTier = hours(55);
// 28.6 h of statements that wait 10 ms each for another cloud, and 44 h of one core.
constexpr Duration kLatency = 10'300'000 * milliseconds(10);
constexpr Duration kAzure = kLatency + hours(44);

Money TheirYearOf(Rate rate) {
  return Money{12 * Time(rate, *TimeFor(Usd("121.20"), Xlarge())).micro_usd};
}

INSTANTIATE_TEST_SUITE_P(
    AfterTheDecision, FieldLessonsBills,
    ::testing::Values(
        Line{"On-Demand", Time(OnDemand(), kRun), "60.69 USD", "1.36 USD an hour",
             TheirOnDemandRun(), "57.80 USD"},
        Line{"saving against in place",
             Time(OnDemand(), kRun) + Host("t3.xlarge", kYear) - Time(OnDemand(), kRun) -
                 Host("t3.small", kYear),
             "1275.46 USD", "in place stays on Spot while the temporary machine does not",
             Shown(TheirRun()) + TheirYearOf(Xlarge()) - TheirOnDemandRun() - TheirYearOf(Small()),
             "1233.93 USD"},
        Line{"what the terminate script reports", Time(OnDemand(), kRun), "60.69 USD",
             "runtime x 0.45, the price of another market", TheirRun(), "19.13 USD"},
        Line{"4 days of Spot", Time(kTierSpot, hours(96)), "38.40 USD",
             "55 h were called about 4 days", Time(kTierSpot, kTier), "22.00 USD"},
        Line{"55 h On-Demand, option B", Time(OnDemand(), kTier), "78.54 USD",
             "the same as Spot, at 0.40 USD an hour", Time(kTierSpot, kTier), "22.00 USD"},
        Line{"c7i.8xlarge a month", Host("c7i.8xlarge"), "1042.44 USD",
             "a column off: the t3.2xlarge's", Host("t3.2xlarge"), "242.94 USD"},
        Line{"t3.2xlarge a month", Host("t3.2xlarge"), "242.94 USD",
             "a column off: the t3.xlarge's", Host("t3.xlarge"), "121.47 USD"},
        Line{"Azure, 72.6 h", Time(kAzureSpot, kAzure), "54.46 USD",
             "28.6 h on 72 cores, of which one is usable, and 2 USD of transfer",
             Time(kAzureSpot, *ParseDuration("28h36m")) + Usd("2"), "23.45 USD"},
        Line{"left over, by the audit", Disks() + TheirAddresses(3), "90.80 USD",
             "the third address is a gateway's: it is in use"},
        Line{"saved, with the snapshots, as stated", TheirOrphans() - Snapshots(200), "77.20 USD",
             "told as saved with snapshots, and leaves them out", TheirOrphans(), "87.20 USD"},
        Line{"saved at worst, as stated", TheirOrphans() - Snapshots(1000), "37.20 USD",
             "told as saved with snapshots, and leaves them out", TheirOrphans(), "87.20 USD"},
        Line{"saved, with the snapshots, by the month", Orphans() - Snapshots(200), "77.30 USD",
             "addresses in months of 720 h", TheirOrphans() - Snapshots(200), "77.20 USD"},
        Line{"saved at worst, by the month", Orphans() - Snapshots(1000), "37.30 USD",
             "addresses in months of 720 h", TheirOrphans() - Snapshots(1000), "37.20 USD"},
        Line{"keeping the master up for 65 h", Time(Master(), hours(65)), "21.63 USD"}));

TEST(FieldLessonsBills, SharesOfWhatCameAfter) {
  EXPECT_EQ(FormatShare(TheirOnDemandRun() - TheirRun(), TheirRun()), "202.22 %");
  EXPECT_EQ(FormatShare(Time(OnDemand(), kRun) - TheirRun(), TheirRun()), "217.33 %");
  EXPECT_EQ(FormatShare(TheirRun(), Time(OnDemand(), kRun)), "31.51 %");
}

TEST(FieldLessonsBills, LengthsOfWhatCameAfter) {
  EXPECT_EQ(InUnits(kTier, hours(24)), "2.29");  // told as about 4 days
  EXPECT_EQ(HumanDuration(*ParseDuration("55h")), "2 d 07 h");
  EXPECT_EQ(InUnits(kLatency, hours(1)), "28.61");
  EXPECT_EQ(InUnits(kAzure, hours(1)), "72.61");
}

// One slot works, whatever the machine has: a cap of what was told would have drained it.
TEST(FieldLessonsBills, TheAzurePlanWouldHaveCrossedItsOwnFigure) {
  auto crossing = FindCrossing({}, {.slot_time = kAzure, .slots = 1}, kAzureSpot, Usd("23.45"));
  ASSERT_TRUE(crossing.has_value());
  EXPECT_THAT(*crossing, HasSubstr("takes at least 54.46 USD more, beyond the cap of 23.45 USD"));
  EXPECT_FALSE(FindCrossing({}, {.slot_time = kAzure, .slots = 72}, kAzureSpot, Usd("23.45")));
}

constexpr Duration kOld = hours(31);

INSTANTIATE_TEST_SUITE_P(
    OnePhaseThirteenPrices, FieldLessonsBills,
    ::testing::Values(
        Line{"31 h Spot", Time(Spot(), kOld), "13.95 USD"},
        Line{"31 h On-Demand", Time(OnDemand(), kOld), "44.27 USD", "1.36 USD an hour",
             Time(kOldOnDemand, kOld), "42.16 USD"},
        Line{"43.2 h On-Demand", Time(OnDemand(), hours(43) + minutes(12)), "61.69 USD"},
        Line{"130 h of the master, database and storage",
             Time(Master(), hours(130)) + Aurora(1000, hours(130)) + Usd("2"), "60.86 USD"}));

}  // namespace
}  // namespace mayfly::cost::lessons
