// Whole lives of runs on virtual time: the invariants hold in every one of them, the same seed
// gives the same life, and a simulation without one of the ledger's checks finds that it is
// missing.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "sim/world/simulate.h"

namespace mayfly::sim {
namespace {

using ::testing::HasSubstr;

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
  for (std::int64_t met : {f.kills, f.stalls, f.reclaims, f.restarts, f.not_sent, f.replies_lost}) {
    EXPECT_GT(met, 10);
  }
  EXPECT_GT(report.closed, 120);
  EXPECT_GT(report.failed, 0);
  EXPECT_GT(report.cancelled, 0);
}

struct MissingCheck {
  const char* name;
  LedgerChecks checks;
  std::uint64_t at_most;  // seeds, in the median
};

class Removed : public ::testing::TestWithParam<MissingCheck> {};

TEST_P(Removed, IsFound) {
  Detection detection = FindMedianSeeds({.checks = GetParam().checks}, 1, /*trials=*/9, /*patience=*/600);
  ASSERT_TRUE(detection.median_seeds) << "most trials saw nothing";
  RecordProperty("median_seeds", std::to_string(*detection.median_seeds));
  EXPECT_LE(*detection.median_seeds, GetParam().at_most);
}

INSTANTIATE_TEST_SUITE_P(Check, Removed,
                         ::testing::Values(MissingCheck{"Fence", {.fence = false}, 200},
                                           MissingCheck{"Backend", {.backend = false}, 100},
                                           MissingCheck{"Readiness", {.readiness = false}, 5}),
                         [](const auto& test) { return test.param.name; });

TEST(Narrator, TellsALifeFromApprovalToProof) {
  std::string story = Narrate(12);
  EXPECT_THAT(story, HasSubstr("00:00:00.000  The run is approved."));
  EXPECT_THAT(story, HasSubstr("reports for work."));
  EXPECT_THAT(story, HasSubstr("The run is published"));
  EXPECT_THAT(story, HasSubstr("Nothing is left"));
  EXPECT_EQ(story, Narrate(12));
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
