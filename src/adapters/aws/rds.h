#pragma once
// RDS and Aurora: what the database is, and a login to it without a password.

#include <string>
#include <vector>

#include "adapters/aws/caller.h"

namespace mayfly::aws {

struct DbInstance {
  std::string id, instance_class, status, engine, host, cluster_id, zone;
  std::int64_t port = 0;  // 0: it has no endpoint yet
  bool has_iam_login = false;
  std::string vpc_id;
  std::vector<std::string> security_groups;
};
// One by name, or all. kNotFound: no such one.
Result<std::vector<DbInstance>> DescribeDbInstances(Caller& caller, const std::string& id = "");

struct DbCluster {
  std::string id, status, engine, engine_mode, host, reader_host;
  std::int64_t port = 0;
  bool has_iam_login = false;
  // Of a serverless one, in capacity units (ACU).
  std::optional<double> least_capacity, most_capacity;
  std::string arn;
  Tags tags;
};
Result<std::vector<DbCluster>> DescribeDbClusters(Caller& caller, const std::string& id = "");

// The least capacity of a serverless one from now on; the most stays.
Status SetLeastCapacity(Caller& caller, const DbCluster& cluster, double least);
// Tags that are not there are fine.
Status RemoveDbTags(Caller& caller, const std::string& arn, const std::vector<std::string>& keys);

// A password that is good for 15 minutes, for `user` at HOST:PORT with TLS. It is a secret (I12).
struct DbLogin {
  std::string host, user;
  int port = 5432;
};
Result<std::string> DbAuthToken(Caller& caller, const DbLogin& login);

}  // namespace mayfly::aws
