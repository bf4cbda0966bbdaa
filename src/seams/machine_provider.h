#pragma once
// Where machines come from. Outside effects go intent → act → fact: the intent is in the ledger
// before Launch is called, and its token makes repeating Launch harmless (I6).

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "model/ladder.h"
#include "model/price.h"
#include "model/proof.h"

namespace mayfly {

struct LaunchIntent {
  MachineId machine;
  RunId run;
  std::string token;  // idempotency key: one machine per token, however often Launch is called
  int slots = 1;
  Duration deadline_in{};  // from now; the machine ends itself then, whoever else is dead
  std::string database;  // libpq conninfo for the worker role; may hold a short-lived secret (I12)
  std::vector<std::pair<std::string, std::string>> tags;  // run, owner, purpose, deadline
  std::optional<Duration> interrupt_after;  // rehearse an interruption notice so long after birth
  Duration notice{seconds(120)};            // how long before the machine is taken the notice comes
  std::optional<std::int64_t> slot_memory_bytes;
  // The pools it may come from, each with the highest price it may be billed; whichever is to be
  // had of several. Never empty.
  std::vector<Offer> offers{Offer{}};
};

// A machine, or why there is none; both together where some of several pools refused.
struct LaunchAnswer {
  std::string external_id;   // empty: every pool refused
  std::optional<Pool> pool;  // that it came from, where there was a choice
  std::vector<PoolRefusal> refusals;
};

struct MachineSighting {
  MachineId machine;  // from its tags
  std::string external_id;
  bool alive = false;
  Billed billed;  // as far as the provider tells; a machine stays to be seen a while after its end
  std::optional<Pool> pool;  // that it came from; absent: there is no choice of them
  // It was given and died before it ran, for a reason of its pool.
  std::optional<PoolRefusal> refusal;
};

class MachineProvider {
 public:
  virtual ~MachineProvider() = default;

  // Can a machine be had at all? An error says what is missing.
  virtual Status Preflight() = 0;

  // Repeating it with the same token returns the same machine. Refusals are values; the machine's
  // number of slots is what its kind has where the intent says 0. kAmbiguous: repeat with the same
  // token. kUnavailable: nothing was asked for, again later.
  virtual Result<LaunchAnswer> Launch(const LaunchIntent& intent) = 0;

  // Every machine of this run that is alive or was seen to end. May lag behind Launch.
  virtual Result<std::vector<MachineSighting>> List(RunId run) = 0;

  // Ends the machine and waits until it is seen gone; ending a machine that is gone is ok.
  virtual Status Terminate(MachineId machine, const std::string& external_id) = 0;

  // What machines of this run left behind, and what was looked for. Living machines are residue
  // too. One empty look proves nothing of what came up within `shown_within` before it.
  virtual Result<ResidueLook> FindResidue(RunId run) = 0;

  // What the calls above could not do for machines that live on without it, such as one of several
  // ways to end them; they try again by themselves. Each trouble is told once.
  virtual std::optional<Error> TakeTrouble() { return std::nullopt; }
};

// On the machine: is it about to be taken away?
struct Notice {
  Duration taken_in{};  // from now
  std::string reason;
};

class NoticeSource {
 public:
  virtual ~NoticeSource() = default;
  virtual Result<std::optional<Notice>> Poll() = 0;
};

}  // namespace mayfly
