#include "sim/ec2/quotas.h"

#include <fmt/format.h>

#include <algorithm>

namespace mayfly::ec2 {
namespace {

// States after which a request changes no more.
bool IsOpen(const QuotaRequest& request) { return request.state + 1 < request.states.size(); }

bool HasOpenRequest(const Cloud& cloud, const Instance& instance) {
  const auto found = cloud.spot_requests.find(instance.request);
  return found != cloud.spot_requests.end() && found->second.state == "active";
}

bool Counts(const Cloud& cloud, const Instance& instance) {
  if (instance.state == InstanceState::kPending || instance.state == InstanceState::kRunning) {
    return true;
  }
  return instance.asked.market == Market::kSpot && HasOpenRequest(cloud, instance);
}

Instant NextStep(const QuotaRequest& request) {
  return request.created + request.step * static_cast<std::int64_t>(request.state + 1);
}

const QuotaPolicy& PolicyOf(const Cloud& cloud, const std::string& code) {
  static const QuotaPolicy kUsual;
  // The latest word about a quota counts.
  for (auto policy = cloud.weather.quota_policies.rbegin();
       policy != cloud.weather.quota_policies.rend(); ++policy) {
    if (MatchesGlob(policy->code, code)) return *policy;
  }
  return kUsual;
}

void TakeEffect(Cloud& cloud, const QuotaRequest& request) {
  if (request.status() != "APPROVED" || !request.is_applied) return;
  for (Quota& quota : cloud.quotas) {
    if (quota.code == request.code) quota.value = std::max(quota.value, request.desired);
  }
}

}  // namespace

std::string_view QuotaCode(Market market) {
  return market == Market::kSpot ? "L-34B43A08" : "L-1216C47A";
}

const Quota* FindQuota(const Cloud& cloud, std::string_view code) {
  for (const Quota& quota : cloud.quotas) {
    if (quota.code == code) return &quota;
  }
  return nullptr;
}

int UsedVcpus(const Cloud& cloud, Market market) {
  int used = 0;
  for (const auto& [id, instance] : cloud.instances) {
    if (instance.asked.market != market || !Counts(cloud, instance)) continue;
    used += FindType(instance.asked.type)->vcpus;
  }
  return used;
}

Answer<Done> CheckQuota(const Cloud& cloud, Market market, int vcpus) {
  const double limit = FindQuota(cloud, QuotaCode(market))->value;
  if (UsedVcpus(cloud, market) + vcpus <= limit) return Done{};
  if (market == Market::kSpot) {
    return Refusal{"MaxSpotInstanceCountExceeded", "Max spot instance count exceeded"};
  }
  return Refusal{"VcpuLimitExceeded",
                 fmt::format("You have requested more vCPU capacity than your current vCPU limit "
                             "of {:.0f} allows for the instance bucket that the specified "
                             "instance type belongs to. Please visit "
                             "http://aws.amazon.com/contact-us/ec2-request to request an "
                             "adjustment to this limit.",
                             limit)};
}

Answer<QuotaRequest> RequestQuota(Cloud& cloud, const std::string& code, double desired) {
  const Quota* quota = FindQuota(cloud, code);
  if (quota == nullptr) {
    return Refusal{"NoSuchResourceException",
                   "The request failed because the specified service does not exist."};
  }
  if (desired <= quota->value) {
    return Refusal{"IllegalArgumentException",
                   fmt::format("You must provide a quota value greater than the current quota "
                               "value of {:.0f}",
                               quota->value)};
  }
  for (const QuotaRequest& request : cloud.quota_requests) {
    if (request.code == code && IsOpen(request)) {
      return Refusal{"ResourceAlreadyExistsException",
                     "Only one open service quota increase request is allowed per quota."};
    }
  }
  const QuotaPolicy& policy = PolicyOf(cloud, code);
  QuotaRequest request{.id = MakeId(cloud, ""),
                       .code = code,
                       .desired = desired,
                       .states = policy.states,
                       .step = policy.step,
                       .is_applied = policy.is_applied,
                       .created = cloud.now};
  cloud.quota_requests.push_back(request);
  TakeEffect(cloud, request);
  return request;
}

const QuotaRequest* FindQuotaRequest(const Cloud& cloud, const std::string& id) {
  for (const QuotaRequest& request : cloud.quota_requests) {
    if (request.id == id) return &request;
  }
  return nullptr;
}

std::optional<Instant> NextQuotaChange(const Cloud& cloud) {
  std::optional<Instant> next;
  for (const QuotaRequest& request : cloud.quota_requests) {
    if (IsOpen(request) && (!next || NextStep(request) < *next)) next = NextStep(request);
  }
  return next;
}

void ChangeQuotaRequests(Cloud& cloud) {
  for (QuotaRequest& request : cloud.quota_requests) {
    while (IsOpen(request) && NextStep(request) <= cloud.now) {
      ++request.state;
      TakeEffect(cloud, request);
    }
  }
}

}  // namespace mayfly::ec2
