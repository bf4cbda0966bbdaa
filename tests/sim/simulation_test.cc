// Whole lives of runs on virtual time: the invariants hold in every one of them, the same seed
// gives the same life, and a simulation without one of the ledger's checks finds that it is
// missing.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "sim/world/simulate.h"

namespace mayfly::sim {
namespace {

using ::testing::HasSubstr;

// How the list of tests names a case: its bytes would be other addresses each time.
template <typename Case>
  requires requires(const Case& one) { std::string(one.name); }
void PrintTo(const Case& one, std::ostream* out) {
  *out << one.name;
}

std::string Tell(const SimReport& report) {
  std::string text;
  for (const SeedViolation& found : report.violations) {
    text += "seed " + std::to_string(found.seed) + " breaks I" +
            std::to_string(found.violation.invariant) + ": " + found.violation.what + "\n";
  }
  for (std::uint64_t seed : report.unrepeatable) {
    text += "seed " + std::to_string(seed) + " lived two different lives\n";
  }
  return text;
}

TEST(Simulation, AThousandSeedsTwiceKeepEveryInvariant) {
  SimReport report = RunSeeds(1, 1000);
  EXPECT_EQ(report.violations_total, 0) << Tell(report);
  EXPECT_TRUE(report.unrepeatable.empty()) << Tell(report);
  EXPECT_EQ(report.closed + report.failed + report.cancelled + report.capped, 1000);
}

// A simulation in which nothing goes wrong proves nothing.
TEST(Simulation, TwoHundredSeedsMeetEveryKindOfMisfortune) {
  SimReport report = RunSeeds(1, 200);
  const LifeFigures& f = report.figures;
  for (std::int64_t met : {f.kills, f.stalls, f.reclaims, f.restarts, f.not_sent, f.replies_lost,
                           f.absences, f.by_timer, f.by_supervisor, f.by_order, f.commands}) {
    EXPECT_GT(met, 10);
  }
  EXPECT_GT(report.closed, 120);
  EXPECT_GT(report.failed, 0);
  EXPECT_GT(report.cancelled, 0);
  EXPECT_GT(report.capped, 5);
  EXPECT_GT(f.disks_kept, 10);
  EXPECT_GT(f.floors_raised, 50);
  EXPECT_GT(report.billed, Money{});
}

struct MissingCheck {
  const char* name;
  LedgerChecks checks;
  std::uint64_t at_most;  // seeds, in the median
};

class Removed : public ::testing::TestWithParam<MissingCheck> {};

TEST_P(Removed, IsFound) {
  Detection detection =
      FindMedianSeeds({.checks = GetParam().checks}, 1, /*trials=*/9, /*patience=*/600);
  ASSERT_TRUE(detection.median_seeds) << "most trials saw nothing";
  RecordProperty("median_seeds", std::to_string(*detection.median_seeds));
  EXPECT_LE(*detection.median_seeds, GetParam().at_most);
}

INSTANTIATE_TEST_SUITE_P(Check, Removed,
                         ::testing::Values(MissingCheck{"Fence", {.fence = false}, 200},
                                           MissingCheck{"Backend", {.backend = false}, 100},
                                           MissingCheck{"Readiness", {.readiness = false}, 5}),
                         [](const auto& test) { return test.param.name; });

// A meter that is given too little, or a purse that counts too little, does not agree with the bill
// of the simulated cloud, or spends more than the cap.
struct PlantedDefect {
  const char* name;
  LifeOptions options;
  std::uint64_t at_most;  // seeds, in the median
};

LifeOptions SpoiltMeter(std::function<void(cost::Facts&)> spoil) {
  return {.spoil_meter = std::move(spoil)};
}

LifeOptions SpoiltPurse(std::function<void(PurseOptions&)> spoil) {
  return {.spoil_purse = std::move(spoil)};
}

void DropMinimum(cost::Facts& facts) {
  for (cost::MachineFacts& machine : facts.machines) machine.offer.terms.minimum = Duration(0);
}

void IgnorePriceChanges(cost::Facts& facts) {
  std::erase_if(facts.prices,
                [](const PriceChange& change) { return change.key.item == Item::kCompute; });
}

void BillWhatWasTakenBack(cost::Facts& facts) {
  for (cost::MachineFacts& machine : facts.machines) machine.billed.reclaimed = false;
}

void BillFromTheIntent(cost::Facts& facts) {
  for (cost::MachineFacts& machine : facts.machines) {
    if (machine.begun) machine.begun = *machine.begun - seconds(1);
  }
}

// Prices at their highest throughout, little more than a reserve to spend, and machines that do not
// come up and so do not end themselves at their deadlines: a controller has to, and comes late.
void MakeDearAndDeadOnArrival(Fate& fate, MoneyFate& money) {
  constexpr std::int64_t kDisk = 80'000, kAddress = 5'000;
  money.offer.price = money.offer.highest;
  money.market = SimMarket({{Duration(0), money.offer.highest.micro_usd}}, kDisk, kAddress);
  Rate hourly = cost::HighestRate(money.offer, money.fixed);
  money.cap = *Charge(hourly, ForTime(kCapReserve + kLeastLife + seconds(5)));
  fate.calls.slow = 0;
  fate.clouds.late = 0;
  fate.clouds.list_lag = Duration(0);
  fate.clouds.never_boots = 0.6;
}

LifeOptions WithoutReserve() {
  LifeOptions options = SpoiltPurse([](PurseOptions& purse) { purse.reserve = seconds(0); });
  options.shape = MakeDearAndDeadOnArrival;
  return options;
}

class Planted : public ::testing::TestWithParam<PlantedDefect> {};

TEST_P(Planted, IsFound) {
  Detection detection = FindMedianSeeds(GetParam().options, 1, /*trials=*/9, /*patience=*/600);
  ASSERT_TRUE(detection.median_seeds) << "most trials saw nothing";
  RecordProperty("median_seeds", std::to_string(*detection.median_seeds));
  EXPECT_LE(*detection.median_seeds, GetParam().at_most);
  for (const Violation& violation : detection.found) EXPECT_EQ(violation.invariant, 11);
}

INSTANTIATE_TEST_SUITE_P(
    Money, Planted,
    ::testing::Values(
        PlantedDefect{"NoMinimum", SpoiltMeter(DropMinimum), 50},
        PlantedDefect{"NoPriceChange", SpoiltMeter(IgnorePriceChanges), 10},
        PlantedDefect{"NoFreeTime", SpoiltMeter(BillWhatWasTakenBack), 200},
        PlantedDefect{"ASecondMore", SpoiltMeter(BillFromTheIntent), 5},
        PlantedDefect{"NoReserve", WithoutReserve(), 60},
        PlantedDefect{"NoCap", SpoiltPurse([](PurseOptions& purse) { purse.cap.reset(); }), 300}),
    [](const auto& test) { return test.param.name; });

// --- The four ends of a machine

// One call in seven takes up to 15 s, and prices are at their highest throughout.
void MakeSlowAndDear(Fate& fate, MoneyFate& money) {
  constexpr std::int64_t kDisk = 80'000, kAddress = 5'000;
  fate.calls.slow = 0.15;
  money.offer.price = money.offer.highest;
  money.market = SimMarket({{Duration(0), money.offer.highest.micro_usd}}, kDisk, kAddress);
}

// Calls that have their effect after their run was cancelled, for machines that may never boot.
void MakeCallsLate(Fate& fate, MoneyFate&) {
  fate.calls = {};
  fate.clouds.never_boots = 0.5;
  fate.clouds.late = 0.9;
  fate.clouds.pools.clear();
  fate.incidents = {{.at = seconds(1), .what = Misfortune::kOperatorCancels}};
}

TEST(HarshWeather, LivesKeepEveryInvariant) {
  for (auto* shape : {MakeSlowAndDear, MakeCallsLate}) {
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
      LifeResult life = Live(seed, {.shape = shape});
      EXPECT_FALSE(life.violation) << "seed " << seed << ": " << life.violation->what;
    }
  }
}

// Nobody is there from soon after the first machines were asked for.
void LeaveThemAlone(Fate& fate, MoneyFate& money) {
  MakeDearAndDeadOnArrival(fate, money);
  fate.clouds.never_boots = 0;
  fate.incidents = {{.at = seconds(6), .what = Misfortune::kNobodyIsThere, .lasts = minutes(30)}};
}

void LeaveOnlyTheScheduler(Fate& fate, MoneyFate& money) {
  LeaveThemAlone(fate, money);
  fate.clouds.never_boots = 1;
  fate.clouds.no_last_end = 0;
}

void LeaveNoEnd(Fate& fate, MoneyFate& money) {
  LeaveOnlyTheScheduler(fate, money);
  fate.clouds.no_last_end = 1;
}

void LeaveOnlyTheSupervisor(Fate& fate, MoneyFate& money) {
  LeaveThemAlone(fate, money);
  money.cap.reset();  // its deadline is hours away
  fate.clouds.timer_dead = 1;
  fate.clouds.no_last_end = 1;
}

void LeaveOnlyTheController(Fate& fate, MoneyFate& money) {
  LeaveOnlyTheSupervisor(fate, money);
  fate.clouds.never_boots = 0.5;
  fate.incidents.clear();
}

void LeaveNoEndButADeadline(Fate& fate, MoneyFate& money) {
  LeaveOnlyTheSupervisor(fate, money);
  fate.silence = hours(5);
}

struct LeftAlone {
  const char* name;
  void (*shape)(Fate&, MoneyFate&);
  std::int64_t LifeFigures::* ends;  // of the end that is left
};

class FourEnds : public ::testing::TestWithParam<LeftAlone> {};

TEST_P(FourEnds, EachHoldsWhereTheOthersDoNot) {
  std::int64_t ended = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    LifeResult life = Live(seed, {.shape = GetParam().shape});
    EXPECT_FALSE(life.violation) << "seed " << seed << ": " << life.violation->what;
    ended += life.figures.*GetParam().ends;
  }
  EXPECT_GT(ended, 10);
}

