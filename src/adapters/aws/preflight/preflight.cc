#include "adapters/aws/preflight/preflight.h"

#include <fmt/format.h>

#include "adapters/aws/preflight/survey.h"
#include "adapters/aws/sts.h"

namespace mayfly::aws {
namespace {

constexpr const char* kIdentity = "identity";

// Keys that are exported where only a login shell sees them are absent here.
constexpr const char* kHowToSignIn =
    "give credentials as the AWS tools take them: AWS_ACCESS_KEY_ID and its secret, AWS_PROFILE, "
    "or "
    "a role of this host; what a shell exports in ~/.bashrc is seen by interactive shells only";

void Append(std::vector<PreflightCheck>& checks, std::vector<PreflightCheck> more) {
  for (PreflightCheck& check : more) checks.push_back(std::move(check));
}

std::vector<PreflightCheck> LookAt(const Survey& survey) {
  std::vector<PreflightCheck> checks{CheckTypes(survey), CheckOffers(survey)};
  Append(checks, CheckQuotas(survey));
  checks.push_back(CheckImage(survey));
  checks.push_back(CheckLibc(survey));
  checks.push_back(CheckSubnets(survey));
  checks.push_back(CheckGroups(survey));
  Append(checks, CheckPermissions(survey));
  checks.push_back(CheckLastEnd(survey));
  checks.push_back(CheckBucket(survey));
  Append(checks, CheckPrices(survey));
  checks.push_back(CheckDatabase(survey));
  Append(checks, CheckCapacity(survey));
  checks.push_back(CheckRoute(survey));
  return checks;
}

}  // namespace

PreflightCheck CheckIdentity(Caller& caller) {
  Result<Credentials> credentials = caller.credentials().Get();
  if (!credentials.ok()) return Fail(kIdentity, credentials.error().message(), kHowToSignIn);
  Result<Identity> identity = GetCallerIdentity(caller);
  if (!identity.ok()) {
    PreflightCheck check = FromError(kIdentity, identity.error(), kHowToSignIn);
    if (identity.error().kind() != ErrorKind::kDenied) return check;
    check.verdict = Verdict::kFail;
    check.next_step = kHowToSignIn;
    return check;
  }
  const Duration left =
      credentials->expires ? *credentials->expires - caller.clock().Wall() : Duration{};
  return Pass(kIdentity,
              fmt::format("{}, account {}, region {}; credentials from {}, {}", identity->arn,
                          identity->account, caller.endpoints().region(), credentials->source,
                          credentials->expires ? "good for " + HumanDuration(left)
                                               : "which do not expire"));
}

std::vector<PreflightCheck> Preflight(Caller& caller, const PreflightRequest& request) {
  std::vector<PreflightCheck> checks{CheckIdentity(caller)};
  if (checks.front().verdict == Verdict::kPass) {
    Append(checks, LookAt(TakeSurvey(caller, request)));
    return checks;
  }
  checks.push_back(CannotTell("everything else",
                              "quota, permissions, image, network, bucket, price, database: not "
                              "asked by somebody who is not known",
                              "mend the line above"));
  return checks;
}

}  // namespace mayfly::aws
