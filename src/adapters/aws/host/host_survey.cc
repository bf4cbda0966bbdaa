#include "adapters/aws/host/host_survey.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "adapters/aws/cloudwatch.h"
#include "adapters/aws/ec2_instances.h"
#include "adapters/aws/ec2_market.h"
#include "adapters/aws/provider/quota_families.h"
#include "adapters/aws/quotas.h"

namespace mayfly::aws {
namespace {

HostType TypeOf(const InstanceType& type) {
  return {.name = type.name,
          .vcpus = type.vcpus,
          .memory_mib = type.memory_mib,
          .architectures = type.architectures,
          .virtualizations = type.virtualizations,
          .needs_ena = type.needs_ena,
          .has_instance_storage = type.has_instance_storage,
          .has_on_demand = type.has_on_demand};
}

// The types of the machines that count against the On-Demand quota of a group.
Result<std::vector<std::string>> ListRunning(Caller& caller, QuotaGroup group) {
  const Filters filters{{"instance-state-name", {"pending", "running"}}};
  TRY_ASSIGN(const std::vector<Instance> instances, DescribeInstances(caller, {{}, filters}));
  std::vector<std::string> types;
  for (const Instance& instance : instances) {
    if (!instance.is_spot && QuotaGroupOf(instance.type) == group) types.push_back(instance.type);
  }
  return types;
}

Result<std::int64_t> CountVcpus(Caller& caller, const std::vector<std::string>& running) {
  const std::set<std::string> names(running.begin(), running.end());
  TRY_ASSIGN(const std::vector<InstanceType> types,
             DescribeInstanceTypes(caller, {names.begin(), names.end()}));
  std::map<std::string, std::int64_t> vcpus;
  for (const InstanceType& type : types) vcpus[type.name] = type.vcpus;
  std::int64_t sum = 0;
  for (const std::string& name : running) sum += vcpus[name];
  return sum;
}

struct Measure {
  std::string space, name, statistic;
};

Result<std::vector<double>> ReadMetric(Caller& caller, const std::string& id, Duration back,
                                       const Measure& measure) {
  MetricQuestion question{.space = measure.space, .name = measure.name};
  question.dimensions = {{"InstanceId", id}};
  question.statistic = measure.statistic;
  question.to = std::chrono::floor<minutes>(caller.clock().Wall());
  question.from = question.to - back;
  TRY_ASSIGN(const std::vector<MetricPoint> points, GetMetricData(caller, question));
  std::vector<double> values;
  for (const MetricPoint& point : points) values.push_back(point.value);
  return values;
}

std::optional<double> Highest(const std::vector<double>& values) {
  if (values.empty()) return std::nullopt;
  return *std::max_element(values.begin(), values.end());
}

std::optional<double> Sum(const std::vector<double>& values) {
  if (values.empty()) return std::nullopt;
  double sum = 0;
  for (double value : values) sum += value;
  return sum;
}

}  // namespace

Result<HostType> FindHostType(Caller& caller, const std::string& name) {
  TRY_ASSIGN(const std::vector<InstanceType> types, DescribeInstanceTypes(caller, {name}));
  for (const InstanceType& type : types) {
    if (type.name == name) return TypeOf(type);
  }
  return NotFound("EC2 has no type " + name);
}

Result<bool> IsOfferedIn(Caller& caller, const std::string& type, const std::string& zone) {
  TRY_ASSIGN(const std::vector<Offering> offerings, DescribeInstanceTypeOfferings(caller, {type}));
  return std::ranges::any_of(offerings, [&](const Offering& offering) {
    return offering.instance_type == type && offering.zone == zone;
  });
}

Result<VcpuQuota> ReadVcpuQuota(Caller& caller, const std::string& type,
                                const std::string& host_type) {
  const std::optional<QuotaGroup> group = QuotaGroupOf(type);
  if (!group) return NotFound("mayfly does not know the quota that " + type + " counts against");
  VcpuQuota quota;
  quota.code = QuotaCode(*group, Market::kOnDemand);
  TRY_ASSIGN(const Quota limit, GetServiceQuota(caller, "ec2", quota.code));
  quota.limit = limit.value;
  TRY_ASSIGN(const std::vector<std::string> running, ListRunning(caller, *group));
  TRY_ASSIGN(quota.used, CountVcpus(caller, running));
  quota.counts_host = QuotaGroupOf(host_type) == group;
  return quota;
}

Result<std::vector<HostType>> ListHostTypes(Caller& caller, const Host& host) {
  const std::string family = host.type.substr(0, host.type.find('.'));
  const std::vector<std::string> wished{family + ".*", "t3.*", "t3a.*", "t4g.*"};
  TRY_ASSIGN(const std::vector<Offering> offerings, DescribeInstanceTypeOfferings(caller, wished));
  std::set<std::string> names;
  for (const Offering& offering : offerings) {
    if (offering.zone == host.zone) names.insert(offering.instance_type);
  }
  TRY_ASSIGN(const std::vector<InstanceType> types,
             DescribeInstanceTypes(caller, {names.begin(), names.end()}));
  std::vector<HostType> fitting;
  for (const InstanceType& type : types) {
    const bool runs_it =
        std::ranges::find(type.architectures, host.architecture) != type.architectures.end();
    const bool fits = runs_it && type.has_on_demand && !type.has_instance_storage &&
                      (host.has_ena || !type.needs_ena);
    if (fits) fitting.push_back(TypeOf(type));
  }
  return fitting;
}

Result<HostMetrics> ReadHostMetrics(Caller& caller, const std::string& id, Duration back) {
  HostMetrics metrics;
  const auto read = [&](const Measure& measure) { return ReadMetric(caller, id, back, measure); };
  TRY_ASSIGN(const std::vector<double> cpu, read({"AWS/EC2", "CPUUtilization", "Average"}));
  TRY_ASSIGN(const std::vector<double> peaks, read({"AWS/EC2", "CPUUtilization", "Maximum"}));
  TRY_ASSIGN(std::vector<double> credits, read({"AWS/EC2", "CPUCreditBalance", "Minimum"}));
  TRY_ASSIGN(const std::vector<double> charged,
             read({"AWS/EC2", "CPUSurplusCreditsCharged", "Sum"}));
  TRY_ASSIGN(const std::vector<double> memory, read({"CWAgent", "mem_used_percent", "Maximum"}));
  metrics.seen_for = minutes(5) * static_cast<std::int64_t>(cpu.size());
  if (!cpu.empty()) metrics.cpu_average = *Sum(cpu) / static_cast<double>(cpu.size());
  metrics.cpu_peak = Highest(peaks);
  if (!credits.empty()) metrics.credits_least = *std::ranges::min_element(credits);
  metrics.credits_charged = Sum(charged);
  metrics.memory_peak = Highest(memory);
  return metrics;
}

}  // namespace mayfly::aws
