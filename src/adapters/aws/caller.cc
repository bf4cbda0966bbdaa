#include "adapters/aws/caller.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace mayfly::aws {

// How far a call has come.
struct Caller::Progress {
  std::string what;  // "ec2 RunInstances"
  Duration began{}, ends{};
  int tries = 0;
  Credentials credentials;         // of the last try
  std::string last;                // why it failed
  bool may_have_happened = false;  // an earlier try was sent, had an effect perhaps, no answer came
  bool has_renewed = false;        // credentials: once a call
  bool is_throttled = false;
  bool goes_on_at_once = false;
  bool is_cancelled = false;

  Error GivenUp(Duration now) const {
    const auto kind = may_have_happened ? ErrorKind::kAmbiguous
                      : is_cancelled    ? ErrorKind::kCancelled
                                        : ErrorKind::kUnavailable;
    const std::string_view advice =
        may_have_happened ? "; it may have happened: look for it, or repeat it" : "";
    return {kind, fmt::format("{}: {} after {} tries in {}: {}{}", what,
                              is_cancelled ? "stopped" : "given up", tries,
                              HumanDuration(now - began), last, advice)};
  }
};

namespace {

constexpr std::string_view kForm = "application/x-www-form-urlencoded; charset=utf-8";

std::string UrlOf(const Endpoint& endpoint, const Call& call) {
  std::string url = endpoint.base;
  if (!call.bucket.empty()) {
    const bool is_in_path = endpoint.is_overridden || call.bucket.find('.') != std::string::npos;
    const std::size_t host = url.find("://") + 3;
    if (is_in_path) {
      url += "/" + call.bucket;
    } else {
      url.insert(host, call.bucket + ".");
    }
  }
  url += call.path;
  if (!call.query.empty()) url += "?" + EncodeQuery(call.query);
  return url;
}

}  // namespace

Call QueryCall(Service service, const Query& query, Effect effect) {
  Call call;
  call.service = service;
  call.operation = query.action();
  call.effect = effect;
  call.headers = {{"Content-Type", std::string(kForm)}};
  call.body = query.Body();
  return call;
}

Call JsonCall(Service service, std::string_view target, std::string_view operation,
              std::string body) {
  Call call;
  call.service = service;
  call.operation = operation;
  call.headers = {{"Content-Type", "application/x-amz-json-1.1"},
                  {"X-Amz-Target", fmt::format("{}.{}", target, operation)}};
  call.body = std::move(body);
  return call;
}

Result<HttpResponse> Caller::Send(const Call& call) {
  TRY_ASSIGN(Answer answer, Exchange(call));
  if (answer.refusal) {
    return ErrorOf(*answer.refusal,
                   fmt::format("{} {}", ServiceName(call.service), call.operation));
  }
  return std::move(answer.response);
}

Result<Caller::Answer> Caller::Exchange(const Call& call) {
  Progress progress;
  progress.what = fmt::format("{} {}", ServiceName(call.service), call.operation);
  progress.began = world_.clock.Mono();
  progress.ends = progress.began + call.patience.value_or(policy_.patience);
  while (true) {
    ++progress.tries;
    if (std::optional<Result<Answer>> outcome = Try(call, progress)) return *std::move(outcome);
    if (!WaitBeforeNext(progress)) return progress.GivenUp(world_.clock.Mono());
  }
}

