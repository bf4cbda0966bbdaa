#pragma once
// One call of AWS carried to its end: signed, repeated with jitter within a budget, its refusal
// classified. Whatever ends without a definite answer after it was sent is kAmbiguous.

#include <optional>
#include <string>
#include <string_view>

#include "adapters/aws/credentials.h"
#include "adapters/aws/endpoints.h"
#include "adapters/aws/error_class.h"
#include "adapters/aws/query.h"
#include "base/rng.h"
#include "seams/clock.h"
#include "seams/http_client.h"
#include "seams/waiter.h"

namespace mayfly::aws {

enum class Effect {
  kRead,        // changes nothing: repeated freely, its refusals are definite
  kRepeatable,  // changes something once, however often it arrives: a token, or idempotent as it is
  kRemoving,    // the same, and that the thing is not there is an answer, whichever try removed it
  kOnce,        // each arrival counts: never sent again once it may have arrived
};

struct Call {
  Service service = Service::kEc2;
  std::string operation;  // "RunInstances"
  Effect effect = Effect::kRead;
  std::string method = "POST";
  std::string path = "/";  // encoded
  Pairs query;             // sorted and encoded by the caller of this
  std::vector<HttpHeader> headers;
  std::string body;
  std::string bucket;                // S3 only
  std::string region;                // empty: the one of the endpoints
  std::optional<Duration> patience;  // instead of the policy's
};

// EC2, STS, RDS, CloudWatch: a form.
Call QueryCall(Service service, const Query& query, Effect effect = Effect::kRead);
// SSM and others: JSON 1.1 under "X-Amz-Target: TARGET.OPERATION".
Call JsonCall(Service service, std::string_view target, std::string_view operation,
              std::string body);

struct CallPolicy {
  Duration patience = seconds(60);  // for all tries of a call together
  Duration try_for = seconds(20);   // one try
  int tries = 10;
  Duration first_wait = milliseconds(300), first_wait_throttled = seconds(1);
  Duration longest_wait = seconds(15);
};

// Everything outlives the caller. One thread.
struct CallerWorld {
  HttpClient& http;
  CredentialSource& credentials;
  Clock& clock;
  Waiter& waiter;
};

class Caller {
 public:
  Caller(CallerWorld world, Endpoints endpoints, Rng rng, CallPolicy policy = {})
      : world_(world), endpoints_(std::move(endpoints)), rng_(rng), policy_(policy) {}

  // What AWS said in the end: an answer below 300, or its refusal. Only kRetrySameToken is repeated
  // here; what passes by itself in minutes (kWaitAndRepeat) is for who asked.
  struct Answer {
    HttpResponse response;
    std::optional<Refusal> refusal;
  };

  // Errors: kUnavailable, it did not happen; kAmbiguous, it may have: look for it by its token or
  // tag, or repeat it; kDenied, no credentials; kCancelled, stopped twice while waiting, and it did
  // not happen. A refusal of an effect, after an earlier try whose answer was lost, is kAmbiguous
  // too: the earlier one may have been heard.
  Result<Answer> Exchange(const Call& call);

  // The same, a refusal as its error.
  Result<HttpResponse> Send(const Call& call);

  const Endpoints& endpoints() const { return endpoints_; }
  CredentialSource& credentials() { return world_.credentials; }
  Clock& clock() { return world_.clock; }

 private:
  struct Progress;
  // Absent: try again.
  std::optional<Result<Answer>> Try(const Call& call, Progress& progress);
  std::optional<Result<Answer>> AfterRefusal(const Call& call, HttpResponse response,
                                             Progress& progress);
  std::optional<Result<Answer>> AfterSilence(const Call& call, const Error& error,
                                             Progress& progress);
  bool WaitBeforeNext(Progress& progress);

  CallerWorld world_;
  Endpoints endpoints_;
  Rng rng_;
  CallPolicy policy_;
};

}  // namespace mayfly::aws
