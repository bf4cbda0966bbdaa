#pragma once
// What the tests of the sweep share: a ledger of a few runs, and things around it.

#include <map>
#include <utility>

#include "seams/estate.h"
#include "seams/register_store.h"
#include "sweep/judge.h"

namespace mayfly::sweep {

inline constexpr const char* kOurs = "1234abcd";
inline constexpr const char* kRegion = "us-east-1";
inline constexpr Duration kWindow = minutes(1);

inline Instant Now() { return MakeInstant(2026, 3, 1, hours(12)); }
inline Instant Ago(Duration age) { return Now() - age; }

inline MachineEntry Machine(std::int64_t id, std::int64_t run, MachineState state) {
  MachineEntry entry{.id = MachineId{id},
                     .run = RunId{run},
                     .state = state,
                     .provider = "ec2",
                     .external_id = "i-" + std::to_string(id),
                     .regions = {kRegion},
                     .intended = Ago(hours(3))};
  if (state == MachineState::kGone) entry.gone = Ago(hours(1));
  return entry;
}

// Run 1 is over, its machine 1 gone; run 2 is at work with machine 2, and machine 3 starts slowly.
inline LedgerRegister Ledger() {
  return {.identity = kOurs,
          .runs = {{RunId{1}, "p", RunState::kClosed, Ago(hours(1))},
                   {RunId{2}, "p", RunState::kRunning, std::nullopt}},
          .machines = {Machine(1, 1, MachineState::kGone), Machine(2, 2, MachineState::kWorking),
                       Machine(3, 2, MachineState::kIntended)},
          .regions = {kRegion},
          .has_rented = true,
          .now = Now()};
}

inline Thing MakeThing(ThingKind kind, std::string id, Claim claim = {}) {
  return {.kind = kind,
          .place = kRegion,
          .id = std::move(id),
          .claim = std::move(claim),
          .born = Ago(hours(2))};
}

// What machine `id` of run `run` has.
inline Claim OfMachine(std::int64_t run, std::int64_t id) {
  return {kOurs, RunId{run}, MachineId{id}};
}
inline Claim OfRun(std::int64_t run) { return {kOurs, RunId{run}, std::nullopt}; }

inline std::vector<Finding> JudgeOne(const Thing& thing) {
  return JudgeThings({{thing}, {kRegion}, Ledger(), kWindow});
}

// A place in memory. Terminating an instance frees what it held; what is held is not removed.
class FakeEstate final : public Estate {
 public:
  explicit FakeEstate(std::string place) : place_(std::move(place)) {}

  const std::string& place() const override { return place_; }
  Result<std::vector<Thing>> Look() override {
    if (silence) return *silence;
    std::vector<Thing> seen;
    for (const auto& [id, thing] : things) seen.push_back(thing);
    return seen;
  }
  Status Mark(const Thing& thing, Instant at) override { return SetMark(thing, at); }
  Status Unmark(const Thing& thing) override { return SetMark(thing, std::nullopt); }
  Status Remove(const Thing& thing) override {
    if (thing.claim.ledger != kOurs) return Denied("not ours");
    touched.push_back(thing.id);
    if (!things.contains(thing.id)) return {};
    if (!things.at(thing.id).held_by.empty()) return Unavailable("in use");
    things.erase(thing.id);
    for (auto& [id, other] : things) {
      if (other.held_by == thing.id) other.held_by.clear();
    }
    return {};
  }
  Status Restore(const Thing& thing) override {
    touched.push_back(thing.id);
    things.erase(thing.id);
    return {};
  }

  void Add(const Thing& thing) { things[thing.id] = thing; }

  std::map<std::string, Thing> things;
  std::vector<std::string> touched;  // removed or restored
  std::optional<Error> silence;

 private:
  Status SetMark(const Thing& thing, std::optional<Instant> at) {
    if (thing.claim.ledger != kOurs) return Denied("not ours");
    if (const auto found = things.find(thing.id); found != things.end()) found->second.marked = at;
    return {};
  }

  std::string place_;
};

class FakeRegister final : public RegisterStore {
 public:
  Result<LedgerRegister> LoadRegister() override { return ledger; }
  LedgerRegister ledger = Ledger();
};

}  // namespace mayfly::sweep