std::optional<Result<Caller::Answer>> Caller::Try(const Call& call, Progress& progress) {
  progress.is_throttled = false;
  progress.goes_on_at_once = false;
  Result<Credentials> credentials = world_.credentials.Get();
  if (!credentials.ok()) {
    progress.last = credentials.error().message();
    if (credentials.error().kind() == ErrorKind::kUnavailable) return std::nullopt;
    if (progress.may_have_happened) return progress.GivenUp(world_.clock.Mono());
    return credentials.error().Within(progress.what);
  }
  progress.credentials = *std::move(credentials);
  const Endpoint endpoint = endpoints_.For(call.service, call.region);
  HttpRequest request;
  request.method = call.method;
  request.url = UrlOf(endpoint, call);
  request.headers = call.headers;
  request.body = call.body;
  request.signing =
      HttpSigning{endpoint.region, endpoint.signing_name, progress.credentials.access_key_id,
                  progress.credentials.secret_access_key, progress.credentials.session_token};
  const Duration left = progress.ends - world_.clock.Mono();
  request.timeout = std::clamp(left, Duration(milliseconds(1)), policy_.try_for);
  request.is_repeatable = call.effect != Effect::kOnce;
  Result<HttpResponse> response = world_.http.Send(request);
  if (!response.ok()) return AfterSilence(call, response.error(), progress);
  const bool is_good = response->status >= 200 && response->status < 300;
  if (is_good) return Answer{*std::move(response), std::nullopt};
  return AfterRefusal(call, *std::move(response), progress);
}

std::optional<Result<Caller::Answer>> Caller::AfterSilence(const Call& call, const Error& error,
                                                           Progress& progress) {
  progress.last = error.message();
  if (error.kind() == ErrorKind::kUnavailable) return std::nullopt;
  const bool was_sent =
      error.kind() == ErrorKind::kAmbiguous || error.kind() == ErrorKind::kExhausted;
  if (was_sent && call.effect != Effect::kRead) progress.may_have_happened = true;
  const bool is_repeated = error.kind() == ErrorKind::kAmbiguous && call.effect != Effect::kOnce;
  if (is_repeated) return std::nullopt;
  if (progress.may_have_happened) return progress.GivenUp(world_.clock.Mono());
  return error.Within(progress.what);
}

std::optional<Result<Caller::Answer>> Caller::AfterRefusal(const Call& call, HttpResponse response,
                                                           Progress& progress) {
  Refusal refusal = ReadRefusal(response);
  refusal.message = WithoutSecrets(refusal.message, {progress.credentials.secret_access_key,
                                                     progress.credentials.session_token});
  progress.last = ErrorOf(refusal, refusal.code).message();
  if (refusal.reaction == Reaction::kRetrySameToken) {
    progress.is_throttled = refusal.is_throttling;
    // A fault inside AWS says nothing about what was done before it.
    const bool is_fault = response.status >= 500 && !refusal.is_throttling;
    if (is_fault && call.effect != Effect::kRead) progress.may_have_happened = true;
    const bool is_over = progress.may_have_happened && call.effect == Effect::kOnce;
    if (is_over) return progress.GivenUp(world_.clock.Mono());
    return std::nullopt;
  }
  if (refusal.is_expired && !progress.has_renewed) {
    world_.credentials.Forget();
    progress.has_renewed = true;
    progress.goes_on_at_once = true;
    return std::nullopt;
  }
  // These two are about the thing itself, whichever try made or removed it.
  const bool is_removed = refusal.reaction == Reaction::kAbsent && call.effect == Effect::kRemoving;
  const bool is_definite = refusal.reaction == Reaction::kNewAttempt || is_removed;
  if (progress.may_have_happened && !is_definite) return progress.GivenUp(world_.clock.Mono());
  return Answer{std::move(response), std::move(refusal)};
}

// Full jitter, but never less than a tenth: others that were refused with us are waiting too.
bool Caller::WaitBeforeNext(Progress& progress) {
  if (progress.tries >= policy_.tries) return false;
  const Duration now = world_.clock.Mono();
  if (progress.goes_on_at_once) return now < progress.ends;
  const Duration first = progress.is_throttled ? policy_.first_wait_throttled : policy_.first_wait;
  const int doublings = std::min(progress.tries - 1, 16);
  const Duration bound = std::min<Duration>(first * (1 << doublings), policy_.longest_wait);
  const auto wait = std::chrono::duration_cast<Duration>(bound * (0.1 + 0.9 * rng_.Unit()));
  const Duration target = now + wait;
  if (target >= progress.ends) return false;
  while (world_.clock.Mono() < target) {
    progress.is_cancelled = world_.waiter.stop_requests() > 1;
    if (progress.is_cancelled) return false;
    world_.waiter.WaitUntil(target);
  }
  return true;
}

}  // namespace mayfly::aws