INSTANTIATE_TEST_SUITE_P(
    Alone, FourEnds,
    ::testing::Values(LeftAlone{"TheirTimer", LeaveThemAlone, &LifeFigures::by_timer},
                      LeftAlone{"TheSupervisor", LeaveOnlyTheSupervisor,
                                &LifeFigures::by_supervisor},
                      LeftAlone{"TheScheduler", LeaveOnlyTheScheduler, &LifeFigures::by_scheduler},
                      LeftAlone{"TheController", LeaveOnlyTheController, &LifeFigures::by_order}),
    [](const auto& test) { return test.param.name; });

struct MissingEnd {
  const char* name;
  void (*shape)(Fate&, MoneyFate&);
  int invariant = 6;
};

class WithoutAnEnd : public ::testing::TestWithParam<MissingEnd> {};

TEST_P(WithoutAnEnd, IsFound) {
  Detection detection =
      FindMedianSeeds({.shape = GetParam().shape}, 1, /*trials=*/5, /*patience=*/200);
  ASSERT_TRUE(detection.median_seeds) << "most trials saw nothing";
  for (const Violation& violation : detection.found) {
    EXPECT_EQ(violation.invariant, GetParam().invariant) << violation.what;
  }
}

// What is not seen counts as gone at once, and its call is on its way; and two looks prove that.
void BelieveWhatIsNotSeen(Fate& fate, MoneyFate& money) {
  MakeCallsLate(fate, money);
  fate.clouds.shown_within = Duration(0);
  fate.clouds.says_shown_within = Duration(0);
}

