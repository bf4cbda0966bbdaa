#pragma once
// AWS's refusals as ours: the one table that says what follows from an error code.

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "seams/http_client.h"

namespace mayfly::aws {

// What to do about a refusal, more finely than an ErrorKind tells.
enum class Reaction {
  kRetrySameToken,       // the same request again, with the same token, after a jittered while
  kNextPool,             // no capacity in this pool: the next one, and this one not for minutes
  kNextSubnet,           // another subnet of the zone, else the next zone
  kNextPrice,            // the bid is too low: without one, or the next market
  kSkipMarketAndFamily,  // a quota: no pool of this market and family, unless smaller
  kFatalCredentials,     // who we are, or what we may: the operator acts
  kFatalConfig,          // what we asked for is wrong: the user edits, or we have a bug
  kNewAttempt,           // the token is used up: count the attempt up, make a new token
  kSuccess,              // a refusal that is what was wanted
  kAbsent,               // the thing is not there: good for what removes it
  kTaken,                // the thing is there already, or somebody else is at it
  kWaitAndRepeat,        // the thing is in a state that passes
};

std::string_view ReactionName(Reaction reaction);

// What AWS said instead of doing it.
struct Refusal {
  std::string code;     // "InsufficientInstanceCapacity"; "HTTP 503" where it gave none
  std::string message;  // AWS's own, shortened, without what it quotes of our request
  Reaction reaction = Reaction::kFatalConfig;
  ErrorKind kind = ErrorKind::kInvalid;
  std::string next_step;
  // Throttled by count: others are asking too, so wait longer than after a fault.
  bool is_throttling = false;
  // The keys are of a kind that a refresh can heal.
  bool is_expired = false;
};

// By code, else by status. The message decides in two cases only: a new instance profile that is
// not known everywhere yet, and a price that is too low.
Refusal Classify(std::string_view code, std::string_view message, int http_status);

// The refusal of a response in any of AWS's forms (EC2, Query, S3, JSON). Needs a status of 300 or
// more; a body that cannot be read is classified by the status.
Refusal ReadRefusal(const HttpResponse& response);

// "ec2 RunInstances: CODE: MESSAGE; NEXT STEP"
Error ErrorOf(const Refusal& refusal, std::string_view what);

}  // namespace mayfly::aws
