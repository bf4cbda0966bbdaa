#include "sweep/judge.h"

#include <gtest/gtest.h>

#include <functional>

#include "sweep/testing.h"

namespace mayfly::sweep {
namespace {

// One row a rule: a thing, what is done about it, and whether it counts as left.
struct Case {
  const char* name;
  Thing thing;
  Action action;
  bool is_left;
};

Thing With(Thing thing, const std::function<void(Thing&)>& change) {
  change(thing);
  return thing;
}

Thing Volume(Claim claim = {}) { return MakeThing(ThingKind::kVolume, "vol-1", std::move(claim)); }
Thing Schedule(Claim claim) { return MakeThing(ThingKind::kSchedule, "s", std::move(claim)); }
Thing Floor(Claim claim) {
  Thing thing = MakeThing(ThingKind::kDatabaseFloor, "db", std::move(claim));
  thing.floor = thing.raised = 8;
  thing.restore = 0.5;
  return thing;
}
Thing FloorAt(double units) {
  Thing thing = Floor(OfRun(1));
  thing.floor = units;
  return thing;
}
Thing Snapshot(Claim claim, Instant expires) {
  return With(MakeThing(ThingKind::kSnapshot, "snap-1", std::move(claim)),
              [&](Thing& thing) { thing.expires = expires; });
}
Thing Marked(Thing thing, Duration ago) {
  thing.marked = Ago(ago);
  return thing;
}
Thing Held(Thing thing, std::string by) {
  thing.held_by = std::move(by);
  return thing;
}
Thing Born(Thing thing, std::optional<Instant> at) {
  thing.born = at;
  return thing;
}

std::vector<Case> MarkCases() {
  const Thing orphan = Volume(OfMachine(1, 1));
  const Thing needed = Volume(OfMachine(2, 2));
  return {
      {"an orphan is marked first", orphan, Action::kMark, true},
      {"a fresh mark waits", Marked(orphan, seconds(59)), Action::kWait, true},
      {"an old mark is acted on", Marked(orphan, seconds(60)), Action::kRemove, true},
      {"a mark of the future is made anew", Marked(orphan, seconds(-5)), Action::kMark, true},
      {"the young are left alone", Born(orphan, Ago(seconds(59))), Action::kWait, true},
      {"an age that is not known is counted from the mark", Born(orphan, std::nullopt),
       Action::kMark, true},
      {"a machine at work keeps its things", needed, Action::kNone, false},
      {"a slow starter keeps its things", Volume(OfMachine(2, 3)), Action::kNone, false},
      {"the mark comes off what is needed", Marked(needed, hours(1)), Action::kUnmark, false},
      {"a machine that the ledger never knew", Volume(OfMachine(1, 99)), Action::kJudge, true},
      {"marked, of a machine that it never knew", Marked(Volume(OfMachine(1, 99)), hours(1)),
       Action::kJudge, true},
      {"a run that the ledger never knew", Volume(OfRun(9)), Action::kJudge, true},
      {"a tag that contradicts the ledger", Volume(OfMachine(1, 2)), Action::kJudge, true},
      {"of a run that is over", Volume(OfRun(1)), Action::kMark, true},
      {"of a run at work", Volume(OfRun(2)), Action::kNone, false},
      {"of no run, while one works", Volume({kOurs, {}, {}}), Action::kNone, false},
      {"used by what nobody knows", Held(orphan, "i-x"), Action::kJudge, true},
      {"used by what nobody knows, marked", Marked(Held(orphan, "i-x"), hours(1)), Action::kUnmark,
       true},
  };
}

std::vector<Case> LedgerMarkCases() {
  const Claim just_gone = OfMachine(1, 1);
  return {
      {"a schedule of a machine that is gone", Schedule(just_gone), Action::kRemove, true},
      {"a schedule of a machine at work", Schedule(OfMachine(2, 2)), Action::kNone, false},
      {"a schedule that was just made", Born(Schedule(just_gone), Ago(seconds(5))), Action::kWait,
       true},
      {"a schedule of an unknown machine", Schedule(OfMachine(1, 99)), Action::kJudge, true},
      {"a floor of a run that is over", Floor(OfRun(1)), Action::kRestore, true},
      {"a floor of a run at work", Floor(OfRun(2)), Action::kNone, false},
      {"a floor of an unknown run", Born(Floor(OfRun(9)), std::nullopt), Action::kJudge, true},
      {"a floor that somebody set since", FloorAt(6), Action::kJudge, true},
      {"a floor that is back already", FloorAt(0.5), Action::kRestore, true},
      {"a floor that does not say what it was raised to",
       With(FloorAt(8), [](Thing& thing) { thing.raised.reset(); }), Action::kJudge, true},
      {"what a tag says that nobody can read",
       With(Volume(OfRun(1)), [](Thing& thing) { thing.unclear = "until never"; }), Action::kJudge,
       true},
      {"a snapshot before its day", Snapshot(OfRun(1), Ago(-hours(1))), Action::kNone, false},
      {"a snapshot after its day", Snapshot(OfRun(1), Ago(hours(1))), Action::kRemove, true},
      {"an expired one of a run at work", Snapshot(OfRun(2), Ago(hours(1))), Action::kRemove, true},
      {"an expired one that an image is made of", Held(Snapshot(OfRun(1), Ago(hours(1))), "ami-1"),
       Action::kJudge, true},
  };
}

TEST(Judge, KnowsWhatToDoAboutWhatIsOurs) {
  std::vector<Case> cases = MarkCases();
  for (Case& one : LedgerMarkCases()) cases.push_back(std::move(one));
  for (const Case& one : cases) {
    const std::vector<Finding> found = JudgeOne(one.thing);
    ASSERT_EQ(found.size(), 1U) << one.name;
    EXPECT_EQ(found[0].action, one.action) << one.name << ": " << found[0].why;
    EXPECT_EQ(found[0].is_left, one.is_left) << one.name;
    EXPECT_EQ(found[0].whose, Whose::kOurs) << one.name;
  }
}

// A copy of a ledger carries its identity, and knows nothing of what the other does since.
TEST(Judge, WhatTheLedgerNeverKnewGoesOnlyByAnExplicitWord) {
  const Thing instance = Marked(MakeThing(ThingKind::kInstance, "i-9", OfMachine(9, 99)), hours(1));
  const Thing schedule = Schedule(OfMachine(9, 99));
  const Thing undated = Born(schedule, std::nullopt);
  Evidence evidence{{instance, schedule, undated}, {kRegion}, Ledger(), kWindow};
  for (const Finding& one : JudgeThings(evidence)) {
    EXPECT_EQ(one.action, Action::kJudge) << one.thing.id;
    EXPECT_TRUE(one.is_left) << one.thing.id;
    EXPECT_NE(one.next.find("--reap-unknown"), std::string::npos) << one.next;
  }
  evidence.reaps_unknown = true;
  const std::vector<Finding> found = JudgeThings(evidence);
  EXPECT_EQ(found[0].action, Action::kRemove);
  EXPECT_EQ(found[1].action, Action::kRemove) << "by its own age";
  EXPECT_EQ(found[2].action, Action::kJudge) << "nothing dates it";
}

TEST(Judge, WhatAnUnknownMachineUsesIsInUse) {
  const Thing instance = MakeThing(ThingKind::kInstance, "i-9", OfMachine(9, 99));
  const Thing group = Held(MakeThing(ThingKind::kGroup, "sg-1", OfRun(1)), "i-9");
  const auto found = JudgeThings({{instance, group}, {kRegion}, Ledger(), kWindow});
  EXPECT_EQ(found[1].action, Action::kJudge);
}

TEST(Judge, NeverTouchesAnotherLedgersThings) {
  for (const ThingKind kind : {ThingKind::kInstance, ThingKind::kVolume, ThingKind::kSchedule}) {
    const Thing theirs = Marked(MakeThing(kind, "x", {"other", RunId{1}, MachineId{1}}), hours(1));
    const std::vector<Finding> found = JudgeOne(theirs);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].whose, Whose::kAnotherLedgers);
    EXPECT_EQ(found[0].action, Action::kNone);
    EXPECT_FALSE(found[0].is_left);
  }
}

