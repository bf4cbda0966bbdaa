#include "resize/resizer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "base/text.h"
#include "resize/testing/fake_host.h"

namespace mayfly::resize {
namespace {

using testing::Approved;
using testing::FakeHost;
using testing::ManualClock;
using testing::Says;

constexpr int kMostSteps = 10'000;

// A host, its journal as it was saved last, and whoever drives it.
struct Life {
  FakeHost fake;
  ManualClock clock;
  std::string saved;
  Bounds bounds{.patience = minutes(10), .snapshots = hours(6), .poll = seconds(5)};

  Resizer Make(Journal journal) {
    return Resizer({fake, clock,
                    [this](const Journal& now) {
                      saved = ToJson(now);
                      return Status();
                    },
                    [](const std::string&) {}},
                   std::move(journal), bounds);
  }
  Journal Carry(Resizer resizer) {
    for (int step = 0; step < kMostSteps && !resizer.is_over(); ++step) {
      const Result<Duration> next = resizer.Step();
      CHECK(next.ok(), "the journal can be saved");
      clock.now = std::max(clock.now, *next);
    }
    CHECK(resizer.is_over(), "a resize has a bound");
    return resizer.journal();
  }
  Journal Run() { return Carry(Make(Approved(fake))); }
};

bool RunsAs(const Life& life, const std::string& type) {
  return life.fake.host.state == HostState::kRunning && life.fake.host.type == type &&
         life.fake.host.mark.empty();
}

TEST(Resizer, KeepsStopsChangesStartsAndLooks) {
  Life life;
  const Journal journal = life.Run();
  EXPECT_EQ(journal.outcome, Outcome::kDone);
  EXPECT_TRUE(RunsAs(life, "t3.small"));
  EXPECT_EQ(Join(life.fake.calls, " "), "Mark TakeSnapshot Stop ChangeType Start RunScript Mark");
  EXPECT_GT(*journal.up_at, *journal.down_since);
}

TEST(Resizer, NothingIsStoppedBeforeItsSnapshotsAreCompleted) {
  Life life;
  life.fake.snapshot_state = "pending";
  const Journal journal = life.Run();
  EXPECT_EQ(journal.outcome, Outcome::kAbandoned);
  EXPECT_TRUE(RunsAs(life, "t3.2xlarge"));
  EXPECT_EQ(std::ranges::count(life.fake.calls, "Stop"), 0);
}

TEST(Resizer, AnAddressThatChangedIsExplainedAndOneThatStaysIsNot) {
  Life changed, kept;
  kept.fake.host.keeps_address = true;
  const std::vector<std::string> notes = changed.Run().notes;
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_NE(notes[0].find("was 198.51.100.1 and is 198.51.100.2"), std::string::npos) << notes[0];
  EXPECT_TRUE(kept.Run().notes.empty());
}

struct FailureRow {
  const char* name;
  const char* verb;
  ErrorKind kind;
  Outcome outcome;
  const char* type;  // that it runs with in the end
};

class ResizerFailures : public ::testing::TestWithParam<FailureRow> {};

TEST_P(ResizerFailures, EndWithARunningHost) {
  const FailureRow& row = GetParam();
  Life life;
  life.fake.failures[row.verb] = {Error(row.kind, "by the test")};
  const Journal journal = life.Run();
  EXPECT_EQ(journal.outcome, row.outcome) << ToJson(journal);
  EXPECT_TRUE(RunsAs(life, row.type)) << ToJson(journal);
  if (row.outcome != Outcome::kDone) {
    EXPECT_NE(journal.reason.find("by the test"), std::string::npos) << journal.reason;
    EXPECT_EQ(journal.reason_kind, row.kind);
  }
}

using enum ErrorKind;
INSTANTIATE_TEST_SUITE_P(
    EachStep, ResizerFailures,
    ::testing::Values(
        FailureRow{"MarkIsDenied", "Mark", kDenied, Outcome::kAbandoned, "t3.2xlarge"},
        FailureRow{"SnapshotIsDenied", "TakeSnapshot", kDenied, Outcome::kAbandoned, "t3.2xlarge"},
        FailureRow{"StopIsRefused", "Stop", kInvalid, Outcome::kAbandoned, "t3.2xlarge"},
        FailureRow{"ChangeIsRefused", "ChangeType", kInvalid, Outcome::kReverted, "t3.2xlarge"},
        FailureRow{"StartHasNoCapacity", "Start", kExhausted, Outcome::kReverted, "t3.2xlarge"},
        FailureRow{"MarkIsLost", "Mark", kAmbiguous, Outcome::kDone, "t3.small"},
        FailureRow{"SnapshotIsLost", "TakeSnapshot", kAmbiguous, Outcome::kDone, "t3.small"},
        FailureRow{"StopIsLost", "Stop", kAmbiguous, Outcome::kDone, "t3.small"},
        FailureRow{"ChangeIsLost", "ChangeType", kAmbiguous, Outcome::kDone, "t3.small"},
        FailureRow{"StartIsLost", "Start", kAmbiguous, Outcome::kDone, "t3.small"},
        FailureRow{"LookIsDenied", "Look", kDenied, Outcome::kAbandoned, "t3.2xlarge"},
        FailureRow{"ListIsDenied", "ListSnapshots", kDenied, Outcome::kAbandoned, "t3.2xlarge"},
        FailureRow{"LookIsAway", "Look", kUnavailable, Outcome::kDone, "t3.small"},
        FailureRow{"ScriptIsAway", "RunScript", kInvalid, Outcome::kDone, "t3.small"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(Resizer, IsGivenUpWhereNobodyCanLookForTooLong) {
  Life life;
  Resizer resizer = life.Make(Approved(life.fake));
  while (life.fake.host.mark.empty()) life.clock.now = *resizer.Step();
  life.fake.always.insert({"Look", Unavailable("no way to EC2")});
  const Duration before = life.clock.now;
  const Journal journal = life.Carry(std::move(resizer));
  EXPECT_EQ(journal.outcome, Outcome::kAbandoned);
  EXPECT_GE(life.clock.now - before, life.bounds.patience);
  EXPECT_EQ(journal.reason, "could not see how it is: no way to EC2");
  EXPECT_EQ(journal.reason_kind, kExhausted);
  EXPECT_TRUE(RunsAs(life, "t3.2xlarge")) << "without its mark";
}

TEST(Resizer, GoesBackWhereEc2AcceptsTheStartAndItDies) {
  Life life;
  life.fake.dies_starting = true;
  const Journal journal = life.Run();
  EXPECT_EQ(journal.outcome, Outcome::kReverted);
  EXPECT_TRUE(RunsAs(life, "t3.2xlarge"));
  EXPECT_NE(journal.reason.find("Server.InsufficientInstanceCapacity"), std::string::npos);
}

TEST(Resizer, GoesBackWhereAServiceDoesNotComeUp) {
  Life life;
  const std::string runs = "service enabled postgresql.service\n";
  life.fake.says["t3.2xlarge"] = Says(8, 32768, runs);
  Journal journal = Approved(life.fake);
  journal.services = {"postgresql.service"};
  journal = life.Carry(life.Make(journal));
  EXPECT_EQ(journal.outcome, Outcome::kReverted);
  EXPECT_TRUE(RunsAs(life, "t3.2xlarge"));
  EXPECT_NE(journal.reason.find("postgresql.service does not run"), std::string::npos);
}

TEST(Resizer, GoesBackWhereTheHostHasAnotherSizeThanItsType) {
  Life life;
  life.fake.says["t3.small"] = Says(8, 32768);
  EXPECT_EQ(life.Run().outcome, Outcome::kReverted);
}

TEST(Resizer, GoesBackWhereTheChecksOfTheCloudDoNotPass) {
  Life life;
  life.fake.is_healthy = false;
  const Journal journal = life.Run();
  EXPECT_EQ(journal.outcome, Outcome::kReverted);
  EXPECT_EQ(life.fake.host.type, "t3.2xlarge");
  EXPECT_EQ(journal.notes.size(), 2U) << "that they do not pass then either, and the address";
}

TEST(Resizer, SaysWhereItIsStuckAndTheSameGoesOnLater) {
  Life life;
  life.fake.always.insert({"Start", Exhausted("no capacity at all")});
  const Journal stuck = life.Run();
  EXPECT_EQ(stuck.outcome, Outcome::kStuck);
  EXPECT_TRUE(stuck.is_open());
  EXPECT_NE(stuck.notes.back().find("is stopped as t3.2xlarge"), std::string::npos);
  EXPECT_NE(stuck.notes.back().find("aws ec2 start-instances --instance-ids"), std::string::npos);
  life.fake.always.clear();
  EXPECT_EQ(life.Carry(life.Make(*JournalFromJson(life.saved))).outcome, Outcome::kReverted);
  EXPECT_TRUE(RunsAs(life, "t3.2xlarge"));
}

// I10, and crash-only: killed after any number of steps it is carried to the same end by another
// one.
TEST(Resizer, KilledAfterAnyStepIsCarriedOnFromItsJournal) {
  for (int steps = 0; steps < 30; ++steps) {
    Life life;
    Resizer killed = life.Make(Approved(life.fake));
    life.saved = ToJson(killed.journal());
    for (int i = 0; i < steps && !killed.is_over(); ++i) life.clock.now = *killed.Step();
    const Journal kept = *JournalFromJson(life.saved);
    const Journal end = kept.is_open() ? life.Carry(life.Make(kept)) : kept;
    EXPECT_EQ(end.outcome, Outcome::kDone) << steps;
    EXPECT_TRUE(RunsAs(life, "t3.small")) << steps;
  }
}

// The journal says what may have been asked for, whether it was or not.
TEST(Resizer, KilledAtAnyWriteOfItsJournalIsCarriedOn) {
  Life whole;
  std::vector<std::pair<std::string, FakeHost>> moments;
  Resizer resizer({whole.fake, whole.clock,
                   [&](const Journal& now) {
                     moments.emplace_back(ToJson(now), whole.fake);
                     return Status();
                   },
                   [](const std::string&) {}},
                  Approved(whole.fake), whole.bounds);
  ASSERT_EQ(whole.Carry(std::move(resizer)).outcome, Outcome::kDone);
  ASSERT_GT(moments.size(), 10U);
  for (const auto& [saved, fake] : moments) {
    const Journal kept = *JournalFromJson(saved);
    if (!kept.is_open()) continue;
    Life life;
    life.fake = fake;
    const Journal end = life.Carry(life.Make(kept));
    const bool is_over = end.outcome == Outcome::kDone || end.outcome == Outcome::kElsewhere;
    EXPECT_TRUE(is_over && RunsAs(life, "t3.small")) << saved;
  }
}

// What another computer knows of a resize whose first one died: the mark, and no journal.
Journal FromTheMark(const Life& life) {
  Journal journal = *JournalFromMark(life.fake.host.mark);
  journal.host = life.fake.host.id;
  journal.volumes = {"vol-1"};
  return journal;
}

TEST(Resizer, KilledAfterAnyStepIsCarriedOnFromTheMarkAlone) {
  int carried = 0;
  for (int steps = 0; steps < 30; ++steps) {
    Life life;
    Resizer killed = life.Make(Approved(life.fake));
    for (int i = 0; i < steps && !killed.is_over(); ++i) life.clock.now = *killed.Step();
    if (life.fake.host.mark.empty()) continue;
    EXPECT_EQ(life.Carry(life.Make(FromTheMark(life))).outcome, Outcome::kDone) << steps;
    EXPECT_TRUE(RunsAs(life, "t3.small")) << steps;
    ++carried;
  }
  EXPECT_GT(carried, 5);
}

// The first computer dies as soon as the host is in this state with this type.
void DieAt(Life& life, HostState state, const std::string& type) {
  Resizer killed = life.Make(Approved(life.fake));
  while (life.fake.host.state != state || life.fake.host.type != type) {
    life.clock.now = *killed.Step();
    CHECK(!killed.is_over(), "it dies before it has ended");
  }
}

struct MarkRow {
  const char* name;
  HostState died_at;
  const char* died_as;
  std::function<void(FakeHost&)> fail;
  Outcome outcome;
  const char* words;
};

void PrintTo(const MarkRow& row, std::ostream* out) { *out << row.name; }

class ResizerFromTheMark : public ::testing::TestWithParam<MarkRow> {};

TEST_P(ResizerFromTheMark, KnowsThatTheHostWasStopped) {
  const MarkRow& row = GetParam();
  Life life;
  DieAt(life, row.died_at, row.died_as);
  row.fail(life.fake);
  const Journal end = life.Carry(life.Make(FromTheMark(life)));
  EXPECT_EQ(end.outcome, row.outcome) << ToJson(end);
  EXPECT_NE(ToJson(end).find(row.words), std::string::npos) << ToJson(end);
  const bool is_back = end.outcome == Outcome::kReverted;
  EXPECT_EQ(RunsAs(life, "t3.2xlarge"), is_back) << ToJson(end);
  EXPECT_EQ(life.fake.host.mark.empty(), is_back) << "who is stuck is found by the mark";
}

std::function<void(FakeHost&)> Always(const char* verb, const Error& error) {
  return [=](FakeHost& fake) { fake.always.insert({verb, error}); };
}
std::function<void(FakeHost&)> Once(const char* verb, const Error& error) {
  return [=](FakeHost& fake) { fake.failures[verb] = {error}; };
}

INSTANTIATE_TEST_SUITE_P(
    EachStep, ResizerFromTheMark,
    ::testing::Values(MarkRow{"ChangeIsAway", HostState::kStopping, "t3.2xlarge",
                              Always("ChangeType", Unavailable("by the test")), Outcome::kReverted,
                              "by the test, after 10 min"},
                      MarkRow{"ChangeIsRefused", HostState::kStopping, "t3.2xlarge",
                              Once("ChangeType", Invalid("by the test")), Outcome::kReverted,
                              "by the test"},
                      MarkRow{"NoCapacity", HostState::kStopping, "t3.2xlarge",
                              [](FakeHost& fake) { fake.no_capacity_for = "t3.small"; },
                              Outcome::kReverted, "InsufficientInstanceCapacity"},
                      MarkRow{"NoCapacityAfterTheChange", HostState::kStopped, "t3.small",
                              [](FakeHost& fake) { fake.no_capacity_for = "t3.small"; },
                              Outcome::kReverted, "InsufficientInstanceCapacity"},
                      MarkRow{"TheStartDies", HostState::kPending, "t3.small",
                              [](FakeHost& fake) {
                                fake.dies_starting = true;
                                fake.no_capacity_for = "t3.small";
                              },
                              Outcome::kReverted, "InsufficientInstanceCapacity"},
                      MarkRow{"ChecksDoNotPass", HostState::kRunning, "t3.small",
                              [](FakeHost& fake) { fake.is_healthy = false; }, Outcome::kReverted,
                              "see EC2's checks pass"},
                      MarkRow{"LookIsDenied", HostState::kStopping, "t3.2xlarge",
                              Always("Look", Denied("by the test")), Outcome::kStuck,
                              "may be stopped"},
                      MarkRow{"ChecksAreDenied", HostState::kRunning, "t3.small",
                              Always("CheckHealth", Denied("by the test")), Outcome::kStuck,
                              "is running as t3.small"},
                      MarkRow{"NeitherTypeHasCapacity", HostState::kStopped, "t3.small",
                              Always("Start", Exhausted("by the test")), Outcome::kStuck,
                              "is stopped as t3.2xlarge"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(Resizer, FromTheMarkIsNotAbandonedWhereAnotherComputerHasStoppedTheHost) {
  Life life;
  DieAt(life, HostState::kStopping, "t3.2xlarge");
  Resizer later = life.Make(FromTheMark(life));
  EXPECT_FALSE(*later.Abandon("Ctrl-C"));
  EXPECT_EQ(life.Carry(std::move(later)).outcome, Outcome::kDone);
}

TEST(Resizer, FromTheMarkIsAbandonedWhereTheHostWasNotStoppedYet) {
  Life life;
  Resizer killed = life.Make(Approved(life.fake));
  while (life.fake.host.mark.empty()) life.clock.now = *killed.Step();
  Resizer later = life.Make(FromTheMark(life));
  EXPECT_TRUE(*later.Abandon("Ctrl-C"));
  EXPECT_EQ(later.journal().outcome, Outcome::kAbandoned);
  EXPECT_TRUE(RunsAs(life, "t3.2xlarge"));
}

TEST(Resizer, DoesNotSayHowLongItWasDownWhereAnotherComputerHasStoppedIt) {
  Life life;
  DieAt(life, HostState::kRunning, "t3.small");
  life.fake.is_healthy = false;
  const Journal end = life.Carry(life.Make(FromTheMark(life)));
  EXPECT_EQ(end.outcome, Outcome::kReverted);
  EXPECT_FALSE(end.down_since.has_value()) << "its second stop is not when it went down";
}

TEST(Resizer, GoesBackToTooWhereAnotherComputerHasTurnedBack) {
  Life life;
  Resizer killed = life.Make(Approved(life.fake));
  while (life.fake.host.state == HostState::kRunning) life.clock.now = *killed.Step();
  Journal theirs = killed.journal();
  theirs.direction = Direction::kBack;
  life.fake.host.mark = ToMark(theirs);
  const Journal end = life.Carry(life.Make(*JournalFromJson(life.saved)));
  EXPECT_EQ(end.outcome, Outcome::kReverted);
  EXPECT_NE(end.reason.find("turned back"), std::string::npos) << end.reason;
  EXPECT_TRUE(RunsAs(life, "t3.2xlarge"));
}

TEST(Resizer, ToldToGoBackTellsWhoeverFindsTheMark) {
  Life life;
  DieAt(life, HostState::kStopping, "t3.2xlarge");
  Journal journal = *JournalFromJson(life.saved);
  journal.direction = Direction::kBack;
  Resizer killed = life.Make(journal);
  life.clock.now = *killed.Step();
  EXPECT_EQ(life.Carry(life.Make(FromTheMark(life))).outcome, Outcome::kReverted);
  EXPECT_TRUE(RunsAs(life, "t3.2xlarge"));
}

TEST(Resizer, TouchesNothingWhereAnotherComputerHasFinishedIt) {
  Life life;
  Resizer killed = life.Make(Approved(life.fake));
  while (life.fake.host.state == HostState::kRunning) life.clock.now = *killed.Step();
  life.fake.host.state = HostState::kRunning;
  life.fake.host.mark.clear();
  const std::size_t before = life.fake.calls.size();
  EXPECT_EQ(life.Carry(life.Make(*JournalFromJson(life.saved))).outcome, Outcome::kElsewhere);
  EXPECT_EQ(life.fake.calls.size(), before);
}

TEST(Resizer, IsAbandonedBeforeTheStopAndNotAfterIt) {
  Life life;
  Resizer resizer = life.Make(Approved(life.fake));
  life.clock.now = *resizer.Step();
  EXPECT_TRUE(*resizer.Abandon("Ctrl-C"));
  EXPECT_EQ(resizer.journal().outcome, Outcome::kAbandoned);
  EXPECT_TRUE(RunsAs(life, "t3.2xlarge"));
  Resizer later = life.Make(Approved(life.fake));
  while (life.fake.host.state == HostState::kRunning) life.clock.now = *later.Step();
  EXPECT_FALSE(*later.Abandon("Ctrl-C"));
}

}  // namespace
}  // namespace mayfly::resize
