#pragma once
// Service Quotas: how much of a thing the account may have, and what was asked for beyond.

#include <string>
#include <vector>

#include "adapters/aws/caller.h"

namespace mayfly::aws {

inline constexpr std::string_view kSpotStandardQuota = "L-34B43A08";      // A C D H I M R T Z
inline constexpr std::string_view kOnDemandStandardQuota = "L-1216C47A";  // the same families

struct Quota {
  std::string code, name, unit;
  double value = 0;  // vCPUs for the two above; usage is counted from what runs
  bool is_adjustable = false;
};
// The account's own, else AWS's default.
Result<Quota> GetServiceQuota(Caller& caller, const std::string& service_code,
                              const std::string& quota_code);

// Where a request for more stands.
enum class QuotaRequestState {
  kPending,     // AWS has not looked yet
  kCaseOpened,  // a person at AWS looks; it may take days
  kApproved,
  kDenied,
  kCaseClosed,  // decided by hand: look at the value
  kNotApproved,
  kInvalidRequest,
};
std::string_view QuotaRequestStateName(QuotaRequestState state);
// Whether nothing more will happen to it.
bool IsDecided(QuotaRequestState state);

struct QuotaRequest {
  std::string id, case_id;
  QuotaRequestState state = QuotaRequestState::kPending;
  double desired = 0;
  std::optional<Instant> created, updated;
};
// Requests for one quota, as AWS lists them.
Result<std::vector<QuotaRequest>> ListQuotaRequests(Caller& caller, const std::string& service_code,
                                                    const std::string& quota_code);

}  // namespace mayfly::aws
