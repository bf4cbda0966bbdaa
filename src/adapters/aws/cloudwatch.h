#pragma once
// CloudWatch: figures over time, such as the capacity that a database really took.

#include <string>
#include <vector>

#include "adapters/aws/caller.h"

namespace mayfly::aws {

struct MetricQuestion {
  std::string space, name;  // "AWS/RDS", "ServerlessDatabaseCapacity"
  Pairs dimensions;         // {"DBClusterIdentifier", "prod"}
  std::string statistic = "Average";
  seconds period = minutes(5);
  Instant from, to;
};

struct MetricPoint {
  Instant at;
  double value = 0;
};

// In order of time; empty where nothing was measured.
Result<std::vector<MetricPoint>> GetMetricData(Caller& caller, const MetricQuestion& question);

}  // namespace mayfly::aws
