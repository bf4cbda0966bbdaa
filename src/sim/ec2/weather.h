#pragma once
// How this cloud behaves: its delays, and the rules by which it refuses, kills and takes back.

#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "sim/ec2/answer.h"
#include "sim/ec2/request.h"

namespace mayfly::ec2 {

struct Delays {
  Duration boot = seconds(2);      // pending to running
  Duration shutdown = seconds(1);  // shutting-down to terminated, stopping to stopped
  Duration describe_lag{};         // how long a new id is unknown to every Describe
  Duration tag_lag{};              // how long its tags are
  Duration volume_lingers{};       // how long it outlives its instance
  Duration interface_lingers{};
  Duration request_lingers{};  // how long a Spot request stays active, and counts, after the end
  Duration snapshot = seconds(3);
  Duration cluster_change{};  // how long a cluster takes no other change
};

// "*" is any; otherwise a shell pattern.
struct PoolPattern {
  std::string type = "*";
  std::string zone = "*";
  std::string market = "*";
  bool Matches(const PoolKey& pool) const;
};

// So many instances are left in these pools (0: dry), until then or for ever.
struct CapacityRule {
  PoolPattern pool;
  int left = 0;
  std::optional<Instant> until;
  std::string code = "InsufficientInstanceCapacity";
};

enum class CallEffect {
  kRefuse,   // answers the code, does nothing
  kNotSent,  // the connection ends before anything is done
  kNoReply,  // everything is done, and the connection ends without an answer
  kSlow,     // answers late
};

// Calls that go wrong: so many of them, or all until then, or all.
struct CallRule {
  std::string action = "*";  // "RunInstances", a shell pattern
  PoolPattern pool;          // for launches only
  CallEffect effect = CallEffect::kRefuse;
  Refusal refusal{"RequestLimitExceeded", "Request limit exceeded.", 503};
  Duration late{};
  std::optional<int> times;
  std::optional<Instant> until;
};

// Instances that are accepted and die in pending.
struct DeathRule {
  PoolPattern pool;
  std::string code = "Server.InternalError";
  int times = 1;
};

// Instances are taken back: the nth that was launched (from 1), or any of the pools. The notice
// comes `after` it runs; no notice: it is gone then; a notice of 0: told and taken.
struct ReclaimRule {
  std::optional<int> nth;
  PoolPattern pool;
  Duration after{};
  std::optional<Duration> notice = seconds(120);
  std::optional<Duration> recommended;  // a rebalance recommendation, so long before the notice
  bool is_taken = true;                 // false: recommended or told, and never taken
  std::string action = "terminate";
  std::optional<int> times;  // absent: every match
};

// What becomes of requests to raise a quota: the states in their order, one a step.
struct QuotaPolicy {
  std::string code = "*";
  std::vector<std::string> states = {"PENDING", "CASE_OPENED", "APPROVED"};
  Duration step = seconds(60);
  bool is_applied = true;  // false: approved, and the quota stays as it was
};

// A Spot price from an instant on.
struct PriceMove {
  std::string type;
  std::string zone;  // "*": all
  Instant from;
  std::int64_t micro_usd_h = 0;
};

struct Weather {
  Delays delays;
  std::vector<CapacityRule> capacity;
  std::vector<CallRule> calls;
  std::vector<DeathRule> deaths;
  std::vector<ReclaimRule> reclaims;
  std::vector<QuotaPolicy> quota_policies;
  std::vector<PriceMove> prices;
  int failing_snapshots = 0;  // so many of the next end in error
};

// A shell pattern of * and ?; case matters.
bool MatchesGlob(std::string_view pattern, std::string_view text);

}  // namespace mayfly::ec2