INSTANTIATE_TEST_SUITE_P(Planted, WithoutAnEnd,
                         ::testing::Values(MissingEnd{"NoScheduler", LeaveNoEnd, 11},
                                           MissingEnd{"NoSilence", LeaveNoEndButADeadline},
                                           MissingEnd{"NoWindow", BelieveWhatIsNotSeen}),
                         [](const auto& test) { return test.param.name; });

// Most lives close; which seeds do moves with every draw that is added before them.
std::uint64_t SeedThatCloses() {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    if (Live(seed).state == RunState::kClosed) return seed;
  }
  return 0;
}

TEST(Reserve, KeepsLivesWithinTheirCapWhoseMachinesNobodyEndsInTime) {
  LifeOptions options{.shape = MakeDearAndDeadOnArrival};
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    LifeResult life = Live(seed, options);
    EXPECT_FALSE(life.violation) << "seed " << seed << ": " << life.violation->what;
  }
}

// EC2 has no token for a snapshot: an asking that was not answered has to be waited for.
TEST(Keeping, ASnapshotThatIsAskedForAgainTooSoonIsFound) {
  LifeOptions options;
  options.shape_keeping = [](KeepingFate& fate) {
    fate.keeps_disk = true;
    fate.weather = {.shown_max = seconds(28), .complete_max = seconds(30), .answer_lost = 0.7};
  };
  int found = 0;
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    EXPECT_FALSE(Live(seed, options).violation) << "seed " << seed;
    LifeOptions spoilt = options;
    spoilt.spoil_keeping = [](KeepingOptions& keeping) { keeping.shown_within = Duration(0); };
    LifeResult life = Live(seed, spoilt);
    if (!life.violation) continue;
    EXPECT_EQ(life.violation->invariant, 6) << life.violation->what;
    ++found;
  }
  EXPECT_GT(found, 5);
}

TEST(Narrator, TellsALifeFromApprovalToProof) {
  const std::uint64_t seed = SeedThatCloses();
  std::string story = Narrate(seed);
  EXPECT_THAT(story, HasSubstr("00:00:00.000  The run is approved."));
  EXPECT_THAT(story, HasSubstr("reports for work."));
  EXPECT_THAT(story, HasSubstr("The run is published"));
  EXPECT_THAT(story, HasSubstr("Nothing is left"));
  EXPECT_EQ(story, Narrate(seed));
}

TEST(Narrator, ListeningDoesNotChangeTheLife) {
  LifeOptions listening;
  listening.tell = [](Duration, const std::string&) {};
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    EXPECT_EQ(Live(seed).trace, Live(seed, listening).trace) << "seed " << seed;
  }
}

}  // namespace
}  // namespace mayfly::sim
