#pragma once
// The meter: what a run has cost so far, from facts alone. The same facts give the same account,
// whoever computes it, and whoever was dead when they happened.
//
// Rules. A machine is billed from running to ended, in whole seconds, a begun one in full, and at
// least its market's minimum. Each second costs what is in force when it begins; seconds that the
// minimum adds cost what was in force at the end. A Spot machine that the provider takes back
// within its free time costs no compute; disk and address are billed all the same. Amounts are
// summed exactly and rounded once a machine and line, half up to a micro-dollar.
//
// Where the ledger does not know a fact yet, the meter errs to the dear side: a machine that was
// asked for runs, and one that is not known to have ended goes on. One that is gone and of which
// nobody ever learned that it existed cost nothing.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "model/price.h"
#include "model/run.h"

namespace mayfly::cost {

struct MachineFacts {
  MachineId id;
  Offer offer;
  Billed billed;
  int slots = 1;
  std::optional<Instant> begun;  // from which it is taken to be billed; absent: not at all
  std::optional<Instant> over;   // absent: it goes on
  Instant deadline;              // its own
  bool may_appear = false;       // it is gone by the ledger, and nobody knows if it ever was
};

// A database's floor that was raised, billed as long as it is up.
struct FloorFacts {
  std::int64_t milli_above = 0;  // thousandths of a capacity unit above what it was
  Instant begun;
  std::optional<Instant> over;  // absent: it is up
};

struct Facts {
  Instant now;
  std::vector<MachineFacts> machines;
  std::vector<PriceChange> prices;  // seen; any order
  std::vector<SlotTime> slots;
  std::vector<std::pair<std::string, std::string>> tags;  // of every machine
  std::vector<FloorFacts> floors;
};

// What the ledger knows of a run, as facts.
Facts FactsOf(const RunSnapshot& snapshot, std::vector<SlotTime> slots = {});

struct MachineAccount {
  MachineId id;
  Pool pool;
  Duration billed{};
  bool was_free = false;  // taken back within its free time
  Money compute, disk, address;
  Money total() const { return compute + disk + address; }
};

struct Share {
  std::string name;
  Money money;
};

struct Account {
  Money total;
  std::vector<MachineAccount> machines;
  std::vector<Share> lines;          // by item; only what is not zero
  std::vector<Share> stages;         // by the time that slots spent on them; the rest is kIdle
  std::vector<Share> tags;           // "run=7"
  std::vector<Share> beside;         // by item: what no cap bounds, and is in no total
  Money lost;                        // part of the total: attempts that were not accepted
  std::vector<std::string> unknown;  // what was used and has no known price
};

inline constexpr std::string_view kIdle = "idle and starting";

// kInvalid: an amount beyond counting.
Result<Account> Meter(const Facts& facts);

// The price of a pool's machine that is in force at an instant.
Rate PriceAt(const std::vector<PriceChange>& prices, const Offer& offer, Instant at);

}  // namespace mayfly::cost
