#pragma once
// What is asked about a host and its new type before anything is done: reads only.

#include <optional>
#include <string>
#include <vector>

#include "adapters/aws/caller.h"
#include "model/host.h"

namespace mayfly::aws {

// kNotFound, kInvalid: there is no such type.
Result<HostType> FindHostType(Caller& caller, const std::string& name);

Result<bool> IsOfferedIn(Caller& caller, const std::string& type, const std::string& zone);

struct VcpuQuota {
  std::string code;
  double limit = 0;
  std::int64_t used = 0;     // On-Demand, running or about to, of the group that the type counts in
  bool counts_host = false;  // the host's type is of that group too
};
Result<VcpuQuota> ReadVcpuQuota(Caller& caller, const std::string& type,
                                const std::string& host_type);

// Types of the host's zone and architecture that it could have: its own family's sizes and the
// burstable ones, sold On-Demand, without disks of their own.
Result<std::vector<HostType>> ListHostTypes(Caller& caller, const Host& host);

// What CloudWatch has of a host; absent: nothing was measured.
struct HostMetrics {
  Duration seen_for{};
  std::optional<double> cpu_average, cpu_peak;  // percent of all its vCPU; peak: of 5 minutes
  std::optional<double> credits_least, credits_charged;
  std::optional<double> memory_peak;  // percent, where CloudWatch's agent runs
};
Result<HostMetrics> ReadHostMetrics(Caller& caller, const std::string& id, Duration back);

}  // namespace mayfly::aws
