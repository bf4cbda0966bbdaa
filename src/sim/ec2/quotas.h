#pragma once
// Quotas of vCPU by market, what is used of them, and requests to raise them.

#include <optional>
#include <string>
#include <vector>

#include "sim/ec2/cloud.h"

namespace mayfly::ec2 {

// The quota that machines of a market count against; every type here is Standard.
std::string_view QuotaCode(Market market);

const Quota* FindQuota(const Cloud& cloud, std::string_view code);

// vCPU running and requested: pending and running instances, and those that have ended but whose
// Spot request is not closed yet.
int UsedVcpus(const Cloud& cloud, Market market);

// A refusal with the code of its market if so many more do not fit.
Answer<Done> CheckQuota(const Cloud& cloud, Market market, int vcpus);

// PENDING at first; what becomes of it is the weather's QuotaPolicy.
Answer<QuotaRequest> RequestQuota(Cloud& cloud, const std::string& code, double desired);
const QuotaRequest* FindQuotaRequest(const Cloud& cloud, const std::string& id);

// For AdvanceTo alone.
std::optional<Instant> NextQuotaChange(const Cloud& cloud);
void ChangeQuotaRequests(Cloud& cloud);

}  // namespace mayfly::ec2
