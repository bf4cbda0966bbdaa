#pragma once
// What everybody in one simulated life shares: time, the queue, the ledger, the cloud, chance, the
// weather between processes, and what is written down about it all.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "base/rng.h"
#include "base/text.h"
#include "sim/memory_ledger.h"
#include "sim/sim_cloud.h"
#include "sim/world/event_queue.h"

namespace mayfly::sim {

// How calls between processes go.
struct CallWeather {
  double delayed = 0;     // takes up to 40 ms before and after its effect
  double slow = 0;        // takes up to 15 s
  double not_sent = 0;    // kUnavailable
  double reply_lost = 0;  // kAmbiguous, after the effect
};

// A broken invariant, by its number in ARCHITECTURE.md.
struct Violation {
  int invariant = 0;
  Duration at{};
  std::string what;
};

// What happened, for the report.
struct LifeFigures {
  std::int64_t steps = 0, calls = 0, tasks = 0, kills = 0, stalls = 0;
  std::int64_t not_sent = 0, replies_lost = 0, reclaims = 0, machines = 0, restarts = 0;
  std::int64_t disks_kept = 0, floors_raised = 0;
  std::int64_t absences = 0;  // nobody was there, and no ledger
  std::int64_t rests = 0;     // a controller was content: closed, failed, cancelled or paused
  // Machines by what ended them.
  std::int64_t by_timer = 0, by_supervisor = 0, by_scheduler = 0, by_order = 0;
  std::int64_t commands = 0;  // that operators ran on held machines
};

struct Scene {
  Scene(std::uint64_t seed, CloudWeather clouds, LedgerChecks checks)
      : queue(time, seed ^ 0x51ED),
        rng(Rng(seed).Fork(1)),
        ledger(time, checks),
        cloud(time, std::move(clouds), Rng(seed).Fork(2).Next()) {}

  // Folds a fact into the trace: two lives of a seed must have the same.
  void Trace(std::uint64_t fact) {
    trace = (trace ^ fact) * 0x100000001B3ULL;
    trace ^= static_cast<std::uint64_t>(time.now.count()) * 0x9E3779B97F4A7C15ULL;
  }

  // The first one counts; the life ends with it.
  void Violate(int invariant, std::string what) {
    if (!violation) violation = Violation{invariant, time.now, std::move(what)};
  }

  // Tells a sentence, if anybody listens; `compose` is called only then.
  void Tell(const std::function<std::string()>& compose) const {
    if (tell) tell(time.now, compose());
  }

  Duration Between(Duration low, Duration high) {
    auto span = static_cast<std::uint64_t>((high - low).count()) + 1;
    return low + Duration(static_cast<std::int64_t>(rng.Below(span)));
  }

  VirtualTime time;
  EventQueue queue;
  Rng rng;
  CallWeather weather;
  MemoryLedger ledger;
  SimCloud cloud;
  LifeFigures figures;
  std::uint64_t trace = 0xCBF29CE484222325ULL;
  bool changed = false;  // something that an invariant speaks about may have changed
  std::optional<Violation> violation;
  std::function<void(Duration, std::string)> tell;
};

}  // namespace mayfly::sim
