#pragma once
// What a run can be offered: pools, the limits of an account, and what pools said when they were
// asked.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "model/price.h"

namespace mayfly {

// A pool that the phase allows and its zone offers.
struct MarketPool {
  Pool pool;
  int vcpus = 1;
  std::int64_t memory_mib = 0;
  int step_down = 0;  // 0: one of the wished types; 1 …: the first, … of the smaller ones
  friend bool operator==(const MarketPool&, const MarketPool&) = default;
};

// Why a pool gave no machine: what follows from it, not what it was called.
enum class RefusalKind {
  kDry,     // no capacity now: another pool, and this one not for minutes
  kQuota,   // the account may not have more of this market: a smaller one, or another market
  kPrice,   // it costs more than allowed now
  kUsedUp,  // the token's machine has ended: a new attempt
  kWrong,   // what was asked for cannot be: the user edits; asking again never helps
  kDenied,  // who asked may not: the operator acts
};
std::string_view Name(RefusalKind kind);  // "dry", "quota", "price", "used-up", "wrong", "denied"
Result<RefusalKind> ParseRefusalKind(std::string_view name);

struct PoolRefusal {
  Pool pool;
  RefusalKind kind = RefusalKind::kDry;
  std::string code, message;  // the provider's own words
  friend auto operator<=>(const PoolRefusal&, const PoolRefusal&) = default;
};

// The same as the ledger keeps it.
struct SeenRefusal {
  MachineId machine;
  Instant at;  // database time
  PoolRefusal refusal;
};

// A request to raise a limit that somebody made.
struct QuotaAsked {
  std::string state;  // the provider's word: "PENDING", "CASE_OPENED", "APPROVED", …
  bool is_decided = false;
  int desired = 0;
};

// How much of a market the account may have, counted in vCPUs, and how much of it is in use.
struct QuotaRoom {
  Market market = Market::kSpot;
  std::string code;  // by which a raise is asked for: "L-34B43A08"
  int limit = 0, used = 0;
  std::optional<QuotaAsked> asked;  // the newest
};

}  // namespace mayfly
