// Random things around random ledgers: whatever they look like, nothing that is protected is ever
// acted on, and sweeping again and again ends.

#include <gtest/gtest.h>

#include <algorithm>

#include "base/rng.h"
#include "sweep/sweeper.h"
#include "sweep/testing.h"

namespace mayfly::sweep {
namespace {

constexpr int kWorlds = 400;
constexpr int kThings = 14;

class FixedClock final : public Clock {
 public:
  Instant Wall() override { return Now(); }
  Duration Mono() override { return Duration{}; }
};

template <typename List>
auto Pick(Rng& rng, const List& list) {
  return list[rng.Below(list.size())];
}

LedgerRegister RandomLedger(Rng& rng) {
  LedgerRegister ledger = Ledger();
  ledger.runs.clear();
  ledger.machines.clear();
  const std::vector<RunState> runs{RunState::kClosed, RunState::kRunning, RunState::kFailed,
                                   RunState::kCancelled};
  const std::vector<MachineState> states{MachineState::kGone, MachineState::kGone,
                                         MachineState::kIntended, MachineState::kBooting,
                                         MachineState::kWorking};
  for (std::int64_t run = 1; run <= 3; ++run) {
    RunEntry entry{RunId{run}, "p", Pick(rng, runs), std::nullopt};
    if (IsOver(entry.state)) entry.over = Ago(minutes(rng.Below(120)));
    ledger.runs.push_back(entry);
    ledger.machines.push_back(
        Machine(run, run, IsOver(entry.state) ? MachineState::kGone : Pick(rng, states)));
  }
  return ledger;
}

Thing RandomThing(Rng& rng, int number) {
  const auto kind = static_cast<ThingKind>(rng.Below(14));
  Thing thing = MakeThing(kind, "thing-" + std::to_string(number));
  const std::vector<std::string> ledgers{kOurs, kOurs, kOurs, "other", ""};
  thing.claim.ledger = Pick(rng, ledgers);
  if (rng.Chance(0.8)) thing.claim.run = RunId{static_cast<std::int64_t>(1 + rng.Below(4))};
  if (rng.Chance(0.6)) thing.claim.machine = MachineId{static_cast<std::int64_t>(1 + rng.Below(4))};
  if (rng.Chance(0.2)) thing.marked = Ago(seconds(rng.Below(300)));
  if (rng.Chance(0.2)) thing.held_by = "thing-" + std::to_string(rng.Below(kThings));
  if (rng.Chance(0.1)) thing.held_by = "somebody";
  if (rng.Chance(0.3)) thing.born = std::nullopt;
  if (rng.Chance(0.2)) thing.born = Ago(seconds(rng.Below(120)));
  if (kind == ThingKind::kSnapshot && rng.Chance(0.5))
    thing.expires = Ago(minutes(rng.Below(9)) - minutes(4));
  return thing;
}

// The obvious twin: may a run that is not over need it?
bool MayBeNeeded(const Thing& thing, const LedgerRegister& ledger) {
  if (thing.expires) return *thing.expires > ledger.now;
  for (const MachineEntry& machine : ledger.machines) {
    if (thing.claim.machine == machine.id && IsAlive(machine.state)) return true;
  }
  if (thing.claim.machine) return false;
  for (const RunEntry& run : ledger.runs) {
    const bool is_its = !thing.claim.run || *thing.claim.run == run.id;
    if (is_its && !IsOver(run.state)) return true;
  }
  return false;
}

// Nobody can tell whose it is where the ledger never knew it.
bool IsKnown(const Thing& thing, const LedgerRegister& ledger) {
  const auto is_its = [&](const auto& entry) {
    return thing.claim.machine ? thing.claim.machine->value == entry.id.value
                               : !thing.claim.run || thing.claim.run->value == entry.id.value;
  };
  return thing.expires || (thing.claim.machine ? std::ranges::any_of(ledger.machines, is_its)
                                               : std::ranges::any_of(ledger.runs, is_its));
}

bool MayBeTaken(const Thing& thing, const LedgerRegister& ledger) {
  const bool is_old = !thing.born || ledger.now - *thing.born >= kWindow;
  const bool is_marked = thing.marked && ledger.now - *thing.marked >= kWindow;
  const bool had_first_phase = is_marked || thing.expires || !CanBeMarked(thing.kind);
  return thing.claim.ledger == kOurs && thing.held_by.empty() && is_old && had_first_phase &&
         !MayBeNeeded(thing, ledger) && IsKnown(thing, ledger);
}

TEST(SweepProperty, NothingProtectedIsEverActedOn) {
  int taken = 0;
  for (int world = 0; world < kWorlds; ++world) {
    Rng rng(static_cast<std::uint64_t>(world));
    Evidence evidence{{}, {kRegion}, RandomLedger(rng), kWindow};
    for (int i = 0; i < kThings; ++i) evidence.things.push_back(RandomThing(rng, i));
    for (const Finding& one : JudgeThings(evidence)) {
      const bool acts = one.action != Action::kNone && one.action != Action::kJudge &&
                        one.action != Action::kWait;
      if (acts) {
        EXPECT_EQ(one.thing.claim.ledger, kOurs) << world << " " << one.thing.id;
      }
      if (one.action == Action::kMark) {
        EXPECT_FALSE(MayBeNeeded(one.thing, evidence.ledger));
      }
      if (one.action != Action::kRemove && one.action != Action::kRestore) continue;
      EXPECT_TRUE(MayBeTaken(one.thing, evidence.ledger)) << world << " " << one.thing.id;
      ++taken;
    }
  }
  EXPECT_GT(taken, kWorlds / 2);  // the worlds are worth the while
}

TEST(SweepProperty, SweepingEndsAndSparesWhatIsNotOursToTake) {
  FixedClock clock;
  int proved = 0;
  for (int world = 0; world < kWorlds; ++world) {
    Rng rng(static_cast<std::uint64_t>(world));
    FakeRegister ledger;
    ledger.ledger = RandomLedger(rng);
    FakeEstate estate(kRegion);
    for (int i = 0; i < kThings; ++i) estate.Add(RandomThing(rng, i));
    const std::map<std::string, Thing> before = estate.things;
    const bool reaps_unknown = world % 2 == 0;
    Sweeper sweeper({&estate}, ledger, clock,
                    {.window = kWindow, .is_reaping = true, .reaps_unknown = reaps_unknown});
    while (!sweeper.done()) {
      ASSERT_TRUE(sweeper.Step().ok());
      ledger.ledger.now += kWindow;
    }
    for (const auto& [id, thing] : before) {
      const bool is_gone = !estate.things.contains(id);
      if (is_gone) {
        EXPECT_FALSE(MayBeNeeded(thing, ledger.ledger)) << world << " " << id;
        EXPECT_TRUE(reaps_unknown || IsKnown(thing, ledger.ledger)) << world << " " << id;
      }
      const bool is_spared = thing.claim.ledger != kOurs || thing.held_by == "somebody";
      if (is_spared) {
        EXPECT_FALSE(is_gone) << world << " " << id;
      }
    }
    if (sweeper.is_proved()) ++proved;
  }
  EXPECT_GT(proved, 0);
}

}  // namespace
}  // namespace mayfly::sweep