TEST(Judge, ShowsWhatIsNobodysOnlyWhereItBillsUnused) {
  const auto old = [](Thing thing, Duration age) { return Born(std::move(thing), Ago(age)); };
  const Thing snapshot = MakeThing(ThingKind::kSnapshot, "snap-1");
  const Thing instance = MakeThing(ThingKind::kInstance, "i-1");
  const std::vector<std::pair<Thing, bool>> cases{
      {Volume(), true},
      {Held(Volume(), "i-1"), false},
      {MakeThing(ThingKind::kAddress, "eipalloc-1"), true},
      {Held(MakeThing(ThingKind::kAddress, "eipalloc-1"), "i-1"), false},
      {old(snapshot, hours(24 * 31)), true},
      {old(snapshot, hours(24 * 29)), false},
      {Held(old(snapshot, hours(24 * 31)), "ami-1"), false},
      {instance, false},
      {With(instance, [](Thing& thing) { thing.is_stopped = true; }), true},
      {MakeThing(ThingKind::kUpload, "u"), true},
      {MakeThing(ThingKind::kInterface, "eni-1"), false},
      {MakeThing(ThingKind::kGroup, "sg-1"), false},
  };
  for (const auto& [thing, is_shown] : cases) {
    const std::vector<Finding> found = JudgeOne(thing);
    ASSERT_EQ(!found.empty(), is_shown) << Name(thing.kind) << " held by " << thing.held_by;
    if (is_shown) {
      EXPECT_EQ(found[0].action, Action::kJudge);
    }
  }
}

TEST(Judge, WhatAnOrphanHoldsIsAnOrphanToo) {
  const Thing instance = MakeThing(ThingKind::kInstance, "i-1", OfMachine(1, 1));
  const Thing interface = Held(MakeThing(ThingKind::kInterface, "eni-1", OfMachine(1, 1)), "i-1");
  const Thing group = Held(MakeThing(ThingKind::kGroup, "sg-1", OfRun(1)), "eni-1");
  const auto found = JudgeThings({{instance, interface, group}, {kRegion}, Ledger(), kWindow});
  for (const Finding& one : found) EXPECT_EQ(one.action, Action::kMark) << one.thing.id;
}

TEST(Judge, WhatIsHeldIsNotRemovedBeforeItsHolder) {
  const Thing instance = Marked(MakeThing(ThingKind::kInstance, "i-1", OfMachine(1, 1)), hours(1));
  const Thing volume = Marked(Held(Volume(OfMachine(1, 1)), "i-1"), hours(1));
  const auto found = JudgeThings({{instance, volume}, {kRegion}, Ledger(), kWindow});
  EXPECT_EQ(found[0].action, Action::kRemove);
  EXPECT_EQ(found[1].action, Action::kWait);
}

// Appendix 11: a terminated namesake hid a living machine, and a stopped one was not seen.
TEST(Judge, AStoppedMachineOfOursIsFound) {
  Thing stopped = MakeThing(ThingKind::kInstance, "i-1", OfMachine(1, 1));
  stopped.is_stopped = true;
  EXPECT_EQ(JudgeOne(stopped).at(0).action, Action::kMark);
}

Evidence Seen(std::vector<Thing> things) {
  LedgerRegister ledger = Ledger();
  ledger.machines.resize(2);  // without the slow starter
  return {std::move(things), {kRegion}, ledger, kWindow};
}

TEST(Judge, AMachineThatIsNowhereIsMissing) {
  const std::vector<Missing> missing = FindMissing(Seen({}));
  ASSERT_EQ(missing.size(), 1U);
  EXPECT_EQ(missing[0].machine, MachineId{2});
  EXPECT_EQ(missing[0].why, "machine 2 of run 2 is working in the ledger and nowhere in the cloud");
}

TEST(Judge, AMachineIsNotMissingWhileItIsSeenOrHeardOrYoungOrItsRegionIsSilent) {
  EXPECT_TRUE(FindMissing(Seen({MakeThing(ThingKind::kInstance, "i-2", OfMachine(2, 2))})).empty());
  Evidence heard = Seen({});
  heard.ledger.machines[1].heartbeat = Ago(seconds(3));
  EXPECT_TRUE(FindMissing(heard).empty());
  Evidence young = Seen({});
  young.ledger.machines[1].intended = Ago(seconds(30));
  EXPECT_TRUE(FindMissing(young).empty());
  Evidence silent = Seen({});
  silent.places.clear();
  EXPECT_TRUE(FindMissing(silent).empty());
}

// Appendix 11: an id file that named somebody else's instance.
TEST(Judge, AnIdInTheLedgerDoesNotMakeSomebodysInstanceOurs) {
  const Thing somebodys = MakeThing(ThingKind::kInstance, "i-2");
  const Evidence evidence = Seen({somebodys});
  EXPECT_TRUE(JudgeThings(evidence).empty());
  const std::vector<Missing> missing = FindMissing(evidence);
  ASSERT_EQ(missing.size(), 1U);
  EXPECT_NE(missing[0].why.find("i-2, which the ledger calls it by, is somebody's instance"),
            std::string::npos);
}

}  // namespace
}  // namespace mayfly::sweep
